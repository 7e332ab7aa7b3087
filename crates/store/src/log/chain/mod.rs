//! The chain of epochs as values: what counts of each, what is missing, and how lines of many sources become one log
//! again. Pure: no disk, no database, no clock.

mod assemble;
#[cfg(test)]
mod lives;
mod ranges;
mod source;
mod verdict;

use record::ids::Epoch;
use record::kinds::Prev;
use record::tree::{Frontier, Hash};

pub(crate) use self::assemble::{AssembledLog, assemble_log, stray_lines};
pub(crate) use self::ranges::{CachedPage, leaf_ranges, line_at};
pub(crate) use self::source::{LineSource, LogLine, LogPiece, SourcePage};
pub use self::verdict::TAKEOVER_REASON;
pub(crate) use self::verdict::{ChainState, ChainVerdict, NewestEpoch, decide_chain};

/// A size and the root there: how much of an epoch counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogExtent {
    pub(crate) size: u64,
    pub(crate) root: Hash,
}

impl LogExtent {
    pub(crate) fn of(frontier: &Frontier) -> Self {
        Self { size: frontier.size(), root: frontier.root() }
    }
}

/// What an epoch's first entry says about the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EpochLink {
    First,
    /// It follows this one, of which so much counts.
    Prev(Prev),
    /// It follows this one, and could not say how much of it counts.
    After(Epoch),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EpochEnd {
    Open,
    /// So much, as its successor's first entry states.
    Counts(LogExtent),
    Unknown,
}

impl EpochEnd {
    pub(crate) fn stated(self) -> Option<LogExtent> {
        match self {
            Self::Counts(extent) => Some(extent),
            Self::Open | Self::Unknown => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChainLink {
    pub(crate) epoch: Epoch,
    pub(crate) end: EpochEnd,
}

/// Follows the chain from its newest epoch to its beginning, also through epochs of which nothing is here; oldest first.
/// `link` gives what an epoch's first entry says, `None` where that entry is nowhere: then the highest epoch of a lower
/// number that is here, of `names`, is presumed to precede it.
///
/// # Errors
/// `link`'s.
pub(crate) fn follow_back<E>(
    newest: Epoch,
    names: &[Epoch],
    mut link: impl FnMut(Epoch) -> Result<Option<EpochLink>, E>,
) -> Result<Vec<ChainLink>, E> {
    let mut chain = vec![ChainLink { epoch: newest, end: EpochEnd::Open }];
    let mut current = newest;
    loop {
        let below = match link(current)? {
            Some(EpochLink::First) => None,
            Some(EpochLink::Prev(prev)) => {
                let counts = LogExtent { size: prev.size, root: prev.root };
                Some(ChainLink { epoch: prev.epoch, end: EpochEnd::Counts(counts) })
            }
            Some(EpochLink::After(epoch)) => Some(ChainLink { epoch, end: EpochEnd::Unknown }),
            None => {
                let lower = names.iter().copied().filter(|name| name.n < current.n).max();
                lower.map(|epoch| ChainLink { epoch, end: EpochEnd::Unknown })
            }
        };
        // Numbers descend, so that nothing that a file says makes this go round for ever.
        let Some(below) = below.filter(|below| below.epoch.n < current.n) else { break };
        current = below.epoch;
        chain.push(below);
    }
    chain.reverse();
    Ok(chain)
}

/// Entries of an ended epoch that count and are in no source that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingEntries {
    pub epoch: Epoch,
    pub from: u64,
    /// Behind the last of them; `None` where nobody knows how many there were.
    pub to: Option<u64>,
    /// Whether the storage gave fewer than it was given: the relay has confirmed them.
    pub forgotten: bool,
}

impl ChainLink {
    /// What is missing of it when this much from the first entry on is here.
    pub(crate) fn missing(&self, here: LogExtent) -> Option<MissingEntries> {
        let (from, to) = match self.end {
            EpochEnd::Counts(end) if here == end => return None,
            EpochEnd::Counts(end) if here.size < end.size => (here.size, Some(end.size)),
            // As many, and others.
            EpochEnd::Counts(end) => (0, Some(end.size)),
            // Its first entry at least was there.
            EpochEnd::Unknown if here.size == 0 => (0, None),
            EpochEnd::Unknown | EpochEnd::Open => return None,
        };
        Some(MissingEntries { epoch: self.epoch, from, to, forgotten: false })
    }
}
