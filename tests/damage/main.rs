//! The suite `damage`: each file of a data folder goes wrong in each way, and the real program either records and tells what is
//! wrong, or refuses in words that say what to do. Nothing that was acknowledged is lost while one whole copy is there.

mod ways;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use harness::world::{Ledger, TheBox, World, folder};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

use self::ways::Way;

/// Boxes that run at a time.
const AT_ONCE: usize = 4;
/// Cleanings that were acknowledged before.
const CLEANINGS: usize = 12;

/// What the program does about a damage.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// It records, and there is nothing to tell.
    Records,
    /// It records, and an alarm with this code and subject stands until somebody has seen it.
    Tells(&'static str, &'static str),
    /// It ends, and says this.
    Refuses(&'static str),
}

/// A file, what happens to it, and what comes of that.
struct Row {
    file: &'static str,
    ways: &'static [Way],
    expected: Expected,
}

const fn row(file: &'static str, ways: &'static [Way], expected: Expected) -> Row {
    Row { file, ways, expected }
}

const ALL: &[Way] = &ways::ALL;
const BAD: &[Way] = &[Way::Empty, Way::Cut, Way::Noise, Way::TooLong, Way::Folder];
const HINT: fn(&'static str) -> Expected = |name| Expected::Tells("hint-bad", name);

/// Files beside the log, and the keys. `E` stands for the name of the only epoch.
fn beside_the_log() -> Vec<Row> {
    use Expected::{Records, Refuses, Tells};
    use Way::{Cut, Empty, Folder, Gone, Noise, Swapped, TooLong};
    let https = Tells("side-room", "https");
    let uplink = Tells("side-room", "uplink");
    let state = Tells("side-room", "state");
    vec![
        row("cursor", BAD, HINT("cursor")),
        // The relay's next answer brings it again.
        row("cursor", &[Gone], Records),
        row("starting", &[Empty, Noise, TooLong, Folder], HINT("starting")),
        row("evidence/alarms.json", BAD, HINT("evidence/alarms.json")),
        row("evidence", &[Noise], HINT("evidence")),
        row("evidence/E.ends", &[Empty, Noise, TooLong, Folder], HINT("evidence/E.ends")),
        row("fetched", &[Noise], HINT("fetched")),
        row("displaced", &[Noise], HINT("displaced")),
        row("salvage", &[Noise], HINT("salvage")),
        row("keys/log-1.pub", BAD, HINT("keys/log-1.pub")),
        // Its secret half is here.
        row("keys/log-1.pub", &[Gone, Swapped], Records),
        row("keys/https-ca.key", &[Gone, Empty, Cut, Noise, Swapped, Folder], https),
        row("keys/https-ca.pem", &[Empty, Cut, Noise, Swapped, Folder], https),
        row("keys/https-ca.pem", &[Gone], Tells("side-room", "https-renewed")),
        // What the authority can make anew by itself is no news.
        row("keys/https.pem", ALL, Records),
        row("keys/relay.json", &[Gone, Empty, Cut, Noise, TooLong, Folder], uplink),
        row("keys/box.key", &[Gone, Empty, Cut, Noise, Folder], uplink),
        row("keys/claim.used", &[Gone, Noise, Folder], Records),
        row("state.redb", &[Gone, Empty, Cut, Noise, TooLong, Folder], state),
        row("photos", &[Gone], Records),
        row("photos", &[Noise], HINT("photos")),
        row("photos/incoming", &[Noise], HINT("photos/incoming")),
        row("ballast", &[Gone, Empty, Noise, Folder], Records),
        row("admin.sock", &[Gone, Noise], Records),
        row("admin.sock", &[Folder], Tells("side-room", "admin")),
        row("lock", &[Gone, Empty, Noise], Records),
        row("lock", &[Folder], Refuses("could not be used")),
        // The log itself says whose it is.
        row("keys/box.id", &[Gone], Records),
        row("keys/box.id", &[Empty, Cut, Noise, TooLong, Folder], Refuses("keys/box.id")),
        row("keys/box.id", &[Swapped], Refuses("one of them is another box's")),
        row("keys", &[Noise], Refuses("keys could not be used")),
        row("keys/log-1.key", &[Gone, Swapped], Tells("log-epoch", "")),
        row("keys/log-1.key", &[Empty, Cut, Noise], Refuses("it is not a key of 32 bytes")),
        row("keys/log-1.key", &[TooLong, Folder], Refuses("keys/log-1.key")),
    ]
}

/// The two copies of a log of one epoch: either heals the other.
fn the_log() -> Vec<Row> {
    use Expected::{Records, Tells};
    use Way::{Cut, Empty, Gone, Noise, TooLong};
    let (healed, rebuilt) = (Tells("log-healed", ""), Tells("db-salvage", ""));
    vec![
        row("cleantrack.redb", ALL, rebuilt),
        row("log/E/000000000000.jsonl", &[Gone, Empty, Cut, Noise], healed),
        // What stands behind the log was never acknowledged.
        row("log/E/000000000000.jsonl", &[TooLong], Records),
        row("log/E", &[Gone], healed),
        row("log", &[Gone], healed),
        // A backup has no keys.
        row("keys", &[Gone], Tells("log-epoch", "")),
    ]
}

/// A box with acknowledged cleanings, claimed, and ended in order; and another one.
struct Template {
    world: World,
    other: TheBox,
    epoch: String,
    _dir: tempfile::TempDir,
}

impl Template {
    async fn new() -> Self {
        let demo = Path::new(env!("CARGO_BIN_EXE_demo"));
        let mut world = World::claimed(demo).await;
        world.phone("before").record_all(0..CLEANINGS).await;
        world.caught_up().await;
        let epoch = world.r#box.health().await.unwrap()["epoch"].as_str().unwrap().to_owned();
        assert_eq!(world.r#box.stop().await.0, Some(0));
        // No line: what a box has forgotten it finds out by itself, or not at all.
        world.relay.kill().await;
        let dir = folder();
        let mut other = TheBox::new(demo, &dir.path().join("box"));
        other.start().await;
        other.found().await;
        assert_eq!(other.stop().await.0, Some(0));
        Self { world, other, epoch, _dir: dir }
    }

    /// The file that a row means in a box's folder.
    fn file(&self, data: &Path, name: &str) -> PathBuf {
        data.join(name.replace("/E", &format!("/{}", self.epoch)))
    }

    /// The same file of the other box, whose epoch has another name.
    fn others_file(&self, name: &str) -> PathBuf {
        let path = self.other.data().join(name);
        assert!(!name.contains("/E"), "{name}: the other box's log has another name");
        path
    }

    /// What went wrong with one damage.
    async fn try_out(&self, file: &str, way: Way, expected: Expected) -> Result<(), String> {
        let dir = folder();
        let data = dir.path().join("box");
        ways::copy(self.world.r#box.data(), &data);
        let other = if way == Way::Swapped { self.others_file(file) } else { PathBuf::new() };
        way.spoil(&self.file(&data, file), &other);
        let mut r#box = self.world.r#box.twin(&data);
        let started = r#box.try_start().await;
        match (started, expected) {
            (Err(error), Expected::Refuses(words)) => {
                let error = error.to_string();
                let clear = error.contains(words) && !error.contains("panicked");
                clear.then_some(()).ok_or_else(|| format!("it refuses without “{words}”: {error}"))
            }
            (Ok(()), Expected::Refuses(_)) => Err("it starts".to_owned()),
            (Err(error), _) => Err(format!("it does not start: {error}")),
            (Ok(()), _) => {
                let held = self.records(&r#box, expected).await;
                let log = if held.is_err() { r#box.log() } else { String::new() };
                r#box.kill().await;
                held.map_err(|why| format!("{why}\n{log}"))
            }
        }
    }

    /// Whether it records, has everything, and tells what is expected.
    async fn records(&self, r#box: &TheBox, expected: Expected) -> Result<(), String> {
        let ledger = Ledger::default();
        r#box.phone("after", &ledger).record(0).await;
        for (key, receipt) in self.world.ledger.all().iter().chain(&ledger.all()) {
            let (address, status) = r#box.leads_to(&receipt.address()).await;
            if (status, &address) != (200, &receipt.address()) {
                return Err(format!("{key} was acknowledged as {receipt:?}: {address} {status}"));
            }
        }
        // The line is tried beside the phones.
        let told = harness::world::until("an alarm", async || {
            let health = r#box.health().await?;
            let found = self.tells(&health, expected);
            found.then_some(health)
        });
        let health = match told.await {
            Some(health) => health,
            None => return Err(format!("not told: {}", r#box.health().await.unwrap_or_default())),
        };
        let (ok, whole) = (&health["ok"], &health["whole"]);
        if (ok, whole) != (&Value::Bool(true), &Value::Bool(true)) {
            return Err(format!("it has everything: {health}"));
        }
        Ok(())
    }

    fn tells(&self, health: &Value, expected: Expected) -> bool {
        let alarms = health["alarms"].as_array().map(Vec::as_slice).unwrap_or_default();
        match expected {
            Expected::Tells(code, subject) => alarms.iter().any(|alarm| {
                let subject = subject.replace("/E", &format!("/{}", self.epoch));
                alarm["code"] == code && alarm["subject"].as_str().unwrap_or_default() == subject
            }),
            Expected::Records => alarms.is_empty(),
            Expected::Refuses(_) => false,
        }
    }
}

/// Tries out all rows, some at a time; panics with all that went wrong.
async fn try_all(rows: Vec<Row>) {
    let (template, places) = (Arc::new(Template::new().await), Arc::new(Semaphore::new(AT_ONCE)));
    let trying = async {
        let mut tried = JoinSet::new();
        for Row { file, ways, expected } in rows {
            for way in ways.iter().copied() {
                let (template, places) = (Arc::clone(&template), Arc::clone(&places));
                tried.spawn_local(async move {
                    let _place = places.acquire().await.unwrap();
                    let held = template.try_out(file, way, expected).await;
                    held.map_err(|why| format!("{file}, {way:?}: expected {expected:?}: {why}"))
                });
            }
        }
        tried.join_all().await
    };
    let tried = LocalSet::new().run_until(trying).await;
    let wrong: Vec<String> = tried.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} damages:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_record_whatever_becomes_of_a_file_beside_the_log() {
    try_all(beside_the_log()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_copy_of_the_log_is_enough() {
    try_all(the_log()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_of_the_settings_that_does_not_fit_keeps_nobody_out() {
    let dir = folder();
    let mut r#box = TheBox::new(Path::new(env!("CARGO_BIN_EXE_demo")), &dir.path().join("box"));
    r#box.add_settings(
        "[[printers]]\nname = \"Desk\"\nlanguage = \"parchment\"\naddress = \"tcp://127.0.0.1:9\"\n",
    );
    r#box.start().await;
    r#box.found().await;
    let ledger = Ledger::default();
    r#box.phone("phone", &ledger).record(0).await;
    let alarms = r#box.order(&["alarm", "list"]).await;
    assert!(alarms.contains("side-room") && alarms.contains("“Desk”"), "{alarms}");
    let id = alarms.split_whitespace().next().unwrap();
    r#box.order(&["alarm", "seen", id]).await;
    assert_eq!(r#box.health().await.unwrap()["unseen"], 0);
    r#box.kill().await;
    r#box.start().await;
    let health = r#box.health().await.unwrap();
    let known = (&health["alarms"][0]["id"], &health["unseen"]);
    assert_eq!(known, (&Value::from(id), &Value::from(0)), "it was seen and stands: {health}");
    r#box.kill().await;
}
