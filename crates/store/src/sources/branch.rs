//! The branch of an ended epoch that counts, put together from copies none of which has all of it.

use std::io;

use record::adoption::{BasePart, LeafRange, assemble_base};
use record::ids::Epoch;
use record::tree::{Frontier, Hash};

use super::LogCopies;
use crate::io::error::StoreError;
use crate::log::chain::{CachedPage, LineSource, LogExtent, LogPiece, SourcePage, leaf_ranges, line_at};

/// Leaves of all copies that are held in memory at the same time, 32 bytes each.
const LEAVES_MAX: usize = 1 << 20;
const LINES_AT_ONCE: u64 = 256;

/// Lines of copies that together lead to the root that counts: a fork's own may be in one run, shared ones in another.
pub(crate) struct BranchSource<'a> {
    sources: Vec<Box<dyn LineSource + 'a>>,
    pages: Vec<CachedPage>,
    parts: Vec<BasePart>,
    leaves: Vec<Hash>,
    /// Its own tree, where it was asked for last.
    reached: Frontier,
}

impl<'a> BranchSource<'a> {
    /// Looks for it; `None` where the copies do not have it all.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn find(
        copies: &'a LogCopies,
        epoch: Epoch,
        end: LogExtent,
    ) -> Result<Option<Self>, StoreError> {
        let mut sources = copies.branches(epoch)?;
        let (mut ranges, mut of): (Vec<LeafRange>, Vec<usize>) = (Vec::new(), Vec::new());
        for (at, source) in sources.iter_mut().enumerate() {
            let found = leaf_ranges(&mut **source, epoch, 0..end.size).map_err(StoreError::io("the log"))?;
            of.extend(found.iter().map(|_| at));
            ranges.extend(found);
            if ranges.iter().map(|range| range.leaves.len()).sum::<usize>() > LEAVES_MAX {
                tracing::warn!(%epoch, "copies of this log hold too much to be compared line by line");
                return Ok(None);
            }
        }
        let Some(parts) = assemble_base(&ranges, end.size, end.root) else { return Ok(None) };
        let leaves = parts
            .iter()
            .flat_map(|part| {
                let range = &ranges[part.source];
                let [start, end] = [part.lines.start, part.lines.end]
                    .map(|seq| usize::try_from(seq - range.from).unwrap_or(usize::MAX));
                range.leaves[start..end].to_vec()
            })
            .collect();
        let parts = parts.into_iter().map(|part| BasePart { source: of[part.source], ..part }).collect();
        let pages = sources.iter().map(|_| None).collect();
        Ok(Some(Self { sources, pages, parts, leaves, reached: Frontier::default() }))
    }

    fn leaf(&self, seq: u64) -> Option<Hash> {
        self.leaves.get(usize::try_from(seq).ok()?).copied()
    }

    fn leads_to(&mut self, tree: &Frontier) -> bool {
        if self.reached.size() > tree.size() {
            self.reached = Frontier::default();
        }
        while self.reached.size() < tree.size() {
            let Some(leaf) = self.leaf(self.reached.size()) else { return false };
            self.reached.push(leaf);
        }
        self.reached == *tree
    }

    fn lines(&mut self, epoch: Epoch, from: u64) -> io::Result<Option<LogPiece>> {
        let Some(part) = self.parts.iter().find(|part| part.lines.contains(&from)) else { return Ok(None) };
        let (source, end) = (part.source, part.lines.end.min(from + LINES_AT_ONCE));
        let mut piece = LogPiece { first: from, lines: Vec::new() };
        for seq in from..end {
            let Some(leaf) = self.leaf(seq) else { break };
            let line = line_at(&mut *self.sources[source], epoch, (seq, leaf), &mut self.pages[source])?;
            piece.lines.push(line);
        }
        Ok(Some(piece).filter(|piece| !piece.lines.is_empty()))
    }
}

impl LineSource for BranchSource<'_> {
    fn name(&self) -> String {
        "several copies together".to_owned()
    }

    fn is_own(&self) -> bool {
        true
    }

    fn follow(&mut self, epoch: Epoch, after: &Frontier) -> io::Result<Option<LogPiece>> {
        if self.leads_to(after) { self.lines(epoch, after.size()) } else { Ok(None) }
    }

    fn page(&mut self, epoch: Epoch, from: u64) -> io::Result<Option<SourcePage>> {
        Ok(self.lines(epoch, from)?.map(|piece| SourcePage { piece, loose: false }))
    }

    fn goes_beyond(&mut self, _: Epoch, _: &Frontier) -> io::Result<bool> {
        Ok(false)
    }

    fn claims(&mut self) -> io::Result<Vec<(Epoch, u64)>> {
        Ok(Vec::new())
    }
}
