//! How fast one relay process verifies and stores: plain figures, and the share of each against its floor.
//!
//! `cargo bench -p cleantrack-relay --bench ingest [-- postgres]`
#![expect(clippy::unwrap_used, reason = "a bench ends where something fails")]
#![expect(clippy::print_stdout, reason = "its figures are for whoever runs it")]

#[expect(dead_code, reason = "other benches use all of it")]
mod bench_relay;

use std::fs::Permissions;
use std::hint::black_box;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bench_relay::fake_box::FakeBox;
use bench_relay::pack_log;
use bench_relay::postgres::Postgres;
use bytes::Bytes;
use record::batch::UnverifiedBatch;
use record::entry::Entry;
use record::ids::{AccountId, BoxId, FacilityId};
use record::redact::{PersonalText, TextLine};
use record::sign::{KeyKind, SignerKey};
use record::tag::Tag;
use record::tree::{Frontier, Hash};
use relay::db::account::accounts;
use relay::db::facility::facilities;
use relay::db::fleet::boxes;
use relay::db::log::epochs;
use relay::db::{Db, PlatformReason};
use relay::ingest::Ingest;
use relay::mqtt::{BoxPublisher, PublishOutcome};
use service::clock::SystemClock;
use service::random::SystemRandom;

const BOXES: u8 = 8;
const ITEMS: u16 = 300;
const CLEANINGS: i64 = 30_000;
const START_MS: i64 = 1_700_000_000_000;

fn seconds(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    Instant::now().duration_since(began).as_secs_f64()
}

/// A facility of 300 items, each due every 4 hours; each cleaning has a name beside it, steps and a photo, each fourth a note
/// of 300 characters.
fn log(fill: u8) -> FakeBox {
    let mut log = FakeBox::new(BoxId::new(1, [fill; 10]), 1, fill);
    let tags: Vec<String> = (0..ITEMS)
        .map(|i| Tag::from_random([i.to_be_bytes()[0], i.to_be_bytes()[1], 2, 3, 4]).to_string())
        .collect();
    for tag in &tags {
        log.add(START_MS, tag);
        let schedule = format!(r#"{{"tag":"{tag}","schedule":{{"every":"hours","n":4}},"from":{START_MS}}}"#);
        log.tell(START_MS, "schedule.set", &schedule);
    }
    for (n, tag) in (0..CLEANINGS).zip(tags.iter().cycle()) {
        clean(&mut log, n, tag);
    }
    log
}

fn clean(log: &mut FakeBox, n: i64, tag: &str) {
    const NAMES: [&str; 5] =
        ["Maria Alvarez", "Dwayne Carter", "Aisha Bello", "Luis Ortega", "Priya Natarajan"];
    const WORDS: [&str; 8] = [
        "wheel",
        "cracked",
        "replaced",
        "lid",
        "residue",
        "behind the screen,",
        "reported to",
        "wiped twice",
    ];
    let box_id = log.origin.box_id;
    let name = NAMES[usize::try_from(n).unwrap() % NAMES.len()];
    let name = add_text(log, name, draw_hash(box_id, n, 0));
    let note = if n % 4 == 0 {
        let words = (1..9)
            .flat_map(|part| draw_hash(box_id, n, part).0)
            .map(|byte| WORDS[usize::from(byte) % WORDS.len()]);
        let text: String = words.collect::<Vec<_>>().join(" ").chars().take(300).collect();
        format!(r#","note":{}"#, add_text(log, text.trim(), draw_hash(box_id, n, 9)))
    } else {
        String::new()
    };
    let photo = draw_hash(box_id, n, 10);
    let body = format!(
        r#"{{"tag":"{tag}","steps":[1,2,3],"who":{{"proof":"typed","name":{name}}},"photos":["{photo}"]{note},"took_ms":14200}}"#
    );
    log.tell(START_MS + n * 60_000, "cleaning.recorded", &body);
}

fn draw_hash(box_id: BoxId, n: i64, part: u8) -> Hash {
    Hash::of(&[&n.to_be_bytes()[..], &[part], box_id.to_string().as_bytes()].concat())
}

fn add_text(log: &mut FakeBox, text: &str, random: Hash) -> String {
    let mut salt = [0; 16];
    salt.copy_from_slice(&random.0[..16]);
    let text = PersonalText::new(text, salt).unwrap();
    log.texts.push(text.beside(log.size()));
    format!(r#"{{"redactable":"{}"}}"#, text.redactable().hash)
}

fn verifying(log: &FakeBox, wires: &[Bytes]) {
    let entries = log.size() as f64;
    let floor = seconds(|| {
        for entry in &log.entries {
            black_box(record::tree::leaf_hash(black_box(entry.bytes())));
        }
    });
    let parse = seconds(|| {
        log.entries.iter().for_each(|e| drop(black_box(Entry::parse(black_box(e.bytes())).unwrap())));
    });
    let texts = seconds(|| {
        log.texts.iter().for_each(|t| drop(black_box(TextLine::parse(t.line().as_bytes()).unwrap())));
    });
    let took = seconds(|| {
        let mut frontier = Frontier::default();
        for wire in wires {
            let signed =
                UnverifiedBatch::unpack(wire).unwrap().open(&log.origin, log.signer.verifier()).unwrap();
            frontier = signed.onto(&frontier).unwrap().frontier().clone();
        }
        assert_eq!(frontier.size(), log.size());
    });
    println!("verify: {:.0} entries/s on one core, {} batches", entries / took, wires.len());
    println!("  floor, hashing alone: {:.0}/s ({:.1} % of the time)", entries / floor, 100.0 * floor / took);
    println!("  reading entries {:.1} %, texts {:.1} %", 100.0 * parse / took, 100.0 * texts / took);
}

fn written_bytes() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok()).unwrap_or(0)
}

async fn storing(name: &str, db: Db, logs: &[FakeBox], wires: &[Vec<Bytes>]) -> f64 {
    db.migrate(START_MS).await.unwrap();
    let (account, clock) = (AccountId::new(1, [1; 10]), Arc::new(SystemClock::default()));
    let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
    let scope = accounts::platform_create(&mut tx, account, "Bench", START_MS).await.unwrap();
    let mut tx = tx.enter(scope).await.unwrap();
    let cosigner = SignerKey::new("bench/cosign/1", KeyKind::Cosignature, &[9; 32]).unwrap();
    let seams = (
        clock.clone() as Arc<dyn service::clock::Clock>,
        Arc::new(SystemRandom) as Arc<dyn service::random::RandomSource>,
    );
    let ingest = Arc::new(Ingest::new(db.clone(), cosigner, seams, BoxPublisher::new()));
    for (log, fill) in logs.iter().zip(1..) {
        let facility = FacilityId::new(1, [fill; 10]);
        facilities::insert_facility(&mut tx, facility, "Bench", "UTC", START_MS).await.unwrap();
        let place = (log.origin.box_id, facility, log.origin.epoch);
        boxes::insert_box(&mut tx, place, "Pi", "1", START_MS).await.unwrap();
        epochs::insert_epoch(&mut tx, &log.origin, facility, (&log.key(), true), START_MS).await.unwrap();
    }
    tx.commit().await.unwrap();
    for log in logs {
        ingest.hello(log.origin.box_id, &log.hello(0, None)).await.unwrap();
    }
    let (began, written_before) = (Instant::now(), written_bytes());
    let mut tasks = tokio::task::JoinSet::new();
    for (log, wires) in logs.iter().zip(wires) {
        let (ingest, wires, box_id) = (Arc::clone(&ingest), wires.clone(), log.origin.box_id);
        tasks.spawn(async move {
            for wire in wires {
                assert_eq!(ingest.batch(box_id, wire).await.unwrap().disposition, PublishOutcome::Done);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let took = Instant::now().duration_since(began).as_secs_f64();
    let entries: u64 = logs.iter().map(FakeBox::size).sum();
    let written = (written_bytes() - written_before) / entries;
    println!(
        "store on {name}, {} boxes: {:.0} verified entries/s, {written} bytes written an entry",
        logs.len(),
        entries as f64 / took
    );
    db.close().await;
    entries as f64 / took
}

/// How much faster the server takes the segments that it has by now, ready as they are.
fn copying(server: &Postgres, dir: &Path, entries: u64, stored: f64) {
    // The server runs as somebody else.
    std::fs::set_permissions(dir, Permissions::from_mode(0o777)).unwrap();
    let file = dir.join("segments");
    let copy_out = format!("COPY segments TO '{}' (FORMAT binary)", file.display());
    for sql in [copy_out.as_str(), "CREATE TABLE copied (LIKE segments INCLUDING ALL)"] {
        server.command_as_superuser("postgres", sql);
    }
    let copy_in = format!("COPY copied FROM '{}' (FORMAT binary)", file.display());
    let took = seconds(|| server.command_as_superuser("postgres", &copy_in));
    let copied = entries as f64 / took;
    println!(
        "  COPY of the same segments: {copied:.0} entries/s; stored at {:.0} % of it",
        100.0 * stored / copied
    );
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let logs: Vec<FakeBox> = (1..=BOXES).map(log).collect();
    let wires: Vec<Vec<Bytes>> = logs.iter().map(pack_log).collect();
    println!(
        "{} entries, {} bytes each on average",
        logs[0].size(),
        logs[0].entries.iter().map(|e| e.bytes().len()).sum::<usize>() / logs[0].entries.len()
    );
    verifying(&logs[0], &wires[0]);
    let dir = tempfile::tempdir().unwrap();
    for boxes in [1, usize::from(BOXES)] {
        runtime.block_on(async {
            let file = dir.path().join(format!("{boxes}.db"));
            let db = Db::open(&format!("sqlite:{}", file.display())).await.unwrap();
            storing("SQLite", db, &logs[..boxes], &wires[..boxes]).await;
            let bytes = std::fs::metadata(&file).unwrap().len();
            let entries: u64 = logs[..boxes].iter().map(FakeBox::size).sum();
            println!("  {} bytes of database an entry", bytes / entries);
        });
    }
    if std::env::args().any(|arg| arg == "postgres") {
        let server = Postgres::start(true);
        runtime.block_on(async {
            let db = Db::open(&server.url("postgres")).await.unwrap();
            let stored = storing("PostgreSQL", db, &logs, &wires).await;
            copying(&server, dir.path(), logs.iter().map(FakeBox::size).sum(), stored);
        });
    }
}
