//! A disk with the same free space whenever somebody looks: what a page says of the machine's own changes with every other test.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::store::disk::{Disk, DiskFile};
use crate::store::system_disk::{FolderError, SystemDisk};

const FREE_BYTES: u64 = 12_300_000_000;

#[derive(Debug, Default)]
pub(super) struct StateFaults {
    pub(super) writes: AtomicUsize,
    pub(super) flushes: AtomicUsize,
    pub(super) is_full: AtomicBool,
}

fn fail_one(left: &AtomicUsize) -> io::Result<()> {
    let fails = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    if fails.is_ok() { Err(io::Error::other("a fault")) } else { Ok(()) }
}

#[derive(Debug)]
pub(super) struct SteadyDisk(SystemDisk, Arc<StateFaults>);

impl SteadyDisk {
    pub(super) fn take_folder(dir: &Path, faults: &Arc<StateFaults>) -> Result<Arc<Self>, FolderError> {
        Ok(Arc::new(Self(SystemDisk::take(dir)?, Arc::clone(faults))))
    }

    fn wrap(&self, path: &str, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        let is_state = path.strip_suffix(".new").unwrap_or(path) == "state.redb";
        if is_state { Arc::new(StateFile(file, Arc::clone(&self.1))) } else { file }
    }
}

#[derive(Debug)]
struct StateFile(Arc<dyn DiskFile>, Arc<StateFaults>);

impl DiskFile for StateFile {
    fn under(&self) -> io::Result<&dyn DiskFile> {
        Ok(&*self.0)
    }
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        fail_one(&self.1.writes).and_then(|()| self.0.write_at(offset, data))
    }

    fn sync_data(&self) -> io::Result<()> {
        fail_one(&self.1.flushes).and_then(|()| self.0.sync_data())
    }
}

impl Disk for SteadyDisk {
    fn under(&self) -> io::Result<&dyn Disk> {
        Ok(&self.0)
    }
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        if path == "state.redb.new" && self.1.is_full.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(self.wrap(path, self.0.create_new(path)?))
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.wrap(path, self.0.open(path)?))
    }

    fn free_bytes(&self) -> Option<u64> {
        Some(FREE_BYTES)
    }
}
