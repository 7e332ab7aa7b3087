//! The journal's writing end: one group after the other into the newest segment, zeros ahead of it, and the next segment.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use record::checkpoint::LogOrigin;
use record::tree::Frontier;

use super::scan::SegmentFile;
use super::segment::{GroupWriter, SegmentHeader};
use crate::io::disk::{Disk, DiskFile, remove_if_there, write_zeros};
use crate::io::flush::{FlushHere, GroupWrite, GroupWritten, JournalFlush as _, WriteFailed};

/// Sizes that tests make smaller, all in bytes unless named otherwise, and which tables outlive a `state.redb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreSizes {
    /// A segment's length at which the next one is begun.
    pub segment: u64,
    /// Zeros written ahead at a time.
    pub ahead: u64,
    /// Zeros left ahead at which more are written.
    pub ahead_low: u64,
    /// A file that is given up when the disk is full, so that recording continues.
    pub ballast: u64,
    pub durable_entries: u64,
    pub cache: usize,
    /// Tables of JSON rows under text keys that are taken over from a `state.redb` that is begun again.
    pub state_tables: &'static [&'static str],
}

impl Default for StoreSizes {
    fn default() -> Self {
        Self {
            segment: 64 << 20,
            ahead: 1 << 20,
            ahead_low: 512 << 10,
            ballast: 64 << 20,
            // Pages that many entries share are written once: at 1,024 a lone cleaning costs half as many bytes again.
            durable_entries: 4096,
            cache: 16 << 20,
            state_tables: &[],
        }
    }
}

/// Zeros that are written beside a group: more than a group of 64 phones takes up.
const BESIDE_BYTES: u64 = 128 << 10;

/// Why a group is not in the journal, or may not be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendError {
    /// It is not there: no space. What was half written is gone again.
    #[error("the disk is full")]
    Full,
    /// Nobody knows; the process must end.
    #[error("the journal could not be {0}: {1}")]
    Unknown(&'static str, io::Error),
}

impl AppendError {
    fn of(what: &'static str, e: io::Error) -> Self {
        match e.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Unknown(what, e),
        }
    }
}

/// The newest segment of one epoch.
#[derive(Debug)]
pub(crate) struct Journal {
    disk: Arc<dyn Disk>,
    dir: String,
    origin: LogOrigin,
    sizes: StoreSizes,
    segment: SegmentFile,
    file: Arc<dyn DiskFile>,
    /// Where the next group goes.
    tail: u64,
    /// Up to here the file is zeros behind `tail`.
    zeros_end: u64,
    /// Whether zeros were written that no flush may have taken with it: what is not flushed may come back as noise, and in
    /// a segment that is not the newest that would be damage.
    zeros_beside: bool,
    /// How long the last group's flush took.
    flush: Duration,
}

impl Journal {
    pub(crate) fn dir(origin: &LogOrigin) -> String {
        format!("log/{}", origin.epoch)
    }

    /// Begins a segment at `frontier`: nothing of it is used before all of it and its name are durable.
    ///
    /// # Errors
    /// The disk's; on a full disk nothing is left behind.
    pub(crate) fn begin(
        disk: Arc<dyn Disk>,
        origin: LogOrigin,
        frontier: &Frontier,
        sizes: StoreSizes,
    ) -> io::Result<Self> {
        let dir = Self::dir(&origin);
        let segment = SegmentFile::plain(&dir, frontier.size());
        let made = make_segment(
            &*disk,
            &segment,
            &SegmentHeader { origin, frontier: frontier.clone() },
            sizes.ahead,
        );
        let (file, tail) = made.inspect_err(|_| {
            // Unused and without a group: the next start removes it too.
            let _ = remove_if_there(&*disk, &segment.path);
        })?;
        disk.sync_dir(&dir)?;
        let zeros_end = tail + sizes.ahead;
        Ok(Self {
            disk,
            dir,
            origin,
            sizes,
            segment,
            file,
            tail,
            zeros_end,
            zeros_beside: false,
            flush: Duration::ZERO,
        })
    }

    /// Takes up a segment that a start has checked: groups end at `tail`, zeros follow.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn resume(
        disk: Arc<dyn Disk>,
        origin: LogOrigin,
        segment: SegmentFile,
        tail: u64,
        sizes: StoreSizes,
    ) -> io::Result<Self> {
        let file = disk.open(&segment.path)?;
        let zeros_end = file.length()?.max(tail);
        let (dir, flush) = (Self::dir(&origin), Duration::ZERO);
        Ok(Self { dir, disk, origin, sizes, segment, file, tail, zeros_end, zeros_beside: false, flush })
    }

    /// Makes everything written so far, and the segment's name, durable.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn flush_all(&self) -> io::Result<()> {
        self.file.sync_data()?;
        self.disk.sync_dir(&self.dir)
    }

    /// Asks the page cache to forget the segment, after it was read and flushed.
    pub(crate) fn forget_cached(&self) {
        self.file.forget_cached();
    }

    /// Makes space for a group of `len` bytes behind `frontier`; returns where: in the next segment when this is full.
    ///
    /// # Errors
    /// [`AppendError`]; on a full disk this segment stays the newest.
    pub(crate) fn place(
        &mut self,
        len: usize,
        frontier: &Frontier,
    ) -> Result<(Arc<dyn DiskFile>, u64), AppendError> {
        if self.tail + len as u64 > self.sizes.segment {
            self.roll(frontier).map_err(|e| AppendError::of("continued in a new file", e))?;
        }
        self.lengthen(len)?;
        Ok(self.end())
    }

    /// Where a group goes that was placed.
    pub(crate) fn end(&self) -> (Arc<dyn DiskFile>, u64) {
        (self.file.clone(), self.tail)
    }

    /// Where nobody had the time to prepare it: one lengthening for many groups is cheaper than one for each.
    fn lengthen(&mut self, len: usize) -> Result<(), AppendError> {
        if self.zeros_end >= self.tail + len as u64 {
            return Ok(());
        }
        let end = self.tail + len as u64 + self.sizes.ahead;
        if let Err(e) = write_zeros(&*self.file, self.zeros_end, end) {
            self.file.set_len(self.zeros_end).map_err(|e| AppendError::Unknown("cut back", e))?;
            tracing::debug!(error = %e, "no zeros ahead");
        } else {
            self.zeros_end = end;
        }
        Ok(())
    }

    /// Takes note of what became of a group of `len` bytes that was written where [`Journal::place`] said.
    ///
    /// # Errors
    /// [`AppendError`]; after [`AppendError::Full`] nothing of it is there.
    pub(crate) fn settle(
        &mut self,
        len: usize,
        written: Result<Duration, WriteFailed>,
    ) -> Result<(), AppendError> {
        match written {
            Ok(flush) => {
                self.flush = flush;
                self.tail += len as u64;
                self.zeros_end = self.zeros_end.max(self.tail);
                Ok(())
            }
            Err(WriteFailed::Write(e)) => {
                self.cut_half(len).map_err(|e| AppendError::Unknown("cleared of half a group", e))?;
                Err(AppendError::of("written", e))
            }
            Err(WriteFailed::Flush(e)) => Err(AppendError::Unknown("flushed", e)),
            Err(WriteFailed::Gone) => {
                Err(AppendError::Unknown("flushed", io::Error::other("the thread that does it is gone")))
            }
        }
    }

    /// Begins the next segment.
    ///
    /// # Errors
    /// The disk's; on a full disk this segment stays the newest.
    pub(crate) fn roll(&mut self, frontier: &Frontier) -> io::Result<()> {
        if self.segment.first == frontier.size() {
            return Ok(());
        }
        if self.zeros_beside {
            self.file.sync_data()?;
        }
        *self = Self::begin(self.disk.clone(), self.origin, frontier, self.sizes)?;
        Ok(())
    }

    /// How long the disk took to make the last group durable: what waiting for more phones is measured against.
    pub(crate) fn last_flush(&self) -> Duration {
        self.flush
    }

    /// Restores what was behind the tail before a group was written there in part.
    fn cut_half(&self, len: usize) -> io::Result<()> {
        self.file.set_len(self.zeros_end)?;
        write_zeros(&*self.file, self.tail, self.zeros_end.min(self.tail + len as u64))
    }

    /// Whether zeros should be written ahead when nobody waits.
    pub(crate) fn wants_zeros(&self) -> bool {
        self.zeros_end - self.tail < self.sizes.ahead_low && self.zeros_end < self.sizes.segment
    }

    /// Writes zeros ahead and makes them durable, so that no phone's flush has to.
    ///
    /// # Errors
    /// The disk's. After `StorageFull` the journal continues with what is there.
    pub(crate) fn write_zeros_ahead(&mut self) -> io::Result<()> {
        let end = (self.zeros_end + self.sizes.ahead).min(self.sizes.segment.max(self.zeros_end));
        if let Err(e) = write_zeros(&*self.file, self.zeros_end, end) {
            self.file.set_len(self.zeros_end)?;
            return Err(e);
        }
        self.file.sync_data()?;
        self.zeros_end = end;
        Ok(())
    }

    /// Writes some zeros ahead while a group of `len` bytes is on its way, for the next flush to take with it: under load
    /// nobody has the time for more, and all of them at once would make one phone in a hundred wait.
    pub(crate) fn write_zeros_beside(&mut self, len: usize) {
        // Where no space was made for it, the group itself is there.
        if self.zeros_end < self.tail + len as u64 || !self.wants_zeros() {
            return;
        }
        let end = (self.zeros_end + BESIDE_BYTES).min(self.sizes.segment.max(self.zeros_end));
        self.zeros_beside = true;
        match write_zeros(&*self.file, self.zeros_end, end) {
            Ok(()) => self.zeros_end = end,
            // On a full disk the journal continues with what is there.
            Err(e) => tracing::debug!(error = %e, "no zeros ahead"),
        }
    }

    /// Closes a clean stop: an empty group proves that the last one was acknowledged.
    ///
    /// # Errors
    /// [`AppendError`].
    pub(crate) fn close(&mut self, frontier: &Frontier) -> Result<(), AppendError> {
        let mut group = GroupWriter::default();
        group.close(frontier.size(), frontier.size(), &frontier.root());
        self.lengthen(group.len())?;
        let (mut here, (file, at)) = (FlushHere::default(), self.end());
        here.start(GroupWrite { file, at, bytes: group.take() });
        let GroupWritten { bytes, result } = here.wait();
        self.settle(bytes.len(), result)
    }
}

fn make_segment(
    disk: &dyn Disk,
    segment: &SegmentFile,
    header: &SegmentHeader,
    ahead: u64,
) -> io::Result<(Arc<dyn DiskFile>, u64)> {
    let file = disk.create_new(&segment.path)?;
    let line = header.encode();
    file.write_at(0, &line)?;
    let tail = line.len() as u64;
    write_zeros(&*file, tail, tail + ahead)?;
    file.sync_data()?;
    Ok((file, tail))
}
