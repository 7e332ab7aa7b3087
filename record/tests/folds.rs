//! Box and relay fold alike: whoever holds only the rows that an event touches, and reads them anew after each cut, ends with
//! the rows of whoever holds all of them. The logs are random, of every kind and member of the golden log.

#![expect(clippy::unwrap_used, reason = "a golden line that cannot be read is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use proptest::prelude::*;
use record::entry::{ClockState, Entry, EntryAuthor, EntryTime, IdempotencyRecord};
use record::fold::{
    CleaningRecord, FacilityState, FoldEffect, HistoryLookup, LinePlace, RowKey, rows_touched,
};
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event};
use record::run::RunName;
use serde_json::Value;

const EPOCH: Epoch = Epoch { n: 1, key: [0; 4] };
const TAGS: [&str; 3] = ["7QK3M9X2W", "ABCDEFGH3", "000000001"];
const NAMES: [&str; 2] = ["Pump", "Bed"];

/// Kind and body of each line of the golden logs.
fn golden_lines() -> Vec<(String, Value)> {
    let files = [include_str!("../testdata/log.jsonl"), include_str!("../testdata/log-2.jsonl")];
    let entries =
        files.iter().flat_map(|file| file.lines()).filter_map(|line| Entry::parse(line.as_bytes()).ok());
    entries
        .map(|entry| {
            let body = entry.event().body().unwrap();
            (entry.head().kind.to_string(), serde_json::from_str(body.get()).unwrap())
        })
        .collect()
}

/// Where a log's random choices come from.
struct Choices<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl Choices<'_> {
    fn take(&mut self, below: usize) -> usize {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        usize::from(byte) % below
    }

    /// The same body about other things: of few items, people and ids, so that lines meet.
    fn vary(&mut self, key: &str, value: &mut Value, seq: u64) {
        match value {
            Value::Object(members) => {
                members.iter_mut().for_each(|(key, value)| self.vary(key, value, seq));
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.vary(key, value, seq)),
            Value::String(text) if text.parse::<record::tag::Tag>().is_ok() => {
                *text = TAGS[self.take(TAGS.len())].to_owned();
            }
            Value::String(text) if text.parse::<Epoch>().is_ok() => *text = EPOCH.to_string(),
            Value::String(text) if text.len() == 26 && key != "box" => {
                *text = format!("01KAFJWQ40000000000000000{}", self.take(2));
            }
            Value::String(text) if ["name", "code", "label_host"].contains(&key) => {
                *text = NAMES[self.take(NAMES.len())].to_owned();
            }
            Value::Number(number) if key == "seq" => {
                *number = u64::try_from(self.take(64)).unwrap().min(seq).into();
            }
            Value::Number(number) if key == "version" => *number = (self.take(3) + 1).into(),
            _ => {}
        }
    }
}

#[derive(Default)]
struct CleaningIndex(BTreeMap<EntryRef, CleaningRecord>);

impl HistoryLookup for CleaningIndex {
    type Error = Infallible;
    fn cleaning(&self, of: EntryRef, _: Option<RunName>) -> Result<Option<CleaningRecord>, Infallible> {
        Ok(self.0.get(&of).cloned())
    }
    fn unsure(&self, boot: BootId) -> Result<Vec<CleaningRecord>, Infallible> {
        let unsure = |c: &&CleaningRecord| c.at.boot == boot && c.at.clock != ClockState::Synced;
        Ok(self.0.values().filter(unsure).cloned().collect())
    }
    fn first_of_key(&self, _: &IdempotencyRecord, _: LinePlace) -> Result<Option<LinePlace>, Infallible> {
        // No line of these logs has a key.
        Ok(None)
    }
}

/// The rows that a partial fold needs for an entry, with those of the cleanings that it changes.
fn keys_of(entry: &Entry, event: &Event, index: &CleaningIndex) -> BTreeSet<RowKey> {
    let mentions = event.mentions();
    let changed = mentions.cleaning.and_then(|of| index.0.get(&of)).cloned().into_iter();
    let Ok(unsure) = mentions.boot.map_or(Ok(Vec::new()), |boot| index.unsure(boot));
    let cleanings = changed.chain(unsure).map(|cleaning| RowKey::Activity(cleaning.tag));
    rows_touched(entry, event).into_iter().chain(cleanings).chain([RowKey::Settings]).collect()
}

/// Folds a log in both ways and compares them after each line.
fn fold_both(lines: &[(usize, Vec<u8>)], golden: &[(String, Value)]) -> Result<(), TestCaseError> {
    let (mut whole, mut index) = (FacilityState::default(), CleaningIndex::default());
    let mut stored: BTreeMap<String, String> = BTreeMap::new();
    for (seq, (which, bytes)) in (0u64..).zip(lines) {
        let (kind, body) = &golden[which % golden.len()];
        let mut body = body.clone();
        let mut choices = Choices { bytes, next: 0 };
        choices.vary("", &mut body, seq);
        let event = Event::read(kind, &body.to_string());
        let wall = 1_763_610_000_000 + i64::try_from(seq).unwrap() * 60_000;
        let clock = if choices.take(4) == 0 { ClockState::Uncertain } else { ClockState::Synced };
        let boot = "01KAFJWQ400000000000000000".parse().unwrap();
        let at = EntryTime { wall, boot, up: seq * 60_000, clock };
        let entry = Entry::compose(seq, at, EntryAuthor::BOX, None, &event).unwrap();
        let mut part = FacilityState::default();
        for key in keys_of(&entry, &event, &index) {
            if let Some(row) = stored.get(&key.to_string()) {
                part.load(key, row).unwrap();
            }
        }
        let Ok(changes) = whole.apply(EPOCH, &entry, &event, &index);
        let Ok(partial) = part.apply(EPOCH, &entry, &event, &index);
        prop_assert_eq!(&partial, &changes, "{} {}", kind, body);
        for &key in &changes.rows {
            prop_assert_eq!(key.to_string().parse(), Ok(key));
            prop_assert_eq!(part.row(key), whole.row(key), "{}", key);
            match part.row(key) {
                Some(row) => drop(stored.insert(key.to_string(), row)),
                None => drop(stored.remove(&key.to_string())),
            }
        }
        for effect in changes.effects {
            if let FoldEffect::Cleaned(cleaning) | FoldEffect::Recleaned(cleaning) = effect {
                index.0.insert(cleaning.of, cleaning);
            }
        }
    }
    // What was read and written anew a line at a time is what stayed in memory all the while.
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
    let line = (0..golden.len(), prop::collection::vec(any::<u8>(), 12));
    // An item and a person first: then most lines find what they are about.
    let logs = prop::collection::vec(line, 1..60);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner.run(&logs, |lines| fold_both(&lines, &golden)).unwrap();
}
