//! Keys in memory and in runs are found alike, whatever a start has to make again.

use std::collections::BTreeSet;

use proptest::prelude::*;
use record::fold::FacilityState;
use record::ids::Epoch;
use redb::backends::InMemoryBackend;

use super::*;
use crate::index::pending::SnapshotRows;

fn key(n: u64) -> Digest16 {
    Digest16::of(&n.to_be_bytes())
}

fn database() -> Database {
    let db = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
    let txn = db.begin_write().unwrap();
    tables::make_all(&txn).unwrap();
    txn.commit().unwrap();
    db
}

/// Entries `range` of an epoch, each with a key made from its number; every third has none.
fn record(db: &Database, keys: &mut KeyRuns, epoch: Epoch, range: std::ops::Range<u64>) {
    let mut rows = crate::index::pending::PendingCleanings::over(db, PendingRows::default()).unwrap();
    for seq in range.clone() {
        let event = record::kinds::Event::read("use.recorded", r#"{"tag":"ABCDEFGH3"}"#);
        let idem =
            record::entry::IdempotencyRecord { key: key(seq + u64::from(epoch.n)), req: Digest16([1; 16]) };
        let idem = (seq % 3 != 2).then_some(idem);
        let at = record::entry::EntryTime {
            wall: 1,
            boot: record::ids::BootId::new(1, [1; 10]),
            up: 1,
            clock: record::entry::ClockState::Synced,
        };
        let entry = Entry::compose(seq, at, record::entry::EntryAuthor::BOX, idem, &event).unwrap();
        let entry_key = entry_key(epoch.n, seq);
        rows.pending.entry(entry_key, entry.bytes());
        rows.pending.keys.extend(idem.map(|idem| (idem.key, entry_key, idem.req)));
    }
    keys.take(&mut rows.pending);
    let mut pending = rows.into_pending();
    let txn = db.begin_write().unwrap();
    let mut frontier = Frontier::default();
    (0..range.end).for_each(|_| frontier.push(record::tree::Hash([7; 32])));
    pending.put_down(&txn).unwrap();
    let state = FacilityState::default();
    SnapshotRows::of(&state, &BTreeSet::new(), epoch, &frontier).put_down(&txn).unwrap();
    if let Some(run) = keys.close(epoch.n, range.start, range.end) {
        run.put_down(&txn).unwrap();
    }
    txn.commit().unwrap();
    drop(keys.keep());
}

fn check(db: &Database, keys: &KeyRuns, epoch: Epoch, size: u64) {
    let stored = StoredRows::of(db).unwrap();
    for seq in (0..size).step_by(97).chain(size.saturating_sub(3)..size) {
        let found = keys.find(&key(seq + u64::from(epoch.n)), &stored).unwrap();
        let there = (seq % 3 != 2).then_some((entry_key(epoch.n, seq), Digest16([1; 16])));
        assert_eq!(found, there, "{seq} of {size}");
    }
    assert_eq!(keys.find(&Digest16([9; 16]), &stored).unwrap(), None);
}

#[test]
fn keys_are_found_in_memory_in_runs_and_after_each_kind_of_start() {
    let (db, mut keys) = (database(), KeyRuns::default());
    let epoch = Epoch { n: 1, key: [1; 4] };
    let mut size = 0;
    while size < 2 * RUN_ENTRIES + 700 {
        // Groups do not end where runs do.
        let next = size + 500;
        record(&db, &mut keys, epoch, size..next);
        size = next;
    }
    assert_eq!(keys.filters.len(), 2);
    assert!(keys.open.len() < 1_000, "closed runs have left the memory");
    check(&db, &keys, epoch, size);
    let again = KeyRuns::load(&db, epoch).unwrap();
    assert_eq!((again.filters.len(), again.open.len()), (2, keys.open.len()));
    check(&db, &again, epoch, size);
    // A rebuild has the entries alone.
    let txn = db.begin_write().unwrap();
    txn.open_table(tables::KEY_FILTERS).unwrap().remove(entry_key(1, 0) >> RUN_BITS).unwrap();
    txn.open_table(tables::KEY_RUNS).unwrap().remove(entry_key(1, 0) >> RUN_BITS).unwrap();
    txn.commit().unwrap();
    check(&db, &KeyRuns::load(&db, epoch).unwrap(), epoch, size);
    // In the next epoch the last run of the one before is closed, and made again when more of it comes back.
    let next = Epoch { n: 2, key: [2; 4] };
    let mut keys = KeyRuns::load(&db, next).unwrap();
    assert_eq!((keys.filters.len(), keys.open.len()), (3, 0));
    record(&db, &mut keys, next, 0..10);
    let keys = KeyRuns::load(&db, next).unwrap();
    assert_eq!((keys.filters.len(), keys.open.len()), (3, 7));
    check(&db, &keys, epoch, 1_000);
    let mut back = KeyRuns::default();
    record(&db, &mut back, epoch, size..size + 300);
    let keys = KeyRuns::load(&db, next).unwrap();
    let last = key(size + 300);
    assert!(keys.find(&last, &StoredRows::of(&db).unwrap()).unwrap().is_some() || (size + 299) % 3 == 2);
    check(&db, &keys, epoch, size + 300);
}

#[test]
fn the_first_entry_under_a_key_answers_for_it_in_memory_in_a_run_and_across_epochs() {
    let (db, mut keys) = (database(), KeyRuns::default());
    let (first, second) = (Epoch { n: 1, key: [1; 4] }, Epoch { n: 2, key: [2; 4] });
    record(&db, &mut keys, first, 0..100);
    let found = |keys: &KeyRuns| keys.find(&key(4), &StoredRows::of(&db).unwrap()).unwrap().map(|(of, _)| of);
    assert_eq!(found(&keys), Some(entry_key(1, 3)));
    let mut pending = PendingRows::default();
    pending.keys.push((key(4), entry_key(1, 100), Digest16([2; 16])));
    keys.take(&mut pending);
    assert_eq!(found(&keys), Some(entry_key(1, 3)), "beside the group");
    drop(keys.keep());
    assert_eq!(found(&keys), Some(entry_key(1, 3)), "in memory");
    let mut keys = KeyRuns::load(&db, second).unwrap();
    pending.keys.push((key(4), entry_key(2, 0), Digest16([2; 16])));
    keys.take(&mut pending);
    drop(keys.keep());
    assert_eq!(found(&keys), Some(entry_key(1, 3)), "in the run of the epoch before");
    // What memory holds of an epoch that ended stays known when a run of the next one closes.
    let mut size = 0;
    while size < RUN_ENTRIES + 100 {
        record(&db, &mut keys, second, size..size + 500);
        size += 500;
    }
    assert_eq!(found(&keys), Some(entry_key(1, 3)), "after a run of the next epoch closed");
    let twice = vec![(key(4), 9, Digest16([9; 16])), (key(4), 3, Digest16([3; 16]))];
    assert_eq!(find_in(0, &ClosedRun::of(0, 10, twice).rows, &key(4)), Some((3, Digest16([3; 16]))));
}

#[test]
fn a_group_that_is_not_recorded_leaves_no_key() {
    let db = database();
    let mut keys = KeyRuns::default();
    let mut pending = PendingRows::default();
    pending.keys.push((key(1), 5, Digest16([1; 16])));
    keys.take(&mut pending);
    let stored = StoredRows::of(&db).unwrap();
    assert!(keys.find(&key(1), &stored).unwrap().is_some(), "the next command of the group sees it");
    keys.forget();
    assert_eq!(keys.find(&key(1), &stored).unwrap(), None);
}

proptest! {
    #[test]
    fn a_filter_claims_what_it_has_and_hardly_more(
        seed in any::<u64>(),
        len in 0..9_000u64,
        ask in prop::collection::vec(any::<u32>(), 50),
    ) {
        let mut marks: Vec<u32> = (0..len).map(|n| key_mark(&key(n.wrapping_add(seed)))).collect();
        marks.sort_unstable();
        let filter = RunFilter { run: 0, marks: marks.clone().into() };
        prop_assert!(marks.iter().all(|mark| filter.claims(*mark)));
        for mark in ask.into_iter().chain([0, u32::MAX]) {
            prop_assert_eq!(filter.claims(mark), marks.binary_search(&mark).is_ok());
        }
    }

    #[test]
    fn a_filter_claims_rightly_however_uneven(mut marks in prop::collection::vec(0..5_000u32, 0..300), ask in 0..5_000u32) {
        marks.sort_unstable();
        let filter = RunFilter { run: 0, marks: marks.clone().into() };
        prop_assert_eq!(filter.claims(ask), marks.binary_search(&ask).is_ok());
    }

    #[test]
    fn damaged_filters_are_made_anew(value in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Some((_, filter)) = split_filter(1, &value) {
            prop_assert!(filter.marks.is_sorted());
        }
    }
}
