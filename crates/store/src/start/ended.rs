//! Epochs that have ended, at a start: each is healed where the database does not have just what counts of it.

use record::checkpoint::LogOrigin;
use record::ids::Epoch;
use redb::Database;

use super::start_state::NewestLog;
use super::start_state::OpenDatabase;
use super::start_state::{StartKind, StartState};
use crate::adoption::adopt;
use crate::database::rebuild::CountedEpoch;
use crate::healing::closed_journal;
use crate::healing::heal::{HealedEpoch, JournalRepair};
use crate::healing::refill;
use crate::io::error::StoreError;
use crate::log::chain::{ChainLink, EpochEnd, LogExtent, MissingEntries};
use crate::log::linked::LinkedEpoch;
use crate::side_files::fetched;
use crate::side_files::unreported;
use crate::sources::LogCopies;

impl StartState<'_> {
    /// How much of an ended epoch counts and is here. Nothing is read where the database has just what counts, the
    /// journal has the files that were read before, and no rebuild is requested; else it is healed from all copies.
    pub(crate) fn heal_ended(
        &mut self,
        kind: StartKind,
        link: &ChainLink,
        copies: &LogCopies,
        main: Option<&OpenDatabase>,
    ) -> Result<LogExtent, StoreError> {
        let disk = self.disk.clone();
        let fetched = fetched::read_fetched(&*disk, link.epoch)?;
        let in_database = main.and_then(|main| main.held.frontier(link.epoch));
        let enough = in_database.filter(|tree| match link.end {
            EpochEnd::Counts(end) => LogExtent::of(tree) == end,
            EpochEnd::Open | EpochEnd::Unknown => tree.size() > 0,
        });
        if let Some((main, tree)) =
            main.zip(enough).filter(|_| kind == StartKind::Normal && fetched.is_none())
        {
            self.look_at_closed(link, copies, main)?;
            return Ok(LogExtent::of(tree));
        }
        let healed = self.heal_epoch(link.epoch, link.end.stated(), copies)?;
        if fetched.is_some() {
            let origin = LogOrigin { box_id: self.keys.box_id, epoch: link.epoch };
            refill::settle_refill(&*disk, origin, link.end.stated(), healed.whole)?;
            if healed.whole {
                let back = format!("entries of epoch {} came back from the relay", link.epoch);
                self.report.refilled = self.report.rebuilt.is_none() || self.report.refilled;
                self.report.rebuilt.get_or_insert(back);
            }
        }
        let here = LogExtent::of(&healed.frontier);
        let missing = link.missing(here);
        if missing.is_some() {
            // What is behind the hole counts by itself until the hole is filled.
            let origin = LogOrigin { box_id: self.keys.box_id, epoch: link.epoch };
            match adopt::displace_beyond(copies, origin, here.size) {
                Err(e) if e.is_full() => {
                    tracing::error!(error = %e, "there is no room to keep what lies behind a hole: it stays there");
                }
                stored => drop(stored?),
            }
        }
        self.report.missing.extend(missing);
        Ok(here)
    }

    /// Before the journal alone is read: every ended epoch in it must have what counts. What cannot be had is missing.
    pub(crate) fn heal_all(
        &mut self,
        counted: &[CountedEpoch],
        copies: &LogCopies,
    ) -> Result<Vec<CountedEpoch>, StoreError> {
        let mut all = Vec::new();
        for CountedEpoch { epoch, extent } in counted {
            if !self.ended.contains(epoch) || self.ends_now == Some(*epoch) {
                all.push(CountedEpoch { epoch: *epoch, extent: *extent });
                continue;
            }
            let healed = self.heal_epoch(*epoch, Some(*extent), copies)?;
            if !healed.whole {
                let (from, to) = (healed.frontier.size(), Some(extent.size));
                self.report.missing.push(MissingEntries { epoch: *epoch, from, to, forgotten: false });
            }
            all.push(CountedEpoch { epoch: *epoch, extent: LogExtent::of(&healed.frontier) });
        }
        Ok(all)
    }

    /// Looks whether the journal of an ended epoch that the database has still consists of the files that were read before.
    /// Where it does not, all of it is read and healed now, not by the next weekly look through.
    fn look_at_closed(
        &mut self,
        link: &ChainLink,
        copies: &LogCopies,
        main: &OpenDatabase,
    ) -> Result<(), StoreError> {
        let Some(end) = link.end.stated() else { return Ok(()) };
        let origin = LogOrigin { box_id: self.keys.box_id, epoch: link.epoch };
        let files = closed_journal::closed_files(&**self.disk, &origin)?;
        if closed_journal::read_before(&main.db, link.epoch) == Some(files) {
            return Ok(());
        }
        match self.heal_epoch(link.epoch, Some(end), copies) {
            // What the database has is read from there.
            Ok(healed) => self.report.missing.extend(link.missing(LogExtent::of(&healed.frontier))),
            Err(e) if e.is_full() => {
                tracing::error!(error = %e, epoch = %link.epoch, "there is no room to heal the journal");
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }

    fn heal_epoch(
        &mut self,
        epoch: Epoch,
        end: Option<LogExtent>,
        copies: &LogCopies,
    ) -> Result<HealedEpoch, StoreError> {
        let healed = self.heal_upto((epoch, end), u64::MAX, copies)?;
        if healed.whole {
            self.read_whole.push(epoch);
        }
        Ok(healed)
    }

    fn heal_upto(
        &mut self,
        (epoch, end): (Epoch, Option<LogExtent>),
        upto: u64,
        copies: &LogCopies,
    ) -> Result<HealedEpoch, StoreError> {
        let disk = self.disk.clone();
        let note = |from: &[String]| match healed_words(epoch, from) {
            Some(words) => unreported::note_unreported(&*disk, |unreported| unreported.heal(words)),
            None => Ok(()),
        };
        let healer = JournalRepair {
            copies,
            box_id: self.keys.box_id,
            segment_bytes: self.sizes.segment,
            before_write: Some(&note),
        };
        let healed = healer.heal(epoch, end, upto)?;
        if let Some(words) = healed_words(epoch, &healed.from) {
            self.report.healed.get_or_insert(words);
        }
        Ok(healed)
    }

    pub(crate) fn note_read(&self, db: &Database) -> Result<(), StoreError> {
        let box_id = self.keys.box_id;
        let origins: Vec<LogOrigin> =
            self.read_whole.iter().map(|epoch| LogOrigin { box_id, epoch: *epoch }).collect();
        match closed_journal::note_read(&**self.disk, db, &origins) {
            // They are read again.
            Err(e) if e.is_full() => Ok(()),
            noted => noted,
        }
    }

    /// Before the journal alone is read: the closed part of the newest epoch's must be whole too. Its newest segment was
    /// looked at.
    pub(crate) fn heal_closed(&mut self, log: &NewestLog, copies: &LogCopies) -> Result<(), StoreError> {
        let Some((newest, _)) = log.newest.as_ref().filter(|(newest, _)| newest.first > 0) else {
            return Ok(());
        };
        let linked = LinkedEpoch::open(&**self.disk, newest, &log.origin)
            .map_err(StoreError::io(newest.path.as_str()))?;
        let Some(before) = linked.map(|linked| LogExtent::of(linked.frontier())) else { return Ok(()) };
        let epoch = log.origin.epoch;
        self.heal_upto((epoch, Some(before)), newest.first, copies).map(drop)
    }
}

/// Where a part of an epoch came from. What was fetched comes back because it was lost, which is reported separately.
fn healed_words(epoch: Epoch, from: &[String]) -> Option<String> {
    let from: Vec<&str> =
        from.iter().map(String::as_str).filter(|from| !from.starts_with(fetched::DIR)).collect();
    (!from.is_empty()).then(|| format!("a part of epoch {epoch} came from {}", from.join(", ")))
}
