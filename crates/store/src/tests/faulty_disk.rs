//! A real folder some of whose calls fail when a test says so.

use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::io::disk::{Disk, DiskFile};
use crate::io::system_disk::SystemDisk;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Open,
    Read,
    Write,
    Flush,
    List,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    Error(ErrorKind),
    Panic,
    /// The disk does not return what is at this byte of the file.
    Lost(u64),
    /// Does not come back until the faults are removed.
    Hang,
}

/// Calls that fail from now on: of files whose path has this in it, so many times.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) path: String,
    pub(super) call: Call,
    pub(super) how: How,
    pub(super) times: usize,
}

pub(super) type Faults = Arc<Mutex<Vec<Fault>>>;

/// A real folder some of whose calls fail.
#[derive(Debug)]
pub(super) struct FaultyDisk {
    pub(super) disk: SystemDisk,
    pub(super) faults: Faults,
    pub(super) free: Option<u64>,
}

#[derive(Debug)]
struct FaultyFile {
    file: Arc<dyn DiskFile>,
    path: String,
    faults: Faults,
}

/// The first fault of this call, if there is one: it was met once more.
fn met(faults: &Faults, path: &str, call: Call, range: &Range<u64>) -> Option<How> {
    let mut faults = faults.lock().unwrap_or_else(PoisonError::into_inner);
    // A sector is lost of one file, not of the one that is to take its place.
    let is_of = |f: &Fault| match f.how {
        How::Lost(_) => path.strip_suffix(".new").is_none_or(|of| of != f.path) && path.contains(&f.path),
        _ => path.contains(&f.path),
    };
    let mut fitting = faults.iter_mut().filter(|f| f.times > 0 && f.call == call && is_of(f));
    let fault = fitting.find(|f| !matches!(f.how, How::Lost(at) if !range.contains(&at)))?;
    fault.times -= 1;
    Some(fault.how)
}

impl FaultyFile {
    fn call(&self, call: Call) -> io::Result<()> {
        self.call_at(call, &(0..0))
    }

    fn call_at(&self, call: Call, range: &Range<u64>) -> io::Result<()> {
        let Some(how) = met(&self.faults, &self.path, call, range) else { return Ok(()) };
        match how {
            How::Error(kind) => Err(io::Error::new(kind, "a fault")),
            How::Lost(_) => Err(rustix::io::Errno::IO.into()),
            How::Panic => panic!("a fault"),
            How::Hang => {
                while !self.faults.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                    std::thread::yield_now();
                }
                Ok(())
            }
        }
    }
}

impl DiskFile for FaultyFile {
    fn under(&self) -> io::Result<&dyn DiskFile> {
        Ok(&*self.file)
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.call_at(Call::Read, &(offset..offset + out.len() as u64))?;
        self.file.read_at(offset, out)
    }
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if let Err(e) = self.call(Call::Write) {
            // A part of it is there.
            self.file.write_at(offset, &data[..data.len() / 2])?;
            return Err(e);
        }
        self.file.write_at(offset, data)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.call(Call::Flush)?;
        self.file.sync_data()
    }
}

impl Disk for FaultyDisk {
    fn under(&self) -> io::Result<&dyn Disk> {
        Ok(&self.disk)
    }
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.disk.create_new(path)?;
        Ok(Arc::new(FaultyFile { file, path: path.to_owned(), faults: self.faults.clone() }))
    }
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.disk.open(path)?;
        let file = FaultyFile { file, path: path.to_owned(), faults: self.faults.clone() };
        file.call_at(Call::Open, &(0..1))?;
        Ok(Arc::new(file))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)?;
        // A lost sector is the file's, whatever its name is.
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.retain(|fault| !matches!(fault.how, How::Lost(_)) || fault.path != to);
        faults.iter_mut().filter(|fault| fault.path == from).for_each(|fault| fault.path = to.to_owned());
        Ok(())
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        if let Some(How::Error(kind)) = met(&self.faults, dir, Call::List, &(0..0)) {
            return Err(io::Error::new(kind, "a fault"));
        }
        self.disk.list(dir)
    }
    fn free_bytes(&self) -> Option<u64> {
        self.free
    }
}
