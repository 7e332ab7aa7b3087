//! A folder of the machine's own file system, held by one process.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use service::ownership::{make_private_file, make_private_folder};

use super::disk::{Disk, DiskCalls, DiskFile};

/// A folder of the machine's own file system, held by this process alone.
#[derive(Debug)]
pub struct SystemDisk {
    root: PathBuf,
    calls: DiskCalls,
    /// The folder itself, which nobody removes as stale. Locked until nobody has it: each file that is open here has it too,
    /// for a database that is being closed still writes.
    lock: Arc<File>,
}

/// Lies in a data folder while a backup is being restored into it. Its content is for whoever reads it there.
pub const RESTORE_MARK: &str = "restore.unfinished";

/// Why a data folder could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It could not be made or opened.
    #[error("the data folder {} could not be used: {source}", .dir.display())]
    Io { dir: PathBuf, source: io::Error },
    #[error(
        "the data folder {} cannot be written ({source}): nothing was changed. Let this program's user write to it; a disk that \
         has turned read-only by itself is failing: copy the folder and change it",
        .dir.display()
    )]
    ReadOnly { dir: PathBuf, source: io::Error },
    /// A restore into it has not come to its end.
    #[error(
        "a backup was being restored into {}, and that did not come to its end: nothing there counts yet. Restore the backup \
         into it again, which begins anew",
        .0.display()
    )]
    Unfinished(PathBuf),
    #[error(
        "the data folder {} is in use by another cleantrack-appliance; stop that one first, or give this one a folder of its own",
        .0.display()
    )]
    InUse(PathBuf),
}

fn wrap_folder_error(dir: &Path, source: io::Error) -> FolderError {
    match (dir.to_owned(), source.kind()) {
        (dir, ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) => {
            FolderError::ReadOnly { dir, source }
        }
        (dir, _) => FolderError::Io { dir, source },
    }
}

impl SystemDisk {
    /// Takes the folder, making it if it is not there.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn take(dir: &Path) -> Result<Self, FolderError> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| wrap_folder_error(dir, e))?;
        use rustix::fs::Access;
        rustix::fs::access(dir, Access::WRITE_OK | Access::EXEC_OK)
            .map_err(|e| wrap_folder_error(dir, e.into()))?;
        if dir.join(RESTORE_MARK).symlink_metadata().is_ok() {
            return Err(FolderError::Unfinished(dir.to_owned()));
        }
        let lock = File::open(dir).map_err(|e| wrap_folder_error(dir, e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: dir.to_owned(), calls: DiskCalls::default(), lock: Arc::new(lock) }),
            Err(std::fs::TryLockError::WouldBlock) => Err(FolderError::InUse(dir.to_owned())),
            Err(std::fs::TryLockError::Error(e)) => Err(wrap_folder_error(dir, e)),
        }
    }

    /// Counts what its files were asked for and did.
    pub fn calls(&self) -> DiskCalls {
        self.calls.clone()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn file(&self, file: File) -> Arc<dyn DiskFile> {
        Arc::new(SystemFile::new(file, self.calls(), Some(self.lock.clone())))
    }
}

impl Disk for SystemDisk {
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.file(make_private_file(&self.path(path))?))
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path(path))?;
        Ok(self.file(file))
    }
    fn make_dir(&self, path: &str) -> io::Result<()> {
        make_private_folder(&self.path(path))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path(from), self.path(to))
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        std::fs::remove_file(self.path(path))
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        list_names(&self.path(dir))
    }
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        File::open(self.path(dir))?.sync_all()
    }
    fn open_to_others(&self, path: &str) -> io::Result<u32> {
        let found = std::fs::metadata(self.path(path))?;
        if found.is_dir() {
            let why =
                "a folder lies where this file should be; move it away, or put the file back from a backup";
            return Err(io::Error::new(ErrorKind::IsADirectory, why));
        }
        Ok(found.permissions().mode() & 0o077)
    }
    fn free_bytes(&self) -> Option<u64> {
        let stat = rustix::fs::statvfs(&self.root).ok()?;
        Some(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

/// Names in a folder, sorted; none where it is not there.
///
/// # Errors
/// The disk's.
pub(crate) fn list_names(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(dir) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

#[derive(Debug)]
pub(crate) struct SystemFile {
    file: File,
    calls: DiskCalls,
    _lock: Option<Arc<File>>,
}

impl SystemFile {
    /// A file of a folder that is held under `lock`; `None`: nobody holds it.
    pub(crate) fn new(file: File, calls: DiskCalls, lock: Option<Arc<File>>) -> Self {
        Self { file, calls, _lock: lock }
    }
}

impl DiskFile for SystemFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.calls.ended(self.file.read_exact_at(out, offset))
    }
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.calls.ended(self.file.write_all_at(data, offset))
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.calls.ended(self.file.sync_data())
    }
    fn is_removed(&self) -> bool {
        self.file.metadata().is_ok_and(|found| found.nlink() == 0)
    }
    fn forget_cached(&self) {
        // Advice: when it is not taken, only a figure in /proc is larger.
        let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::disk::{put_small, read_small};

    #[test]
    fn a_folder_has_one_owner() {
        let dir = tempfile::tempdir().unwrap();
        let first = SystemDisk::take(dir.path()).unwrap();
        let second = SystemDisk::take(dir.path()).unwrap_err();
        assert!(second.to_string().contains("in use by another"), "{second}");
        assert_eq!(first.list("").unwrap(), [""; 0], "nothing to be taken for a stale lock and removed");
        drop(first);
        SystemDisk::take(dir.path()).unwrap();
    }

    #[test]
    fn what_root_makes_is_of_the_folders_owner() {
        use std::os::unix::fs::chown;
        let dir = tempfile::tempdir().unwrap();
        // Who is not root has only what is theirs.
        if rustix::process::geteuid().is_root() {
            chown(dir.path(), Some(54_321), Some(54_321)).unwrap();
        }
        let disk = SystemDisk::take(dir.path()).unwrap();
        disk.make_dir("displaced/1").unwrap();
        put_small(&disk, "displaced/1/a", b"one").unwrap();
        let owner = std::fs::metadata(dir.path()).unwrap().uid();
        for made in ["displaced", "displaced/1", "displaced/1/a"] {
            assert_eq!(std::fs::metadata(dir.path().join(made)).unwrap().uid(), owner, "{made}");
        }
    }

    #[test]
    fn a_folder_into_which_a_restore_did_not_end_is_no_boxs() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(RESTORE_MARK), b"").unwrap();
        let refused = SystemDisk::take(dir.path()).unwrap_err();
        assert!(matches!(refused, FolderError::Unfinished(_)), "{refused}");
        std::fs::remove_file(dir.path().join(RESTORE_MARK)).unwrap();
        SystemDisk::take(dir.path()).unwrap();
    }

    #[test]
    fn a_folder_is_free_when_its_last_file_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let disk = SystemDisk::take(dir.path()).unwrap();
        let files = [disk.create_new("a").unwrap(), disk.open("a").unwrap()];
        drop(disk);
        for file in files {
            assert!(matches!(SystemDisk::take(dir.path()), Err(FolderError::InUse(_))));
            drop(file);
        }
        SystemDisk::take(dir.path()).unwrap();
    }

    #[test]
    fn files_are_the_owners_only_and_put_whole() {
        let dir = tempfile::tempdir().unwrap();
        let disk = SystemDisk::take(&dir.path().join("deep/er")).unwrap();
        disk.make_dir("keys").unwrap();
        put_small(&disk, "keys/a", b"one").unwrap();
        put_small(&disk, "keys/a", b"two").unwrap();
        assert_eq!(read_small(&disk, "keys/a", 3).unwrap().as_deref(), Some(&b"two"[..]));
        assert!(read_small(&disk, "keys/a", 2).is_err());
        assert_eq!(read_small(&disk, "keys/b", 2).unwrap(), None);
        assert_eq!(disk.list("keys").unwrap(), ["a"]);
        assert_eq!(disk.open_to_others("keys/a").unwrap(), 0);
        assert_eq!(disk.create_new("keys/a").unwrap_err().kind(), ErrorKind::AlreadyExists);
    }
}
