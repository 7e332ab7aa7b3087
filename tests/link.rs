//! The box's connection to the relay: `uplink::link` against the relay's own listener, and against Mosquitto as an outside broker.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use appliance::uplink::transport::mqtt_link::{
    LinkConfig, LinkError, LinkEvent, LinkTiming, NotTaken, RelayEndpoint, RelayLink,
};
use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use record::ids::{BoxId, ConnectionId};
use record::limits::{BATCH_WIRE_BYTES_MAX, MQTT_PACKET_BYTES_MAX};
use record::topics::{DownTopic, UpTopic};
use relay::mqtt::{
    Admission, BoxConnection, BoxPublisher, ConnectionEnd, Inbox, MqttListener, MqttSettings,
    PeerCertificate, Presence, PublishOutcome, PublishRefusal,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(240), what).await.expect("nothing came for four minutes")
}

struct Pair {
    certificate: String,
    key: String,
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

fn named(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters
}

impl Authority {
    fn new() -> Self {
        let mut parameters = named("one authority for both sides");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(parameters, key), pem }
    }

    fn sign(&self, parameters: &CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        Pair {
            certificate: parameters.signed_by(&key, &self.issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    fn server(&self) -> Pair {
        let mut parameters = named("localhost");
        parameters.subject_alt_names =
            CertificateParams::new(["localhost".to_owned()]).unwrap().subject_alt_names;
        self.sign(&parameters)
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        roots
    }

    fn link(&self, id: BoxId, port: u16) -> LinkConfig {
        let pair = self.sign(&named(&id.to_string()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(self.roots())
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap(),
            )
            .unwrap();
        LinkConfig {
            box_id: id,
            relay: RelayEndpoint { host: "localhost".to_owned(), port },
            tls: Arc::new(tls),
            gone: Bytes::from_static(b"gone"),
            timing: LinkTiming::default(),
        }
    }
}

fn box_id(n: u8) -> BoxId {
    BoxId::new(1_763_610_001_123, [n; 10])
}

/// Reports what came, and answers as configured.
struct Ingest {
    publishes: mpsc::UnboundedSender<(BoxConnection, UpTopic, Bytes)>,
    presences: mpsc::UnboundedSender<(BoxConnection, Presence)>,
    admission: Mutex<Admission>,
    /// `None`: it never comes back.
    disposition: Mutex<Option<PublishOutcome>>,
}

impl Inbox for Ingest {
    async fn admit(&self, _: &PeerCertificate) -> Admission {
        *self.admission.lock().unwrap()
    }

    async fn publish(&self, from: BoxConnection, up: UpTopic, payload: Bytes) -> PublishOutcome {
        let disposition = *self.disposition.lock().unwrap();
        self.publishes.send((from, up, payload)).ok();
        match disposition {
            Some(disposition) => disposition,
            None => std::future::pending().await,
        }
    }

    async fn presence(&self, of: BoxConnection, presence: Presence) {
        self.presences.send((of, presence)).ok();
    }
}

struct World {
    authority: Authority,
    listener: MqttListener,
    outbox: BoxPublisher,
    ingest: Arc<Ingest>,
    publishes: mpsc::UnboundedReceiver<(BoxConnection, UpTopic, Bytes)>,
    presences: mpsc::UnboundedReceiver<(BoxConnection, Presence)>,
}

impl World {
    async fn new() -> Self {
        let authority = Authority::new();
        let server = authority.server();
        let tls = relay::mqtt::server_config(
            vec![CertificateDer::from_pem_slice(server.certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(server.key.as_bytes()).unwrap(),
            authority.roots(),
        );
        let ((publish, publishes), (presence, presences)) =
            (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let ingest = Arc::new(Ingest {
            publishes: publish,
            presences: presence,
            admission: Mutex::new(Admission::Admitted),
            disposition: Mutex::new(Some(PublishOutcome::Done)),
        });
        let outbox = BoxPublisher::new();
        let count = AtomicU32::new(0);
        let mint = move || ConnectionId::new(i64::from(count.fetch_add(1, Ordering::Relaxed)), [0; 10]);
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let inbox = Arc::clone(&ingest);
        let listener =
            MqttListener::start(socket, tls.unwrap(), MqttSettings::default(), outbox.clone(), inbox, mint)
                .unwrap();
        Self { authority, listener, outbox, ingest, publishes, presences }
    }

    fn link(&self, n: u8) -> LinkConfig {
        self.authority.link(box_id(n), self.listener.local_addr().port())
    }

    fn answer(&self, disposition: Option<PublishOutcome>) {
        *self.ingest.disposition.lock().unwrap() = disposition;
    }

    async fn published(&mut self) -> (BoxConnection, UpTopic, Bytes) {
        soon(self.publishes.recv()).await.unwrap()
    }

    async fn presence(&mut self) -> Presence {
        soon(self.presences.recv()).await.unwrap().1
    }
}

#[tokio::test]
async fn there_and_back() {
    let mut world = World::new().await;
    let (sender, mut receiver) = RelayLink::connect(&world.link(1)).await.unwrap();
    let batch = Bytes::from(vec![7; BATCH_WIRE_BYTES_MAX]);
    for (up, payload) in [
        (UpTopic::Hello, Bytes::from_static(b"hello")),
        (UpTopic::Batch, batch),
        (UpTopic::Health, Bytes::from_static(b"well")),
    ] {
        sender.publish(up, payload.clone()).unwrap();
        let (from, came, bytes) = world.published().await;
        assert_eq!((from.box_id, came, bytes), (box_id(1), up, payload));
    }
    for down in [DownTopic::Ack, DownTopic::Directive] {
        world.outbox.send(box_id(1), down, Bytes::from_static(b"signed")).unwrap();
        match soon(receiver.next()).await {
            LinkEvent::Down(came, payload) => assert_eq!((came, &payload[..]), (down, &b"signed"[..])),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn goodbye_and_cut() {
    let mut world = World::new().await;
    let (sender, receiver) = RelayLink::connect(&world.link(1)).await.unwrap();
    assert_eq!(world.presence().await, Presence::Connected);
    soon(receiver.close()).await;
    assert_eq!(world.presence().await, Presence::Gone(ConnectionEnd::Clean));
    assert!(matches!(sender.publish(UpTopic::Batch, Bytes::new()), Err(LinkError::Unreachable(_))));

    let (_sender, receiver) = RelayLink::connect(&world.link(1)).await.unwrap();
    assert_eq!(world.presence().await, Presence::Connected);
    drop(receiver);
    assert_eq!(world.presence().await, Presence::Gone(ConnectionEnd::Lost));
}

#[tokio::test]
async fn what_was_not_taken() {
    let mut world = World::new().await;
    let (sender, mut receiver) = RelayLink::connect(&world.link(1)).await.unwrap();
    for (disposition, expected) in [
        (PublishOutcome::Busy, NotTaken::Busy),
        (PublishOutcome::Refused(PublishRefusal::Content), NotTaken::Refused),
        (PublishOutcome::Refused(PublishRefusal::Format), NotTaken::Refused),
    ] {
        world.answer(Some(disposition));
        sender.publish(UpTopic::Batch, Bytes::from_static(b"x")).unwrap();
        world.published().await;
        let event = soon(receiver.next()).await;
        assert!(matches!(event, LinkEvent::NotTaken(not_taken) if not_taken == expected), "{event:?}");
    }
}

#[tokio::test]
async fn larger_than_the_relay_takes() {
    let mut world = World::new().await;
    let (sender, _receiver) = RelayLink::connect(&world.link(1)).await.unwrap();
    let too_large = sender.publish(UpTopic::Batch, vec![0; MQTT_PACKET_BYTES_MAX].into());
    let Err(LinkError::TooLarge { bytes_max, .. }) = too_large else { panic!("{too_large:?}") };
    assert!(bytes_max >= BATCH_WIRE_BYTES_MAX);
    let largest = Bytes::from(vec![1; bytes_max]);
    sender.publish(UpTopic::Batch, largest.clone()).unwrap();
    assert_eq!(world.published().await.2, largest, "the line is not broken by it");
}

#[tokio::test]
async fn a_relay_that_does_not_answer_fills_nothing() {
    let mut world = World::new().await;
    world.answer(None);
    let (sender, _receiver) = RelayLink::connect(&world.link(1)).await.unwrap();
    let full = soon(async {
        loop {
            if let Err(error) = sender.publish(UpTopic::Batch, Bytes::from_static(b"x")) {
                return error;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(matches!(full, LinkError::Full), "{full}");
    world.published().await;
    assert!(world.publishes.try_recv().is_err(), "one after another");
}

#[tokio::test]
async fn nothing_of_an_older_connection_holds_up_the_next() {
    let mut world = World::new().await;
    world.answer(None);
    for n in 0..3_u8 {
        let (sender, receiver) = RelayLink::connect(&world.link(1)).await.unwrap();
        // More than may be unacknowledged, so that some is parked inside when the connection is cut.
        for _ in 0..4 {
            sender.publish(UpTopic::Batch, Bytes::from(vec![n])).unwrap();
        }
        assert_eq!(world.published().await.2[0], n);
        drop(receiver);
    }
    world.answer(Some(PublishOutcome::Done));
    let (sender, _receiver) = RelayLink::connect(&world.link(1)).await.unwrap();
    for n in 10..20_u8 {
        sender.publish(UpTopic::Batch, Bytes::from(vec![n])).unwrap();
        soon(async { while world.publishes.recv().await.unwrap().2[0] != n {} }).await;
    }
}

#[tokio::test]
async fn every_end_says_why() {
    let world = World::new().await;
    async fn ended(mut receiver: appliance::uplink::transport::mqtt_link::LinkReceiver) -> LinkError {
        match soon(receiver.next()).await {
            LinkEvent::Closed(error) => error,
            other => panic!("{other:?}"),
        }
    }
    let (_sender, receiver) = RelayLink::connect(&world.link(1)).await.unwrap();
    let (_newer, newer) = RelayLink::connect(&world.link(1)).await.unwrap();
    let text = ended(receiver).await.to_string();
    assert!(text.contains("another connection of this box"), "{text}");

    world.outbox.disconnect(box_id(1));
    let put_out = ended(newer).await;
    assert!(put_out.is_permanent() && put_out.to_string().contains("put out"), "{put_out}");

    for (admission, words, is_permanent) in [
        (Admission::Revoked, "revoked", true),
        (Admission::Unknown, "does not know this box", true),
        (Admission::Unavailable, "tries again automatically", false),
    ] {
        *world.ingest.admission.lock().unwrap() = admission;
        let refused = RelayLink::connect(&world.link(1)).await.map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains(words), "{refused}");
        assert_eq!(refused.is_permanent(), is_permanent, "{refused}");
    }
    *world.ingest.admission.lock().unwrap() = Admission::Admitted;

    let port = world.listener.local_addr().port();
    let stranger = Authority::new().link(box_id(1), port);
    let refused = RelayLink::connect(&stranger).await.map(|_| ()).unwrap_err();
    assert!(
        matches!(&refused, LinkError::Unreachable(text) if text.contains("invalid peer certificate")),
        "{refused}"
    );

    let (_sender, receiver) = RelayLink::connect(&world.link(1)).await.unwrap();
    let wrong = world.link(1);
    let stopping = tokio::spawn(world.listener.stop());
    let text = ended(receiver).await.to_string();
    assert!(text.contains("being restarted"), "{text}");
    soon(stopping).await.unwrap();
    let wrong = RelayLink::connect(&wrong).await.map(|_| ()).unwrap_err();
    assert!(matches!(wrong, LinkError::Unreachable(_)), "{wrong}");
}

/// Mosquitto as the broker of a large installation, with the rules of DEPENDENCIES' page.
async fn mosquitto(folder: &Path, authority: &Authority) -> (tokio::process::Child, u16) {
    let server = authority.server();
    let files = [
        ("ca.pem", authority.pem.as_str()),
        ("server.pem", &server.certificate),
        ("server.key", &server.key),
        ("acl", "pattern write ct/1/%u/up/#\npattern read ct/1/%u/down/#\n"),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    // Mosquitto takes no port 0; whoever is quicker to this one makes it end, and then the next is tried.
    loop {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
        let folder = folder.display();
        let config = format!(
            "per_listener_settings true\nlistener {port} 127.0.0.1\ncafile {folder}/ca.pem\n\
             certfile {folder}/server.pem\nkeyfile {folder}/server.key\nrequire_certificate true\n\
             use_identity_as_username true\nallow_anonymous false\nacl_file {folder}/acl\nuser root\n"
        );
        let path = Path::new(&folder.to_string()).join("mosquitto.conf");
        std::fs::write(&path, config).unwrap();
        let mut broker = tokio::process::Command::new("mosquitto")
            .arg("-v")
            .arg("-c")
            .arg(&path)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("mosquitto is installed");
        let mut lines = BufReader::new(broker.stderr.take().unwrap()).lines();
        while let Some(line) = soon(lines.next_line()).await.unwrap() {
            if line.contains("running") {
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return (broker, port);
            }
        }
    }
}

#[tokio::test]
async fn an_outside_broker_with_no_relay_behind_it() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let (_broker, port) = mosquitto(folder.path(), &authority).await;
    let (sender, mut receiver) = soon(RelayLink::connect(&authority.link(box_id(1), port))).await.unwrap();
    sender.publish(UpTopic::Hello, Bytes::from_static(b"hello")).unwrap();
    let event = soon(receiver.next()).await;
    assert!(matches!(event, LinkEvent::NotTaken(NotTaken::Nobody)), "{event:?}");
    soon(receiver.close()).await;
}
