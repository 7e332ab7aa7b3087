//! The name of a run, how it is made from leaf hashes, and how lines fall into runs.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits::{RUN_END_MAX, RUN_LINES_MAX};
use crate::tree::{Frontier, Hash};
use crate::values::ids::{EntryRef, Epoch};

/// Which lines a run holds: those of `epoch` with the numbers `from..to`, whose tree has this root. Two runs of one name
/// hold the same bytes. Never empty, never over [`RUN_LINES_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Stated", into = "Stated")]
pub struct RunName {
    epoch: Epoch,
    from: u64,
    to: u64,
    root: Hash,
}

#[derive(Serialize, Deserialize)]
struct Stated {
    epoch: Epoch,
    from: u64,
    to: u64,
    root: Hash,
}

/// Why something names no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RunNameError {
    /// Not `<epoch>-<from>-<to>-<root>`, or not in its one spelling.
    #[error("a run is named `<epoch>-<from>-<to>-<root>`")]
    Form,
    /// Empty, upside down, too long, or beyond every log.
    #[error("a run has 1 to {RUN_LINES_MAX} lines, with numbers below 2^48")]
    Length,
}

impl RunName {
    /// Of lines `from..to` of an epoch.
    ///
    /// # Errors
    /// [`RunNameError::Length`].
    pub fn new(epoch: Epoch, lines: Range<u64>, root: Hash) -> Result<Self, RunNameError> {
        let count = lines.end.checked_sub(lines.start).ok_or(RunNameError::Length)?;
        let fits = (1..=RUN_LINES_MAX).contains(&count) && lines.end <= RUN_END_MAX;
        fits.then_some(Self { epoch, from: lines.start, to: lines.end, root }).ok_or(RunNameError::Length)
    }

    /// Whose lines.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The numbers of its lines.
    pub fn lines(&self) -> Range<u64> {
        self.from..self.to
    }

    /// How many lines it has.
    pub fn count(&self) -> u64 {
        self.to - self.from
    }

    /// Root of the tree over its lines.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Whether a line with this number of this epoch would be in it.
    pub fn covers(&self, of: EntryRef) -> bool {
        of.epoch == self.epoch && self.lines().contains(&of.seq)
    }

    /// Whether the other run begins where this one ends.
    pub fn touches(&self, next: &Self) -> bool {
        self.epoch == next.epoch && self.to == next.from
    }
}

impl TryFrom<Stated> for RunName {
    type Error = RunNameError;
    fn try_from(stated: Stated) -> Result<Self, RunNameError> {
        Self::new(stated.epoch, stated.from..stated.to, stated.root)
    }
}

impl From<RunName> for Stated {
    fn from(name: RunName) -> Self {
        Self { epoch: name.epoch, from: name.from, to: name.to, root: name.root }
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}-{}", self.epoch, self.from, self.to, self.root)
    }
}

fn parse_seq(text: &str) -> Result<u64, RunNameError> {
    text.parse::<u64>().map_err(|_| RunNameError::Form)
}

impl FromStr for RunName {
    type Err = RunNameError;
    fn from_str(text: &str) -> Result<Self, RunNameError> {
        let mut parts = text.rsplitn(4, '-');
        let (Some(root), Some(to), Some(from), Some(epoch)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(RunNameError::Form);
        };
        let epoch: Epoch = epoch.parse().map_err(|_| RunNameError::Form)?;
        let root: Hash = root.parse().map_err(|_| RunNameError::Form)?;
        let name = Self::new(epoch, parse_seq(from)?..parse_seq(to)?, root)?;
        // One run has one name: no signs, no leading zeros.
        if name.to_string() == text { Ok(name) } else { Err(RunNameError::Form) }
    }
}

/// Names a run from its leaves, which come in order.
#[derive(Debug, Clone)]
pub struct RunNamer {
    epoch: Epoch,
    from: u64,
    tree: Frontier,
}

impl RunNamer {
    /// For lines of `epoch` from number `from` on.
    pub fn new(epoch: Epoch, from: u64) -> Self {
        Self { epoch, from, tree: Frontier::default() }
    }

    /// Takes the leaf hash of the next line.
    pub fn push(&mut self, leaf: Hash) {
        self.tree.push(leaf);
    }

    /// The number of the line that comes next.
    pub fn next_seq(&self) -> u64 {
        self.from.saturating_add(self.tree.size())
    }

    /// Root over the lines so far.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The name of the lines so far.
    ///
    /// # Errors
    /// [`RunNameError::Length`]: there are none, or too many.
    pub fn name(&self) -> Result<RunName, RunNameError> {
        RunName::new(self.epoch, self.from..self.next_seq(), self.root())
    }
}

/// The runs that hold exactly these lines of an epoch: one for each unbroken piece, cut at [`RUN_LINES_MAX`]. `lines` are
/// numbers with their leaf hashes, ascending; of two with one number only the first is taken.
pub fn split_runs(epoch: Epoch, lines: impl IntoIterator<Item = (u64, Hash)>) -> Vec<RunName> {
    let mut runs = Vec::new();
    let mut open: Option<RunNamer> = None;
    for (seq, leaf) in lines {
        let namer = match open.as_mut() {
            Some(namer) if seq < namer.next_seq() => continue,
            Some(namer) if seq == namer.next_seq() && namer.tree.size() < RUN_LINES_MAX => namer,
            _ => {
                runs.extend(open.take().and_then(|namer| namer.name().ok()));
                open.insert(RunNamer::new(epoch, seq))
            }
        };
        namer.push(leaf);
    }
    runs.extend(open.and_then(|namer| namer.name().ok()));
    runs
}

/// Which runs can be one: each list holds runs that touch, in order, and fits one run. Runs of another branch (the same
/// numbers with another root) stay by themselves. To be done before they are adopted: each is a file and an entry.
pub fn join_runs(runs: &[RunName]) -> Vec<Vec<RunName>> {
    let mut sorted = runs.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut joined: Vec<Vec<RunName>> = Vec::new();
    for run in sorted {
        match joined.iter_mut().rev().find(|list: &&mut Vec<RunName>| {
            let (Some(first), Some(last)) = (list.first(), list.last()) else { return false };
            last.touches(&run) && run.to - first.from <= RUN_LINES_MAX
        }) {
            Some(list) => list.push(run),
            None => joined.push(vec![run]),
        }
    }
    joined
}
