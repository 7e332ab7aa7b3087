//! A file under redb that is only read: what redb repairs when it opens a copy stays in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::io::disk::{DiskFile, PAGE_BYTES};
use crate::io::unreadable::read_what_is_left;

/// Bytes that redb may write over a copy; one that takes more to be opened is not opened.
const WRITTEN_BYTES_MAX: usize = 32 << 20;

#[derive(Debug, Default)]
struct Written {
    len: u64,
    pages: BTreeMap<u64, Box<[u8; PAGE_BYTES]>>,
}

#[derive(Debug)]
pub(crate) struct OverlayFile {
    file: Arc<dyn DiskFile>,
    file_len: u64,
    written: Mutex<Written>,
}

impl OverlayFile {
    /// Over a file that nobody changes meanwhile.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn new(file: Arc<dyn DiskFile>) -> io::Result<Self> {
        let file_len = file.length()?;
        let written = Mutex::new(Written { len: file_len, pages: BTreeMap::new() });
        Ok(Self { file, file_len, written })
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn page_of_file(&self, page: u64) -> io::Result<Box<[u8; PAGE_BYTES]>> {
        let mut bytes = Box::new([0; PAGE_BYTES]);
        let from = page * PAGE_BYTES as u64;
        let len = usize::try_from(self.file_len.saturating_sub(from)).unwrap_or(PAGE_BYTES).min(PAGE_BYTES);
        if len > 0 {
            read_what_is_left(&*self.file, from, &mut bytes[..len])?;
        }
        Ok(bytes)
    }
}

/// The parts of `[offset, offset + len)` by page: number of the page, where in it, where in the whole, how long.
fn overlay_parts(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let inside = usize::try_from(at % PAGE_BYTES as u64).unwrap_or(0);
        let part = (PAGE_BYTES - inside).min(len - done);
        let one = (at / PAGE_BYTES as u64, inside, done, part);
        done += part;
        (part > 0).then_some(one)
    })
}

impl redb::StorageBackend for OverlayFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let written = self.written();
        if offset + out.len() as u64 > written.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if written.pages.is_empty() && offset + out.len() as u64 <= self.file_len {
            return read_what_is_left(&*self.file, offset, out).map(drop);
        }
        for (page, inside, at, len) in overlay_parts(offset, out.len()) {
            let to = &mut out[at..at + len];
            match written.pages.get(&page) {
                Some(bytes) => to.copy_from_slice(&bytes[inside..inside + len]),
                None => to.copy_from_slice(&self.page_of_file(page)?[inside..inside + len]),
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut written = self.written();
        if len < written.len {
            let (last, cut) =
                (len / PAGE_BYTES as u64, usize::try_from(len % PAGE_BYTES as u64).unwrap_or(0));
            let _ = written.pages.split_off(&(last + u64::from(cut > 0)));
            // What the file has behind the new end must not show again when it grows.
            if cut > 0 {
                let mut bytes = match written.pages.remove(&last) {
                    Some(bytes) => bytes,
                    None => self.page_of_file(last)?,
                };
                bytes[cut..].fill(0);
                written.pages.insert(last, bytes);
            }
            for page in last + u64::from(cut > 0)..self.file_len.div_ceil(PAGE_BYTES as u64) {
                if written.pages.len() * PAGE_BYTES >= WRITTEN_BYTES_MAX {
                    return Err(io::ErrorKind::OutOfMemory.into());
                }
                written.pages.insert(page, Box::new([0; PAGE_BYTES]));
            }
        }
        written.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written();
        written.len = written.len.max(offset + data.len() as u64);
        for (page, inside, at, len) in overlay_parts(offset, data.len()) {
            let mut bytes = match written.pages.remove(&page) {
                Some(bytes) => bytes,
                None if written.pages.len() * PAGE_BYTES >= WRITTEN_BYTES_MAX => {
                    return Err(io::ErrorKind::OutOfMemory.into());
                }
                None => self.page_of_file(page)?,
            };
            bytes[inside..inside + len].copy_from_slice(&data[at..at + len]);
            written.pages.insert(page, bytes);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use redb::StorageBackend as _;

    use super::*;
    use crate::io::disk::Disk as _;
    use crate::io::system_disk::SystemDisk;

    #[test]
    fn writes_are_seen_and_the_file_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let disk = SystemDisk::take(dir.path()).unwrap();
        let file = disk.create_new("copy").unwrap();
        let bytes: Vec<u8> = (0..10_000u32).map(|i| i as u8).collect();
        file.write_at(0, &bytes).unwrap();
        let over = OverlayFile::new(file.clone()).unwrap();
        over.write(4_000, &[7; 5_000]).unwrap();
        over.write(12_000, b"behind").unwrap();
        let mut want = bytes.clone();
        want[4_000..9_000].fill(7);
        want.resize(12_000, 0);
        want.extend_from_slice(b"behind");
        let mut got = vec![0; want.len()];
        over.read(0, &mut got).unwrap();
        assert_eq!((over.len().unwrap(), &got), (want.len() as u64, &want));
        assert!(over.read(12_001, &mut [0; 6]).is_err());
        over.set_len(5_000).unwrap();
        over.set_len(20_000).unwrap();
        want.truncate(5_000);
        want.resize(20_000, 0);
        got.resize(20_000, 1);
        over.read(0, &mut got).unwrap();
        assert_eq!(got, want, "what was cut off does not show again");
        let mut file_bytes = vec![0; 10_000];
        file.read_at(0, &mut file_bytes).unwrap();
        assert_eq!((file.length().unwrap(), file_bytes), (10_000, bytes));
    }
}
