//! Lines of a source by their numbers and hashes: what several copies of one epoch hold is compared and read so.

use std::io;
use std::ops::Range;

use record::adoption::LeafRange;
use record::ids::Epoch;
use record::tree::Hash;

use super::source::{LineSource, LogLine};

/// The unbroken pieces that a source holds of these lines, numbered from the first of them.
///
/// # Errors
/// The source's.
pub(crate) fn leaf_ranges(
    source: &mut dyn LineSource,
    epoch: Epoch,
    lines: Range<u64>,
) -> io::Result<Vec<LeafRange>> {
    let mut all: Vec<LeafRange> = Vec::new();
    let mut from = lines.start;
    while let Some(page) = source.page(epoch, from)? {
        from = page.piece.next();
        let Some(piece) = page.piece.cut(lines.start, lines.end) else { break };
        let at = piece.first - lines.start;
        let leaves = piece.lines.iter().map(LogLine::leaf);
        match all.last_mut().filter(|last| last.from + last.leaves.len() as u64 == at) {
            Some(last) => last.leaves.extend(leaves),
            None => all.push(LeafRange { from: at, leaves: leaves.collect() }),
        }
        if from >= lines.end {
            break;
        }
    }
    Ok(all)
}

pub(crate) type CachedPage = Option<(u64, Vec<LogLine>)>;

/// The line of a source that has this number and hash.
///
/// # Errors
/// The source's; `NotFound`.
pub(crate) fn line_at(
    source: &mut dyn LineSource,
    epoch: Epoch,
    (seq, leaf): (u64, Hash),
    cached: &mut CachedPage,
) -> io::Result<LogLine> {
    if let Some(line) = find_cached(cached, seq, leaf) {
        return Ok(line);
    }
    *cached = source.page(epoch, seq)?.map(|page| (page.piece.first, page.piece.lines));
    find_cached(cached, seq, leaf).ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn find_cached(page: &CachedPage, seq: u64, leaf: Hash) -> Option<LogLine> {
    let (first, lines) = page.as_ref()?;
    let line = lines.get(usize::try_from(seq.checked_sub(*first)?).ok()?)?;
    (line.leaf() == leaf).then(|| line.clone())
}
