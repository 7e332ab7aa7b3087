//! The relay’s projection into SQL ends with the rows of whoever folds the same log in memory, however it was cut into batches.

use record::fold::FacilityState;
use record::ids::FacilityId;
use record::kinds::EntryRef;
use relay::db::Db;
use relay::db::facility::facilities;
use relay::db::projection::history::{HistoryCursor, HistoryScope, load_cleanings};
use relay::db::projection::{projections, state};
use service::random::{RandomSource, SeededRandom};

use super::fake_box::FakeBox;
use super::random_log::{HistoryIndex, compose_line, golden_lines};
use super::world::{NOW_MS, Said, World, box_id, column};

const LOGS: u8 = 250;
const LINES: usize = 50;

/// A log, and what a fold in memory makes of it: the rows, each cleaning as JSON, and when each use ended.
fn fold_in_memory(log: &FakeBox) -> (FacilityState, Vec<String>, Vec<String>) {
    let (mut whole, mut index) = (FacilityState::default(), HistoryIndex::default());
    for entry in &log.entries {
        let (event, of) = (entry.event(), EntryRef { epoch: log.origin.epoch, seq: entry.seq() });
        let Ok(changes) = whole.apply(of.epoch, entry, &event, &index);
        index.note(of, entry, &event, &changes);
    }
    let mut cleanings: Vec<String> =
        index.cleanings.values().map(|cleaning| serde_json::to_string(cleaning).unwrap()).collect();
    cleanings.sort();
    let uses = index.uses.values().map(|(used, ended_ms)| format!("{}:{}:{ended_ms}", used.of.seq, used.tag));
    let mut uses: Vec<String> = uses.collect();
    uses.sort();
    (whole, cleanings, uses)
}

#[tokio::test]
async fn random_logs_become_the_rows_of_a_fold_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(&format!("sqlite:{}", dir.path().join("a").display())).await.unwrap();
    let (world, random) = (World::new(db).await, SeededRandom::new(7));
    let random: &dyn RandomSource = &random;
    // What begins a log or adopts a run is ingest's own: the fold makes nothing of it.
    let golden: Vec<_> = golden_lines().into_iter().filter(|(kind, _)| !kind.starts_with("log.")).collect();
    let (mut cleanings, mut repeats, mut moved) = (0, 0, 0);
    for n in 1..=LOGS {
        let mut log = FakeBox::new(box_id(n), 1, n);
        for seq in 0..LINES {
            let bytes: [u8; 16] = random.bytes();
            // An item first: then most lines find what they are about.
            let line = match seq {
                0 => golden.iter().find(|(kind, _)| kind == "equipment.added").unwrap(),
                _ => &golden[usize::from(u16::from_be_bytes([bytes[14], bytes[15]])) % golden.len()],
            };
            let place = (log.origin.epoch, u64::try_from(seq).unwrap());
            log.entries.push(compose_line(place, line, &bytes[..14]).0);
        }
        let facility = FacilityId::new(i64::from(n), [n; 10]);
        let mut tx = world.db.write(world.scope).await.unwrap();
        facilities::insert_facility(&mut tx, facility, "House", "UTC", NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        world.claim_at(&log, facility).await;
        assert_eq!(world.hello(&log, 0, None).await, Said::Want(0));
        let mut from = 0;
        while from < log.size() {
            let [cut] = random.bytes();
            let end = (from + 1 + u64::from(cut) % 20).min(log.size());
            assert_eq!(world.send(&log, from, end).await.held(), Some(end), "log {n}");
            from = end;
        }
        let (whole, expected, expected_uses) = fold_in_memory(&log);
        let mut conn = world.read().await;
        let live = projections::find_live(&mut conn, facility).await.unwrap();
        let read = state::load_all(&mut conn, live).await.unwrap();
        assert_eq!(read, whole, "log {n}");
        let of = HistoryScope::Facility(facility);
        let rows = load_cleanings(&mut conn, of, &HistoryCursor::start(), 10_000).await.unwrap();
        let mut own: Vec<String> =
            rows.iter().map(|row| serde_json::to_string(&row.cleaning).unwrap()).collect();
        own.sort();
        assert_eq!(own, expected, "log {n}");
        let sql = "SELECT facility || seq || ':' || tag || ':' || ended_ms FROM uses";
        let stored = column(&mut conn, sql).await;
        let mut uses: Vec<&str> =
            stored.iter().filter_map(|row| row.strip_prefix(&facility.to_string())).collect();
        uses.sort_unstable();
        assert_eq!(uses, expected_uses, "log {n}");
        let written = |seq: &str| seq.parse().ok().and_then(|seq: usize| log.entries.get(seq));
        moved += uses
            .iter()
            .filter(|used: &&&str| {
                let mut parts = used.split(':');
                let (seq, ended) = (parts.next(), parts.next_back().and_then(|ms| ms.parse::<i64>().ok()));
                let wall = seq.and_then(written).map(|entry| entry.head().at.wall);
                wall.zip(ended).is_some_and(|(wall, ended)| ended > wall)
            })
            .count();
        cleanings += own.len();
        let with_key = log
            .entries
            .iter()
            .filter(|entry: &&record::entry::Entry| entry.head().kind.as_ref() == "cleaning.recorded")
            .filter(|entry| entry.head().idem.is_some());
        repeats += with_key.count();
    }
    assert!(cleanings > 100 && repeats > 100, "{cleanings} cleanings, {repeats} under a key");
    assert!(moved > 0, "no use moved with the clock");
}
