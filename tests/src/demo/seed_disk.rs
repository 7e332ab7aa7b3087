//! The disk under a history while it is recorded: nobody waits for one of its entries, so it is flushed once, at the end.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use appliance::store::disk::{Disk, DiskFile};
use appliance::store::system_disk::{FolderError, SystemDisk};

/// A folder whose files are not flushed until [`flush_folder`].
#[derive(Debug)]
pub(super) struct SeedDisk(SystemDisk);

impl SeedDisk {
    /// Makes the folder if need be, and locks it for this process.
    pub(super) fn take(dir: &Path) -> Result<Self, FolderError> {
        SystemDisk::take(dir).map(Self)
    }
}

#[derive(Debug)]
struct SeedFile(Arc<dyn DiskFile>);

impl Disk for SeedDisk {
    fn under(&self) -> io::Result<&dyn Disk> {
        Ok(&self.0)
    }
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(SeedFile(self.0.create_new(path)?)))
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(SeedFile(self.0.open(path)?)))
    }
    fn sync_dir(&self, _dir: &str) -> io::Result<()> {
        Ok(())
    }
    fn free_bytes(&self) -> Option<u64> {
        self.0.free_bytes()
    }
}

impl DiskFile for SeedFile {
    fn under(&self) -> io::Result<&dyn DiskFile> {
        Ok(&*self.0)
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn forget_cached(&self) {
        self.0.forget_cached();
    }
}

pub(super) fn flush_folder(dir: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            flush_folder(&entry.path())?;
        } else if kind.is_file() {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_there_for_the_next_who_takes_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let disk = SeedDisk::take(dir.path()).unwrap();
        disk.make_dir("log").unwrap();
        let file = disk.create_new("log/a").unwrap();
        file.write_at(0, b"entry").unwrap();
        file.sync_data().unwrap();
        drop((file, disk));
        flush_folder(dir.path()).unwrap();
        let disk = SystemDisk::take(dir.path()).unwrap();
        let mut bytes = [0; 5];
        disk.open("log/a").unwrap().read_at(0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"entry");
    }
}
