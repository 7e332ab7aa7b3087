//! The relay of the simulated world: what comes in is decided by the real code and kept.

use std::collections::{BTreeMap, BTreeSet};

use record::ids::Epoch;
use record::tree::{Frontier, Hash};
use record::verify::BatchRefusal;
use relay::ingest::{BatchVerdict, HeldLog, decide_batch};

use crate::card::Run;
use crate::logs::Point;
use crate::world::{Down, Packet, Up, World};
use crate::{Mark, Planted};

#[derive(Clone, Default)]
pub(crate) struct Kept {
    pub(crate) at: Option<&'static Point>,
    witness: Option<(u64, Hash)>,
    pub(crate) quarantined: bool,
    /// Another log follows the same predecessor already.
    apart: bool,
}

#[derive(Clone, Default)]
pub(crate) struct RelaySide {
    pub(crate) logs: BTreeMap<Epoch, Kept>,
    pub(crate) runs: BTreeSet<Run>,
}

impl Kept {
    fn size(&self) -> u64 {
        self.at.map_or(0, |at| at.size)
    }
}

impl RelaySide {
    pub(crate) fn held(&self, epoch: Epoch) -> Option<&'static Point> {
        self.logs.get(&epoch).and_then(|stored| stored.at)
    }

    pub(crate) fn size(&self, epoch: Epoch) -> u64 {
        self.held(epoch).map_or(0, |at| at.size)
    }
}

impl World {
    pub(crate) fn relay_lines(&self) -> BTreeSet<Hash> {
        let logs = self.relay.logs.values().filter_map(|stored| stored.at).flat_map(Point::states);
        let runs = self.relay.runs.iter().flat_map(|run| &self.runs[*run]).copied();
        logs.chain(runs).map(|line| line.leaf).collect()
    }

    pub(crate) fn relay_lacks(&self) -> Vec<Run> {
        let held = self.relay_lines();
        let named = self.adopts.iter().filter(|(leaf, _)| held.contains(*leaf)).map(|(_, run)| *run);
        named.filter(|run| !self.relay.runs.contains(run)).collect()
    }

    pub(crate) fn ends(&self, epoch: Epoch) -> Option<u64> {
        let follows = |(of, stored): &(&Epoch, &Kept)| {
            stored.size() > 0
                && !stored.apart
                && self.begun.get(of).is_some_and(|(before, _)| *before == epoch)
        };
        let (next, _) = self.relay.logs.iter().find(follows)?;
        self.begun.get(next).map(|(_, size)| *size)
    }

    pub(crate) fn relay_hears(&mut self, connection: u64, up: Up) {
        let epoch = match up {
            Up::Hello { epoch, .. } | Up::Health { epoch, .. } => epoch,
            Up::Batch { to, .. } => to.epoch(),
        };
        let stored = self.relay.logs.entry(epoch).or_default();
        if stored.quarantined {
            return;
        }
        match up {
            Up::Hello { witness, .. } => {
                if let Some(witness) = witness.filter(|(size, _)| *size > stored.size()) {
                    stored.witness = Some(witness);
                }
                self.answer(connection, epoch);
            }
            Up::Health { cursor, .. } => {
                if stored.size() != cursor && self.planted != Planted::DeafToHealth {
                    self.answer(connection, epoch);
                }
            }
            Up::Batch { from, to, partial } => self.ingest(connection, from, to, partial),
        }
    }

    fn answer(&mut self, connection: u64, epoch: Epoch) {
        let down = match self.relay.held(epoch) {
            None => Down::Want { epoch, from: 0 },
            Some(at) => Down::Cosigned(at),
        };
        self.send(connection, Packet::Down(down));
    }

    fn ingest(&mut self, connection: u64, from: u64, to: &'static Point, partial: bool) {
        let epoch = to.epoch();
        let stored = self.relay.logs.entry(epoch).or_default().clone();
        if self.planted == Planted::AppendsBlindly && from < stored.size() && !partial {
            return self.append_blindly(connection, from, to);
        }
        let batch = if partial { Err(BatchRefusal::Root(to.size)) } else { Ok(to.batch(from)) };
        let nothing = Frontier::default();
        let states = stored.at.into_iter().flat_map(Point::states);
        let mut overlap: Vec<Hash> =
            states.filter(|s| s.size > from && s.size <= to.size).map(|state| state.leaf).collect();
        overlap.reverse();
        let held = HeldLog {
            frontier: stored.at.map_or(&nothing, |at| &at.frontier),
            overlap: &overlap,
            root_at_end: stored.at.and_then(|at| at.at(to.size)).map(Point::root),
            witness: stored.witness.filter(|(size, _)| *size > stored.size()),
            ends: self.ends(epoch).filter(|_| self.planted != Planted::GrowsEnded),
        };
        match decide_batch(batch, &held) {
            BatchVerdict::Store(_) => {
                self.marks.insert(if from < stored.size() { Mark::StoredOverlap } else { Mark::Stored });
                self.store(connection, to);
            }
            BatchVerdict::Again => {
                self.marks.insert(Mark::Again);
                self.answer(connection, epoch);
            }
            BatchVerdict::Want(from) => {
                self.marks.insert(Mark::Wanted);
                self.send(connection, Packet::Down(Down::Want { epoch, from }));
            }
            BatchVerdict::Fork { .. } => {
                let other = connection == 0 || self.cloned || self.rewound;
                assert!(other, "an honest box was taken for two");
                self.marks.insert(Mark::Forked);
                self.relay.logs.entry(epoch).or_default().quarantined = true;
            }
            BatchVerdict::Clash { .. } => {
                self.marks.insert(Mark::Clashed);
                self.send(connection, Packet::Down(Down::Refused { epoch, from }));
            }
            BatchVerdict::Refuse(_) => {
                // What a copy writes next to a log that another copy continued fits no log.
                let other = connection == 0 || self.cloned || self.rewound;
                assert!(partial || other, "an honest batch was refused");
                self.send(connection, Packet::Down(Down::Refused { epoch, from }));
            }
        }
    }

    fn append_blindly(&mut self, connection: u64, from: u64, to: &'static Point) {
        let states: Vec<_> = to.states().take_while(|state| state.size > from).collect();
        let stored = self.relay.logs.entry(to.epoch()).or_default();
        for _ in states {
            stored.at = stored.at.map(|at| at.next(u32::MAX));
        }
        self.answer(connection, to.epoch());
    }

    fn store(&mut self, connection: u64, to: &'static Point) {
        let crash = if self.stormy { self.below(100) } else { 100 };
        if self.planted == Planted::AcksBeforeStoring {
            self.send(connection, Packet::Down(Down::Cosigned(to)));
            if crash >= 8 {
                self.keep(to);
            }
            return;
        }
        if crash < 4 {
            return self.cut();
        }
        self.keep(to);
        if crash < 8 {
            self.marks.insert(Mark::RelayCrashedAfterStoring);
            return self.cut();
        }
        self.answer(connection, to.epoch());
    }

    fn keep(&mut self, to: &'static Point) {
        let before = self.begun.get(&to.epoch()).map(|(before, _)| *before);
        let apart = before.is_some_and(|before| self.ends(before).is_some());
        let stored = self.relay.logs.entry(to.epoch()).or_default();
        if stored.at.is_none() {
            stored.apart = apart;
        }
        stored.at = Some(to);
    }
}
