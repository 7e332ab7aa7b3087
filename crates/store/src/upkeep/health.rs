//! What the health page says of the store.

use std::sync::atomic::Ordering;

use record::checkpoint::LogOrigin;

use crate::Store;
use crate::shared::scrub_report::ScrubReport;
use crate::side_files::ballast;
use crate::side_files::report::StartReport;

/// Whether a record that came now would be made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    Ready,
    Full,
    Ended,
}

/// Free bytes without which no group is promised: the largest one, and what the database writes with it.
const ROOM_BYTES_MIN: u64 = 1 << 20;

#[derive(Debug, Clone)]
pub struct StoreHealth {
    pub origin: LogOrigin,
    pub size: u64,
    /// Entries that the database's durable copy has.
    pub durable: u64,
    pub free_bytes: Option<u64>,
    /// Whether the ballast is there: without it the disk was full not long ago.
    pub ballast: bool,
    pub start: StartReport,
    pub recording: Recording,
    /// Groups that were refused for lack of space since the start.
    pub refused: u64,
    /// Whether the database gave other entries than were written.
    pub damaged: bool,
    /// What looking through everything has found.
    pub scrubbed: ScrubReport,
    /// Copies that were set aside and removed since the start, because a text in them was erased.
    pub removed_copies: u64,
}

impl Store {
    pub fn health(&self) -> StoreHealth {
        let (disk, space) = (&*self.shared.disk, &self.shared.space);
        let (free_bytes, ballast) = (disk.free_bytes(), ballast::has_ballast(disk));
        let no_space = !ballast && free_bytes.is_some_and(|free| free < ROOM_BYTES_MIN);
        let recording = if self.shared.has_failed() || self.queue.is_closed() {
            Recording::Ended
        } else if no_space || space.is_refused(free_bytes) {
            Recording::Full
        } else {
            Recording::Ready
        };
        StoreHealth {
            origin: self.origin(),
            size: self.size(),
            durable: self.shared.durable_size(),
            free_bytes,
            ballast,
            start: self.shared.report(),
            recording,
            refused: space.refusals(),
            damaged: self.shared.is_damaged(),
            scrubbed: self.scrubbed(),
            removed_copies: self.shared.removed_copies.load(Ordering::Relaxed),
        }
    }
}
