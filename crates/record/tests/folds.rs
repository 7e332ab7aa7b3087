//! Box and relay fold alike: a fold that holds only the rows that an event touches, and reads them again after each
//! cut, ends with the rows of one that holds all. The logs are random, of every kind and member of the golden log.

#![expect(clippy::unwrap_used, reason = "a golden line that cannot be read is a failed test")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use record::entry::Entry;
use record::fold::{FacilityState, HistoryLookup as _, LinePlace, RowKey, rows_touched};
use record::ids::Epoch;
use record::kinds::{EntryRef, Event};
use serde_json::Value;

use self::random_log::{HistoryIndex, compose_line, golden_lines};

mod random_log;

const EPOCH: Epoch = Epoch { n: 1, key: [0; 4] };

/// The rows that a partial fold needs for an entry, with those of the cleanings and uses that it changes.
fn keys_of(entry: &Entry, event: &Event, index: &HistoryIndex) -> BTreeSet<RowKey> {
    let mentions = event.mentions();
    let line = LinePlace { of: EntryRef { epoch: EPOCH, seq: entry.seq() }, run: None };
    let Ok(first) = entry.head().idem.map_or(Ok(None), |idem| index.first_of_key(&idem, line));
    let changed = mentions.cleaning.into_iter().chain(first.map(|first| first.of));
    let changed = changed.filter_map(|of| index.cleaning(of, None).ok().flatten());
    let Ok(unsure) = mentions.boot.map_or(Ok(Vec::new()), |boot| index.unsure(boot));
    let cleanings = changed.chain(unsure).map(|cleaning| RowKey::Activity(cleaning.tag));
    let Ok(uses) = mentions.boot.map_or(Ok(Vec::new()), |boot| index.unsure_uses(boot));
    let uses = uses.into_iter().map(|used| RowKey::Activity(used.tag));
    rows_touched(entry, event).into_iter().chain(cleanings).chain(uses).chain([RowKey::Settings]).collect()
}

/// Folds a log by both methods and compares them after each line.
fn fold_both(lines: &[(usize, Vec<u8>)], golden: &[(String, Value)]) -> Result<(), TestCaseError> {
    let (mut whole, mut index) = (FacilityState::default(), HistoryIndex::default());
    let mut stored: BTreeMap<String, String> = BTreeMap::new();
    for (seq, (which, bytes)) in (0u64..).zip(lines) {
        let (entry, event) = compose_line((EPOCH, seq), &golden[which % golden.len()], bytes);
        let mut part = FacilityState::default();
        for key in keys_of(&entry, &event, &index) {
            if let Some(row) = stored.get(&key.to_string()) {
                part.load(key, row).unwrap();
            }
        }
        let Ok(changes) = whole.apply(EPOCH, &entry, &event, &index);
        let Ok(partial) = part.apply(EPOCH, &entry, &event, &index);
        prop_assert_eq!(&partial, &changes, "{}", entry.as_str());
        for &key in &changes.rows {
            prop_assert_eq!(key.to_string().parse(), Ok(key));
            prop_assert_eq!(part.row(key), whole.row(key), "{}", key);
            match part.row(key) {
                Some(row) => drop(stored.insert(key.to_string(), row)),
                None => drop(stored.remove(&key.to_string())),
            }
        }
        index.note(EntryRef { epoch: EPOCH, seq }, &entry, &event, &changes);
    }
    // Rows that are read and written again for each line equal those that stayed in memory.
    let mut read = FacilityState::default();
    for (key, row) in &stored {
        read.load(key.parse().unwrap(), row).unwrap();
    }
    prop_assert_eq!(read, whole);
    Ok(())
}

#[test]
fn every_kind_takes_part() {
    let kinds: BTreeSet<String> = golden_lines().into_iter().map(|(kind, _)| kind).collect();
    let missing: Vec<_> = Event::KINDS.iter().filter(|kind| !kinds.contains(**kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn partial_and_whole_folds_agree() {
    let golden = golden_lines();
    let config = ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() };
    let line = (0..golden.len(), prop::collection::vec(any::<u8>(), 14));
    // An item and a person first, so that most lines find what they are about.
    let logs = prop::collection::vec(line, 1..60);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner.run(&logs, |lines| fold_both(&lines, &golden)).unwrap();
}
