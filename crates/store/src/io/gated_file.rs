//! A file under redb that notes what fails, and that can be shut: then nothing of whoever holds the old handle reaches it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use redb::Database;

use super::disk::DiskFile;
use super::error::is_full;

/// What failed, the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FaultKind {
    Read,
    Full,
    /// The disk did not take it.
    Write,
}

#[derive(Debug, Clone)]
pub(crate) struct FileFault {
    pub(crate) kind: FaultKind,
    pub(crate) why: String,
}

/// Through which redb reaches a file, until it is opened again.
#[derive(Debug, Default)]
pub(crate) struct FileGate {
    is_shut: RwLock<bool>,
    fault: Mutex<Option<FileFault>>,
}

fn lock_fault(lock: &Mutex<Option<FileFault>>) -> MutexGuard<'_, Option<FileFault>> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FileGate {
    fn note(&self, kind: FaultKind, error: &io::Error) {
        let kind = if kind == FaultKind::Full && !is_full(error) { FaultKind::Write } else { kind };
        let mut fault = lock_fault(&self.fault);
        if fault.as_ref().is_none_or(|before| before.kind < kind) {
            *fault = Some(FileFault { kind, why: error.to_string() });
        }
    }

    pub(crate) fn fault(&self) -> Option<FileFault> {
        lock_fault(&self.fault).clone()
    }

    /// Nothing of whoever still holds the old handle reaches the file from now on.
    pub(crate) fn shut(&self) {
        *self.is_shut.write().unwrap_or_else(PoisonError::into_inner) = true;
    }
}

/// A file that notes what fails: redb answers nothing behind that.
#[derive(Debug)]
pub(crate) struct GatedFile {
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) gate: Arc<FileGate>,
}

impl GatedFile {
    fn pass<T>(&self, kind: FaultKind, act: impl FnOnce(&dyn DiskFile) -> io::Result<T>) -> io::Result<T> {
        let done = {
            let is_shut = self.gate.is_shut.read().unwrap_or_else(PoisonError::into_inner);
            if *is_shut {
                return Err(io::Error::other("the file was opened again meanwhile"));
            }
            act(&*self.file)
        };
        if let Err(error) = &done {
            self.gate.note(kind, error);
        }
        done
    }
}

impl DiskFile for GatedFile {
    fn length(&self) -> io::Result<u64> {
        self.pass(FaultKind::Read, |file| file.length())
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.pass(FaultKind::Read, |file| file.read_at(offset, out))
    }
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.pass(FaultKind::Full, |file| file.write_at(offset, data))
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.pass(FaultKind::Full, |file| file.set_len(len))
    }
    fn sync_data(&self) -> io::Result<()> {
        self.pass(FaultKind::Write, |file| file.sync_data())
    }
}

pub(crate) struct GatedDatabase {
    pub(crate) db: Database,
    pub(crate) gate: Arc<FileGate>,
}
