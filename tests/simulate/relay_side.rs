//! The relay of the simulated world: what comes in is decided by the real code and kept.

use super::*;

impl World {
    pub(super) fn relay_hears(&mut self, connection: u64, up: Up) {
        let (Up::Hello { log, .. } | Up::Batch { log, .. } | Up::Health { log, .. }) = up;
        let kept = self.relay.entry(log.epoch).or_default();
        if kept.quarantined {
            return;
        }
        match up {
            Up::Hello { cosigned, .. } => {
                if let Some(witness) = cosigned.filter(|(size, _)| *size > kept.size()) {
                    kept.witness = Some(witness);
                }
                self.answer(connection, log.epoch);
            }
            Up::Health { cursor, .. } => {
                if kept.size() != cursor && self.planted != Planted::DeafToHealth {
                    self.answer(connection, log.epoch);
                }
            }
            Up::Batch { from, to, torn, .. } => self.ingest(connection, log, from, to, torn),
        }
    }

    /// What the relay holds, cosigned; of nothing there is nothing to cosign.
    pub(super) fn answer(&mut self, connection: u64, epoch: u32) {
        let kept = self.relay.entry(epoch).or_default();
        let size = kept.size();
        let down = match size {
            0 => Down::Want { epoch, from: 0 },
            _ => Down::Cosigned { epoch, size, root: kept.frontier().root() },
        };
        self.send(connection, Packet::Down(down));
    }

    pub(super) fn ingest(&mut self, connection: u64, log: LogId, from: u64, to: u64, torn: bool) {
        let epoch = log.epoch;
        let whole = Log::get(log);
        let batch = if torn { Err(Refusal::Root(to)) } else { Ok(whole.batch(from, to)) };
        let kept = self.relay.entry(epoch).or_default().clone();
        let frontier = kept.frontier();
        let at = |n: u64| usize::try_from(n.min(kept.size())).unwrap();
        let root_at_end = (to <= kept.size()).then(|| {
            let mut frontier = Frontier::default();
            kept.leaves[..at(to)].iter().for_each(|l| frontier.push(*l));
            frontier.root()
        });
        let overlap = &kept.leaves[at(from)..at(to)];
        let held = Held {
            frontier: &frontier,
            overlap,
            root_at_end,
            witness: kept.witness.filter(|(size, _)| *size > kept.size()),
            ends: self.ends(epoch).filter(|_| self.planted != Planted::GrowsEnded),
        };
        if self.planted == Planted::AppendsBlindly && from <= kept.size() && !torn {
            let leaves = &whole.leaves[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()];
            self.relay.entry(epoch).or_default().leaves.extend(leaves);
            return self.answer(connection, epoch);
        }
        match decide(batch, &held) {
            Verdict::Store(batch) => {
                self.marks.insert(if from < kept.size() { Mark::StoredOverlap } else { Mark::Stored });
                self.store(connection, epoch, batch.entries().iter().map(|(_, leaf)| *leaf).collect());
            }
            Verdict::Again => {
                self.marks.insert(Mark::Again);
                self.answer(connection, epoch);
            }
            Verdict::Want(from) => {
                self.marks.insert(Mark::Wanted);
                self.send(connection, Packet::Down(Down::Want { epoch, from }));
            }
            Verdict::Fork { .. } => {
                assert!(self.cloned, "an honest box was taken for two");
                self.marks.insert(Mark::Forked);
                self.relay.entry(epoch).or_default().quarantined = true;
            }
            Verdict::Clash { .. } => {
                self.marks.insert(Mark::Clashed);
                self.send(connection, Packet::Down(Down::Refused { epoch }));
            }
            Verdict::Refuse(_) => {
                // What a copy writes next to a log that another copy went on with fits nothing.
                let torn = torn || connection == 0;
                assert!(torn || self.cloned, "an honest batch was refused");
                self.send(connection, Packet::Down(Down::Refused { epoch }));
            }
        }
    }

    pub(super) fn store(&mut self, connection: u64, epoch: u32, leaves: Vec<Hash>) {
        let crash = if self.stormy { self.below(100) } else { 100 };
        if self.planted == Planted::AcksBeforeStoring {
            let mut kept = self.relay.entry(epoch).or_default().clone();
            kept.leaves.extend(&leaves);
            let (size, root) = (kept.size(), kept.frontier().root());
            self.send(connection, Packet::Down(Down::Cosigned { epoch, size, root }));
            if crash >= 8 {
                self.relay.insert(epoch, kept);
            }
            return;
        }
        if crash < 4 {
            return self.cut();
        }
        self.relay.entry(epoch).or_default().leaves.extend(leaves);
        if crash < 8 {
            self.marks.insert(Mark::RelayCrashedAfterStoring);
            return self.cut();
        }
        self.answer(connection, epoch);
    }
}
