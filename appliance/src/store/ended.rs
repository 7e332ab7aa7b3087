//! Epochs that have ended, at a start: each is healed where the database does not have just what counts of it.

use record::checkpoint::Origin;
use record::ids::Epoch;

use super::adopt;
use super::chain::{ChainLink, EpochEnd, Extent, MissingEntries};
use super::database::Held;
use super::error::StoreError;
use super::heal::{HealedEpoch, Healer};
use super::linked::Linked;
use super::newest::NewestLog;
use super::rebuild::CountedEpoch;
use super::refill;
use super::sources::LogCopies;
use super::start::{Start, StartKind};

impl Start<'_> {
    /// How much of an ended epoch counts and is here. Nothing is read where the database has just what counts, and no
    /// rebuild is wanted; else it is healed from all copies.
    pub(super) fn heal_ended(
        &mut self,
        kind: StartKind,
        link: &ChainLink,
        copies: &LogCopies,
        held: Option<&Held>,
    ) -> Result<Extent, StoreError> {
        let disk = self.disk.clone();
        let fetched = refill::fetched(&*disk, link.epoch)?;
        let in_database = held.and_then(|held| held.frontier(link.epoch));
        let enough = in_database.filter(|tree| match link.end {
            EpochEnd::Counts(end) => Extent::of(tree) == end,
            EpochEnd::Open | EpochEnd::Unknown => tree.size() > 0,
        });
        if let Some(tree) = enough.filter(|_| kind == StartKind::Normal && fetched.is_none()) {
            return Ok(Extent::of(tree));
        }
        let healer = Healer { copies, box_id: self.keys.box_id, segment_bytes: self.sizes.segment };
        let healed = healer.heal(link.epoch, link.end.stated(), u64::MAX)?;
        self.tell_healed(link.epoch, &healed);
        if fetched.is_some() {
            let origin = Origin { box_id: self.keys.box_id, epoch: link.epoch };
            refill::settle(&*disk, origin, link.end.stated(), healed.whole)?;
            if healed.whole {
                let back = format!("entries of epoch {} came back from the relay", link.epoch);
                self.report.refilled = self.report.rebuilt.is_none() || self.report.refilled;
                self.report.rebuilt.get_or_insert(back);
            }
        }
        let here = Extent::of(&healed.frontier);
        let missing = link.missing(here);
        if missing.is_some() {
            // What lies behind the hole counts by itself until the hole is filled.
            let origin = Origin { box_id: self.keys.box_id, epoch: link.epoch };
            adopt::displace_beyond(copies, origin, here.size)?;
        }
        self.report.missing.extend(missing);
        Ok(here)
    }

    /// Before the journal alone is read: every ended epoch in it must have what counts. What cannot be had is missing.
    pub(super) fn heal_all(
        &mut self,
        counted: &[CountedEpoch],
        copies: &LogCopies,
    ) -> Result<Vec<CountedEpoch>, StoreError> {
        let healer = Healer { copies, box_id: self.keys.box_id, segment_bytes: self.sizes.segment };
        let mut all = Vec::new();
        for CountedEpoch { epoch, extent } in counted {
            if !self.ended.contains(epoch) || self.ends_now == Some(*epoch) {
                all.push(CountedEpoch { epoch: *epoch, extent: *extent });
                continue;
            }
            let healed = healer.heal(*epoch, Some(*extent), u64::MAX)?;
            self.tell_healed(*epoch, &healed);
            if !healed.whole {
                let (from, to) = (healed.frontier.size(), Some(extent.size));
                self.report.missing.push(MissingEntries { epoch: *epoch, from, to, forgotten: false });
            }
            all.push(CountedEpoch { epoch: *epoch, extent: Extent::of(&healed.frontier) });
        }
        Ok(all)
    }

    fn tell_healed(&mut self, epoch: Epoch, healed: &HealedEpoch) {
        // What was fetched comes back because it was forgotten, and that is told by itself.
        let from: Vec<&str> =
            healed.from.iter().map(String::as_str).filter(|from| !from.starts_with(refill::DIR)).collect();
        if !from.is_empty() {
            let from = from.join(", ");
            self.report.healed.get_or_insert(format!("a part of epoch {epoch} came from {from}"));
        }
    }

    /// Before the journal alone is read: the closed part of the newest epoch's must be whole too. Its newest segment was
    /// looked at.
    pub(super) fn heal_closed(&mut self, log: &NewestLog, copies: &LogCopies) -> Result<(), StoreError> {
        let Some((newest, _)) = log.newest.as_ref().filter(|(newest, _)| newest.first > 0) else {
            return Ok(());
        };
        let linked =
            Linked::open(&**self.disk, newest, &log.origin).map_err(StoreError::io(newest.path.as_str()))?;
        let Some(before) = linked.map(|linked| Extent::of(linked.frontier())) else { return Ok(()) };
        let epoch = log.origin.epoch;
        let healer = Healer { copies, box_id: log.origin.box_id, segment_bytes: self.sizes.segment };
        let healed = healer.heal(epoch, Some(before), newest.first)?;
        self.tell_healed(epoch, &healed);
        Ok(())
    }
}
