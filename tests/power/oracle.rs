//! What counts and in which order, by a model of its own: recursive, on JSON and maps. Of the product it takes hashes, names
//! and the fold of one line.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use record::adoption::LineId;
use record::entry::{Entry, IdempotencyRecord};
use record::fold::{
    AdoptedBy, CleaningRecord, FacilityState, FoldEffect, HistoryLookup, LinePlace, UseRecord,
};
use record::ids::{BootId, Epoch};
use record::kinds::EntryRef;
use record::run::RunName;
use record::tree::Hash;
use sha2::{Digest, Sha256};

pub type Piece = (u64, Vec<Entry>);

#[derive(Default)]
pub struct Holdings {
    pub epochs: BTreeMap<Epoch, Vec<Entry>>,
    pub runs: BTreeMap<RunName, Piece>,
}

pub struct CountedLine {
    pub id: LineId,
    entry: Entry,
    adopted: Option<(RunName, EntryRef)>,
}

impl CountedLine {
    pub fn was_adopted(&self) -> bool {
        self.adopted.is_some()
    }
}

pub struct Outcome {
    pub order: Vec<CountedLine>,
    pub lacking: BTreeSet<RunName>,
}

enum Said {
    Started { prev: Option<(Epoch, u64, String)>, after: Option<Epoch> },
    Adopted(RunName),
    Else,
}

fn message(entry: &Entry) -> Said {
    let line: serde_json::Value = serde_json::from_str(entry.as_str()).unwrap();
    fn epoch(of: &serde_json::Value) -> Option<Epoch> {
        of.as_str().map(|of| of.parse().unwrap())
    }
    let body = &line["body"];
    match line["kind"].as_str().unwrap() {
        "log.started" => Said::Started {
            prev: epoch(&body["prev"]["epoch"]).map(|of| {
                let prev = &body["prev"];
                (of, prev["size"].as_u64().unwrap(), prev["root"].as_str().unwrap().to_owned())
            }),
            after: epoch(&body["after"]),
        },
        "log.adopted" => Said::Adopted(serde_json::from_value(body.clone()).unwrap()),
        _ => Said::Else,
    }
}

fn leaf(entry: &Entry) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(entry.bytes()).finalize().into())
}

/// RFC 6962, section 2.1, word for word.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash(Sha256::digest([]).into()),
        [one] => *one,
        _ => {
            let split = 1 << (leaves.len() - 1).ilog2();
            let (left, right) = (root(&leaves[..split]), root(&leaves[split..]));
            Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
        }
    }
}

fn id(epoch: Epoch, entry: &Entry) -> LineId {
    LineId { epoch, seq: entry.seq(), leaf: leaf(entry) }
}

impl Holdings {
    fn pieces(&self, epoch: Epoch) -> Vec<Piece> {
        let own = self.epochs.get(&epoch).map(|entries| (0, entries.clone()));
        let runs = self.runs.iter().filter(|(name, _)| name.epoch() == epoch).map(|(_, piece)| piece.clone());
        own.into_iter().chain(runs).collect()
    }

    /// The branch of an epoch that has this root at `size`. A piece continues only a history that it shares.
    fn base(&self, epoch: Epoch, size: u64, named: &str) -> Option<Vec<Entry>> {
        let pieces = self.pieces(epoch);
        fn at(piece: &Piece, seq: u64) -> Option<Entry> {
            let place = usize::try_from(seq.checked_sub(piece.0)?).unwrap();
            piece.1.get(place).cloned()
        }
        (0..pieces.len().max(1)).find_map(|preferred| {
            let mut other = vec![false; pieces.len()];
            let mut all: Vec<Entry> = Vec::new();
            for seq in 0..size {
                let mut order =
                    std::iter::once(preferred).chain(0..pieces.len()).filter(|i| *i < other.len());
                let next = order.find_map(|i| at(&pieces[i], seq).filter(|_| !other[i]))?;
                for (i, piece) in pieces.iter().enumerate() {
                    other[i] |= at(piece, seq).is_some_and(|held| held.bytes() != next.bytes());
                }
                all.push(next);
            }
            let leaves: Vec<Hash> = all.iter().map(leaf).collect();
            (root(&leaves).to_string() == named).then_some(all)
        })
    }

    /// Oldest first: each epoch of the chain with what counts of it in its place.
    fn chain(&self, newest: Epoch) -> Result<Vec<(Epoch, Vec<Entry>)>, String> {
        let own = self.epochs.get(&newest).ok_or("nothing of the newest epoch is held")?;
        let mut chain = vec![(newest, own.clone())];
        loop {
            let epoch = chain[chain.len() - 1].0;
            let first = self.pieces(epoch).into_iter().find(|(from, _)| *from == 0);
            let Some(Said::Started { prev, after }) = first.and_then(|(_, e)| e.first().map(message)) else {
                // No log says what came before it.
                let held = self.epochs.keys().copied().chain(self.runs.keys().map(RunName::epoch));
                let Some(lower) = held.filter(|held| held.n < epoch.n).max() else { break };
                chain.push((lower, Vec::new()));
                continue;
            };
            chain.push(match (prev, after) {
                (Some((of, size, root)), _) => {
                    (of, self.base(of, size, &root).ok_or_else(|| format!("no base of {of} is held"))?)
                }
                // Nothing says how much of it counts: nothing does, and what is held of it is adopted.
                (None, Some(of)) => (of, Vec::new()),
                (None, None) => break,
            });
        }
        chain.reverse();
        Ok(chain)
    }

    pub fn outcome(&self, newest: Epoch) -> Result<Outcome, String> {
        let chain = self.chain(newest)?;
        let own: BTreeSet<LineId> =
            chain.iter().flat_map(|(epoch, entries)| entries.iter().map(|entry| id(*epoch, entry))).collect();
        let mut walk = Walk {
            held: self,
            own,
            named: BTreeSet::new(),
            seen: BTreeSet::new(),
            out: Vec::new(),
            lacking: BTreeSet::new(),
        };
        for (epoch, entries) in &chain {
            walk.go(*epoch, entries, None);
        }
        Ok(Outcome { order: walk.out, lacking: walk.lacking })
    }
}

struct Walk<'a> {
    held: &'a Holdings,
    own: BTreeSet<LineId>,
    named: BTreeSet<RunName>,
    seen: BTreeSet<LineId>,
    out: Vec<CountedLine>,
    lacking: BTreeSet<RunName>,
}

impl Walk<'_> {
    fn go(&mut self, epoch: Epoch, entries: &[Entry], adopted: Option<(RunName, EntryRef)>) {
        for entry in entries {
            let id = id(epoch, entry);
            if adopted.is_some() && self.own.contains(&id) {
                continue;
            }
            if self.seen.insert(id) {
                self.out.push(CountedLine { id, entry: entry.clone(), adopted });
            }
            if let Said::Adopted(run) = message(entry)
                && self.named.insert(run)
            {
                match self.held.runs.get(&run) {
                    Some((_, lines)) => {
                        let by = EntryRef { epoch, seq: entry.seq() };
                        self.go(run.epoch(), lines, Some((run, by)));
                    }
                    None => drop(self.lacking.insert(run)),
                }
            }
        }
    }
}

#[derive(Default)]
struct Past {
    cleanings: Vec<(LinePlace, CleaningRecord)>,
    keys: Vec<(IdempotencyRecord, LinePlace)>,
}

impl Past {
    fn at(&self, place: LinePlace) -> Option<CleaningRecord> {
        self.cleanings.iter().find(|(of, _)| *of == place).map(|(_, cleaning)| cleaning.clone())
    }
}

impl HistoryLookup for Past {
    type Error = Infallible;
    fn cleaning(&self, of: EntryRef, near: Option<RunName>) -> Result<Option<CleaningRecord>, Infallible> {
        let near = near.and_then(|run| self.at(LinePlace { of, run: Some(run) }));
        Ok(near.or_else(|| self.at(LinePlace { of, run: None })).or_else(|| {
            self.cleanings.iter().find(|(place, _)| place.of == of).map(|(_, held)| held.clone())
        }))
    }
    fn unsure(&self, _: BootId) -> Result<Vec<CleaningRecord>, Infallible> {
        // No clock of these boxes is ever in doubt.
        Ok(Vec::new())
    }
    fn unsure_uses(&self, _: BootId) -> Result<Vec<UseRecord>, Infallible> {
        Ok(Vec::new())
    }
    fn first_of_key(
        &self,
        idem: &IdempotencyRecord,
        line: LinePlace,
    ) -> Result<Option<LinePlace>, Infallible> {
        let first = self.keys.iter().find(|(held, place)| held == idem && *place != line);
        Ok(first.map(|(_, place)| *place))
    }
}

pub fn fold(order: &[CountedLine]) -> (FacilityState, Vec<CleaningRecord>) {
    let (mut facility, mut past) = (FacilityState::default(), Past::default());
    let mut times: BTreeMap<EntryRef, i64> = BTreeMap::new();
    for CountedLine { id, entry, adopted } in order {
        let of = EntryRef { epoch: id.epoch, seq: id.seq };
        times.entry(of).or_insert(entry.head().at.wall);
        let place = LinePlace { of, run: adopted.map(|(run, _)| run) };
        let event = entry.event();
        let Ok(changes) = match adopted {
            Some((run, by)) => {
                let by = AdoptedBy { run: *run, by: *by, at_ms: times[by] };
                facility.apply_adopted(id.epoch, entry, &event, &past, by)
            }
            None => facility.apply(id.epoch, entry, &event, &past),
        };
        past.keys.extend(entry.head().idem.map(|idem| (idem, place)));
        for effect in changes.effects {
            match effect {
                FoldEffect::Cleaned(cleaning) => past.cleanings.push((cleaning.place(), cleaning)),
                FoldEffect::Recleaned(cleaning) => {
                    let mut held = past.cleanings.iter_mut();
                    if let Some((_, held)) = held.find(|(place, _)| *place == cleaning.place()) {
                        *held = cleaning;
                    }
                }
                _ => {}
            }
        }
    }
    (facility, past.cleanings.into_iter().map(|(_, cleaning)| cleaning).collect())
}
