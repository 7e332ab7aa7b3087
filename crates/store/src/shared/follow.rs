//! The database takes in what the journal has, behind the writer; whoever reads it waits until it has what was recorded before.

use std::sync::Arc;

use redb::{Database, Durability, ReadTransaction, ReadableDatabase as _};

use super::recorded::{FollowedBy, RecordedGroup};
use super::shared_state::StoreShared;
use crate::database::main_database::make_durable;
use crate::index::pending::SnapshotRows;
use crate::index::stored::RowSource;
use crate::io::error::StoreError;

/// Times the usual number of entries after which the database is made durable even under load.
const OVERDUE: u64 = 2;

impl StoreShared {
    /// The database, once it has what was recorded before.
    ///
    /// # Errors
    /// [`StoreError::Reopening`].
    pub(crate) fn settled_db(&self) -> Result<Arc<Database>, StoreError> {
        self.settle_recorded()?;
        self.db()
    }

    /// Waits until the database has what was recorded before.
    ///
    /// # Errors
    /// [`StoreError::Reopening`]: it failed, and is opened again.
    pub(crate) fn settle_recorded(&self) -> Result<(), StoreError> {
        let recorded = &self.recorded;
        let mut waiting = recorded.lock();
        let until = waiting.recorded;
        while waiting.followed < until {
            if waiting.is_over() {
                return Err(StoreError::Reopening);
            }
            if waiting.by != FollowedBy::Thread && !waiting.is_busy {
                drop(waiting);
                self.take_in_recorded();
                waiting = recorded.lock();
                continue;
            }
            if !waiting.is_awaited {
                waiting.is_awaited = true;
                recorded.wake.notify_all();
            }
            waiting = recorded.sleep(waiting);
        }
        Ok(())
    }

    /// Takes in what is recorded until the end. `fails`: tells the writer, who opens the database again.
    pub(crate) fn follow_recorded(&self, fails: impl Fn()) {
        while self.recorded.wait_for_work() {
            if !self.take_in_recorded() {
                fails();
            }
        }
    }

    /// Where no thread does, takes in what the writer left.
    pub(crate) fn follow_writer(&self) {
        if self.recorded.is_left_to_writer() {
            self.take_in_recorded();
        }
    }

    /// Takes in what is recorded by now, in one transaction; `false` where the database failed.
    fn take_in_recorded(&self) -> bool {
        let (mut groups, shown) = {
            let mut waiting = self.recorded.lock();
            if waiting.has_failed || waiting.groups.is_empty() {
                return !waiting.has_failed;
            }
            (waiting.is_awaited, waiting.is_busy, waiting.since) = (false, true, None);
            (std::mem::take(&mut waiting.groups), self.snapshot())
        };
        let changed = groups.iter().flat_map(|group| group.changed.iter().copied()).collect();
        let state = SnapshotRows::of(&shown.facility, &changed, self.epoch(), &shown.frontier);
        drop(shown);
        let taken = self.put_down(&mut groups, &state).map(|()| self.recorded.note_followed(groups));
        // Whoever reads does not wait for this flush.
        let taken = taken.and_then(|()| self.keep_durable(&state));
        let is_good = taken.is_ok();
        let mut waiting = self.recorded.lock();
        waiting.is_busy = false;
        if let Err(error) = taken {
            waiting.groups.clear();
            (waiting.has_failed, waiting.error) = (true, Some(error));
        }
        drop(waiting);
        self.recorded.wake.notify_all();
        is_good
    }

    fn put_down(&self, groups: &mut [RecordedGroup], state: &SnapshotRows) -> Result<(), redb::Error> {
        let db = self.db().map_err(wrap_store_error)?;
        let mut txn = db.begin_write()?;
        txn.set_durability(Durability::None)?;
        for group in groups {
            group.rows.put_down(&txn)?;
            if let Some(run) = &group.run {
                run.put_down(&txn)?;
            }
        }
        state.put_down(&txn)?;
        Ok(txn.commit()?)
    }

    /// Makes the database durable where that is overdue: replay at the next start is bounded by this.
    fn keep_durable(&self, state: &SnapshotRows) -> Result<(), redb::Error> {
        if state.size().saturating_sub(self.durable_size()) < self.durable_entries * OVERDUE {
            return Ok(());
        }
        make_durable(&*self.db().map_err(wrap_store_error)?)?;
        self.durable(state.size());
        Ok(())
    }
}

fn wrap_store_error(error: StoreError) -> redb::Error {
    redb::Error::Io(std::io::Error::other(error))
}

impl RowSource for StoreShared {
    fn open(&self) -> Result<ReadTransaction, redb::Error> {
        Ok(self.settled_db().map_err(wrap_store_error)?.begin_read()?)
    }
}
