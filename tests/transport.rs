//! The suite `transport`: out of a building with a strict network. MQTT refused or silently dropped, a proxy that requires a password,
//! refuses, cuts or intercepts; the same records arrive once, or the box reports which transport fails where.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use appliance::clock::system_clock;
use appliance::uplink::reach::{TransportProbe, probe_transports};
use appliance::uplink::relation::claim::ClaimStore;
use appliance::uplink::transport::choice::UplinkTransport;
use appliance::uplink::transport::proxy::{HttpsRoute, ProxyAddress, ProxyCredentials};
use harness::connect_proxy::{ConnectProxy, ProxyRule, TlsInspection};
use harness::proxy::NetworkFault;
use harness::world::{Load, World, until};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use record::ids::BootId;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use service::clock::Clock;

const CREDENTIALS: &str = "box:correct horse";

fn demo() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_demo"))
}

/// A world whose box has these settings of its uplink and belongs to the relay; MQTT's connection has this
/// fault before the box tries.
async fn world_with(uplink: &str, mqtt: NetworkFault) -> World {
    let mut world = World::unclaimed(demo()).await;
    assert_eq!(world.r#box.stop().await.0, Some(0), "{}", world.r#box.log());
    world.r#box.add_settings(&format!("[uplink]\n{uplink}\n"));
    world.set_mqtt_fault(mqtt);
    world.r#box.start().await;
    world.claim().await;
    world
}

fn proxy_settings(proxy: &ConnectProxy) -> String {
    format!("proxy = \"http://{}\"", proxy.addr())
}

/// With its password in a file of the world's own.
fn password_settings(proxy: &ConnectProxy, folder: &Path) -> String {
    let file = folder.join("proxy-password");
    let (user, password) = CREDENTIALS.split_once(':').unwrap();
    std::fs::write(&file, format!("{password}\n")).unwrap();
    format!("{}\nproxy_user = {user:?}\nproxy_password_file = {file:?}", proxy_settings(proxy))
}

fn password_rule(scheme: &'static str) -> ProxyRule {
    ProxyRule::Password { credentials: CREDENTIALS.to_owned(), scheme }
}

async fn record(world: &World, name: &str, each: usize) {
    let phones = (0..4).map(|n| world.phone(&format!("{name}-{n}")));
    let work = phones.map(|phone| tokio::spawn(async move { phone.record_all(0..each).await }));
    for phone in work.collect::<Vec<_>>() {
        phone.await.unwrap();
    }
}

/// Waits until `look` finds what it looks for in the box's health.
async fn box_says(world: &World, what: &str, look: impl Fn(&serde_json::Value) -> bool) {
    let seen = until(what, async || world.r#box.health().await.filter(|health| look(health)));
    if seen.await.is_none() {
        panic!("{what}: {:?}\n{}", world.r#box.health().await, world.r#box.log());
    }
}

async fn is_up_by(world: &World, transport: &str) {
    box_says(world, &format!("up by {transport}"), |health: &serde_json::Value| {
        health["relay"] == "up" && health["way"] == transport
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_mqtt_is_dropped_and_a_proxy_wants_a_password_everything_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let proxy = ConnectProxy::start(password_rule("Basic")).await.unwrap();
    let world = world_with(&password_settings(&proxy, folder.path()), NetworkFault::HalfOpen).await;
    record(&world, "phone", 60).await;
    world.check().await;
    is_up_by(&world, "https").await;
    assert!(proxy.tunnels() > 0);
    let claims = proxy.tunnels_to(world.relay.ports()[0]);
    assert!(claims > 0, "the claim goes by the proxy too");
    assert_eq!(world.photo_connections(), proxy.tunnels() - claims, "nothing goes past the proxy");
    box_says(&world, "why not MQTT", |health| {
        health["blocked"] == serde_json::json!([{"way": "mqtt", "code": "silent"}])
    })
    .await;
    let log = world.r#box.log();
    assert!(!log.contains("correct horse") && !log.contains("Basic "), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mqtt_is_found_again_once_it_opens() {
    let world = world_with("mqtt_again_s = 1", NetworkFault::Refuse).await;
    let load = Load::start((0..2).map(|n| world.phone(&format!("phone-{n}"))));
    is_up_by(&world, "https").await;
    world.ledger.reaches(100).await;
    world.set_mqtt_fault(NetworkFault::None);
    is_up_by(&world, "mqtt").await;
    let recorded = world.ledger.count();
    world.ledger.reaches(recorded + 50).await;
    // And closed again in the middle of it.
    world.set_mqtt_fault(NetworkFault::Cut);
    is_up_by(&world, "https").await;
    let recorded = world.ledger.count();
    world.ledger.reaches(recorded + 50).await;
    assert!(load.stop().await > 200);
    world.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_mqtt_loses_batches_https_carries_them() {
    let world = world_with("", NetworkFault::None).await;
    is_up_by(&world, "mqtt").await;
    world.caught_up().await;
    world.set_https_fault(NetworkFault::Cut);
    world.set_mqtt_fault(NetworkFault::Cut);
    record(&world, "waiting", 60).await;
    // It connects and answers, and the waiting batch never arrives.
    world.set_mqtt_fault(NetworkFault::SmallOnly(4_000));
    is_up_by(&world, "mqtt").await;
    world.set_https_fault(NetworkFault::None);
    is_up_by(&world, "https").await;
    world.check().await;
    box_says(&world, "why not MQTT", |health| {
        health["blocked"] == serde_json::json!([{"way": "mqtt", "code": "stalled"}])
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_between_a_batch_and_its_answer_nothing_is_lost_or_twice() {
    let mut world = world_with("way = \"https\"", NetworkFault::None).await;
    record(&world, "before", 10).await;
    world.caught_up().await;
    // The relay stores, and no answer reaches the box.
    world.set_https_fault(NetworkFault::Deaf);
    record(&world, "deaf", 30).await;
    let held = world.r#box.health().await.unwrap()["at_relay"].as_u64().unwrap();
    let stored = until("the relay stored what it could not confirm", async || {
        let stored = world.relay.get(&format!("/api/v1/log?from={held}&limit=1000")).await;
        (stored.lines().count() > 0).then_some(())
    });
    assert!(stored.await.is_some(), "{}", world.relay.log());
    world.r#box.kill().await;
    world.set_https_fault(NetworkFault::None);
    world.r#box.start().await;
    record(&world, "box-killed", 20).await;
    world.caught_up().await;
    world.set_https_fault(NetworkFault::Deaf);
    record(&world, "deaf-again", 20).await;
    world.relay.kill().await;
    world.set_https_fault(NetworkFault::None);
    world.relay.start().await;
    record(&world, "relay-killed", 20).await;
    world.check().await;
    assert_eq!(world.ledger.count(), 4 * (10 + 30 + 20 + 20 + 20));
    assert_eq!(world.connections(), 0, "MQTT was not to be tried");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_cuts_holds_nothing_up_for_good() {
    let proxy = ConnectProxy::start(ProxyRule::Open).await.unwrap();
    let world = world_with(&format!("way = \"https\"\n{}", proxy_settings(&proxy)), NetworkFault::None).await;
    is_up_by(&world, "https").await;
    let opened = proxy.tunnels();
    proxy.set(ProxyRule::CutAfter(Duration::from_secs(2)));
    let load = Load::start((0..2).map(|n| world.phone(&format!("short-lived-{n}"))));
    let cut = until("the proxy cuts", async || (proxy.tunnels() > opened + 3).then_some(()));
    assert!(cut.await.is_some(), "{}", world.r#box.log());
    load.stop().await;
    world.check().await;
    proxy.set(ProxyRule::CutAfterBytes(40_000));
    record(&world, "few-bytes", 60).await;
    world.check().await;
    proxy.set(ProxyRule::Open);
    record(&world, "open", 10).await;
    world.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_behind_an_inspecting_proxy_works_alone_and_says_why() {
    let authority = Inspector::new();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &authority.pem).unwrap();
    let proxy = ConnectProxy::start(ProxyRule::Open).await.unwrap();
    let settings = format!("{}\nca = {ca:?}", proxy_settings(&proxy));
    let world = world_with(&settings, NetworkFault::Refuse).await;
    record(&world, "before", 5).await;
    world.check().await;
    proxy.set(ProxyRule::Inspect(authority.inspection()));
    record(&world, "inspected", 20).await;
    box_says(&world, "where both ways end", |health| {
        let mqtt = serde_json::json!({"way": "mqtt", "code": "broken"});
        let https = serde_json::json!({"way": "https", "code": "intercepted"});
        health["relay"] == "down" && health["blocked"] == serde_json::json!([mqtt, https])
    })
    .await;
    // The network team makes an exception for the relay's name.
    proxy.set(ProxyRule::Open);
    world.check().await;
}

/// Every transport of a box as `doctor` reports it.
async fn probe(world: &World, proxy: Option<ProxyAddress>, ca: Option<String>) -> Vec<TransportProbe> {
    let files = ClaimStore::new(&world.r#box.data().join("keys"));
    let clock: Arc<dyn Clock> = Arc::new(system_clock(BootId::new(1, [1; 10])));
    probe_transports(&files, &HttpsRoute { proxy, ca }, &clock).await.unwrap()
}

/// The fault of the transport by the proxy; `open` where it has none.
async fn fault_by_proxy(world: &World, proxy: &ProxyAddress, ca: Option<&str>) -> &'static str {
    let probes = probe(world, Some(proxy.clone()), ca.map(str::to_owned)).await;
    let [mqtt, straight, by_proxy] = &probes[..] else { panic!("{probes:?}") };
    assert_eq!((mqtt.transport, &mqtt.proxy, &mqtt.fault), (UplinkTransport::Mqtt, &None, &None));
    assert_eq!(
        (straight.transport, &straight.proxy, &straight.fault),
        (UplinkTransport::Https, &None, &None)
    );
    assert_eq!(by_proxy.proxy.as_deref(), Some(&*proxy.to_string()));
    by_proxy.fault.as_ref().map_or("open", |fault| fault.key())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_says_where_it_ends() {
    let world = World::claimed(demo()).await;
    let connections = world.connections();
    let authority = Inspector::new();
    let proxy = ConnectProxy::start(ProxyRule::Open).await.unwrap();
    let (user, password) = CREDENTIALS.split_once(':').unwrap();
    let credentials = |password: &str| ProxyCredentials { user: user.into(), password: password.into() };
    let at = |credentials| ProxyAddress::new("127.0.0.1", proxy.addr().port(), credentials);
    let (bare, right, wrong) = (at(None), at(Some(credentials(password))), at(Some(credentials("guess"))));
    for (rule, address, ca, expected) in [
        (ProxyRule::Open, &bare, None, "open"),
        (password_rule("Basic"), &bare, None, "proxy-password"),
        (password_rule("Basic"), &wrong, None, "proxy-password-wrong"),
        (password_rule("Basic"), &right, None, "open"),
        (password_rule("NTLM"), &bare, None, "proxy-scheme"),
        (ProxyRule::Answer(502), &bare, None, "proxy-refused"),
        (ProxyRule::CutAfterBytes(0), &bare, None, "broken"),
        (ProxyRule::Silent, &bare, None, "silent"),
        (ProxyRule::Inspect(authority.inspection()), &bare, None, "inspected"),
        (ProxyRule::Inspect(authority.inspection()), &bare, Some(&*authority.pem), "intercepted"),
    ] {
        proxy.set(rule.clone());
        assert_eq!(fault_by_proxy(&world, address, ca).await, expected, "{rule:?}");
    }
    let addr = proxy.addr();
    drop(proxy);
    let closed = until("the proxy's port is closed", async || {
        tokio::net::TcpStream::connect(addr).await.is_err().then_some(())
    });
    assert!(closed.await.is_some());
    assert_eq!(fault_by_proxy(&world, &bare, None).await, "not-connected");
    let unknown = ProxyAddress::new("no-such-proxy.invalid", 3128, None);
    assert_eq!(fault_by_proxy(&world, &unknown, None).await, "name");
    assert_eq!(world.connections(), connections + 12, "the box’s own connection stays");
    is_up_by(&world, "mqtt").await;
    world.set_mqtt_fault(NetworkFault::HalfOpen);
    world.set_https_fault(NetworkFault::Cut);
    let probes = probe(&world, None, None).await;
    let faults: Vec<_> = probes.iter().map(|probe| probe.fault.as_ref().map(|fault| fault.key())).collect();
    assert_eq!(faults[0], Some("silent"));
    assert!(matches!(faults[1], Some("not-connected" | "broken")), "{probes:?}");
}

/// A proxy's own authority, which signs for whatever passes.
struct Inspector {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Inspector {
    fn new() -> Self {
        let (mut params, key) = (CertificateParams::default(), KeyPair::generate().unwrap());
        params.distinguished_name.push(DnType::CommonName, "Linden Valley Inspection");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Any certificate of the target is good enough for it; it has none to show there.
    fn inspection(&self) -> Arc<TlsInspection> {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let private = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        let shown = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        let upstream =
            ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
        Arc::new(TlsInspection { shown: Arc::new(shown), upstream: Arc::new(upstream) })
    }
}
