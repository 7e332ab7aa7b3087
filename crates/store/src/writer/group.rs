//! One group: commands are decided one after the other, written to the journal, answered, followed by the database.
//!
//! What each failure means is described beside it. The database takes a group in once the journal has it
//! ([`crate::shared::recorded`]): it is never ahead of the journal, and nobody who records waits for it
//! until too much does.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use record::fold::RowKey;
use record::tree::Frontier;

use super::core::LogWriter;
use super::open_group::{GroupBuilder, GroupError};
use crate::database::main_database;
use crate::database::main_database::MAIN;
use crate::database::rebuild;
use crate::index::key_runs::KeyRuns;
use crate::index::pending::{ErasedMarks, PendingRows};
use crate::io::error::{StoreError, SubmitError, is_full};
use crate::io::flush::{GroupWrite, GroupWritten};
use crate::log::journal::AppendError;
use crate::shared::job::{FatalError, WriteJob};
use crate::shared::recorded::RecordedGroup;
use crate::shared::snapshot::FacilityPair;
use crate::side_files::mark::mark_distrusted;

impl LogWriter {
    /// Takes as many jobs from the front as fit into one group, makes them durable and answers them.
    ///
    /// # Errors
    /// [`FatalError`]: the process must end. The jobs taken got [`SubmitError::Unknown`].
    pub fn group(&mut self, jobs: &mut VecDeque<Box<dyn WriteJob>>) -> Result<(), FatalError> {
        self.decide(jobs)?;
        let Some(GroupBuilder { before, rows, decided, changed, entries, texts, carried, failed, .. }) =
            self.building.take()
        else {
            return Ok(());
        };
        let rows = rows.into_pending();
        self.group.lines(texts.bytes());
        let written = match failed {
            Some(e) => Err(GroupError::Database(e)),
            None if entries == 0 => Ok(()),
            None => self.record(&before),
        };
        let Err(error) = written else {
            if entries > 0 {
                self.shared.space.take();
                self.publish(before.size(), rows, changed);
            }
            decided.into_iter().for_each(|done| done.job.finish(done.result));
            return Ok(());
        };
        self.frontier = before;
        self.keys.forget();
        if self.places.runs().len() != self.shared.places().runs().len() {
            self.places = (*self.shared.places()).clone();
        }
        self.facility = FacilityPair::new(self.shared.facility());
        let (reply, fatal) = match error {
            GroupError::Refused(e) => {
                self.shared.space.refuse(self.disk.free_bytes());
                (e, None)
            }
            GroupError::Database(e) => {
                let reply = SubmitError::Database(e.to_string());
                self.trouble = Some(e);
                (reply, None)
            }
            GroupError::Fatal(e) => (SubmitError::Unknown, Some(e)),
        };
        decided.into_iter().for_each(|done| done.job.finish(done.result.and(Err(reply.clone()))));
        if let Some(carried) = carried.then(|| jobs.pop_front()).flatten() {
            carried.finish(Err(reply));
        }
        fatal.map_or(Ok(()), Err)
    }

    /// After the database failed: opens it again and brings it up to the journal, before anything else is asked of it.
    ///
    /// # Errors
    /// [`FatalError`]: it does not open, or it failed at two groups in a row; the next start then rebuilds it.
    pub(crate) fn recover(&mut self) -> Result<(), FatalError> {
        if self.shared.recorded.has_ended() {
            return Err(FatalError("nothing follows the log any more".to_owned()));
        }
        let failed = self.shared.recorded.take_failure();
        let Some(after) = failed.or_else(|| self.trouble.take()) else { return Ok(()) };
        let full = matches!(&after, redb::Error::Io(e) if is_full(e));
        let followed = self.shared.recorded.followed();
        if self.troubled_at == Some(followed) && !full {
            let marked = mark_distrusted(&*self.disk);
            tracing::error!(?marked, "the database failed twice in a row: the next start builds it anew");
            return Err(FatalError(format!("the database failed again: {after}")));
        }
        self.reopen(&after)?;
        self.trouble = None;
        // A full disk is no damage, and space may become free.
        self.troubled_at = (!full).then(|| self.shared.recorded.followed());
        Ok(())
    }

    /// Opens the database again after an error and brings it up to the journal.
    pub(crate) fn reopen(&mut self, after: &redb::Error) -> Result<(), FatalError> {
        tracing::warn!(error = %after, "the database failed and is opened again");
        if matches!(after, redb::Error::Io(e) if is_full(e)) {
            self.release_ballast();
        }
        self.shared.recorded.halt();
        if !self.shared.close_db() {
            return Err(FatalError("a reader does not let go of the database".to_owned()));
        }
        let disk = self.disk.clone();
        let origin = self.shared.origin();
        let db = main_database::open_noting(&*disk, MAIN, self.sizes.cache, &self.shared.lost)?;
        let db = db.ok_or_else(|| FatalError("the database does not open again".to_owned()))?;
        let caught_up = rebuild::catch_up(&disk, &db, origin, self.frontier.size(), None)?;
        self.keys = caught_up.keys.map_or_else(|| KeyRuns::load(&db, self.epoch), Ok)?;
        let erased = ErasedMarks::load(&db).map_err(StoreError::db("reading what was erased"))?;
        self.erased = Arc::new(erased);
        self.shared.set_db(db);
        self.facility = FacilityPair::new(Arc::new(caught_up.facility));
        self.shared.show(&self.frontier, &self.facility.back);
        self.durable.size = self.frontier.size() - caught_up.replayed;
        self.shared.durable(self.durable.size);
        self.shared.recorded.catch_up();
        Ok(())
    }

    /// Makes the group durable.
    fn record(&mut self, before: &Frontier) -> Result<(), GroupError> {
        let write = self.place(before)?;
        let len = write.bytes.len();
        self.flush.start(write);
        // While the card is busy: space for the next groups, and the database.
        self.shared.recorded.follow_beside_flush();
        self.journal.write_zeros_beside(len);
        self.settle()
    }

    /// Closes the group and finds space for it, on a full disk by giving up the ballast.
    fn place(&mut self, before: &Frontier) -> Result<GroupWrite, GroupError> {
        let (first, next, root) = (before.size(), self.frontier.size(), self.frontier.root());
        let len = self.group.close(first, next, &root).len();
        loop {
            match self.journal.place(len, before) {
                Ok((file, at)) => return Ok(GroupWrite { file, at, bytes: self.group.take() }),
                Err(AppendError::Full) if self.release_ballast() => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Waits for the card. Where it had no space, the ballast goes, and the group is written once more.
    fn settle(&mut self) -> Result<(), GroupError> {
        loop {
            let GroupWritten { bytes, result } = self.flush.wait();
            match self.journal.settle(bytes.len(), result) {
                Err(AppendError::Full) if self.release_ballast() => {
                    let (file, at) = self.journal.end();
                    self.flush.start(GroupWrite { file, at, bytes });
                }
                settled => {
                    self.group.reuse(bytes);
                    return settled.map_err(GroupError::from);
                }
            }
        }
    }

    /// Shows readers what is durable now, and leaves it to the database to follow.
    fn publish(&mut self, before: u64, rows: PendingRows, changed: BTreeSet<RowKey>) {
        if self.places.runs().len() != self.shared.places().runs().len() {
            self.shared.set_places(self.places.clone());
        }
        if rows.erased().next().is_some()
            && let Some(erased) = Arc::get_mut(&mut self.erased)
        {
            rows.erased().for_each(|hash| erased.add(hash));
        }
        self.keys.close(self.epoch.n, before, self.frontier.size());
        let group = RecordedGroup { rows, changed: changed.clone(), run: self.keys.keep() };
        let shown = self.shared.recorded.add(group, || self.shared.show(&self.frontier, &self.facility.back));
        self.facility.shown(shown, changed);
        self.shared.follow_writer();
        if self.shared.durable_size() > self.durable.size {
            self.note_durable(self.shared.durable_size());
        }
    }
}
