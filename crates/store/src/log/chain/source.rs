//! A place where lines of the log can be read, believed only as far as hashes prove.

use std::io;

use record::entry::Entry;
use record::ids::Epoch;
use record::kinds::{Event, LogStarted};
use record::tree::{Frontier, Hash, leaf_hash};

/// One entry's exact bytes, and the lines of its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogLine {
    pub(crate) entry: Vec<u8>,
    /// `#t` lines, each with its newline.
    pub(crate) texts: Vec<u8>,
}

impl LogLine {
    pub(crate) fn leaf(&self) -> Hash {
        leaf_hash(&self.entry)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogPiece {
    pub(crate) first: u64,
    pub(crate) lines: Vec<LogLine>,
}

impl LogPiece {
    pub(crate) fn next(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// What the first line of a log says, where this piece begins with it.
    pub(crate) fn first_log_started(&self) -> Option<LogStarted> {
        let line = self.lines.first().filter(|_| self.first == 0)?;
        match Entry::view(std::str::from_utf8(&line.entry).ok()?).ok()?.event() {
            Event::LogStarted(started) => Some(*started),
            _ => None,
        }
    }

    /// The lines of `[from, to)`; `None` where that is none of them.
    pub(crate) fn cut(mut self, from: u64, to: u64) -> Option<Self> {
        let (from, to) = (from.max(self.first), to.min(self.next()));
        if from >= to {
            return None;
        }
        let [skip, end] = [from, to].map(|seq| usize::try_from(seq - self.first).unwrap_or(usize::MAX));
        self.lines.drain(..skip);
        self.lines.truncate(end - skip);
        self.first = from;
        Some(self)
    }

    /// The tree behind them, when they are right behind `before`.
    pub(crate) fn after(&self, before: &Frontier) -> Frontier {
        let mut after = before.clone();
        self.lines.iter().for_each(|line| after.push(line.leaf()));
        after
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourcePage {
    pub(crate) piece: LogPiece,
    /// Whether the source itself cannot say what they follow: then only what comes behind them proves them.
    pub(crate) loose: bool,
}

/// A copy of the log, or of a part of it.
pub(crate) trait LineSource {
    fn name(&self) -> String;

    /// Whether this box made it. What others gave counts only where it leads to what was signed.
    fn is_own(&self) -> bool;

    /// Lines that by the source's own tree are right behind this one.
    ///
    /// # Errors
    /// The disk's.
    fn follow(&mut self, epoch: Epoch, after: &Frontier) -> io::Result<Option<LogPiece>>;

    /// The first undamaged lines at or behind `from`.
    ///
    /// # Errors
    /// The disk's.
    fn page(&mut self, epoch: Epoch, from: u64) -> io::Result<Option<SourcePage>>;

    /// Whether it has this very history, and holds more of it or says that it did: then something was lost in between.
    ///
    /// # Errors
    /// The disk's.
    fn goes_beyond(&mut self, epoch: Epoch, frontier: &Frontier) -> io::Result<bool>;

    /// Epochs of which it holds something, with how much it says that it has: never believed, only a reason to look.
    ///
    /// # Errors
    /// The disk's.
    fn claims(&mut self) -> io::Result<Vec<(Epoch, u64)>>;
}
