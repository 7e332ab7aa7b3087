//! Random logs of every kind and member of the golden log, about few things, so that their lines meet; and the index of history
//! that goes with a fold over one. Record's tests and the relay's fold the same logs.

use std::collections::BTreeMap;
use std::convert::Infallible;

use record::entry::{ClockState, Digest16, Entry, EntryAuthor, EntryTime, IdempotencyRecord};
use record::fold::{CleaningRecord, FoldChanges, FoldEffect, HistoryLookup, LinePlace, UseRecord};
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event};
use record::run::RunName;
use serde_json::Value;

const TAGS: [&str; 3] = ["7QK3M9X2W", "ABCDEFGH3", "000000001"];
const NAMES: [&str; 2] = ["Pump", "Bed"];
const START_MS: i64 = 1_763_610_000_000;

pub(crate) fn golden_lines() -> Vec<(String, Value)> {
    let files = [include_str!("../../testdata/log.jsonl"), include_str!("../../testdata/log-2.jsonl")];
    let entries =
        files.iter().flat_map(|file| file.lines()).filter_map(|line| Entry::parse(line.as_bytes()).ok());
    entries
        .map(|entry| {
            let body = entry.event().body().unwrap();
            (entry.head().kind.to_string(), serde_json::from_str(body.get()).unwrap())
        })
        .collect()
}

struct Choices<'a> {
    bytes: &'a [u8],
    next: usize,
    epoch: Epoch,
    seq: u64,
}

fn text_digest(text: &str) -> Digest16 {
    Digest16::of(text.as_bytes())
}

impl Choices<'_> {
    fn take(&mut self, below: usize) -> usize {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        usize::from(byte) % below
    }

    /// The same body about other things: few items, people and ids, so that lines meet.
    fn vary(&mut self, key: &str, value: &mut Value) {
        match value {
            Value::Object(members) => members.iter_mut().for_each(|(key, value)| self.vary(key, value)),
            Value::Array(values) => values.iter_mut().for_each(|value| self.vary(key, value)),
            Value::String(text) if text.parse::<record::tag::Tag>().is_ok() => {
                *text = TAGS[self.take(TAGS.len())].to_owned();
            }
            Value::String(text) if text.parse::<Epoch>().is_ok() => *text = self.epoch.to_string(),
            Value::String(text) if text.len() == 26 && key != "box" => {
                *text = format!("01KAFJWQ40000000000000000{}", self.take(2));
            }
            Value::String(text) if ["name", "code", "label_host"].contains(&key) => {
                *text = NAMES[self.take(NAMES.len())].to_owned();
            }
            Value::Number(number) if key == "seq" => {
                *number = u64::try_from(self.take(64)).unwrap().min(self.seq).into();
            }
            Value::Number(number) if key == "wall" => {
                *number = (START_MS + (i64::try_from(self.take(90)).unwrap() - 15) * 60_000).into();
            }
            Value::Number(number) if key == "version" => *number = (self.take(3) + 1).into(),
            // Before, among and after the times of these lines.
            Value::Number(number) if ["performed", "ended"].contains(&key) => {
                *number = (START_MS + (i64::try_from(self.take(90)).unwrap() - 15) * 60_000).into();
            }
            _ => {}
        }
    }

    fn key(&mut self) -> Option<IdempotencyRecord> {
        let key = self.take(8);
        let request = self.take(4) / 3;
        let idem = IdempotencyRecord {
            key: text_digest(&format!("key {key}")),
            req: text_digest(&format!("key {key}, request {request}")),
        };
        (key < 4).then_some(idem)
    }
}

/// The line of this number, from its golden line and bytes.
pub(crate) fn compose_line(
    (epoch, seq): (Epoch, u64),
    (kind, body): &(String, Value),
    bytes: &[u8],
) -> (Entry, Event) {
    let mut body = body.clone();
    let mut choices = Choices { bytes, next: 0, epoch, seq };
    let clock = if choices.take(4) == 0 { ClockState::Uncertain } else { ClockState::Synced };
    let idem = choices.key();
    choices.vary("", &mut body);
    let event = Event::read(kind, &body.to_string());
    let boot = "01KAFJWQ400000000000000000".parse().unwrap();
    let wall = START_MS + i64::try_from(seq).unwrap() * 60_000;
    let at = EntryTime { wall, boot, up: seq * 60_000, clock };
    let entry = Entry::compose(seq, at, EntryAuthor::BOX, idem, &event).unwrap();
    (entry, event)
}

#[derive(Default)]
pub(crate) struct HistoryIndex {
    pub(crate) cleanings: BTreeMap<EntryRef, CleaningRecord>,
    pub(crate) uses: BTreeMap<EntryRef, (UseRecord, i64)>,
    /// The first line under each key, and its request.
    keys: BTreeMap<Digest16, (Digest16, EntryRef)>,
    again: BTreeMap<EntryRef, EntryRef>,
}

impl HistoryIndex {
    pub(crate) fn note(&mut self, of: EntryRef, entry: &Entry, event: &Event, changes: &FoldChanges) {
        let mut counts = false;
        for effect in &changes.effects {
            counts |= matches!(effect, FoldEffect::Cleaned(_));
            match effect {
                FoldEffect::Cleaned(cleaning) | FoldEffect::Recleaned(cleaning) => {
                    self.cleanings.insert(cleaning.of, cleaning.clone());
                }
                FoldEffect::Used { used, ended_ms } => drop(self.uses.insert(used.of, (*used, *ended_ms))),
                FoldEffect::UseMoved { used, before_ms, ended_ms } => {
                    let before = self.uses.insert(used.of, (*used, *ended_ms));
                    assert_eq!(before, Some((*used, *before_ms)), "what moves was there");
                }
                _ => {}
            }
        }
        let is_cleaning = matches!(event, Event::CleaningRecorded(_));
        let has_key = is_cleaning || matches!(event, Event::UseRecorded(_));
        let Some(idem) = entry.head().idem.filter(|_| has_key) else { return };
        let (req, first) = *self.keys.entry(idem.key).or_insert((idem.req, of));
        if is_cleaning && !counts && req == idem.req && first != of {
            self.again.insert(of, first);
        }
    }
}

impl HistoryLookup for HistoryIndex {
    type Error = Infallible;
    fn cleaning(&self, of: EntryRef, _: Option<RunName>) -> Result<Option<CleaningRecord>, Infallible> {
        let first = self.again.get(&of).copied().unwrap_or(of);
        Ok(self.cleanings.get(&first).cloned())
    }
    fn unsure(&self, boot: BootId) -> Result<Vec<CleaningRecord>, Infallible> {
        Ok(self
            .cleanings
            .values()
            .filter(|c| c.at.boot == boot && c.at.clock != ClockState::Synced)
            .cloned()
            .collect())
    }
    fn unsure_uses(&self, boot: BootId) -> Result<Vec<UseRecord>, Infallible> {
        let uses = self.uses.values().map(|(used, _)| *used);
        Ok(uses.filter(|used| used.at.boot == boot && used.at.clock != ClockState::Synced).collect())
    }
    fn first_of_key(
        &self,
        idem: &IdempotencyRecord,
        line: LinePlace,
    ) -> Result<Option<LinePlace>, Infallible> {
        let held = self.keys.get(&idem.key).filter(|(req, first)| *req == idem.req && *first != line.of);
        Ok(held.map(|(_, first)| LinePlace { of: *first, run: None }))
    }
}
