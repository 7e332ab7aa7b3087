//! The interface under the store: files of one data folder, and redb's storage on top of one of them.

use std::fmt::Debug;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use rustix::io::Errno;

pub use super::disk_calls::DiskCalls;

/// What says that the medium, or the file system on it, lost what was there.
const LOST: [Errno; 5] = [Errno::IO, Errno::BADMSG, Errno::UCLEAN, Errno::NODATA, Errno::REMOTEIO];

/// Whether an error of reading says that what was there is lost: asking again in a moment helps where too many files are
/// open, and not here.
pub(crate) fn is_lost(e: &io::Error) -> bool {
    Errno::from_io_error(e).is_some_and(|errno| LOST.contains(&errno))
}

/// Zeros are written in pieces of this size: one call for much more makes the page cache keep one large folio, and then
/// each small write behind it counts as the whole folio.
pub const PAGE_BYTES: usize = 4096;

/// One open file. Offsets and lengths are bytes.
pub trait DiskFile: Debug + Send + Sync {
    /// The file on which this one lies, and which does what this one does not do itself.
    fn under(&self) -> io::Result<&dyn DiskFile> {
        Err(ErrorKind::Unsupported.into())
    }
    fn length(&self) -> io::Result<u64> {
        self.under()?.length()
    }
    /// Reads exactly `out.len()` bytes.
    ///
    /// # Errors
    /// The disk's; `UnexpectedEof` past the end.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.under()?.read_at(offset, out)
    }
    /// Writes all of `data`, making the file longer where needed. A failed call may have written a part.
    ///
    /// # Errors
    /// The disk's; `StorageFull` when there is no space.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.under()?.write_at(offset, data)
    }
    /// Cuts the file or lengthens it with zeros.
    ///
    /// # Errors
    /// The disk's.
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.under()?.set_len(len)
    }
    /// Makes data and length durable. After an error nobody knows what is durable, and asking again says nothing.
    ///
    /// # Errors
    /// The disk's.
    fn sync_data(&self) -> io::Result<()> {
        self.under()?.sync_data()
    }
    /// Whether it has no name any more: what is written to it now is lost with the process, and no flush says so.
    fn is_removed(&self) -> bool {
        false
    }
    /// Asks the page cache to forget what it read of the file; without this, small writes after a large read count as
    /// large ones.
    fn forget_cached(&self) {}
}

/// The files of one data folder. Paths are relative to it and use `/`.
pub trait Disk: Debug + Send + Sync + 'static {
    /// The disk on which this one lies, and which does what this one does not do itself.
    fn under(&self) -> io::Result<&dyn Disk> {
        Err(ErrorKind::Unsupported.into())
    }
    /// Makes a file that must not be there yet, for reading and writing, readable by the owner only.
    ///
    /// # Errors
    /// The disk's; `AlreadyExists`.
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.under()?.create_new(path)
    }
    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// The disk's; `NotFound`; `PermissionDenied` also when a key can be read by others.
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.under()?.open(path)
    }
    /// Makes a folder for the owner only; it may be there already.
    ///
    /// # Errors
    /// The disk's.
    fn make_dir(&self, path: &str) -> io::Result<()> {
        self.under()?.make_dir(path)
    }
    /// Renames, replacing what has the new name.
    ///
    /// # Errors
    /// The disk's.
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.under()?.rename(from, to)
    }
    /// Removes a file.
    ///
    /// # Errors
    /// The disk's; `NotFound`.
    fn remove(&self, path: &str) -> io::Result<()> {
        self.under()?.remove(path)
    }
    /// Names in a folder, sorted. A folder that is not there has none.
    ///
    /// # Errors
    /// The disk's.
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.under()?.list(dir)
    }
    /// Makes names in a folder durable; `""` is the data folder itself.
    ///
    /// # Errors
    /// The disk's.
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.under()?.sync_dir(dir)
    }
    /// Permission bits beyond the owner's, `0` when nobody else can use the file.
    ///
    /// # Errors
    /// The disk's; `NotFound`.
    fn open_to_others(&self, path: &str) -> io::Result<u32> {
        self.under()?.open_to_others(path)
    }
    fn free_bytes(&self) -> Option<u64> {
        None
    }
}

pub fn is_disk_error(e: &io::Error) -> bool {
    is_lost(e) || e.raw_os_error().is_none() && e.kind() == ErrorKind::Other
}

/// Whether a file of this name is there.
///
/// # Errors
/// The disk's.
pub fn file_exists(disk: &dyn Disk, path: &str) -> io::Result<bool> {
    let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
    Ok(disk.list(dir)?.iter().any(|n| n == name))
}

/// The whole content of a small file; `None` when there is no such file.
///
/// # Errors
/// The disk's; `InvalidData` over `max` bytes.
pub fn read_small(disk: &dyn Disk, path: &str, max: usize) -> io::Result<Option<Vec<u8>>> {
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
pub fn put_small(disk: &dyn Disk, path: &str, bytes: &[u8]) -> io::Result<()> {
    let new = format!("{path}.new");
    remove_if_there(disk, &new)?;
    let file = disk.create_new(&new)?;
    file.write_at(0, bytes)?;
    file.sync_data()?;
    disk.rename(&new, path)?;
    disk.sync_dir(parent_folder(path))
}

/// Copies of one hint that are kept for whoever wants to know what happened to it.
const BAD_COPIES_MAX: u32 = 9;

/// Puts a file, or what is in its place, under another name of the same folder: `<name>.bad`, `<name>.bad-2` and so on.
///
/// # Errors
/// The disk's.
pub fn set_aside_hint(disk: &dyn Disk, path: &str) -> io::Result<()> {
    for n in 1..=BAD_COPIES_MAX {
        let to = if n == 1 { format!("{path}.bad") } else { format!("{path}.bad-{n}") };
        // What was taken back from a folder left it empty.
        let is_free = !file_exists(disk, &to)? || disk.list(&to).is_ok_and(|names| names.is_empty());
        if is_free && disk.rename(path, &to).is_ok() {
            return disk.sync_dir(parent_folder(path));
        }
    }
    Err(io::Error::new(
        ErrorKind::AlreadyExists,
        format!("{path} cannot be renamed, or {BAD_COPIES_MAX} copies of it were put aside before"),
    ))
}

pub(crate) fn parent_folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Removes a file that may be absent.
///
/// # Errors
/// The disk's.
pub fn remove_if_there(disk: &dyn Disk, path: &str) -> io::Result<()> {
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
