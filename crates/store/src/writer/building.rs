//! A group while it is put together: commands are decided one after the other, as they come.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use record::entry::EntryDraft;
use record::fold::LinePlace;
use record::kinds::{EntryRef, Event};

use super::compose::{ComposedGroup, Redecided, compose_group};
use super::core::LogWriter;
use super::open_group::{DecidedJob, GroupBuilder};
use crate::index::fold;
use crate::index::fold::FoldedInto;
use crate::index::pending::PendingCleanings;
use crate::index::stored::StoredRows;
use crate::index::view::{CommandView, DurableEntry};
use crate::io::error::SubmitError;
use crate::log::segment::{GROUP_ENTRIES_MAX, GROUP_LINES_BYTES_MAX, GroupWriter};
use crate::shared::job::{FatalError, WriteJob};

impl LogWriter {
    /// Decides jobs one after the other, as far as they fit into one group; each sees what was decided before it. More of
    /// them may come until the group is written.
    ///
    /// # Errors
    /// [`FatalError`]: the process must end.
    pub(crate) fn decide(&mut self, jobs: &mut VecDeque<Box<dyn WriteJob>>) -> Result<(), FatalError> {
        let mut building = match self.building.take() {
            Some(building) => building,
            None => self.begin()?,
        };
        while !building.closed
            && let Some(job) = jobs.pop_front()
        {
            self.decide_one(job, jobs, &mut building);
        }
        self.building = Some(building);
        Ok(())
    }

    fn begin(&mut self) -> Result<GroupBuilder, FatalError> {
        self.recover()?;
        self.group.clear();
        self.facility.begin();
        let stored = StoredRows::later(self.shared.clone());
        Ok(GroupBuilder {
            now: self.clock.now(),
            before: self.frontier.clone(),
            rows: PendingCleanings::before(stored, self.shared.recorded.take_spare(), self.erased.clone()),
            decided: Vec::new(),
            changed: BTreeSet::new(),
            entries: 0,
            texts: GroupWriter::default(),
            closed: false,
            carried: false,
            failed: None,
        })
    }

    fn decide_one(
        &mut self,
        mut job: Box<dyn WriteJob>,
        jobs: &mut VecDeque<Box<dyn WriteJob>>,
        building: &mut GroupBuilder,
    ) {
        let failed = RefCell::new(None);
        let view = CommandView {
            now: building.now,
            epoch: self.epoch,
            size: self.frontier.size(),
            facility: &self.facility.back,
            places: &self.places,
            rows: &building.rows,
            keys: &self.keys,
            failed: &failed,
        };
        let Ok(drafts) = catch_unwind(AssertUnwindSafe(|| job.decide(&view))) else {
            // Its caller gets no answer; nothing of it is in the group.
            tracing::error!("a command panicked while it was decided; it was not recorded");
            return;
        };
        if let Some(e) = failed.into_inner() {
            // The others of the group did not rest on what could not be read.
            let reply = SubmitError::Database(e.to_string());
            building.decided.push(DecidedJob { job, result: Err(reply) });
            building.closed = true;
            self.trouble = Some(e);
            return;
        }
        let texts_before = building.texts.len();
        let composed = match compose_group(&drafts, self.frontier.size(), &building.now, &mut building.texts)
        {
            Ok(composed) => composed,
            Err(e) => {
                building.texts.cut(texts_before);
                return building.decided.push(DecidedJob { job, result: Err(e) });
            }
        };
        let full = self.group.len() + building.texts.len() + composed.bytes > GROUP_LINES_BYTES_MAX
            || building.entries + composed.entries.len() > GROUP_ENTRIES_MAX;
        if full && building.entries > 0 {
            // It opens the next group, which begins with exactly the state that it was decided on.
            (building.carried, building.closed) = (true, true);
            building.texts.cut(texts_before);
            return jobs.push_front(Box::new(Redecided { job, drafts: Some(drafts) }));
        }
        building.entries += composed.entries.len();
        let result = match self.take(&composed, &drafts, building) {
            Ok(recorded) => Ok(recorded),
            Err(e) => {
                (building.failed, building.closed) = (Some(e), true);
                Ok(Vec::new())
            }
        };
        building.decided.push(DecidedJob { job, result });
        building.closed |= building.entries >= GROUP_ENTRIES_MAX;
    }

    fn take(
        &mut self,
        composed: &ComposedGroup,
        drafts: &[EntryDraft],
        building: &mut GroupBuilder,
    ) -> Result<Vec<DurableEntry>, redb::Error> {
        let (rows, changed) = (&mut building.rows, &mut building.changed);
        let mut recorded = Vec::with_capacity(drafts.len());
        for ((entry, texts), draft) in composed.entries.iter().zip(drafts) {
            let leaf = entry.leaf();
            self.group.entry(entry.bytes());
            fold::push_leaf(rows, self.epoch, &mut self.frontier, leaf);
            // Texts first: an erasure in the same group must find them.
            let line = LinePlace { of: EntryRef { epoch: self.epoch, seq: entry.seq() }, run: None };
            texts.iter().try_for_each(|text| fold::keep_text(rows, &self.places, line, text))?;
            let into = FoldedInto {
                rows: &mut *rows,
                keys: &self.keys,
                facility: self.facility.change(),
                places: &mut self.places,
                changed: &mut *changed,
            };
            fold::apply_entries(into, line, (entry, &draft.event))?;
            if matches!(draft.event, Event::TextErased(_)) {
                self.shared.want_roll();
            }
            recorded.push(DurableEntry { seq: entry.seq(), leaf, at: entry.head().at });
        }
        self.keys.take(&mut rows.pending);
        Ok(recorded)
    }
}
