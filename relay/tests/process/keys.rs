//! The keys that boxes know a relay by: whose database they belong to, by command, and from one to the next.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rcgen::KeyPair;
use record::checkpoint::CosignedCheckpoint;
use record::claim::ClaimAnswer;
use record::directive::Directive;
use record::ids::BoxId;
use record::messages::Answer;
use record::sign::{SignedNote, VerifierKey};
use record::topics::{DownTopic, Topic, UpTopic};
use rumqttc::v5::mqttbytes::v5::Packet;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::fake_box::FakeBox;
use super::{LONG, MqttConnection, Relay, ask, claim, client, field, order, program};

struct KeyedBox {
    log: FakeBox,
    key: String,
    relation: ClaimAnswer,
    line: Option<MqttConnection>,
    sent: u64,
    decided: u64,
    cosigned: Vec<String>,
}

impl KeyedBox {
    async fn claim(relay: &Relay, file: &toml::Table, n: u8) -> Self {
        let (mut log, key) = (FakeBox::new(BoxId::new(1, [n; 10]), 1, n), KeyPair::generate().unwrap());
        let started = json!({"box": log.origin.box_id, "version": "1"}).to_string();
        log.tell(1_763_610_000_000, "log.started", &started);
        log.add(1_763_610_000_000, "ABCDEFGH3");
        let relation = claim(relay, file, &log, &key).await;
        let key = key.serialize_pem();
        Self { log, key, relation, line: None, sent: 0, decided: 0, cosigned: Vec::new() }
    }

    /// A new line; what the relay holds is answered by a key that the box believes then.
    async fn connect(&mut self, relay: &Relay) {
        let tls = client(&self.relation.relay_ca, Some((&self.relation.chain, &self.key)));
        let mut line = MqttConnection::open(self.log.origin.box_id, relay.port("mqtt"), tls).await.unwrap();
        let hello = self.log.hello(self.sent, self.cosigned.last().cloned());
        let mut hello: Value = serde_json::from_slice(&hello).unwrap();
        hello["directive"] = self.decided.into();
        let answer = line.say(UpTopic::Hello, hello.to_string().into_bytes()).await.unwrap();
        self.line = Some(line);
        self.apply();
        if let Answer::Checkpoint { checkpoint } = answer {
            self.verify(&checkpoint);
        }
    }

    fn verify(&self, note: &str) -> CosignedCheckpoint {
        let keys: Vec<_> = self.relation.cosign_keys.iter().map(|k| VerifierKey::parse(k).unwrap()).collect();
        CosignedCheckpoint::verify(note, &self.log.origin, self.log.signer.verifier(), &keys).unwrap()
    }

    /// Keeps the keys of what came, in its order, and says so in the log.
    fn apply(&mut self) {
        let keys: Vec<_> =
            self.relation.directive_keys.iter().map(|k| VerifierKey::parse(k).unwrap()).collect();
        for note in self.line.as_mut().unwrap().directives.drain(..) {
            let directive = Directive::verify(&note, &keys).unwrap();
            assert_eq!((directive.box_id, directive.number), (self.log.origin.box_id, self.decided + 1));
            let line: Value = serde_json::from_str(&directive.json).unwrap();
            assert_eq!(line["do"], "keys", "{line}");
            let texts = |name: &str| -> Vec<String> {
                let list = line["args"][name].as_array().cloned().unwrap_or_default();
                list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
            };
            let drop = texts("drop");
            let known = std::mem::take(&mut self.relation.cosign_keys);
            let all = texts("cosign").into_iter().chain(known);
            for key in all.filter(|key| !drop.iter().any(|id| key.contains(&format!("+{id}+")))) {
                if !self.relation.cosign_keys.contains(&key) {
                    self.relation.cosign_keys.push(key);
                }
            }
            self.decided = directive.number;
            let body = json!({"number": directive.number, "hash": directive.hash()}).to_string();
            self.log.tell(1_763_610_000_000, "directive.applied", &body);
        }
    }

    /// Waits for what the relay requests.
    async fn hear(&mut self) {
        let line = self.line.as_mut().unwrap();
        let down = Topic::Down(line.box_id, DownTopic::Directive).to_string();
        line.until(|packet| {
            (matches!(packet, Packet::Publish(p) if p.topic == down.as_bytes())).then_some(())
        })
        .await
        .unwrap();
        self.apply();
    }

    /// Sends what is new; the name of the key that cosigned it.
    async fn send(&mut self) -> String {
        let (from, end) = (self.sent, self.log.size());
        let batch = self.log.batch(from, end);
        let answer = self.line.as_mut().unwrap().say(UpTopic::Batch, batch).await.unwrap();
        let Answer::Checkpoint { checkpoint } = answer else { panic!("{answer:?}") };
        assert_eq!(self.verify(&checkpoint).checkpoint().size, end);
        self.sent = end;
        let note = SignedNote::parse(&checkpoint).unwrap();
        self.cosigned.push(checkpoint);
        note.signatures().last().unwrap().name.clone()
    }

    async fn clean(&mut self) -> String {
        self.log.clean(1_763_610_000_000, "ABCDEFGH3");
        self.send().await
    }
}

/// The cosigning keys of the public list: all of them, and those that were not revoked.
async fn public_keys(relay: &Relay) -> (Vec<VerifierKey>, Vec<VerifierKey>) {
    let ca = std::fs::read_to_string(relay.message["ca"].as_str().unwrap()).unwrap();
    let path = "GET /.well-known/cleantrack-keys";
    let (_, list) = ask(&client(&ca, None), relay.port("https"), path, b"").await.unwrap();
    let list = String::from_utf8(list).unwrap();
    let lines = || list.lines().filter(|line| line.contains(" cosign "));
    fn read_key(line: &str) -> VerifierKey {
        VerifierKey::parse(line.split(' ').next().unwrap()).unwrap()
    }
    (
        lines().map(read_key).collect(),
        lines().filter(|line| !line.ends_with(" revoked")).map(read_key).collect(),
    )
}

/// A process that must not run: its status and what it said.
fn refused(mut program: std::process::Command) -> (Option<i32>, String) {
    let done = program.output().unwrap();
    (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
}

fn cosign_key(data: &Path, database: &str) -> Value {
    let listed = order(data, &["keys", "list", "--database", database], "");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    listed["keys"].as_array().unwrap().iter().find(|key| key["kind"] == "cosign").unwrap().clone()
}

#[tokio::test]
async fn a_folder_that_is_not_the_databases_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", dir.path().join("shared.db").display());
    let serve = |data: &str, role: &str| {
        let mut program = program(&dir.path().join(data));
        program.args(["serve", "--role", role, "--database", &database]);
        program
    };
    // Nobody but a process that does everything makes keys.
    let (status, words) = refused(serve("first", "ingest"));
    assert!(status == Some(78) && words.contains("keys init"), "{status:?} {words}");
    order(&dir.path().join("first"), &["keys", "init", "--database", &database], "");
    let (status, words) = refused({
        let mut again = program(&dir.path().join("first"));
        again.args(["keys", "init", "--database", &database]);
        again
    });
    assert!(status == Some(1) && words.contains("already"), "{status:?} {words}");
    let ours = cosign_key(&dir.path().join("first"), &database);
    assert_eq!(
        (&ours["n"], &ours["state"], &ours["private_half"]),
        (&json!(1), &json!("current"), &json!(true))
    );
    let fingerprint = ours["fingerprint"].as_str().unwrap();
    let (status, words) = refused(serve("second", "ingest"));
    assert!(status == Some(78) && words.contains("no such key"), "{status:?} {words}");
    // Another relay's folder: both fingerprints are named.
    let elsewhere = format!("sqlite:{}", dir.path().join("other.db").display());
    order(&dir.path().join("second"), &["keys", "init", "--database", &elsewhere], "");
    std::fs::remove_file(dir.path().join("second").join("keys/ca-1.key")).unwrap();
    std::fs::copy(
        dir.path().join("first").join("keys/ca-1.key"),
        dir.path().join("second").join("keys/ca-1.key"),
    )
    .unwrap();
    let theirs = cosign_key(&dir.path().join("second"), &elsewhere);
    let (status, words) = refused(serve("second", "all"));
    assert_eq!(status, Some(78), "{words}");
    assert!(
        words.contains(fingerprint) && words.contains(theirs["fingerprint"].as_str().unwrap()),
        "{words}"
    );
    assert!(words.contains("keys import"), "{words}");
    // A process that only works signs the ends of access logs; its key is another one here.
    let (status, words) = refused(serve("second", "work"));
    assert!(status == Some(78) && words.contains("the cosign key 1"), "{status:?} {words}");
    // With the folder of the first it is the same relay.
    for file in std::fs::read_dir(dir.path().join("first").join("keys")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), dir.path().join("second").join("keys").join(file.file_name())).unwrap();
    }
    assert_eq!(cosign_key(&dir.path().join("second"), &database), ours);
    let mut relay = Command::from(serve("second", "all"));
    let mut child = relay.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    tokio::time::timeout(LONG, out.read_line(&mut line)).await.unwrap().unwrap();
    assert!(line.contains("\"relay\":1"), "{line}");
}

/// By the running relay and without one; the public list says it to anybody.
#[tokio::test]
async fn keys_are_rotated_revoked_and_sealed_by_command() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    let relay = Relay::start(&data).await;
    fn read_output(data: &Path, args: &[&str], input: &str) -> Value {
        serde_json::from_str::<Value>(&order(data, &[&["keys"], args].concat(), input)).unwrap()
    }
    // Nobody waits for it: there is no box.
    assert_eq!(read_output(&data, &["rotate", "cosign"], "")["state"], "current");
    assert!(
        read_output(&data, &["revoke", "cosign", "1"], "")["then"]
            .as_str()
            .unwrap()
            .contains("proves nothing")
    );
    let ca = std::fs::read_to_string(relay.message["ca"].as_str().unwrap()).unwrap();
    let path = "GET /.well-known/cleantrack-keys";
    let (status, list) = ask(&client(&ca, None), relay.port("https"), path, b"").await.unwrap();
    let list = String::from_utf8(list).unwrap();
    let cosign: Vec<&str> = list.lines().filter(|line| line.contains(" cosign ")).collect();
    assert_eq!((status, cosign.len()), (200, 2), "{list}");
    assert!(cosign[0].ends_with(" revoked") && cosign[1].ends_with(" - current"), "{list}");
    let file = dir.path().join("keys.age");
    let export = ["export", file.to_str().unwrap()];
    let words = order(&data, &[&["keys"], &export[..]].concat(), "a passphrase of many words\n");
    assert!(words.contains("sealed in"), "{words}");
    let passphrase = dir.path().join("passphrase");
    std::fs::write(&passphrase, "a passphrase of many words\n").unwrap();
    let (status, words) = refused({
        let mut again = program(&data);
        again.arg("keys").args(export).arg("--passphrase-file").arg(&passphrase);
        again
    });
    assert!(status == Some(1), "what is there is not written over: {words}");
    relay.stop().await;
    assert_eq!(read_output(&data, &["rotate", "ca"], "")["state"], "current");
    let other = dir.path().join("other");
    let database = format!("sqlite:{}", data.join("relay.db").display());
    let serve = ["serve", "--role", "ingest", "--database", &database];
    let (status, words) = refused({
        let mut other = program(&other);
        other.args(serve);
        other
    });
    assert!(status == Some(78) && words.contains("the ca key 2"), "{words}");
    // The file is from before the authority was rotated.
    let import = ["keys", "import", file.to_str().unwrap(), "--database", &database];
    let brought = order(&other, &import, "a passphrase of many words\n");
    assert!(brought.contains("cosign-2"), "{brought}");
    let (status, words) = refused({
        let mut other = program(&other);
        other.args(serve);
        other
    });
    assert!(status == Some(78) && words.contains("the ca key 2"), "{words}");
    let relay = Relay::start(&data).await;
    let both = std::fs::read_to_string(relay.message["ca"].as_str().unwrap()).unwrap();
    assert!(both.starts_with(&ca) && both.len() > ca.len());
    assert!(ask(&client(&both, None), relay.port("https"), "GET /healthz", b"").await.is_some());
}

#[tokio::test]
async fn a_damaged_current_key_is_revoked_and_missing_ones_are_named_by_an_export() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    Relay::start(&data).await.stop().await;
    let rotated: Value = serde_json::from_str(&order(&data, &["keys", "rotate", "ca"], "")).unwrap();
    assert_eq!(rotated["state"], "current");
    std::fs::write(data.join("keys/ca-2.key"), "").unwrap();
    let run = |args: &[&str]| {
        let mut program = program(&data);
        program.args(args);
        refused(program)
    };
    let (status, words) = run(&["serve"]);
    assert!(status == Some(78) && words.contains("keys revoke ca 2"), "{status:?} {words}");
    let (status, words) = run(&["keys", "revoke", "ca", "1"]);
    assert!(status == Some(1) && words.contains("the last ca key"), "{status:?} {words}");
    order(&data, &["keys", "revoke", "ca", "2"], "");
    Relay::start(&data).await.stop().await;
    let passphrase = dir.path().join("passphrase");
    std::fs::write(&passphrase, "a passphrase of many words\n").unwrap();
    let export = |name: &str| {
        let file = dir.path().join(name);
        let files = [file.to_str().unwrap(), "--passphrase-file", passphrase.to_str().unwrap()];
        (run(&[&["keys", "export"], &files[..]].concat()), file)
    };
    let ((status, words), _) = export("whole.age");
    assert_eq!(status, Some(0), "a revoked key is none that is missing: {words}");
    std::fs::write(data.join("keys/cosign-1"), "").unwrap();
    let ((status, words), file) = export("part.age");
    assert!(status == Some(1) && words.contains("part.age: cosign 1. The others are"), "{status:?} {words}");
    assert!(file.exists(), "the others are in it");
}

#[tokio::test]
async fn a_rotated_key_reaches_every_box_and_what_was_cosigned_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    let relay = Relay::start(&data).await;
    let account = field(&order(&data, &["account", "create", "--name", "North"], ""), "account");
    // A facility has one box in service.
    let new_box = async |relay: &Relay, n: u8| {
        let name = format!("General {n}");
        let facility = ["facility", "create", "--account", &account, "--name", &name, "--zone", "UTC"];
        let facility = field(&order(&data, &facility, ""), "facility");
        let make_file = ["claim-file", "create", "--account", &account, "--facility", &facility];
        KeyedBox::claim(relay, &order(&data, &make_file, "").parse().unwrap(), n).await
    };
    let mut boxes = Vec::new();
    for n in 1..=3 {
        let mut keyed = new_box(&relay, n).await;
        keyed.connect(&relay).await;
        assert_eq!(keyed.send().await, "localhost/cosign/1");
        boxes.push(keyed);
    }
    boxes[2].line = None;
    let rotated: Value = serde_json::from_str(&order(&data, &["keys", "rotate", "cosign"], "")).unwrap();
    assert_eq!((&rotated["state"], &rotated["boxes_told"]), (&json!("next"), &json!(3)), "{rotated}");
    // One gets it on the connection that it has, one by its next hello; each is signed for with what it knows.
    assert_eq!(boxes[1].clean().await, "localhost/cosign/1", "before it was told");
    boxes[0].hear().await;
    assert_eq!(boxes[0].send().await, "localhost/cosign/2");
    boxes[1].connect(&relay).await;
    assert_eq!(boxes[1].clean().await, "localhost/cosign/2");
    let state = |n: usize| {
        let listed: Value = serde_json::from_str(&order(&data, &["keys", "list"], "")).unwrap();
        let keys = listed["keys"].as_array().unwrap().clone();
        let cosign: Vec<_> = keys.into_iter().filter(|key| key["kind"] == "cosign").collect();
        cosign[n - 1]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!((state(1), state(2)), ("current".to_owned(), "next".to_owned()), "one is away");
    // It recorded on, and catches up.
    boxes[2].log.clean(1_763_610_000_000, "ABCDEFGH3");
    boxes[2].connect(&relay).await;
    assert_eq!(boxes[2].send().await, "localhost/cosign/2");
    tokio::time::timeout(LONG, async {
        while state(2) != "current" {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await
    .unwrap();
    let mut late = new_box(&relay, 4).await;
    assert_eq!(late.relation.cosign_keys.len(), 2);
    late.connect(&relay).await;
    assert_eq!(late.send().await, "localhost/cosign/2");
    boxes.push(late);
    let verified_by = |keys: &[VerifierKey]| {
        boxes
            .iter()
            .map(|of: &KeyedBox| {
                let log = of.log.signer.verifier().clone();
                (
                    of.cosigned
                        .iter()
                        .filter(|note: &&String| {
                            CosignedCheckpoint::verify(note, &of.log.origin, &log, keys).is_ok()
                        })
                        .count(),
                    of.cosigned.len(),
                )
            })
            .fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    };
    let (all, _) = public_keys(&relay).await;
    assert_eq!((all.len(), verified_by(&all)), (2, (8, 8)));
    order(&data, &["keys", "revoke", "cosign", "1"], "");
    let (all, good) = public_keys(&relay).await;
    assert_eq!((all.len(), good.len()), (2, 1));
    assert_eq!(
        (verified_by(&all), verified_by(&good)),
        ((8, 8), (4, 8)),
        "the list says what proves nothing"
    );
    boxes[0].connect(&relay).await;
    assert_eq!(boxes[0].relation.cosign_keys.len(), 1, "it was told to drop the other");
    assert_eq!(boxes[0].clean().await, "localhost/cosign/2");
    relay.stop().await;
    assert!(order(&data, &["verify"], "").starts_with("4 logs, "));
}
