//! The end of a segment: where its last intact group ends, and how many bytes behind it are no zeros.

use std::io;

use super::scan::{ReadStep, SegmentFile, SegmentReader};
use crate::io::disk::Disk;

/// What is behind a segment's last intact group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SegmentTail {
    /// Seq behind the last intact group.
    pub(crate) next: u64,
    pub(crate) at: u64,
    pub(crate) end: u64,
    /// How many of them are not zero.
    pub(crate) nonzero: u64,
    /// Whether the disk does not give some of them back.
    pub(crate) lost: bool,
    /// Whether it gives back nothing of the file: then those figures are none.
    pub(crate) unread: bool,
}

pub(crate) fn measure_tail(disk: &dyn Disk, segment: &SegmentFile) -> io::Result<SegmentTail> {
    let mut reader = SegmentReader::open(disk, segment)?;
    let unread = reader.is_lost();
    let mut tail = SegmentTail { next: segment.first, unread, ..SegmentTail::default() };
    loop {
        match reader.step()? {
            ReadStep::Group { group, .. } => {
                tail = SegmentTail { next: group.next.max(tail.next), ..SegmentTail::default() };
            }
            ReadStep::Bad { at, end, nonzero } => tail = SegmentTail { at, end, nonzero, ..tail },
            ReadStep::End { at } => {
                if tail.nonzero == 0 {
                    (tail.at, tail.end) = (at, at);
                }
                tail.lost = tail.nonzero > 0 && reader.has_lost(tail.at);
                return Ok(tail);
            }
        }
    }
}
