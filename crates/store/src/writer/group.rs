//! One group: commands are decided one after the other, written to the journal, followed by the database, answered.
//!
//! What each failure means is described beside it. The database takes a group in while the card makes it durable, and
//! commits it after that: it is never ahead of the journal.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use record::fold::RowKey;
use record::tree::Frontier;
use redb::{Durability, WriteTransaction};

use super::core::LogWriter;
use super::open_group::{GroupBuilder, GroupError};
use crate::database::main_database;
use crate::database::main_database::{MAIN, make_durable};
use crate::database::rebuild;
use crate::index::key_runs::KeyRuns;
use crate::index::pending::put_rows;
use crate::io::error::{SubmitError, is_full};
use crate::io::flush::{GroupWrite, GroupWritten};
use crate::log::journal::AppendError;
use crate::shared::job::{FatalError, WriteJob};
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
        // The snapshot goes before the database takes the group in.
        self.pending = rows.into_pending();
        self.group.lines(texts.bytes());
        let written = match failed {
            Some(e) => Err(GroupError::Database(e)),
            None if entries == 0 => Ok(()),
            None => self.record(&changed, &before),
        };
        let Err(error) = written else {
            if entries > 0 {
                self.shared.space.take();
                self.publish(changed);
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
        let Some(after) = self.trouble.take() else { return Ok(()) };
        let full = matches!(&after, redb::Error::Io(e) if is_full(e));
        if self.troubled && !full {
            let marked = mark_distrusted(&*self.disk);
            tracing::error!(?marked, "the database failed twice in a row: the next start builds it anew");
            return Err(FatalError(format!("the database failed again: {after}")));
        }
        // A full disk is no damage, and space may become free.
        self.troubled = !full;
        self.reopen(&after)
    }

    /// Opens the database again after an error and brings it up to the journal.
    pub(crate) fn reopen(&mut self, after: &redb::Error) -> Result<(), FatalError> {
        tracing::warn!(error = %after, "the database failed and is opened again");
        if matches!(after, redb::Error::Io(e) if is_full(e)) {
            self.release_ballast();
        }
        if !self.shared.close_db() {
            return Err(FatalError("a reader does not let go of the database".to_owned()));
        }
        let disk = self.disk.clone();
        let origin = self.shared.origin();
        let db = main_database::open_noting(&*disk, MAIN, self.sizes.cache, &self.shared.lost)?;
        let db = db.ok_or_else(|| FatalError("the database does not open again".to_owned()))?;
        let (facility, replayed) = rebuild::catch_up(&disk, &db, origin, self.frontier.size())?;
        self.keys = KeyRuns::load(&db, self.epoch)?;
        self.shared.set_db(db);
        self.facility = FacilityPair::new(Arc::new(facility));
        self.shared.show(&self.frontier, &self.facility.back);
        self.durable.size = self.frontier.size() - replayed;
        Ok(())
    }

    /// Makes the group durable; the database takes it in meanwhile, and commits it when it is.
    fn record(&mut self, changed: &BTreeSet<RowKey>, before: &Frontier) -> Result<(), GroupError> {
        let write = self.place(before)?;
        let len = write.bytes.len();
        self.flush.start(write);
        // While the card is busy: what it made durable before, this group, and space for the next ones.
        self.keep_up(before);
        let followed = self.follow(changed, before);
        self.journal.write_zeros_beside(len);
        self.settle()?;
        // From here on the group is recorded, whatever the database says.
        match followed.and_then(|txn| txn.commit().map_err(redb::Error::from)) {
            Ok(()) => {
                self.keys.keep();
                self.troubled &= self.trouble.is_some();
            }
            Err(e) => self.trouble = Some(e),
        }
        Ok(())
    }

    /// Makes the database durable as it was before the group that is on its way, where that is overdue.
    fn keep_up(&mut self, before: &Frontier) {
        if self.trouble.is_some() || !self.durable_overdue() {
            return;
        }
        let made = match self.shared.db() {
            Ok(db) => make_durable(&db),
            Err(e) => Err(redb::Error::Io(std::io::Error::other(e))),
        };
        match made {
            Ok(()) => self.note_durable(before.size()),
            // It is opened again behind the group, which the journal has.
            Err(e) => self.trouble = Some(e),
        }
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

    /// Puts the group's rows into the tables; not committed.
    fn follow(
        &mut self,
        rows: &BTreeSet<RowKey>,
        before: &Frontier,
    ) -> Result<WriteTransaction, redb::Error> {
        let db = self.shared.db().map_err(|e| redb::Error::Io(std::io::Error::other(e)))?;
        let mut txn = db.begin_write()?;
        txn.set_durability(Durability::None)?;
        self.pending.put_down(&txn, (self.epoch, &self.frontier))?;
        put_rows(&txn, &self.facility.back, rows)?;
        if let Some(run) = self.keys.close(self.epoch.n, before.size(), self.frontier.size()) {
            run.put_down(&txn)?;
        }
        Ok(txn)
    }

    /// Shows readers what is durable now.
    fn publish(&mut self, rows: BTreeSet<RowKey>) {
        if self.places.runs().len() != self.shared.places().runs().len() {
            self.shared.set_places(self.places.clone());
        }
        let before = self.shared.show(&self.frontier, &self.facility.back);
        self.facility.shown(before, rows);
    }
}
