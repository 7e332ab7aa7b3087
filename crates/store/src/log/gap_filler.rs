//! Writes what a journal lacks into segments of its own.

use std::collections::BTreeSet;

use record::checkpoint::LogOrigin;
use record::tree::Frontier;

use super::chain::LogPiece;
use super::chunker::{Chunk, Chunker};
use super::journal::Journal;
use super::rewriter::SegmentRewriter;
use super::scan::SegmentFile;
use super::segment::SegmentHeader;
use crate::io::disk::Disk;
use crate::io::error::StoreError;

/// Writes the lines of gaps into new segments, under temporary names.
pub(crate) struct GapFiller<'a> {
    disk: &'a dyn Disk,
    segment_bytes: u64,
    origin: LogOrigin,
    gaps: &'a [(u64, u64)],
    /// Where segments began that are replaced: new ones begin there too.
    firsts: BTreeSet<u64>,
    out: Option<(SegmentRewriter<'a>, Chunker)>,
    done: Vec<SegmentFile>,
    /// Sources that gave a line.
    used: BTreeSet<usize>,
}

impl<'a> GapFiller<'a> {
    /// For the gaps of an epoch's journal; `firsts` are where segments began that are replaced.
    pub(crate) fn new(
        (disk, segment_bytes): (&'a dyn Disk, u64),
        origin: LogOrigin,
        gaps: &'a [(u64, u64)],
        firsts: BTreeSet<u64>,
    ) -> Self {
        let used = BTreeSet::new();
        Self { disk, segment_bytes, origin, gaps, firsts, out: None, done: Vec::new(), used }
    }

    /// Takes what a source returns; only what is in a gap is written.
    pub(crate) fn take(
        &mut self,
        source: usize,
        before: &Frontier,
        piece: &LogPiece,
    ) -> Result<(), StoreError> {
        let mut running = before.clone();
        for (seq, line) in (piece.first..).zip(&piece.lines) {
            let inside = self.gaps.iter().any(|(from, to)| (*from..*to).contains(&seq));
            let (begins, first) = (seq == piece.first, self.firsts.contains(&seq));
            // The journal's own groups keep their boundaries.
            if self.out.is_some() && begins && source == 0 {
                self.flush()?;
            }
            let full = begins && self.out.as_ref().is_some_and(|(out, _)| out.len() >= self.segment_bytes);
            if !inside || first || full {
                self.close()?;
            }
            if inside {
                self.used.insert(source);
                if self.out.is_none() {
                    self.begin(&running)?;
                }
                if let Some((out, chunker)) = &mut self.out
                    && let Some(chunk) = chunker.push(&line.entry, &line.texts)
                {
                    out.chunk(&chunk)?;
                }
            }
            running.push(line.leaf());
        }
        if source == 0 { self.flush() } else { Ok(()) }
    }

    fn begin(&mut self, frontier: &Frontier) -> Result<(), StoreError> {
        let segment = SegmentFile::plain(&Journal::dir(&self.origin), frontier.size());
        let header = SegmentHeader { origin: self.origin, frontier: frontier.clone() };
        let out = SegmentRewriter::new(self.disk, segment, &header)?;
        self.out = Some((out, Chunker::new(frontier.clone())));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let Some((out, chunker)) = &mut self.out else { return Ok(()) };
        let rest: Option<Chunk> = chunker.take();
        rest.map_or(Ok(()), |chunk| out.chunk(&chunk))
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.flush()?;
        if let Some((out, _)) = self.out.take() {
            self.done.push(out.keep()?);
        }
        Ok(())
    }

    /// The new segments, still under temporary names, and the sources that gave a line.
    pub(crate) fn finish(mut self) -> Result<(Vec<SegmentFile>, BTreeSet<usize>), StoreError> {
        self.close()?;
        Ok((self.done, self.used))
    }
}
