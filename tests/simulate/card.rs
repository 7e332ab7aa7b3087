//! What a box's card holds, and what the real code reads of it.

use std::collections::{BTreeMap, BTreeSet};

use appliance::alarms::AlarmCause;
use appliance::store::{ConfirmedSize, PastLog, StoreError, StoredCheckpoint};
use appliance::uplink::exchange::LocalLogs;
use record::checkpoint::{Checkpoint, CosignedCheckpoint, LogOrigin};
use record::ids::Epoch;
use record::kinds::Prev;
use record::sign::{NoteError, VerifierKey};
use record::tree::{Frontier, Hash};

use crate::logs::{self, LogKey, Point};

/// Lines of other places that the present log adopts; the number is the file's name.
pub(crate) type Run = usize;

/// How far the entries that are fetched in their place have come.
#[derive(Clone, Copy)]
pub(crate) struct Fetched {
    pub(crate) to: &'static Point,
    /// Whether the relay sent something else.
    pub(crate) wrong: bool,
}

#[derive(Clone)]
pub(crate) struct EndedLog {
    pub(crate) key: &'static LogKey,
    pub(crate) here: Option<&'static Point>,
    pub(crate) counts: Option<(u64, Hash)>,
    pub(crate) signs: bool,
    pub(crate) fetched: Option<Fetched>,
}

#[derive(Clone)]
pub(crate) struct Card {
    pub(crate) ended: Vec<EndedLog>,
    pub(crate) present: &'static Point,
    /// The cursor's file.
    pub(crate) stored: Option<StoredCheckpoint>,
    /// What the relay signed of the present log and the box does not hold.
    pub(crate) contrary: Option<Checkpoint>,
    pub(crate) runs: BTreeMap<Run, Vec<&'static Point>>,
    /// Runs of lines that count in their own place too.
    pub(crate) owed: BTreeSet<Run>,
    /// Lines that the next start adopts.
    pub(crate) waiting: Vec<&'static Point>,
    /// The same, of lines that count here already.
    pub(crate) owing: Vec<Vec<&'static Point>>,
    pub(crate) alarms: Vec<AlarmCause>,
}

impl EndedLog {
    pub(crate) fn epoch(&self) -> Epoch {
        self.key.origin.epoch
    }

    /// What counts of it and is here: all that is here, while something is missing.
    pub(crate) fn counted(&self) -> Option<&'static Point> {
        let (size, root) = self.counts?;
        let base = self.here?.at(size).filter(|base| base.root() == root);
        base.or(self.here)
    }

    pub(crate) fn is_whole(&self) -> bool {
        let counts =
            |(size, root)| self.counted().is_some_and(|base| base.size == size && base.root() == root);
        self.counts.is_some_and(counts)
    }
}

impl Card {
    pub(crate) fn new(present: &'static Point) -> Self {
        Self {
            ended: Vec::new(),
            present,
            stored: None,
            contrary: None,
            runs: BTreeMap::new(),
            owed: BTreeSet::new(),
            waiting: Vec::new(),
            owing: Vec::new(),
            alarms: Vec::new(),
        }
    }

    /// The ended logs as the store reports them.
    pub(crate) fn past(&self) -> Vec<PastLog> {
        let nothing = Frontier::default().root();
        let past = |ended: &EndedLog| {
            let (size, root) = ended.counts.unwrap_or((0, nothing));
            let last = ended.counted().filter(|_| ended.is_whole()).map(|base| base.leaf);
            PastLog {
                origin: ended.key.origin,
                counts: Prev { epoch: ended.epoch(), size, root },
                stated: ended.counts.is_some(),
                size: ended.here.map_or(0, |here| here.size),
                whole: ended.is_whole(),
                fetched: ended.fetched.is_some_and(|fetched| !fetched.wrong && fetched.to.size == size),
                verifier: Some(ended.key.signer.verifier().clone()),
                signs: ended.signs,
                replaced: false,
                goes_by_run: self
                    .owed
                    .iter()
                    .any(|run| self.runs[run].iter().any(|line| Some(line.leaf) == last)),
            }
        };
        self.ended.iter().map(past).collect()
    }

    pub(crate) fn counted(&self) -> BTreeSet<Hash> {
        let logs = self.ended.iter().filter_map(EndedLog::counted).chain([self.present]);
        let mut all: BTreeSet<Hash> = logs.flat_map(Point::states).map(|state| state.leaf).collect();
        all.extend(self.runs.values().flatten().map(|line| line.leaf));
        all
    }

    pub(crate) fn lines(&self) -> BTreeSet<Hash> {
        let mut all = self.counted();
        let here = self.ended.iter().filter_map(|ended| ended.here).flat_map(Point::states);
        all.extend(here.chain(self.waiting.iter().copied()).map(|line| line.leaf));
        all
    }

    /// The highest epoch number that anything here names.
    pub(crate) fn last_epoch(&self) -> u32 {
        let stored = self.stored.iter().map(|stored| stored.checkpoint.origin.epoch.n);
        let ended = self.ended.iter().map(|ended| ended.epoch().n);
        stored.chain(ended).max().unwrap_or(0).max(self.present.epoch().n)
    }

    /// The newest checkpoint of the present log that the relay is known to have cosigned and that this card
    /// contradicts.
    pub(crate) fn contradicted(&self) -> Option<Checkpoint> {
        let stored = self.stored.as_ref().map(|stored| stored.checkpoint);
        let signed = [self.contrary, stored].into_iter().flatten();
        let own = |checkpoint: &Checkpoint| self.present.at(checkpoint.size).map(Point::root);
        signed
            .filter(|c| c.origin == self.present.key.origin && own(c) != Some(c.root))
            .max_by_key(|c| c.size)
    }
}

/// A card as the exchange reads it, with the cursor that is in memory.
pub(crate) struct CardLogs<'a> {
    pub(crate) card: &'a Card,
    pub(crate) cursor: &'a ConfirmedSize,
}

impl LocalLogs for CardLogs<'_> {
    fn present(&self) -> Option<(LogOrigin, VerifierKey)> {
        let key = self.card.present.key;
        Some((key.origin, key.signer.verifier().clone()))
    }

    fn size(&self) -> u64 {
        self.card.present.size
    }

    fn cursor(&self) -> ConfirmedSize {
        self.cursor.clone()
    }

    fn root_at(&self, epoch: Epoch, size: u64) -> Result<Option<Hash>, StoreError> {
        let ended = self.card.ended.iter().find(|ended| ended.epoch() == epoch);
        let here = match ended {
            Some(ended) => ended.here,
            None => Some(self.card.present).filter(|present| present.epoch() == epoch),
        };
        Ok(here.and_then(|here| here.at(size)).map(Point::root))
    }

    fn verify(
        &self,
        note: &str,
        origin: &LogOrigin,
        log: &VerifierKey,
    ) -> Result<CosignedCheckpoint, NoteError> {
        logs::verified(note, origin, log)
    }
}
