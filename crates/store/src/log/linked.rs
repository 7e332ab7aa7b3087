//! Goes through a segment group by group, and says of each whether it continues the log as it was read so far.

use std::io;

use record::checkpoint::LogOrigin;
use record::tree::{Frontier, leaf_hash};

use super::scan::{ReadStep, SegmentFile, SegmentReader};
use super::segment::{Group, Line, lines};
use crate::io::disk::Disk;

/// What comes next in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkedStep {
    Group {
        at: u64,
        group: Group,
        before: Frontier,
    },
    Alien {
        at: u64,
    },
    Bad {
        at: u64,
        end: u64,
        /// How many of them are not zero.
        nonzero: u64,
    },
    End {
        at: u64,
    },
}

/// A segment's groups in order, with the tree behind those that link.
pub(crate) struct LinkedEpoch {
    reader: SegmentReader,
    frontier: Frontier,
}

/// Pushes a group's entries; `None` when it does not continue the log.
pub(crate) fn link_group(frontier: &Frontier, group: &Group, bytes: &[u8]) -> Option<Frontier> {
    if group.first != frontier.size() {
        return None;
    }
    let mut after = frontier.clone();
    for line in lines(bytes) {
        if let Line::Entry(entry) = line {
            after.push(leaf_hash(entry));
        }
    }
    (after.size() == group.next && after.root() == group.root).then_some(after)
}

impl LinkedEpoch {
    /// From the tree that the segment's own first line states; `None` where that line is damaged, of another log, or does
    /// not fit the segment's name.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn open(
        disk: &dyn Disk,
        segment: &SegmentFile,
        origin: &LogOrigin,
    ) -> io::Result<Option<Self>> {
        let linked = Self::open_any(disk, segment, origin)?;
        Ok(linked.filter(|linked| linked.frontier.size() == segment.first))
    }

    /// As [`LinkedEpoch::open`], for a file whose name does not say where it begins.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn open_any(
        disk: &dyn Disk,
        segment: &SegmentFile,
        origin: &LogOrigin,
    ) -> io::Result<Option<Self>> {
        let reader = SegmentReader::open(disk, segment)?;
        let frontier = reader.header().filter(|h| h.origin == *origin).map(|h| h.frontier.clone());
        Ok(frontier.map(|frontier| Self { reader, frontier }))
    }

    /// The tree behind the last group that links.
    pub(crate) fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The lines of the group that the last step gave.
    pub(crate) fn lines(&self) -> &[u8] {
        self.reader.lines()
    }

    /// The same group with its trailer, without padding and without its last newline.
    pub(crate) fn bare_group(&self) -> &[u8] {
        self.reader.bare_group()
    }

    /// Whether bytes at or behind this place could not be read.
    pub(crate) fn has_lost(&self, from: u64) -> bool {
        self.reader.has_lost(from)
    }

    /// The next step.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn step(&mut self) -> io::Result<LinkedStep> {
        Ok(match self.reader.step()? {
            ReadStep::Group { at, group } => match link_group(&self.frontier, &group, self.reader.lines()) {
                Some(after) => {
                    let before = std::mem::replace(&mut self.frontier, after);
                    LinkedStep::Group { at, group, before }
                }
                None => LinkedStep::Alien { at },
            },
            ReadStep::Bad { at, end, nonzero } => LinkedStep::Bad { at, end, nonzero },
            ReadStep::End { at } => LinkedStep::End { at },
        })
    }

    /// The tree at the segment's end, when all of the rest links.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn end(mut self) -> io::Result<Option<Frontier>> {
        loop {
            match self.step()? {
                LinkedStep::Group { .. } => {}
                LinkedStep::Alien { .. } | LinkedStep::Bad { .. } => return Ok(None),
                LinkedStep::End { .. } => return Ok(Some(self.frontier)),
            }
        }
    }

    /// The trees at both ends of a segment that links from its first line to its end.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn ends(
        disk: &dyn Disk,
        segment: &SegmentFile,
        origin: &LogOrigin,
    ) -> io::Result<Option<(Frontier, Frontier)>> {
        let Some(linked) = Self::open(disk, segment, origin)? else { return Ok(None) };
        let before = linked.frontier.clone();
        Ok(linked.end()?.map(|after| (before, after)))
    }
}
