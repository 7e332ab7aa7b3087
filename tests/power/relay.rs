//! A relay for lives: logs and runs in memory, and what counts of them by FORMAT.md alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use appliance::store::Store;
use record::adoption::{AdoptionWalk, LeafRange, LineId, OfferedLine, adopted_run, assemble_base};
use record::checkpoint::{CosignedCheckpoint, LogOrigin, SignedCheckpoint};
use record::entry::Entry;
use record::ids::Epoch;
use record::kinds::{EntryRef, Event, Prev};
use record::messages::{Ack, Answer, VERSION};
use record::redact::TextLine;
use record::run::{RunName, RunReader};
use record::sign::{KeyKind, SignerKey, VerifierKey};
use record::tree::{Frontier, root_at};

use crate::lives::Plant;
use crate::oracle::Holdings;

pub type Lines = BTreeSet<LineId>;

#[derive(Clone)]
pub struct HeldEpoch {
    /// Another epoch continued the same predecessor, or one that is apart itself.
    apart: bool,
    pub entries: Vec<Entry>,
    pub texts: Vec<TextLine>,
    pub tree: Frontier,
    note: String,
    log: VerifierKey,
}

#[derive(Clone)]
pub struct Relay {
    pub epochs: BTreeMap<Epoch, HeldEpoch>,
    pub runs: BTreeMap<RunName, Vec<u8>>,
    cosigner: Arc<SignerKey>,
}

/// What one side counts: lines in order, and runs that it still needs.
pub struct Counted {
    pub order: Vec<LineId>,
    pub lacking: BTreeSet<RunName>,
}

impl Relay {
    pub fn new() -> Self {
        let cosigner = SignerKey::new("relay/cosign/1", KeyKind::Cosignature, &[9; 32]).unwrap();
        Self { epochs: BTreeMap::new(), runs: BTreeMap::new(), cosigner: Arc::new(cosigner) }
    }

    pub fn verifier(&self) -> VerifierKey {
        self.cosigner.verifier().clone()
    }

    pub fn answer(&self, epoch: Epoch) -> Ack {
        let answer = match self.epochs.get(&epoch) {
            Some(held) => Answer::Checkpoint { checkpoint: held.note.clone() },
            None => Answer::Want { want: 0 },
        };
        Ack { v: VERSION, epoch, answer, zone: None }
    }

    pub fn take(&mut self, store: &Store, epoch: Epoch, upto: u64) {
        let origin = LogOrigin { epoch, ..store.origin() };
        let reader = store.reader_of(epoch).unwrap();
        let had = self.epochs.get(&epoch).map_or_else(Frontier::default, |held| held.tree.clone());
        if had.size() >= upto || root_at(&reader, had.size()).unwrap() != had.root() {
            return;
        }
        let entries: Vec<Entry> = reader.entries(had.size()..upto).map(Result::unwrap).collect();
        let texts = entries.iter().flat_map(|entry| reader.texts_named(entry).unwrap());
        let texts: Vec<TextLine> = texts.collect();
        let note = match epoch == store.origin().epoch {
            true => Some(store.checkpoint_at(upto).unwrap()),
            false => store.checkpoint_of(epoch, upto).unwrap(),
        };
        let Some(note) = note else { return };
        let name = origin.to_string();
        let log = store.verifier_keys().into_iter().find(|key| key.name() == name).unwrap();
        let signed = SignedCheckpoint::verify(&note.to_string(), &origin, &log).unwrap();
        let note = signed.cosigned(&self.cosigner, 7).to_string();
        let apart = self.is_branch(epoch, &entries);
        let held = self.epochs.entry(epoch).or_insert_with(|| HeldEpoch {
            apart,
            entries: Vec::new(),
            texts: Vec::new(),
            tree: Frontier::default(),
            note: String::new(),
            log,
        });
        entries.iter().for_each(|entry| held.tree.push(entry.leaf()));
        held.entries.extend(entries);
        held.texts.extend(texts);
        held.note = note;
    }

    fn follows(entries: &[Entry]) -> Option<Epoch> {
        let Some(Event::LogStarted(started)) = entries.first().map(Entry::event) else { return None };
        started.prev.map(|prev| prev.epoch).or(started.after)
    }

    fn is_branch(&self, epoch: Epoch, entries: &[Entry]) -> bool {
        let follows = Self::follows(entries);
        let others = self.epochs.iter().filter(|(other, _)| **other != epoch);
        let mut others = others.map(|(other, held)| (Some(*other), held));
        others
            .any(|(other, held)| Self::follows(&held.entries) == follows || (held.apart && other == follows))
    }

    pub fn newest(&self, present: &LogOrigin) -> Option<(CosignedCheckpoint, VerifierKey)> {
        let (epoch, held) = self.epochs.iter().rfind(|(_, held)| !held.apart)?;
        let origin = LogOrigin { epoch: *epoch, ..*present };
        let cosigned = CosignedCheckpoint::verify(&held.note, &origin, &held.log, &[self.verifier()]);
        Some((cosigned.ok()?, held.log.clone()))
    }

    fn run_lines(&self, origin: &LogOrigin, name: &RunName) -> Option<Vec<Entry>> {
        let bytes = self.runs.get(name)?;
        let mut reader = RunReader::open(&bytes[..], origin.box_id, *name).unwrap();
        let mut all = Vec::new();
        while let Some(group) = reader.next_group().unwrap() {
            all.extend(group.into_iter().map(|line| line.entry));
        }
        Some(all)
    }

    pub fn lines(&self, origin: &LogOrigin) -> Lines {
        let own = self.epochs.iter().map(|(epoch, held)| (*epoch, held.entries.clone()));
        let runs = self.runs.keys().map(|name| (name.epoch(), self.run_lines(origin, name).unwrap()));
        own.chain(runs).flat_map(|(epoch, entries)| lines(epoch, &entries)).collect()
    }

    /// The base of an epoch: what its successor states, put together from the epoch's log and from runs.
    fn base(&self, origin: &LogOrigin, prev: Prev) -> Option<Vec<Entry>> {
        let mut sources: Vec<(u64, Vec<Entry>)> = Vec::new();
        sources.extend(self.epochs.get(&prev.epoch).map(|held| (0, held.entries.clone())));
        for name in self.runs.keys().filter(|name| name.epoch() == prev.epoch) {
            sources.push((name.lines().start, self.run_lines(origin, name)?));
        }
        let ranges: Vec<LeafRange> = sources
            .iter()
            .map(|(from, lines)| LeafRange { from: *from, leaves: lines.iter().map(Entry::leaf).collect() })
            .collect();
        let parts = assemble_base(&ranges, prev.size, prev.root)?;
        Some(
            parts
                .iter()
                .flat_map(|part| {
                    let (from, lines) = &sources[part.source];
                    part.lines
                        .clone()
                        .map(|seq| lines[usize::try_from(seq - from).unwrap()].clone())
                        .collect::<Vec<_>>()
                })
                .collect(),
        )
    }

    fn first(&self, origin: &LogOrigin, epoch: Epoch) -> Option<Entry> {
        let own = self.epochs.get(&epoch).and_then(|held| held.entries.first().cloned());
        own.or_else(|| {
            let mut names = self.runs.keys().filter(|name| name.covers(EntryRef { epoch, seq: 0 }));
            names.find_map(|name| self.run_lines(origin, name)?.into_iter().next())
        })
    }

    pub fn holdings(&self, origin: &LogOrigin) -> Holdings {
        Holdings {
            epochs: self.epochs.iter().map(|(epoch, held)| (*epoch, held.entries.clone())).collect(),
            runs: self
                .runs
                .keys()
                .map(|name| (*name, (name.lines().start, self.run_lines(origin, name).unwrap())))
                .collect(),
        }
    }

    pub fn counted(&self, origin: &LogOrigin, plant: Option<Plant>) -> Result<Counted, String> {
        let mut chain: Vec<(Epoch, Vec<Entry>)> = Vec::new();
        let held = self.epochs.get(&origin.epoch).ok_or("the relay has nothing of the newest epoch")?;
        chain.push((origin.epoch, held.entries.clone()));
        let mut epoch = origin.epoch;
        loop {
            let (next, base) = match self.first(origin, epoch).map(|entry| entry.event()) {
                Some(Event::LogStarted(started)) => match (started.prev, started.after) {
                    (Some(prev), _) => {
                        let base = self.base(origin, prev);
                        (prev.epoch, base.ok_or_else(|| format!("the relay has no base of {}", prev.epoch))?)
                    }
                    (None, Some(after)) => (after, Vec::new()),
                    (None, None) => break,
                },
                // No log says what came before it.
                _ => {
                    let held = self.epochs.keys().copied().chain(self.runs.keys().map(RunName::epoch));
                    let Some(lower) = held.filter(|held| held.n < epoch.n).max() else { break };
                    (lower, Vec::new())
                }
            };
            chain.push((next, base));
            epoch = next;
        }
        chain.reverse();
        let base: Lines = chain.iter().flat_map(|(epoch, entries)| lines(*epoch, entries)).collect();
        let (mut walk, mut order, mut known) = (AdoptionWalk::default(), Vec::new(), base);
        for (epoch, entries) in &chain {
            for entry in entries {
                order.extend(lines(*epoch, std::slice::from_ref(entry)));
                walk.pass_base(*epoch, entry);
                while let Some(place) = walk.next_lines() {
                    let Some(all) = self.run_lines(origin, &place.run) else {
                        walk.lack_run();
                        continue;
                    };
                    let from = usize::try_from(place.from - place.run.lines().start).unwrap();
                    let id = |entry: &Entry| LineId {
                        epoch: place.run.epoch(),
                        seq: entry.seq(),
                        leaf: entry.leaf(),
                    };
                    let counts_already = |entry: &Entry| match plant {
                        Some(Plant::CountedTwice) => false,
                        Some(Plant::NotTransitive) if adopted_run(entry).is_some() => true,
                        _ => known.contains(&id(entry)),
                    };
                    let offered: Vec<_> = all[from..]
                        .iter()
                        .map(|entry| OfferedLine { entry, counts_already: counts_already(entry) })
                        .collect();
                    let counted: Vec<LineId> =
                        walk.take_lines(&offered).iter().map(|line| id(line.entry)).collect();
                    known.extend(counted.iter().copied());
                    order.extend(counted);
                }
            }
        }
        Ok(Counted { order, lacking: walk.lacking().clone() })
    }
}

pub fn lines(epoch: Epoch, entries: &[Entry]) -> Vec<LineId> {
    entries.iter().map(|entry| LineId { epoch, seq: entry.seq(), leaf: entry.leaf() }).collect()
}
