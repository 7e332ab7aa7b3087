//! What has no place in the chain at a start: it is kept beside the log, and becomes runs that are adopted.

use std::collections::BTreeSet;

use record::checkpoint::LogOrigin;
use record::ids::Epoch;
use record::kinds::Prev;
use record::run::RunName;
use record::tree::Frontier;
use redb::Database;

use super::start_state::NewestLog;
use super::start_state::{HealedLog, StartState};
use crate::adoption::adopt;
use crate::adoption::adopt::CountedLines;
use crate::adoption::stray_runs;
use crate::adoption::stray_runs::OwnEpochs;
use crate::index::places::{Places, RunState};
use crate::io::error::StoreError;
use crate::log::chain;
use crate::log::chain::{ChainLink, ChainVerdict, EpochEnd, LogExtent, MissingEntries};
use crate::log::displaced;
use crate::log::journal::Journal;
use crate::log::scan::SegmentFile;
use crate::runs::run_file;
use crate::shared::rebase::Rebase;
use crate::side_files::trusted;
use crate::sources::{LogCopies, SegmentSource};

impl StartState<'_> {
    /// Epochs that may precede one whose first entry is nowhere: also those that count by runs alone, whose journal is gone.
    /// Without them the one before would be presumed instead, and its lines would move behind those of the runs.
    pub(crate) fn names_to_follow(&self, names: &[Epoch]) -> Result<Vec<Epoch>, StoreError> {
        let runs = run_file::list_runs(&**self.disk)?;
        let mut all = names.to_vec();
        for epoch in runs.iter().map(RunName::epoch) {
            // Of two with one number the uplink and the relay take the same one too.
            if !all.contains(&epoch) {
                all.push(epoch);
            }
        }
        Ok(all)
    }

    /// What the relay has confirmed and the storage does not return was lost, not only damaged.
    pub(crate) fn note_forgotten(&mut self, verdict: &ChainVerdict, newest: Option<&NewestLog>) {
        let ChainVerdict::Begin { prev: Some(prev), .. } = verdict else { return };
        let own = newest.filter(|log| log.origin.epoch == prev.epoch);
        if own.is_none_or(|log| log.relay.is_some()) {
            let of_it = self.report.missing.iter_mut().filter(|missing| missing.epoch == prev.epoch);
            of_it.for_each(|missing| missing.forgotten = true);
        }
    }

    /// Keeps beside the log what this box holds of an epoch of which nobody says how much counts.
    pub(crate) fn leave_unstated(&mut self, link: &ChainLink, copies: &LogCopies) -> Result<(), StoreError> {
        let origin = LogOrigin { box_id: self.keys.box_id, epoch: link.epoch };
        let stored = adopt::displace_beyond(copies, origin, 0)?;
        if stored.is_empty() {
            self.report.missing.extend(link.missing(LogExtent::of(&Frontier::default())));
        }
        // Lines behind a hole show that there was something in it.
        let (mut next, of) = (0, link.epoch);
        for seq in stored {
            if seq > next {
                let hole = MissingEntries { epoch: of, from: next, to: Some(seq), forgotten: false };
                self.report.missing.push(hole);
            }
            next = seq + 1;
        }
        self.unstated.push(link.epoch);
        Ok(())
    }

    /// Keeps what this box holds of an epoch that ends here behind what counts of it, or behind a hole in that: it was
    /// acknowledged, and it counts by itself until the hole is filled.
    pub(crate) fn displace_beyond(
        copies: &LogCopies,
        log: &NewestLog,
        chain: &[ChainLink],
    ) -> Result<(), StoreError> {
        let end = match chain.iter().find(|link| link.epoch == log.origin.epoch).map(|link| link.end) {
            Some(EpochEnd::Counts(end)) => end.size.min(log.frontier.size()),
            Some(EpochEnd::Unknown | EpochEnd::Open) => log.frontier.size(),
            None => 0,
        };
        adopt::displace_beyond(copies, log.origin, end).map(drop)
    }

    /// Keeps beside the log what is stored here of epochs of this box that its chain does not lead to.
    pub(crate) fn leave_branches(
        &mut self,
        names: &[Epoch],
        chain: &[ChainLink],
        newest: Option<&NewestLog>,
        copies: &LogCopies,
    ) -> Result<(), StoreError> {
        let branches = names.iter().copied().filter(|epoch| {
            chain.iter().all(|link| link.epoch != *epoch)
                && newest.is_none_or(|log| log.origin.epoch != *epoch)
        });
        let branches: Vec<Epoch> = branches.collect();
        if branches.is_empty() {
            return Ok(());
        }
        let own = self.own_epochs()?;
        for epoch in branches.into_iter().filter(|epoch| own.contains(epoch)) {
            adopt::displace_beyond(copies, LogOrigin { box_id: self.keys.box_id, epoch }, 0)?;
            self.unstated.push(epoch);
        }
        Ok(())
    }

    /// What the relay continues from, where the newest epoch's chain does not lead there.
    pub(crate) fn rebase(
        &self,
        newest: Option<&NewestLog>,
        names: &[Epoch],
        copies: &LogCopies,
    ) -> Result<Option<Prev>, StoreError> {
        let stored = Rebase::stored(&**self.disk, self.keys.box_id)?;
        let Some(prev) = stored.map(|stored| stored.prev()) else { return Ok(None) };
        let Some(log) = newest else { return Ok(self.is_displaced()?.then_some(prev)) };
        let chain = chain::follow_back(log.origin.epoch, names, |epoch| copies.link(epoch))?;
        Ok(chain.iter().all(|link| link.epoch != prev.epoch).then_some(prev))
    }

    /// Whether the newest log that this machine has a key of lies beside the chain, whole: it came from a box of its own,
    /// before it took another one's place.
    fn is_displaced(&self) -> Result<bool, StoreError> {
        let Some(epoch) = self.keys.newest().map(|key| key.origin.epoch) else { return Ok(false) };
        let runs = run_file::list_runs(&**self.disk)?;
        Ok(runs.iter().any(|run| run.epoch() == epoch)
            || !displaced::of_epoch(&**self.disk, epoch)?.is_empty())
    }

    fn own_epochs(&self) -> Result<BTreeSet<Epoch>, StoreError> {
        let verifiers = self.keys.verifiers(&**self.disk)?;
        let named = verifiers.iter().filter_map(|key| key.name().parse::<LogOrigin>().ok());
        Ok(named.filter(|origin| origin.box_id == self.keys.box_id).map(|origin| origin.epoch).collect())
    }

    /// Epochs that are this box's for sure: of its chain, or with a key of its own.
    fn known_epochs(&self, places: &Places) -> Result<BTreeSet<Epoch>, StoreError> {
        let own = self.own_epochs()?;
        let adopted = places.runs().iter().map(|adopted| adopted.by.run.epoch());
        Ok(own
            .into_iter()
            .chain(places.epochs.iter().copied())
            .chain(adopted)
            .chain(trusted::trusted_epochs(&**self.disk, self.keys.box_id))
            .chain(self.ended.iter().copied())
            .collect())
    }

    pub(crate) fn make_runs(&mut self, healed: &HealedLog, db: &Database) -> Result<(), StoreError> {
        let written = healed.newest.as_ref().map(|log| log.origin.epoch);
        let counted = CountedLines::of(db, written)?;
        let known = self.known_epochs(counted.places())?;
        let signed = self.keys.logs.iter().map(|key| key.origin.epoch).collect();
        let own = OwnEpochs { box_id: self.keys.box_id, known, signed };
        match stray_runs::make_runs(self.disk, &own, &counted, self.now.wall_ms) {
            // It stays where it was, and the next start continues.
            Err(e) if e.is_full() => {
                tracing::error!(error = %e, "there is no room to make runs of what has no place in the log");
                return Ok(());
            }
            made => {
                let made = made?;
                self.report.apart = made.apart;
                self.report.unread_copies.extend(made.unread);
                self.report.set_aside.extend(made.damaged);
            }
        }
        for (_, lacking) in counted.places().in_state(RunState::Lacks) {
            let (run, lines) = (lacking.by.run, lacking.by.run.lines());
            let (from, to) = (lines.start, Some(lines.end));
            self.report.missing.push(MissingEntries { epoch: run.epoch(), from, to, forgotten: false });
        }
        for epoch in std::mem::take(&mut self.unstated) {
            let mut journal = SegmentSource::journal(self.disk.clone());
            if !counted.has_all(epoch, &mut journal)?.all || journal.has_lost() {
                continue;
            }
            let dir = Journal::dir(&LogOrigin { box_id: self.keys.box_id, epoch });
            for segment in SegmentFile::list(&**self.disk, &dir).map_err(StoreError::io(dir.as_str()))? {
                self.disk.remove(&segment.path).map_err(StoreError::io(segment.path.as_str()))?;
                self.disk.sync_dir(&dir).map_err(StoreError::io(dir.as_str()))?;
            }
        }
        Ok(())
    }
}
