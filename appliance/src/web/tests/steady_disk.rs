//! A disk with the same free space whenever somebody looks: what a page says of the machine's own changes with every other test.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::store::disk::{Disk, DiskFile};
use crate::store::system_disk::{FolderError, SystemDisk};

const FREE_BYTES: u64 = 12_300_000_000;

#[derive(Debug)]
pub(super) struct SteadyDisk(SystemDisk);

impl SteadyDisk {
    pub(super) fn take_folder(dir: &Path) -> Result<Arc<Self>, FolderError> {
        Ok(Arc::new(Self(SystemDisk::take(dir)?)))
    }
}

impl Disk for SteadyDisk {
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.0.create_new(path)
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.0.open(path)
    }

    fn make_dir(&self, path: &str) -> io::Result<()> {
        self.0.make_dir(path)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.0.remove(path)
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.0.list(dir)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.0.sync_dir(dir)
    }

    fn open_to_others(&self, path: &str) -> io::Result<u32> {
        self.0.open_to_others(path)
    }

    fn free_bytes(&self) -> Option<u64> {
        Some(FREE_BYTES)
    }
}
