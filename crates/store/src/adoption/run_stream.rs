//! Files of runs on their way to the relay and from it: piece by piece, since one may be as large as the box's memory allows for
//! everything together.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use record::run::{RunName, check_run};

use super::adopt::CountedLines;
use crate::Store;
use crate::io::disk::{Disk, DiskFile, remove_if_there};
use crate::io::error::StoreError;
use crate::runs::run_file;
use crate::side_files::fetch_space::reserve_space;

/// Numbers the files of runs that come.
static INCOMING: AtomicU64 = AtomicU64::new(0);

pub struct RunFile(run_file::FileBytes);

impl RunFile {
    pub fn length(&self) -> u64 {
        self.0.length()
    }
}

impl Read for RunFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

/// A run's file that somebody gives, piece by piece. What is not finished is swept away by the next start.
pub struct IncomingRun<'a> {
    store: &'a Store,
    disk: &'a dyn Disk,
    name: RunName,
    path: String,
    file: Arc<dyn DiskFile>,
    length: u64,
}

impl Store {
    /// Opens a run's file; `None` where it is not here whole.
    ///
    /// # Errors
    /// The disk's.
    pub fn open_run(&self, name: &RunName) -> Result<Option<RunFile>, StoreError> {
        let disk = &*self.shared.disk;
        if !run_file::is_whole(disk, self.origin().box_id, name) {
            return Ok(None);
        }
        let bytes = run_file::run_bytes(disk, name).map_err(StoreError::io(run_file::run_path(name)))?;
        Ok(Some(RunFile(bytes)))
    }

    /// Begins to take a run's file.
    ///
    /// # Errors
    /// The disk's.
    pub fn receive_run(&self, name: &RunName) -> Result<IncomingRun<'_>, StoreError> {
        let disk = &*self.shared.disk;
        run_file::make_dir(disk)?;
        // A name of its own: two connections may fetch the same run.
        let n = INCOMING.fetch_add(1, Ordering::Relaxed);
        let path = format!("{}.{n}.new", run_file::run_path(name));
        remove_if_there(disk, &path).map_err(StoreError::io(path.as_str()))?;
        let file = disk.create_new(&path).map_err(StoreError::io(path.as_str()))?;
        Ok(IncomingRun { store: self, disk, name: *name, path, file, length: 0 })
    }
}

impl IncomingRun<'_> {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// The disk's; no space beside new records.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        reserve_space(self.disk, bytes.len())?;
        self.file.write_at(self.length, bytes).map_err(StoreError::io(self.path.as_str()))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Keeps it where it is the run of its name, and else removes it: says which. Its lines count from the next start on.
    ///
    /// # Errors
    /// The disk's.
    pub fn finish(self) -> Result<bool, StoreError> {
        let box_id = self.store.origin().box_id;
        let is_this_run = check_run(self.bytes(), box_id, self.name).is_ok();
        if !is_this_run {
            self.remove()?;
            return Ok(false);
        }
        // Whoever gave it may not know what was erased here since.
        let counted = CountedLines::of(&*self.store.shared.settled_db()?, Some(self.store.origin().epoch))?;
        let erased = counted.erased_in(self.bytes(), box_id, &self.name)?;
        if erased.is_empty() {
            self.file.sync_data().map_err(StoreError::io(self.path.as_str()))?;
            run_file::put_in_place(self.disk, &self.path, &self.name)?;
        } else {
            run_file::write_without(self.disk, box_id, &self.name, self.bytes(), &erased)?;
            self.remove()?;
        }
        Ok(true)
    }

    pub fn remove(self) -> Result<(), StoreError> {
        remove_if_there(self.disk, &self.path).map_err(StoreError::io(self.path.as_str()))
    }

    fn bytes(&self) -> run_file::FileBytes {
        run_file::FileBytes::new(Arc::clone(&self.file), self.length)
    }
}
