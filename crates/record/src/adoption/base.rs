//! The branch of an epoch that its successor names, assembled from all sources of its pieces.
//!
//! Sources that hold the same line under a number share one history up to there; where they do not, the search forks.
//! The branches are followed one after the other, those that leave the first one least often first, until one leads to
//! the root. Each step looks only at the sources that hold this number and have contradicted nothing so far, so one
//! branch costs as much as there are lines, whatever the number of sources.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::tree::{Frontier, Hash};

/// Steps for each line that the sources hold: so many branches are followed to their end, or more that end
/// early.
const STEPS_PER_LINE: u64 = 16;
const STEPS_MIN: u64 = 1 << 18;
/// What keeping a branch for later costs, in steps: it has a frontier and a list of sources of its own.
const STEPS_PER_FORK: u64 = 64;
const STEPS_PER_SOURCE: u64 = 16;
/// Branches kept for later at a time, a kilobyte each.
const PATHS_MAX: usize = 1 << 13;

/// Leaf hashes that one source holds of an epoch without a gap: its log from 0, or a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRange {
    /// Number of the first.
    pub from: u64,
    /// In order.
    pub leaves: Vec<Hash>,
}

impl LeafRange {
    fn leaf(&self, seq: u64) -> Option<Hash> {
        self.leaves.get(usize::try_from(seq.checked_sub(self.from)?).ok()?).copied()
    }

    fn end(&self) -> u64 {
        self.from.saturating_add(self.leaves.len() as u64)
    }
}

/// Lines of a base that one source gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePart {
    /// Which of the sources.
    pub source: usize,
    /// Which lines of it.
    pub lines: Range<u64>,
}

/// The parts of sources that form the branch of an epoch with `root` at `size`; sources may hold different
/// branches. `None` where they do not lead there, or where they fork so often that the search exceeds a bound
/// that grows with their lines. A source continues only a history that it shares.
pub fn assemble_base(sources: &[LeafRange], size: u64, root: Hash) -> Option<Vec<BasePart>> {
    if size == 0 {
        return (Frontier::default().root() == root).then(Vec::new);
    }
    let mut search = BranchSearch::begin(sources, size)?;
    while let Some(path) = search.open.pop_front() {
        if let Some((tree, last)) = search.follow(path)
            && tree.root() == root
        {
            return Some(search.parts(last));
        }
    }
    None
}

/// A path through the sources, up to where it is to be followed further.
struct BranchPath {
    next: u64,
    /// Sources that hold the next number and have contradicted nothing so far.
    live: Vec<usize>,
    /// Sources, in the order of their beginnings, that were met already.
    met: usize,
    tree: Frontier,
    /// The piece that ends here.
    last: Option<usize>,
}

/// From which number on a source gives the lines, up to where the next piece begins.
struct BranchPiece {
    before: Option<usize>,
    source: usize,
    from: u64,
}

struct BranchSearch<'a> {
    sources: &'a [LeafRange],
    size: u64,
    begins: Vec<usize>,
    pieces: Vec<BranchPiece>,
    open: VecDeque<BranchPath>,
    steps_left: u64,
}

impl<'a> BranchSearch<'a> {
    /// `None` where no source has one of the numbers.
    fn begin(sources: &'a [LeafRange], size: u64) -> Option<Self> {
        let mut begins: Vec<usize> = (0..sources.len()).filter(|at| sources[*at].from < size).collect();
        begins.sort_by_key(|at| sources[*at].from);
        let mut reach = 0;
        for source in begins.iter().map(|at| &sources[*at]) {
            if source.from > reach {
                return None;
            }
            reach = source.end().max(reach);
        }
        if reach < size {
            return None;
        }
        let lines: u64 = begins.iter().map(|at| sources[*at].end().min(size) - sources[*at].from).sum();
        let steps_left = lines.saturating_mul(STEPS_PER_LINE).saturating_add(STEPS_MIN);
        let start = BranchPath { next: 0, live: Vec::new(), met: 0, tree: Frontier::default(), last: None };
        Some(Self { sources, size, begins, pieces: Vec::new(), open: VecDeque::from([start]), steps_left })
    }

    /// To the end, by the source that gave the line before, else by the first that may. Other branches are
    /// kept for later.
    fn follow(&mut self, mut path: BranchPath) -> Option<(Frontier, Option<usize>)> {
        while path.next < self.size {
            let seq = path.next;
            while let Some(at) = self.begins.get(path.met).filter(|at| self.sources[**at].from == seq) {
                path.live.push(*at);
                path.met += 1;
            }
            path.live.retain(|at| self.sources[*at].end() > seq);
            let Some(left) = self.steps_left.checked_sub(path.live.len() as u64 + 1) else {
                self.open.clear();
                return None;
            };
            self.steps_left = left;
            let before = path.last.map(|last| self.pieces[last].source).filter(|at| path.live.contains(at));
            let source = before.or_else(|| path.live.iter().copied().min())?;
            let leaf = self.sources[source].leaf(seq)?;
            self.split_path(&mut path, leaf);
            path.tree.push(leaf);
            if before.is_none() {
                self.pieces.push(BranchPiece { before: path.last, source, from: seq });
                path.last = Some(self.pieces.len() - 1);
            }
            path.next += 1;
        }
        Some((path.tree, path.last))
    }

    /// Leaves the sources that have another line here, and keeps a path for each of those lines.
    fn split_path(&mut self, path: &mut BranchPath, leaf: Hash) {
        if path.live.iter().all(|at| self.sources[*at].leaf(path.next) == Some(leaf)) {
            return;
        }
        let (same, others): (Vec<usize>, Vec<usize>) =
            path.live.iter().copied().partition(|at| self.sources[*at].leaf(path.next) == Some(leaf));
        let mut branches: BTreeMap<Option<Hash>, Vec<usize>> = BTreeMap::new();
        for at in others {
            branches.entry(self.sources[at].leaf(path.next)).or_default().push(at);
        }
        for live in branches.into_values() {
            let costs = STEPS_PER_FORK + STEPS_PER_SOURCE * live.len() as u64;
            let Some(left) = self.steps_left.checked_sub(costs).filter(|_| self.open.len() < PATHS_MAX)
            else {
                break;
            };
            self.steps_left = left;
            let (next, met, tree, last) = (path.next, path.met, path.tree.clone(), path.last);
            self.open.push_back(BranchPath { next, live, met, tree, last });
        }
        path.live = same;
    }

    fn parts(&self, last: Option<usize>) -> Vec<BasePart> {
        let (mut parts, mut end, mut at) = (Vec::new(), self.size, last);
        while let Some(piece) = at.map(|at| &self.pieces[at]) {
            parts.push(BasePart { source: piece.source, lines: piece.from..end });
            (end, at) = (piece.from, piece.before);
        }
        parts.reverse();
        parts
    }
}
