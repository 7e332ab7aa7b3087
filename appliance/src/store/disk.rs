//! The seam under the store: files of one data folder, and redb's storage on top of one of them.

use std::fmt::Debug;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use super::disk_calls::DiskCalls;

/// Zeros are written in pieces of this size: one call for much more makes the page cache keep one large folio, and then
/// each small write behind it counts as the whole folio.
pub const PAGE_BYTES: usize = 4096;

/// One open file. Offsets and lengths are bytes.
pub trait DiskFile: Debug + Send + Sync {
    /// How long it is.
    ///
    /// # Errors
    /// The disk's.
    fn length(&self) -> io::Result<u64>;
    /// Reads exactly `out.len()` bytes.
    ///
    /// # Errors
    /// The disk's; `UnexpectedEof` past the end.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;
    /// Writes all of `data`, making the file longer where needed. A failed call may have written a part.
    ///
    /// # Errors
    /// The disk's; `StorageFull` when there is no space.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;
    /// Cuts the file or lengthens it with zeros.
    ///
    /// # Errors
    /// The disk's.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Makes data and length durable. After an error nobody knows what is durable, and asking again says nothing.
    ///
    /// # Errors
    /// The disk's.
    fn sync_data(&self) -> io::Result<()>;
    /// Asks the page cache to forget what it read of the file; without this, small writes after a large read count as
    /// large ones.
    fn forget_cached(&self) {}
}

/// The files of one data folder. Paths are relative to it and use `/`.
pub trait Disk: Debug + Send + Sync + 'static {
    /// Makes a file that must not be there yet, for reading and writing, readable by the owner only.
    ///
    /// # Errors
    /// The disk's; `AlreadyExists`.
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// The disk's; `NotFound`; `PermissionDenied` also when a key can be read by others.
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Makes a folder for the owner only; it may be there already.
    ///
    /// # Errors
    /// The disk's.
    fn make_dir(&self, path: &str) -> io::Result<()>;
    /// Renames, replacing what has the new name.
    ///
    /// # Errors
    /// The disk's.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// The disk's; `NotFound`.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Names in a folder, sorted. A folder that is not there has none.
    ///
    /// # Errors
    /// The disk's.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;
    /// Makes names in a folder durable; `""` is the data folder itself.
    ///
    /// # Errors
    /// The disk's.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;
    /// Permission bits beyond the owner's, `0` when nobody else can use the file.
    ///
    /// # Errors
    /// The disk's; `NotFound`.
    fn open_to_others(&self, path: &str) -> io::Result<u32>;
    /// Free bytes for this user, where that is known.
    fn free_bytes(&self) -> Option<u64> {
        None
    }
}

/// Whether a file of this name is there.
///
/// # Errors
/// The disk's.
pub(crate) fn exists(disk: &dyn Disk, path: &str) -> io::Result<bool> {
    let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
    Ok(disk.list(dir)?.iter().any(|n| n == name))
}

/// The whole content of a small file; `None` when there is no such file.
///
/// # Errors
/// The disk's; `InvalidData` over `max` bytes.
pub(crate) fn read_small(disk: &dyn Disk, path: &str, max: usize) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let len = usize::try_from(file.length()?).unwrap_or(usize::MAX);
    if len > max {
        return Err(io::Error::new(ErrorKind::InvalidData, format!("it has {len} bytes, more than {max}")));
    }
    let mut bytes = vec![0; len];
    file.read_at(0, &mut bytes)?;
    Ok(Some(bytes))
}

/// Puts a small file in place whole or not at all: temporary name, flush, rename, flush of the folder.
///
/// # Errors
/// The disk's.
pub(crate) fn put_small(disk: &dyn Disk, path: &str, bytes: &[u8]) -> io::Result<()> {
    let new = format!("{path}.new");
    remove_if_there(disk, &new)?;
    let file = disk.create_new(&new)?;
    file.write_at(0, bytes)?;
    file.sync_data()?;
    disk.rename(&new, path)?;
    disk.sync_dir(parent(path))
}

/// Copies of one hint that are kept for whoever wants to know what happened to it.
const BAD_COPIES_MAX: u32 = 9;

/// Puts a file, or what lies in its place, under another name of the same folder: `<name>.bad`, `<name>.bad-2` and so on.
///
/// # Errors
/// The disk's.
pub(crate) fn set_aside_hint(disk: &dyn Disk, path: &str) -> io::Result<()> {
    let copy = |n: u32| if n == 1 { format!("{path}.bad") } else { format!("{path}.bad-{n}") };
    for n in 1..=BAD_COPIES_MAX {
        let to = copy(n);
        // What was taken back from a folder left it empty.
        let is_free = !exists(disk, &to)? || disk.list(&to).is_ok_and(|names| names.is_empty());
        if is_free && disk.rename(path, &to).is_ok() {
            return disk.sync_dir(parent(path));
        }
    }
    Err(io::Error::new(
        ErrorKind::AlreadyExists,
        format!("{path} cannot be renamed, or {BAD_COPIES_MAX} copies of it were put aside before"),
    ))
}

/// The folder that a path lies in.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Removes a file that may be absent.
///
/// # Errors
/// The disk's.
pub(crate) fn remove_if_there(disk: &dyn Disk, path: &str) -> io::Result<()> {
    match disk.remove(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Really writes zeros from `from` to `to`, in small calls.
///
/// # Errors
/// The disk's.
pub(crate) fn write_zeros(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    const ZEROS: [u8; PAGE_BYTES] = [0; PAGE_BYTES];
    let mut at = from;
    while at < to {
        let len = (to - at).min(PAGE_BYTES as u64 - at % PAGE_BYTES as u64);
        file.write_at(at, &ZEROS[..usize::try_from(len).unwrap_or(PAGE_BYTES)])?;
        at += len;
    }
    Ok(())
}

/// redb's storage on one file. The folder's lock keeps other processes out, so redb needs none of its own.
#[derive(Debug)]
pub(crate) struct RedbFile(pub(crate) Arc<dyn DiskFile>);

impl redb::StorageBackend for RedbFile {
    fn len(&self) -> io::Result<u64> {
        self.0.length()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, data)
    }
}

/// A folder of the machine's own file system, held by this process alone.
#[derive(Debug)]
pub struct SystemDisk {
    root: PathBuf,
    calls: DiskCalls,
    /// Locked for as long as this value lives.
    _lock: File,
}

/// Why a data folder could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It could not be made or opened.
    #[error("the data folder {} could not be used: {source}", .dir.display())]
    Io {
        /// Which folder.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing can be written to it.
    #[error(
        "the data folder {} cannot be written ({source}): nothing was changed. Let this program's user write to it; a disk that \
         has turned read-only by itself is failing: copy the folder and change it",
        .dir.display()
    )]
    ReadOnly {
        /// Which folder.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process has it.
    #[error(
        "the data folder {} is in use by another cleantrack-appliance; stop that one first, or give this one a folder of its own",
        .0.display()
    )]
    InUse(PathBuf),
}

impl SystemDisk {
    /// Takes the folder, making it if it is not there.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn take(dir: &Path) -> Result<Self, FolderError> {
        let failed = |source: io::Error| match (dir.to_owned(), source.kind()) {
            (dir, ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) => {
                FolderError::ReadOnly { dir, source }
            }
            (dir, _) => FolderError::Io { dir, source },
        };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        use rustix::fs::Access;
        rustix::fs::access(dir, Access::WRITE_OK | Access::EXEC_OK).map_err(|e| failed(e.into()))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let lock = options.open(dir.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: dir.to_owned(), calls: DiskCalls::default(), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(FolderError::InUse(dir.to_owned())),
            Err(std::fs::TryLockError::Error(e)) => Err(failed(e)),
        }
    }

    /// Counts what its files were asked for and did.
    pub fn calls(&self) -> DiskCalls {
        self.calls.clone()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

impl Disk for SystemDisk {
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).clone();
        Ok(Arc::new(SystemFile(file.open(self.path(path))?, self.calls())))
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path(path))?;
        Ok(Arc::new(SystemFile(file, self.calls())))
    }
    fn make_dir(&self, path: &str) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(self.path(path))
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
pub(super) fn list_names(dir: &Path) -> io::Result<Vec<String>> {
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
pub(super) struct SystemFile(pub(super) File, pub(super) DiskCalls);

impl DiskFile for SystemFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.1.ended(self.0.read_exact_at(out, offset))
    }
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.1.ended(self.0.write_all_at(data, offset))
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.1.ended(self.0.sync_data())
    }
    fn forget_cached(&self) {
        // Advice: when it is not taken, only a figure in /proc is larger.
        let _ = rustix::fs::fadvise(&self.0, 0, None, rustix::fs::Advice::DontNeed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner() {
        let dir = tempfile::tempdir().unwrap();
        let first = SystemDisk::take(dir.path()).unwrap();
        let second = SystemDisk::take(dir.path()).unwrap_err();
        assert!(second.to_string().contains("in use by another"), "{second}");
        drop(first);
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
