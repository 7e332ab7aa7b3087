//! Lines that are kept beside the log: intact, in nobody's log any more, and never removed before they count again.

use record::checkpoint::LogOrigin;
use record::ids::Epoch;
use record::tree::{Frontier, Hash};

use super::chain::LogPiece;
use super::chunker::Chunker;
use super::rewriter::SegmentRewriter;
use super::scan::SegmentFile;
use super::segment::SegmentHeader;
use crate::io::disk::Disk;
use crate::io::error::StoreError;

pub(crate) const DIR: &str = "displaced";

fn parse_displaced(name: &str) -> Option<(Epoch, u32)> {
    let (epoch, n) = name.strip_suffix(".jsonl")?.rsplit_once('-')?;
    Some((epoch.parse().ok()?, n.parse().ok()?))
}

/// All files with their epochs, by epoch and number.
///
/// # Errors
/// The disk's.
pub(crate) fn list_displaced(disk: &dyn Disk) -> Result<Vec<(Epoch, String)>, StoreError> {
    let names = disk.list(DIR).map_err(StoreError::io(DIR))?;
    let mut all: Vec<_> = names.iter().filter_map(|name| Some((parse_displaced(name)?, name))).collect();
    all.sort();
    Ok(all.into_iter().map(|((epoch, _), name)| (epoch, format!("{DIR}/{name}"))).collect())
}

pub(crate) fn of_epoch(disk: &dyn Disk, epoch: Epoch) -> Result<Vec<String>, StoreError> {
    Ok(list_displaced(disk)?.into_iter().filter(|(of, _)| *of == epoch).map(|(_, path)| path).collect())
}

/// Writes lines of one epoch into a file of their own. The file is there, durable, when [`DisplacedFile::finish`] is.
pub(crate) struct DisplacedFile<'a> {
    disk: &'a dyn Disk,
    origin: LogOrigin,
    out: Option<SegmentRewriter<'a>>,
    /// The number behind the last line of the file.
    next: u64,
    count: u64,
}

/// An unknown tree of so many entries: groups of such a file are independent, their roots say nothing of earlier ones.
fn unknown_frontier(size: u64) -> Frontier {
    let nodes = vec![Hash::default(); size.count_ones() as usize];
    Frontier::from_parts(size, nodes).unwrap_or_default()
}

impl<'a> DisplacedFile<'a> {
    /// Begins one; nothing is on the disk before the first line.
    pub(crate) fn new(disk: &'a dyn Disk, origin: LogOrigin) -> Self {
        Self { disk, origin, out: None, next: 0, count: 0 }
    }

    /// Takes lines.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn take(&mut self, piece: &LogPiece) -> Result<(), StoreError> {
        // In a file numbers only ascend: what goes back is another branch, or another part of the same.
        if let Some(out) = self.out.take_if(|_| piece.first < self.next) {
            out.finish(None)?;
        }
        self.next = piece.next();
        if self.out.is_none() {
            self.disk.make_dir(DIR).map_err(StoreError::io(DIR))?;
            self.disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
            let numbers = self.disk.list(DIR).map_err(StoreError::io(DIR))?;
            // One that is being written has its number too.
            let plain = numbers.iter().map(|name| name.strip_suffix(".new").unwrap_or(name));
            let used: Vec<(Epoch, u32)> = plain.filter_map(parse_displaced).collect();
            // Numbers are never used again while a file has them.
            let n = (1..u32::MAX).find(|n| !used.contains(&(self.origin.epoch, *n))).unwrap_or(u32::MAX);
            let path = format!("{DIR}/{}-{n}.jsonl", self.origin.epoch);
            let segment = SegmentFile { first: 0, sealed: false, path };
            let header = SegmentHeader { origin: self.origin, frontier: Frontier::default() };
            self.out = Some(SegmentRewriter::new(self.disk, segment, &header)?);
        }
        let Some(out) = &mut self.out else { return Ok(()) };
        let mut chunker = Chunker::new(unknown_frontier(piece.first));
        for line in &piece.lines {
            if let Some(full) = chunker.push(&line.entry, &line.texts) {
                out.chunk(&full)?;
            }
        }
        if let Some(rest) = chunker.take() {
            out.chunk(&rest)?;
        }
        self.count += piece.lines.len() as u64;
        Ok(())
    }

    /// Puts the file in place; how many lines it has, 0 where there is none.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn finish(self) -> Result<u64, StoreError> {
        if let Some(out) = self.out {
            tracing::warn!(epoch = %self.origin.epoch, lines = self.count, "entries are kept beside the log");
            out.finish(None)?;
        }
        Ok(self.count)
    }
}
