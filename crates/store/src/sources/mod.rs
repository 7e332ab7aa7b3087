//! Where lines of the log are read from: the journal, the database, and every copy that is stored beside them.

mod branch;
mod database;
mod database_runs;
mod overlay;
mod runs;
mod segments;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use record::ids::{BoxId, Epoch};
use redb::Database;

pub(crate) use self::branch::BranchSource;
pub(crate) use self::database::DatabaseSource;
use self::database_runs::DatabaseRunSource;
pub(crate) use self::overlay::OverlayFile;
pub(crate) use self::runs::RunSource;
pub(crate) use self::segments::SegmentSource;
use super::io::disk::Disk;
use super::io::error::StoreError;
use super::log::chain::{EpochLink, LineSource};
use super::log::displaced;
use super::runs::run_file as run_files;
use super::side_files::fetched;

/// A database that was set aside and can be read.
pub(crate) struct SalvagedDatabase {
    pub(crate) path: String,
    /// Opened over memory: the file stays as it is. There until it is dropped.
    pub(crate) db: Option<Arc<Database>>,
}

impl Drop for SalvagedDatabase {
    fn drop(&mut self) {
        // redb writes what it knows of free pages when it closes a file, and may panic over a damaged one: then a start that
        // has read the copy to its end would end here, and so would each start after it.
        let db = self.db.take();
        if catch_unwind(AssertUnwindSafe(|| drop(db))).is_err() {
            tracing::warn!(copy = self.path, "a damaged copy did not close; its file stays as it is");
        }
    }
}

/// Every copy of this box's log that can be read now.
pub(crate) struct LogCopies {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) box_id: BoxId,
    /// The database in use; it may be closed and opened again meanwhile.
    pub(crate) main: Box<dyn Fn() -> Option<Arc<Database>> + Send>,
    /// Those that were set aside, the newest first.
    pub(crate) salvage: Vec<SalvagedDatabase>,
}

impl LogCopies {
    /// All sources of an epoch in the order in which they are asked: the journal first.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn sources(&self, epoch: Epoch) -> Result<Vec<Box<dyn LineSource + '_>>, StoreError> {
        let mut all = self.logs(epoch)?;
        all.push(Box::new(RunSource::new(self.disk.clone(), self.box_id)));
        Ok(all)
    }

    /// As [`LogCopies::sources`], with each run by itself: those of several branches hold other lines of one number.
    /// What a database has of a run replaces it where its file is not whole.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn branches(&self, epoch: Epoch) -> Result<Vec<Box<dyn LineSource + '_>>, StoreError> {
        let (mut all, mut whole) = (self.logs(epoch)?, BTreeSet::new());
        for name in run_files::list_runs(&*self.disk)? {
            if name.epoch() == epoch && run_files::is_whole(&*self.disk, self.box_id, &name) {
                all.push(Box::new(RunSource::of(self.disk.clone(), self.box_id, name)));
                whole.insert(name);
            }
        }
        for database in self.database_handles().into_iter().map(Rc::new) {
            for run in database.places_of_runs(epoch) {
                if !whole.contains(&run.0) {
                    all.push(Box::new(DatabaseRunSource::new(database.clone(), run)));
                }
            }
        }
        Ok(all)
    }

    fn logs(&self, epoch: Epoch) -> Result<Vec<Box<dyn LineSource + '_>>, StoreError> {
        let mut all: Vec<Box<dyn LineSource + '_>> =
            vec![Box::new(SegmentSource::journal(self.disk.clone()))];
        if let Some(path) = fetched::read_fetched(&*self.disk, epoch)? {
            all.push(Box::new(SegmentSource::linked(self.disk.clone(), epoch, path)));
        }
        for path in displaced::of_epoch(&*self.disk, epoch)? {
            all.push(Box::new(SegmentSource::loose(self.disk.clone(), epoch, path)));
        }
        all.extend(self.databases());
        Ok(all)
    }

    pub(crate) fn databases(&self) -> Vec<Box<dyn LineSource + '_>> {
        self.database_handles()
            .into_iter()
            .map(|source| Box::new(source) as Box<dyn LineSource + '_>)
            .collect()
    }

    /// As [`LogCopies::databases`], for what only a database knows.
    pub(crate) fn database_handles(&self) -> Vec<DatabaseSource<'_>> {
        let mut all = Vec::new();
        if (self.main)().is_some() {
            all.push(DatabaseSource::new("the database", || (self.main)()));
        }
        for salvaged in &self.salvage {
            all.push(DatabaseSource::new(salvaged.path.clone(), || salvaged.db.clone()));
        }
        all
    }

    /// Epochs of which the journal or a database holds something, by number. What was fetched or set aside beside them is
    /// no log of its own: it keeps no epoch open.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn names(&self) -> Result<Vec<Epoch>, StoreError> {
        let mut all: Vec<Epoch> = Vec::new();
        let journal: Box<dyn LineSource + '_> = Box::new(SegmentSource::journal(self.disk.clone()));
        for mut source in std::iter::once(journal).chain(self.databases()) {
            let claims = source.claims().map_err(StoreError::io("the log"))?;
            all.extend(claims.into_iter().filter(|(_, size)| *size > 0).map(|(epoch, _)| epoch));
        }
        all.sort();
        all.dedup();
        Ok(all)
    }

    /// What an epoch's first entry says about the one before; `None` where no source has that entry.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn link(&self, epoch: Epoch) -> Result<Option<EpochLink>, StoreError> {
        for mut source in self.sources(epoch)? {
            let page = source.page(epoch, 0).map_err(StoreError::io("the log"))?;
            if let Some(started) = page.and_then(|page| page.piece.first_log_started()) {
                return Ok(Some(match (started.prev, started.after) {
                    (Some(prev), _) => EpochLink::Prev(prev),
                    (None, Some(after)) => EpochLink::After(after),
                    (None, None) => EpochLink::First,
                }));
            }
        }
        Ok(None)
    }
}
