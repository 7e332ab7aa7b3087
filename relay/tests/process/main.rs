//! The program itself, from an empty folder to a cosigned batch, through every listener, a stop and a second start.
#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests")]

#[expect(dead_code, reason = "the stories use all of it")]
#[path = "../store/fake_box.rs"]
mod fake_box;
mod keys;
mod mail;
mod old_people;
mod operations;

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use fake_box::FakeBox;
use rcgen::{CertificateParams, KeyPair};
use record::checkpoint::CosignedCheckpoint;
use record::claim::{ClaimAnswer, ClaimRequest};
use record::ids::BoxId;
use record::messages::{Ack, Answer};
use record::sign::VerifierKey;
use record::topics::{DownTopic, Topic, UpTopic};
use record::tree::Hash;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

/// A bound on waiting for what must come; never a measure.
const LONG: Duration = Duration::from_secs(30);

struct Relay {
    child: Child,
    message: Value,
}

fn program(data: &Path) -> std::process::Command {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_cleantrack-relay"));
    for listener in ["HTTPS", "PHOTOS", "MQTT", "HEALTH"] {
        program.env(format!("CLEANTRACK_{listener}_LISTEN"), "127.0.0.1:0");
    }
    program.env("CLEANTRACK_LOG", "warn").arg("--data").arg(data);
    program
}

impl Relay {
    async fn start(data: &Path) -> Self {
        let mut child = Command::from(program(data))
            .arg("serve")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        tokio::time::timeout(LONG, out.read_line(&mut line)).await.unwrap().unwrap();
        Self { child, message: serde_json::from_str(&line).unwrap() }
    }

    fn port(&self, listener: &str) -> u16 {
        let address = self.message[listener].as_str().unwrap();
        address.rsplit(':').next().unwrap().parse().unwrap()
    }

    async fn stop(mut self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").arg(pid).status().await.unwrap().success());
        let status = tokio::time::timeout(LONG, self.child.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status}");
    }
}

/// An order, by the running relay or without one; its answer.
fn order(data: &Path, args: &[&str], input: &str) -> String {
    let mut program = program(data);
    let program = program.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn field(answer: &str, name: &str) -> String {
    serde_json::from_str::<Value>(answer).unwrap()[name].as_str().unwrap().to_owned()
}

fn client(ca: &str, identity: Option<(&str, &str)>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        roots.add(root.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots);
    Arc::new(match identity {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().unwrap();
            builder
                .with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap())
                .unwrap()
        }
    })
}

/// One request over a connection of its own (`METHOD path`, or `METHOD path | Header: value`): status and body. `None` if it is refused.
async fn ask(tls: &Arc<ClientConfig>, port: u16, head: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
    let tcp = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::clone(tls)).connect(name, tcp).await.ok()?;
    let (request, more) = head.split_once(" | ").unwrap_or((head, "Accept: */*"));
    let head = format!(
        "{request} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         {more}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body).await.ok()?;
    let mut answer = Vec::new();
    // A server may close without TLS's goodbye; what came before counts.
    let _ = stream.read_to_end(&mut answer).await;
    let status = std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()?;
    let body = answer.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    Some((status, answer[body..].to_vec()))
}

/// A box's connection: publishes, and receives acks.
struct MqttConnection {
    box_id: BoxId,
    client: AsyncClient,
    events: EventLoop,
    /// What came on `down/directive`.
    directives: Vec<String>,
}

impl MqttConnection {
    async fn open(box_id: BoxId, port: u16, tls: Arc<ClientConfig>) -> Option<Self> {
        let mut options = MqttOptions::new(box_id.to_string(), "localhost", port);
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)));
        options.set_clean_start(true).set_max_packet_size(Some(400_000));
        let (client, events) = AsyncClient::new(options, 10);
        client.subscribe(Topic::down_filter(box_id), QoS::AtLeastOnce).await.unwrap();
        let mut line = Self { box_id, client, events, directives: Vec::new() };
        line.until(|packet| matches!(packet, Packet::SubAck(_)).then_some(())).await?;
        Some(line)
    }

    async fn until<T>(&mut self, expected: impl Fn(&Packet) -> Option<T>) -> Option<T> {
        let down = Topic::Down(self.box_id, DownTopic::Directive).to_string();
        let waiting = async {
            loop {
                match self.events.poll().await {
                    Ok(Event::Incoming(packet)) => {
                        if let Packet::Publish(p) = &packet
                            && p.topic == down.as_bytes()
                        {
                            self.directives.push(String::from_utf8(p.payload.to_vec()).unwrap());
                        }
                        if let Some(found) = expected(&packet) {
                            return Some(found);
                        }
                    }
                    Ok(Event::Outgoing(_)) => {}
                    Err(_) => return None,
                }
            }
        };
        tokio::time::timeout(LONG, waiting).await.unwrap()
    }

    async fn say(&mut self, up: UpTopic, payload: Vec<u8>) -> Option<Answer> {
        let topic = Topic::Up(self.box_id, up).to_string();
        self.client.publish(topic, QoS::AtLeastOnce, false, payload).await.unwrap();
        let ack = Topic::Down(self.box_id, DownTopic::Ack).to_string();
        self.until(|packet| match packet {
            Packet::Publish(p) if p.topic == ack.as_bytes() => {
                Some(serde_json::from_slice::<Ack>(&p.payload).unwrap().answer)
            }
            _ => None,
        })
        .await
    }
}

async fn claim(relay: &Relay, file: &toml::Table, log: &FakeBox, key: &KeyPair) -> ClaimAnswer {
    let request = ClaimRequest {
        code: file["code"].as_str().unwrap().to_owned(),
        r#box: log.origin.box_id,
        csr: CertificateParams::default().serialize_request(key).unwrap().pem().unwrap(),
        log_key: log.signer.verifier().to_string(),
        epoch: log.origin.epoch,
        model: "test".into(),
        version: "1".into(),
        signature: String::new(),
    };
    let request = request.signed(&log.signer);
    let tls = client(file["relay_ca"].as_str().unwrap(), None);
    let body = serde_json::to_vec(&request).unwrap();
    let (status, body) = ask(&tls, relay.port("https"), "POST /box/v1/claim", &body).await.unwrap();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

/// Files and folders that others than their owner may open.
fn open_to_others(dir: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let (mut open, mut seen, mut dirs) = (Vec::new(), Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let entry = entry.unwrap();
            let (meta, path) = (entry.metadata().unwrap(), entry.path());
            if meta.permissions().mode() & 0o077 != 0 {
                open.push(format!("{} {:o}", path.display(), meta.permissions().mode()));
            }
            seen.push(entry.file_name().to_string_lossy().into_owned());
            if meta.is_dir() {
                dirs.push(path);
            }
        }
    }
    for name in ["relay.db", "relay.db-wal", "relay.db-shm", "photos", "uploads"] {
        assert!(seen.iter().any(|s| s == name), "{name} is not there: {seen:?}");
    }
    open
}

/// Connections that say nothing, more than the listener has places for: those that its bound for one address leaves open
/// stay so until it ends them.
async fn silent_crowd(port: u16) -> Vec<tokio::net::TcpStream> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut crowd = Vec::new();
    for _ in 0..1_100 {
        crowd.push(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    crowd
}

#[tokio::test]
async fn from_an_empty_folder_to_a_cosigned_batch() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    // Before it ever ran, an order goes to the database directly; while it runs, through its socket.
    let account = field(&order(&data, &["account", "create", "--name", "North"], ""), "account");
    let relay = Relay::start(&data).await;
    let facility = ["facility", "create", "--account", &account, "--name", "General", "--zone", "UTC"];
    let facility = field(&order(&data, &facility, ""), "facility");
    let file = order(&data, &["claim-file", "create", "--account", &account, "--facility", &facility], "");
    let file: toml::Table = file.parse().unwrap();
    let (mut log, key) = (FakeBox::new(BoxId::new(1, [1; 10]), 1, 3), KeyPair::generate().unwrap());
    log.tell(
        1_763_610_000_000,
        "log.started",
        &json!({"box": log.origin.box_id, "version": "1"}).to_string(),
    );
    log.add(1_763_610_000_000, "ABCDEFGH3");
    log.clean(1_763_610_000_000, "ABCDEFGH3");
    let answer = claim(&relay, &file, &log, &key).await;
    assert_eq!(answer.mqtt_url, relay.message["mqtt"].as_str().unwrap());
    let key = key.serialize_pem();
    let tls = client(&answer.relay_ca, Some((&answer.chain, &key)));
    let stranger = client(&answer.relay_ca, None);
    // Whatever else is asked of either listener is asked beside these.
    let _crowds = [silent_crowd(relay.port("https")).await, silent_crowd(relay.port("photos")).await];
    for (path, word) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let got = ask(&stranger, relay.port("https"), &format!("GET {path}"), b"").await.unwrap();
        assert_eq!(got, (200, word.as_bytes().to_vec()), "{path}");
    }

    let mut line =
        MqttConnection::open(log.origin.box_id, relay.port("mqtt"), Arc::clone(&tls)).await.unwrap();
    assert_eq!(line.say(UpTopic::Hello, log.hello(0, None)).await, Some(Answer::Want { want: 0 }));
    let Some(Answer::Checkpoint { checkpoint }) = line.say(UpTopic::Batch, log.batch(0, 3)).await else {
        panic!()
    };
    let cosigners: Vec<VerifierKey> =
        answer.cosign_keys.iter().map(|k| VerifierKey::parse(k).unwrap()).collect();
    let cosigned =
        CosignedCheckpoint::verify(&checkpoint, &log.origin, log.signer.verifier(), &cosigners).unwrap();
    assert_eq!((cosigned.checkpoint().size, cosigned.checkpoint().root), (3, log.root(3)));

    let photo = b"a photo".to_vec();
    let hash = Hash::of(&photo);
    let (photos, requested) = (relay.port("photos"), json!({"photos": [hash]}).to_string());
    let ask_missing = async |tls| ask(tls, photos, "POST /box/v1/photos/missing", requested.as_bytes()).await;
    assert_eq!(ask_missing(&tls).await.unwrap(), (200, requested.clone().into_bytes()));
    let nobody = client(&answer.relay_ca, None);
    assert_eq!(ask_missing(&nobody).await, None, "no certificate, no answer");
    let head = format!("PUT /box/v1/photos/{hash} | Content-Range: bytes 0-6/7");
    assert_eq!(ask(&tls, photos, &head, &photo).await.unwrap().0, 201);
    assert_eq!(ask_missing(&tls).await.unwrap(), (200, br#"{"photos":[]}"#.to_vec()));

    assert_eq!(open_to_others(&data), Vec::<String>::new());
    drop(line);
    relay.stop().await;
    assert_eq!(order(&data, &["verify"], ""), "1 logs, 3 entries\n1 access logs, 3 rows\n");
    assert_eq!(order(&data, &["rebuild"], ""), "rebuilt 1 facilities\n");
    let relay = Relay::start(&data).await;
    let mut line =
        MqttConnection::open(log.origin.box_id, relay.port("mqtt"), Arc::clone(&tls)).await.unwrap();
    let held = line.say(UpTopic::Hello, log.hello(3, Some(checkpoint.clone()))).await;
    assert_eq!(held, Some(Answer::Checkpoint { checkpoint }));
    let box_id = log.origin.box_id.to_string();
    let listed = order(&data, &["box", "epoch", "list", "--account", &account, "--box", &box_id], "");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let epoch = log.origin.epoch.to_string();
    assert_eq!(
        (&listed["epochs"][0]["epoch"], &listed["epochs"][0]["standing"]),
        (&json!(epoch), &json!("own"))
    );
    order(&data, &["box", "revoke", "--account", &account, "--box", &box_id], "");
    assert_eq!(line.until(|_| None::<()>).await, None, "its connection ends");
    assert!(
        MqttConnection::open(log.origin.box_id, relay.port("mqtt"), Arc::clone(&tls)).await.is_none(),
        "and no other begins"
    );
    assert_eq!(
        ask(&tls, relay.port("photos"), "POST /box/v1/photos/missing", requested.as_bytes()).await.unwrap().0,
        403
    );
    relay.stop().await;
}

/// By the running relay and without one: the same words, the same effect.
#[tokio::test]
async fn people_and_tokens_by_command() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    let account = field(&order(&data, &["account", "create", "--name", "North"], ""), "account");
    let own = |args: &[&str], more: &[&str]| {
        let input = if args == ["admin", "create"] { "a password of many words\n" } else { "" };
        let args = [args, &["--account", &account], more].concat();
        serde_json::from_str::<Value>(&order(&data, &args, input)).unwrap()
    };
    own(&["admin", "create"], &["--email", "a@north.example"]);
    let relay = Relay::start(&data).await;
    own(&["admin", "create"], &["--email", "b@north.example", "--name", "Bea"]);
    let made = own(&["token", "create"], &["--name", "Warehouse"]);
    let other = own(&["token", "create"], &["--name", "Other", "--days", "never"]);
    let token = made["token"].as_str().unwrap();
    assert_eq!(token.len(), 55);
    assert_eq!((&token[3..11], &other["expires"]), (made["token_id"].as_str().unwrap(), &Value::Null));
    let ca = std::fs::read_to_string(relay.message["ca"].as_str().unwrap()).unwrap();
    let (tls, https) = (client(&ca, None), relay.port("https"));
    let head = format!("GET /api/v1/equipment | Authorization: Bearer {token}");
    assert_eq!(ask(&tls, https, &head, b"").await.unwrap().0, 200);
    let listed = own(&["token", "list"], &[]);
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 2);
    assert!(
        listed["tokens"][1]["used"].is_string() && !listed.to_string().contains(&token[12..]),
        "{listed}"
    );
    own(&["token", "revoke"], &["Warehouse"]);
    assert_eq!(ask(&tls, https, &head, b"").await.unwrap().0, 401, "from the next request on");
    own(&["admin", "disable"], &["--email", "B@north.example"]);
    let people = own(&["admin", "list"], &[]);
    let disabled: Vec<_> = people["people"].as_array().unwrap().iter().map(|p| &p["disabled"]).collect();
    assert_eq!(disabled, [false, true]);
    let failed = |args: &[&str]| {
        let done = program(&data).args(args).args(["--account", &account]).output().unwrap();
        (!done.status.success()).then(|| String::from_utf8(done.stderr).unwrap()).unwrap()
    };
    assert!(failed(&["admin", "disable", "--email", "a@north.example"]).contains("last admin"));
    assert!(failed(&["token", "revoke", "Warehouse"]).contains("no token"));
    assert!(failed(&["token", "create", "--name", "x", "--days", "731"]).contains("1 to 730"));
    relay.stop().await;
    own(&["admin", "enable"], &["--email", "b@north.example"]);
    own(&["admin", "sign-out"], &["--email", "b@north.example"]);
    own(&["token", "revoke"], &[other["token_id"].as_str().unwrap()]);
    let listed = own(&["token", "list"], &[]);
    assert!(listed["tokens"].as_array().unwrap().iter().all(|t| t["revoked_by"] == "operator"), "{listed}");
}

#[test]
fn settings_that_do_not_fit_end_it_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("relay.toml");
    std::fs::write(&file, "data = \"/nowhere\"\n[mqtt]\nlistne = \"127.0.0.1:0\"\n").unwrap();
    let run = |args: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_cleantrack-relay"));
        program.arg("--config").arg(&file).args(args).output().unwrap()
    };
    let done = run(&["--check", "serve"]);
    let words = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!done.status.success() && words.contains("line 3") && words.contains("listne"), "{words}");
    std::fs::write(&file, "data = \"/nowhere\"\n").unwrap();
    let done = run(&["--check", "serve", "--role", "ingest"]);
    assert!(done.status.success() && String::from_utf8_lossy(&done.stdout).contains("ingest"));
    let done = run(&["--check"]);
    assert!(
        done.status.success() && String::from_utf8_lossy(&done.stdout).contains("all"),
        "serve is the default"
    );
    let refused = |args: &[&str]| {
        let done = run(args);
        let words = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(78) && words.contains("sqlite:FILE or postgres://"), "{words}");
    };
    refused(&["--check", "serve", "--database", "mysql://host/db"]);
    let address = dir.path().join("address");
    std::fs::write(&address, "mysql://host/db\n").unwrap();
    std::fs::write(&file, format!("data = \"/nowhere\"\ndatabase_file = {address:?}\n")).unwrap();
    refused(&["--check"]);
}

#[tokio::test]
async fn a_file_has_one_process_and_an_order_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    let mut relay = Relay::start(&data).await;
    let second = program(&data).arg("serve").output().unwrap();
    let words = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{words}");
    assert!(words.contains("another relay serves this database"), "{words}");
    assert_eq!(order(&data, &["drain"], ""), "{\"draining\":true}\n");
    let status = tokio::time::timeout(LONG, relay.child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    let nobody = program(&data).arg("drain").output().unwrap();
    let words = String::from_utf8_lossy(&nobody.stderr);
    assert!(!nobody.status.success() && words.contains("no relay runs here"), "{words}");
    Relay::start(&data).await.stop().await;
}
