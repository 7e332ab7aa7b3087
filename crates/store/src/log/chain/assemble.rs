//! The one healer: puts an epoch together from all sources that hold something of it.

use std::io;

use record::ids::Epoch;
use record::tree::Frontier;

use super::LogExtent;
use super::source::{LineSource, LogLine, LogPiece, SourcePage};

/// Lines that nothing proves yet and that are followed at most, in search of a group behind them that does.
const UNPROVEN_LINES_MAX: u64 = 65_536;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AssembledLog {
    /// Which source is asked first: it determines the history where they hold several.
    first: usize,
    /// Whether only copies that this box made are asked.
    own: bool,
    /// The tree over what was proven, from the first entry on.
    pub(crate) frontier: Frontier,
    /// Whether it is all: it leads to the stated end; without one, there is nothing undamaged behind it.
    pub(crate) whole: bool,
}

/// What takes the lines of an assembled epoch, in order: which source they came from, the tree before them, and they.
pub(crate) type LineTaker<'a> = dyn FnMut(usize, &Frontier, LogPiece) -> io::Result<()> + 'a;

/// Finds how an epoch's lines come together. With a stated end the sources are tried in turn as the one that determines
/// the history, until one leads to the end's root; without, the first one determines it. A source continues only from a
/// history that it shares: its own tree there is the same.
///
/// # Errors
/// The disk's.
pub(crate) fn assemble_log(
    epoch: Epoch,
    end: Option<LogExtent>,
    sources: &mut [Box<dyn LineSource + '_>],
) -> io::Result<AssembledLog> {
    if let Some(end) = end {
        for first in 0..sources.len() {
            let mut walk = Walk { epoch, end: Some(end), first, own: false, sources: &mut *sources };
            let frontier = walk.run(u64::MAX, &mut |_, _, _| Ok(()))?;
            if LogExtent::of(&frontier) == end {
                return Ok(AssembledLog { first, own: false, frontier, whole: true });
            }
        }
    }
    // What nothing signed confirms counts only as far as this box wrote it itself.
    let mut walk = Walk { epoch, end, first: 0, own: true, sources };
    let frontier = walk.run(u64::MAX, &mut |_, _, _| Ok(()))?;
    let whole = end.is_none() && !walk.holds_beyond(&frontier)?;
    Ok(AssembledLog { first: 0, own: true, frontier, whole })
}

impl AssembledLog {
    /// Gives the lines in order; only those below `upto`.
    ///
    /// # Errors
    /// The disk's, and the taker's.
    pub(crate) fn each(
        &self,
        epoch: Epoch,
        sources: &mut [Box<dyn LineSource + '_>],
        upto: u64,
        take: &mut LineTaker<'_>,
    ) -> io::Result<Frontier> {
        let end = Some(LogExtent::of(&self.frontier));
        Walk { epoch, end, first: self.first, own: self.own, sources }.run(upto, take)
    }
}

struct Walk<'w, 's> {
    epoch: Epoch,
    end: Option<LogExtent>,
    first: usize,
    own: bool,
    sources: &'w mut [Box<dyn LineSource + 's>],
}

impl Walk<'_, '_> {
    fn run(&mut self, upto: u64, take: &mut LineTaker<'_>) -> io::Result<Frontier> {
        let mut frontier = Frontier::default();
        let limit = self.end.map_or(u64::MAX, |end| end.size).min(upto);
        while frontier.size() < limit {
            if let Some((source, piece)) = self.follow(&frontier)? {
                let Some(piece) = piece.cut(frontier.size(), limit) else { break };
                let after = piece.after(&frontier);
                take(source, &frontier, piece)?;
                frontier = after;
                continue;
            }
            let Some(pieces) = self.unproven(&frontier)? else { break };
            for (source, piece) in pieces {
                let Some(piece) = piece.cut(frontier.size(), limit) else { break };
                let after = piece.after(&frontier);
                take(source, &frontier, piece)?;
                frontier = after;
            }
        }
        Ok(frontier)
    }

    fn order(&self) -> Vec<usize> {
        let others = (0..self.sources.len()).filter(|at| *at != self.first);
        let all = std::iter::once(self.first).chain(others);
        all.filter(|at| self.sources.get(*at).is_some_and(|source| !self.own || source.is_own())).collect()
    }

    /// Lines behind `after` that a source's own tree proves.
    fn follow(&mut self, after: &Frontier) -> io::Result<Option<(usize, LogPiece)>> {
        for source in self.order() {
            let Some(piece) = self.sources[source].follow(self.epoch, after)? else { continue };
            if source == self.first || self.first == 0 {
                return Ok(Some((source, piece)));
            }
            // Up to where the source begins that determines the history: from there on it may have another one.
            let begins = self.sources[self.first].page(self.epoch, after.size() + 1)?;
            let upto = begins.map_or(u64::MAX, |page| page.piece.first.max(after.size() + 1));
            return Ok(piece.cut(after.size(), upto).map(|piece| (source, piece)));
        }
        Ok(None)
    }

    /// Lines whose source cannot say what they follow, until another continues them or the end comes: that proves them.
    fn unproven(&mut self, after: &Frontier) -> io::Result<Option<Vec<(usize, LogPiece)>>> {
        for source in self.order() {
            let mut pieces = Vec::new();
            let mut frontier = after.clone();
            while frontier.size() - after.size() < UNPROVEN_LINES_MAX {
                let page = self.sources[source].page(self.epoch, frontier.size())?;
                let Some(SourcePage { piece, loose: true }) = page else { break };
                if piece.first > frontier.size() {
                    break;
                }
                let limit = self.end.map_or(u64::MAX, |end| end.size);
                let Some(piece) = piece.cut(frontier.size(), limit) else { break };
                if let Some(proven) = self.proven_within(source, &frontier, &piece)? {
                    pieces.extend(piece.cut(frontier.size(), proven).map(|piece| (source, piece)));
                    return Ok(Some(pieces));
                }
                frontier = piece.after(&frontier);
                pieces.push((source, piece));
            }
        }
        Ok(None)
    }

    /// Up to where these lines are proven by what another source has behind them.
    fn proven_within(&mut self, of: usize, before: &Frontier, piece: &LogPiece) -> io::Result<Option<u64>> {
        let mut frontier = before.clone();
        // Only where another source begins again can it prove anything.
        let mut begins = Vec::new();
        for source in self.order().into_iter().filter(|source| *source != of) {
            let next = self.sources[source].page(self.epoch, before.size() + 1)?;
            begins.extend(next.filter(|page| !page.loose).map(|page| page.piece.first));
        }
        for line in &piece.lines {
            frontier.push(line.leaf());
            if self.end.is_some_and(|end| LogExtent::of(&frontier) == end) {
                return Ok(Some(frontier.size()));
            }
            let end = frontier.size() == piece.next();
            if !end && !begins.iter().any(|first| *first <= frontier.size()) {
                continue;
            }
            for source in self.order().into_iter().filter(|source| *source != of) {
                if self.sources[source].follow(self.epoch, &frontier)?.is_some() {
                    return Ok(Some(frontier.size()));
                }
            }
        }
        Ok(None)
    }

    /// Whether a source of this history has lines behind it, or says that it had.
    fn holds_beyond(&mut self, frontier: &Frontier) -> io::Result<bool> {
        for source in self.sources.iter_mut() {
            if source.goes_beyond(self.epoch, frontier)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What a source holds of an epoch from `from` on and nobody else: runs of lines that `has` does not know at their seq.
/// Both are asked in order.
///
/// # Errors
/// The disk's, and the taker's.
pub(crate) fn stray_lines(
    epoch: Epoch,
    mut from: u64,
    source: &mut dyn LineSource,
    has: &mut dyn FnMut(u64, &LogLine) -> io::Result<bool>,
    take: &mut dyn FnMut(LogPiece) -> io::Result<()>,
) -> io::Result<()> {
    while let Some(page) = source.page(epoch, from)? {
        let first = page.piece.first;
        from = page.piece.next();
        let mut stray: Option<LogPiece> = None;
        for (seq, line) in (first..).zip(page.piece.lines) {
            if has(seq, &line)? {
                if let Some(stray) = stray.take() {
                    take(stray)?;
                }
            } else {
                stray.get_or_insert_with(|| LogPiece { first: seq, lines: Vec::new() }).lines.push(line);
            }
        }
        if let Some(stray) = stray {
            take(stray)?;
        }
    }
    Ok(())
}
