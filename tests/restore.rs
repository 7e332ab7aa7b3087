//! The suite `restore`: a relay is backed up while its box records on, lost with its machine, and brought back; the box sends what
//! came after the backup, and nothing is there twice. And a box is lost, and another machine takes its place.

#[path = "restore/replacement.rs"]
mod replacement;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use harness::postgres::Postgres;
use harness::world::World;
use serde_json::Value;

const PASSPHRASE: &str = "rain falls mainly on the plain\n";

fn demo() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_demo"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn picture() -> Vec<u8> {
    picture_of(200)
}

fn picture_of(red: u8) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let image = image::RgbImage::from_pixel(64, 48, image::Rgb([red, 30, 90]));
    image.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 90)).unwrap();
    jpeg
}

fn photos_of(data: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![data.join("photos")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => names.push(entry.file_name().to_string_lossy().into_owned()),
            }
        }
    }
    // One that is being written has another name until all of it is there.
    names.retain(|name| name.ends_with(".jpg"));
    names.sort();
    names
}

/// What everybody at the facility sees, by the API.
async fn cleanings(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    let mut next = "/api/v1/cleanings?limit=500".to_owned();
    loop {
        let page = json(&world.relay.get(&next).await);
        all.extend(page["items"].as_array().unwrap().iter().map(Value::to_string));
        match page["next"].as_str() {
            Some(cursor) => next = format!("/api/v1/cleanings?limit=500&cursor={cursor}"),
            None => return all,
        }
    }
}

/// The runbook's own lines, docs/operations.md.
struct Runbook<'a> {
    backup: &'a str,
    keys: &'a str,
}

/// A relay is restored from the line `backup restore` on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chapter {
    BeforeTheLoss,
    AfterTheLoss,
}

impl Runbook<'_> {
    /// Runs its lines with this relay's settings and places; the last answer of each command.
    async fn follow(&self, world: &World, chapter: Chapter) -> BTreeMap<String, String> {
        let text = include_str!("../docs/operations.md");
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("cleantrack-relay --config /etc/cleantrack/relay.toml "));
        let lines: Vec<&str> = lines.collect();
        let at = lines.iter().position(|line| line.starts_with("backup restore")).unwrap();
        let (before, after) = lines.split_at(at);
        let chosen = if chapter == Chapter::BeforeTheLoss { before } else { after };
        assert!(chosen.len() >= 4, "{chosen:?}");
        let mut answers = BTreeMap::new();
        for line in chosen {
            let words: Vec<String> = line
                .split(' ')
                .map(|word| match word {
                    "/backups/relay-2026-11-26" => self.backup.to_owned(),
                    "relay-keys.age" => self.keys.to_owned(),
                    word => word.to_owned(),
                })
                .collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let answer = if words[0] == "doctor" {
                world.relay.looked_at(&words).await
            } else {
                world.relay.order_with(&words, PASSPHRASE).await
            };
            answers.insert(words[0].to_owned(), answer);
        }
        answers
    }
}

/// Backed up, used on, lost, restored on another database.
async fn drill(mut world: World, restored: Option<String>) {
    let phone = world.phone("Maria Alvarez");
    phone.record_all(0..6).await;
    phone.record_with_photo(6, picture()).await;
    world.caught_up().await;
    let found = harness::world::until("the photo is at the relay", async || {
        (photos_of(world.relay.data()).len() == 1).then_some(())
    });
    assert!(found.await.is_some(), "{}", world.relay.log());
    let absent = world.relay.data().with_extension("away");
    std::fs::create_dir(&absent).unwrap();
    let (backup, keys) = (absent.join("backup"), absent.join("keys.age"));
    let (backup_text, keys_text) = (backup.to_str().unwrap(), keys.to_str().unwrap());
    let runbook = Runbook { backup: backup_text, keys: keys_text };
    let done = runbook.follow(&world, Chapter::BeforeTheLoss).await;
    let made = json(&done["backup"]);
    assert!(made["then"].as_str().unwrap().contains("keys export"), "{made}");
    assert_eq!(made["photos"], 1);
    assert!(done["doctor"].contains(r#""state":"#), "the last form is JSON: {}", done["doctor"]);
    let refusal = world.relay.refused(&["backup", "make", backup_text]).await;
    assert!(refusal.contains("never written over"), "{refusal}");
    // Nothing is restored into the database that is served.
    let refusal = world.relay.refused(&["backup", "restore", backup_text]).await;
    let refused =
        if restored.is_some() { "nothing was restored" } else { "another relay serves this database" };
    assert!(refusal.contains(refused), "{refusal}");
    phone.record_all(7..20).await;
    world.check().await;
    let (before, photos) = (cleanings(&world).await, photos_of(world.relay.data()));
    world.relay.kill().await;
    std::fs::remove_dir_all(world.relay.data()).unwrap();
    if let Some(database) = &restored {
        world.relay.keeps_in(database);
    }
    phone.record_all(20..25).await;
    spoiled_database_is_refused(&world, &backup, restored.is_some()).await;
    let done = runbook.follow(&world, Chapter::AfterTheLoss).await;
    assert!(json(&done["backup"])["then"].as_str().unwrap().contains("keys import"), "{}", done["backup"]);
    assert!(done["verify"].contains("1 logs"), "{}", done["verify"]);
    assert!(!done["doctor"].contains("BAD"), "{}", done["doctor"]);
    world.relay.start().await;
    world.check().await;
    let after = cleanings(&world).await;
    assert!(
        before.iter().all(|cleaning| after.contains(cleaning)),
        "the same cleanings, with the same proofs"
    );
    assert_eq!(after.len(), before.len() + 5, "and nothing twice");
    assert_eq!(photos_of(world.relay.data()), photos);
    assert!(world.relay.order(&["verify"]).await.contains("1 logs"));
    // What was restored is backed up like any other.
    world.relay.order(&["backup", "make", absent.join("second").to_str().unwrap()]).await;
}

/// Damage in the backup is found before anything is written.
async fn spoiled_database_is_refused(world: &World, backup: &Path, is_server: bool) {
    let file = backup.join(if is_server { "relay.pgdump" } else { "relay.db" });
    let bytes = std::fs::read(&file).unwrap();
    let mut rot = bytes.clone();
    let middle = rot.len() / 2;
    rot[middle] ^= 1;
    std::fs::write(&file, rot).unwrap();
    let refusal = world.relay.refused(&["backup", "restore", backup.to_str().unwrap()]).await;
    assert!(refusal.contains("damaged") && refusal.contains("its hash is another"), "{refusal}");
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(photos_of(world.relay.data()), Vec::<String>::new());
}

fn first_photo(folder: &Path) -> PathBuf {
    let mut path = folder.join("photos");
    while path.is_dir() {
        path = std::fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();
    }
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotten_photo_is_named_and_bars_no_backup_and_no_restore() {
    let mut world = World::claimed(demo()).await;
    let phone = world.phone("Maria Alvarez");
    phone.record_with_photo(6, picture()).await;
    world.caught_up().await;
    let found = harness::world::until("the photo is at the relay", async || {
        (photos_of(world.relay.data()).len() == 1).then_some(())
    });
    assert!(found.await.is_some(), "{}", world.relay.log());
    let name = photos_of(world.relay.data())[0].clone();
    let absent = world.relay.data().with_extension("away");
    std::fs::create_dir(&absent).unwrap();
    let (good, bad) = (absent.join("good"), absent.join("bad"));
    let keys = absent.join("keys.age");
    world.relay.order(&["backup", "make", good.to_str().unwrap()]).await;
    world.relay.order_with(&["keys", "export", keys.to_str().unwrap()], PASSPHRASE).await;
    std::fs::write(first_photo(world.relay.data()), b"rot").unwrap();
    let made = json(&world.relay.order(&["backup", "make", bad.to_str().unwrap()]).await);
    assert_eq!(made["photos"], 0);
    assert!(made["damaged_photos"][0].as_str().unwrap().ends_with(&name), "{made}");
    world.relay.kill().await;
    std::fs::remove_dir_all(world.relay.data()).unwrap();
    let refusal = world.relay.refused(&["backup", "make", absent.join("none").to_str().unwrap()]).await;
    assert!(refusal.contains("nothing to back up"), "{refusal}");
    // A command that looked too early has made an empty database.
    world.relay.order(&["migrate"]).await;
    std::fs::write(first_photo(&good), b"rot").unwrap();
    let restored = json(&world.relay.order(&["backup", "restore", good.to_str().unwrap()]).await);
    assert_eq!(restored["missing_photos"], 1);
    assert!(restored["photos_then"].as_str().unwrap().contains("did not come back"), "{restored}");
    assert!(restored["damaged_photos"][0].as_str().unwrap().ends_with(&name), "{restored}");
    assert!(restored["then"].as_str().unwrap().contains("signs in again"), "{restored}");
    world.relay.order_with(&["keys", "import", keys.to_str().unwrap()], PASSPHRASE).await;
    world.relay.start().await;
    world.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_on_a_file_comes_back() {
    drill(World::claimed(demo()).await, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_on_a_server_comes_back() {
    let server = Postgres::start(true);
    let world = World::claimed_on(demo(), &server.url("postgres")).await;
    server.command_as_superuser("postgres", "CREATE DATABASE restored OWNER cleantrack");
    drill(world, Some(server.url("restored"))).await;
}
