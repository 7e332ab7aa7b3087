//! Makes an epoch's journal what its sources together prove: the one routine behind start, rebuild, integrity check,
//! back-fill and restore.

use std::collections::{BTreeMap, BTreeSet};

use record::checkpoint::LogOrigin;
use record::ids::{BoxId, Epoch};
use record::tree::{Frontier, Hash};

use super::closed_journal::is_continuous;
use crate::io::disk::{Disk, is_lost, remove_if_there};
use crate::io::error::StoreError;
use crate::io::unreadable::read_what_is_left;
use crate::log::chain::{AssembledLog, LineSource, LogExtent, LogPiece, assemble_log};
use crate::log::displaced::DisplacedFile;
use crate::log::gap_filler::GapFiller;
use crate::log::journal::Journal;
use crate::log::linked::LinkedEpoch;
use crate::log::rewriter::install_segments;
use crate::log::scan::SegmentFile;
use crate::log::segment::GROUP_BYTES_MAX;
use crate::sources::{BranchSource, LogCopies, SegmentSource};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HealedEpoch {
    /// The tree over what the journal holds of it now, from the first entry on.
    pub(crate) frontier: Frontier,
    pub(crate) whole: bool,
    /// Whether anything of the journal was rewritten.
    pub(crate) wrote: bool,
    /// The copies that the rewritten parts came from, besides the journal.
    pub(crate) from: Vec<String>,
}

/// Notes a repair that is about to be made: which copies it comes from.
pub(crate) type NoteRepair<'a> = &'a dyn Fn(&[String]) -> Result<(), StoreError>;

pub(crate) struct JournalRepair<'a> {
    pub(crate) copies: &'a LogCopies,
    pub(crate) box_id: BoxId,
    pub(crate) segment_bytes: u64,
    /// Called, before anything is rewritten, with the copies besides the journal that it comes from.
    pub(crate) before_write: Option<NoteRepair<'a>>,
}

struct Found {
    segment: SegmentFile,
    ends: Option<(Frontier, Frontier)>,
}

struct Plan {
    found: Vec<Found>,
    stored: Vec<bool>,
    /// Ranges that are rewritten.
    gaps: Vec<(u64, u64)>,
    /// Whether any line comes from another copy than the journal.
    others: bool,
}

impl JournalRepair<'_> {
    fn disk(&self) -> &dyn Disk {
        &*self.copies.disk
    }

    fn io(&self, epoch: Epoch) -> impl FnOnce(std::io::Error) -> StoreError + use<> {
        StoreError::io(Journal::dir(&LogOrigin { box_id: self.box_id, epoch }))
    }

    /// Heals an epoch up to its stated end, or without one as far as its sources go. Segments that begin at `upto` or
    /// behind it are somebody's who is writing them.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn heal(
        &self,
        epoch: Epoch,
        end: Option<LogExtent>,
        upto: u64,
    ) -> Result<HealedEpoch, StoreError> {
        let found = self.found(epoch, upto)?;
        if let Some(end) = end
            && let Some(frontier) = is_continuous(found.iter().map(|found| found.ends.clone()))
            && LogExtent::of(&frontier) == end
        {
            return Ok(HealedEpoch { frontier, whole: true, wrote: false, from: Vec::new() });
        }
        let mut sources = self.copies.sources(epoch)?;
        let mut assembled = assemble_log(epoch, end, &mut sources).map_err(self.io(epoch))?;
        if let Some(end) = end.filter(|_| !assembled.whole)
            && let Some(branch) = BranchSource::find(self.copies, epoch, end)?
        {
            sources.push(Box::new(branch));
            assembled = assemble_log(epoch, Some(end), &mut sources).map_err(self.io(epoch))?;
        }
        let mut whole = assembled.whole;
        if end.is_none() && whole {
            // A segment that begins behind it says that there was more.
            let size = assembled.frontier.size();
            whole = found.iter().all(|found| found.segment.first <= size)
                && self.tail_is_partial(epoch, &assembled, &mut sources)?;
        }
        let plan = self.plan(epoch, &assembled, &mut sources, found)?;
        // What is behind a hole stays where it is, until the hole is filled.
        let worth = whole || plan.others;
        let wrote = worth && (!plan.gaps.is_empty() || plan.stored.contains(&false));
        let from = if wrote { self.write(epoch, &assembled, &mut sources, &plan)? } else { Vec::new() };
        Ok(HealedEpoch { frontier: assembled.frontier, whole, wrote, from })
    }

    fn found(&self, epoch: Epoch, upto: u64) -> Result<Vec<Found>, StoreError> {
        let origin = LogOrigin { box_id: self.box_id, epoch };
        let mut all = Vec::new();
        for segment in SegmentFile::list(self.disk(), &Journal::dir(&origin)).map_err(self.io(epoch))? {
            if segment.first >= upto {
                continue;
            }
            let ends = LinkedEpoch::ends(self.disk(), &segment, &origin).map_err(self.io(epoch))?;
            all.push(Found { segment, ends });
        }
        Ok(all)
    }

    /// Whether the bytes behind what was assembled can be a group that was never acknowledged: never more than one.
    fn tail_is_partial(
        &self,
        epoch: Epoch,
        assembled: &AssembledLog,
        sources: &mut [Box<dyn LineSource + '_>],
    ) -> Result<bool, StoreError> {
        let dir = Journal::dir(&LogOrigin { box_id: self.box_id, epoch });
        let segments = SegmentFile::list(self.disk(), &dir).map_err(self.io(epoch))?;
        let Some(newest) = segments.last() else { return Ok(true) };
        let tail = crate::log::tail::measure_tail(self.disk(), newest).map_err(self.io(epoch))?;
        if newest.sealed && tail.nonzero > 0 {
            // It was closed and whole: nothing of it was ever torn.
            return Ok(false);
        }
        // A torn group can be read: it is only not whole.
        let partial = if tail.lost { 0 } else { GROUP_BYTES_MAX as u64 };
        if tail.nonzero <= partial {
            return Ok(true);
        }
        // What other copies gave for those bytes was in them.
        let mut filled = 0;
        assembled
            .each(epoch, sources, u64::MAX, &mut |_, _, piece| {
                if let Some(piece) = piece.cut(tail.next, u64::MAX) {
                    filled +=
                        piece.lines.iter().map(|l| (l.entry.len() + l.texts.len()) as u64 + 1).sum::<u64>();
                    filled += crate::io::disk::PAGE_BYTES as u64;
                }
                Ok(())
            })
            .map_err(self.io(epoch))?;
        Ok(tail.nonzero <= filled + partial)
    }

    /// Which segments are on the path that was found, and what is between them.
    fn plan(
        &self,
        epoch: Epoch,
        assembled: &AssembledLog,
        sources: &mut [Box<dyn LineSource + '_>],
        found: Vec<Found>,
    ) -> Result<Plan, StoreError> {
        let ends = found.iter().filter_map(|f| f.ends.as_ref());
        let expected: BTreeSet<u64> =
            ends.flat_map(|(before, after)| [before.size(), after.size()]).collect();
        let mut trees: BTreeMap<u64, Frontier> = BTreeMap::from([(0, Frontier::default())]);
        let mut others = false;
        assembled
            .each(epoch, sources, u64::MAX, &mut |source, before, piece| {
                others |= source > 0;
                let mut running = before.clone();
                for line in &piece.lines {
                    running.push(line.leaf());
                    if expected.contains(&running.size()) {
                        trees.insert(running.size(), running.clone());
                    }
                }
                Ok(())
            })
            .map_err(self.io(epoch))?;
        let total = assembled.frontier.size();
        let (mut stored, mut gaps, mut at) = (vec![false; found.len()], Vec::new(), 0);
        for (i, Found { ends, .. }) in found.iter().enumerate() {
            let Some((before, after)) = ends else { continue };
            let on_way = trees.get(&before.size()) == Some(before) && trees.get(&after.size()) == Some(after);
            let fresh = after.size() > before.size() || before.size() == total;
            if on_way && fresh && before.size() >= at {
                stored[i] = true;
                if before.size() > at {
                    gaps.push((at, before.size()));
                }
                at = after.size();
            }
        }
        if at < total {
            gaps.push((at, total));
        }
        Ok(Plan { found, stored, gaps, others })
    }

    /// Rewrites the gaps under temporary names, keeps what would be dropped, and only then puts them in place: the last
    /// one first, so that at no moment a line is in no file.
    fn write(
        &self,
        epoch: Epoch,
        assembled: &AssembledLog,
        sources: &mut [Box<dyn LineSource + '_>],
        plan: &Plan,
    ) -> Result<Vec<String>, StoreError> {
        let origin = LogOrigin { box_id: self.box_id, epoch };
        let (disk, dir) = (self.disk(), Journal::dir(&origin));
        disk.make_dir(&dir).map_err(StoreError::io(dir.as_str()))?;
        disk.sync_dir("log").map_err(StoreError::io(dir.as_str()))?;
        let bad: Vec<&SegmentFile> = plan
            .found
            .iter()
            .zip(&plan.stored)
            .filter(|(_, stored)| !**stored)
            .map(|(f, _)| &f.segment)
            .collect();
        let mut dropped = self.lines_of(epoch, &bad)?;
        let firsts = bad.iter().map(|s| s.first).collect();
        let mut filler = GapFiller::new((&*self.copies.disk, self.segment_bytes), origin, &plan.gaps, firsts);
        let mut failed = None;
        let walked = assembled.each(epoch, sources, u64::MAX, &mut |source, before, piece| {
            for (seq, line) in (piece.first..).zip(&piece.lines) {
                if let Some(leaves) = dropped.get_mut(&seq) {
                    leaves.remove(&line.leaf());
                }
            }
            filler.take(source, before, &piece).map_err(|e| {
                failed = Some(e);
                std::io::Error::other("the journal could not be written")
            })
        });
        if let Some(failed) = failed {
            return Err(failed);
        }
        walked.map_err(StoreError::io(dir.as_str()))?;
        let (new, used) = filler.finish()?;
        dropped.retain(|_, leaves| !leaves.is_empty());
        let from: Vec<String> = used.iter().filter(|at| **at > 0).map(|at| sources[*at].name()).collect();
        self.before_write.map_or(Ok(()), |note| note(&from))?;
        self.keep(epoch, &bad, &dropped)?;
        for segment in new.iter().rev() {
            let sealed = SegmentFile::sealed(&dir, segment.first);
            let was = bad.iter().any(|old| old.path == sealed.path);
            install_segments(disk, segment, was.then_some(&sealed))?;
        }
        for old in bad {
            let replaced = new.iter().any(|segment| segment.first == old.first);
            if !replaced {
                remove_if_there(disk, &old.path).map_err(StoreError::io(dir.as_str()))?;
            }
        }
        disk.sync_dir(&dir).map_err(StoreError::io(dir.as_str()))?;
        Ok(from)
    }

    fn lines_of(
        &self,
        epoch: Epoch,
        segments: &[&SegmentFile],
    ) -> Result<BTreeMap<u64, BTreeSet<Hash>>, StoreError> {
        let mut all: BTreeMap<u64, BTreeSet<Hash>> = BTreeMap::new();
        for segment in segments {
            self.read(epoch, segment, &mut |piece| {
                for (seq, line) in (piece.first..).zip(&piece.lines) {
                    all.entry(seq).or_default().insert(line.leaf());
                }
                Ok(())
            })?;
        }
        Ok(all)
    }

    fn read(
        &self,
        epoch: Epoch,
        segment: &SegmentFile,
        take: &mut dyn FnMut(LogPiece) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut source = SegmentSource::one(self.copies.disk.clone(), epoch, segment.clone());
        let mut from = 0;
        while let Some(page) = source.page(epoch, from).map_err(self.io(epoch))? {
            from = page.piece.next();
            take(page.piece)?;
        }
        Ok(())
    }

    /// Keeps bytes behind the last group of a plain segment that is rewritten. A group that was torn while it was
    /// written was never acknowledged, but damage in the last one looks the same.
    fn keep_partial(&self, epoch: Epoch, segment: &SegmentFile) -> Result<(), StoreError> {
        let tail = crate::log::tail::measure_tail(self.disk(), segment)
            .map_err(StoreError::io(segment.path.as_str()))?;
        if segment.sealed || tail.nonzero == 0 {
            return Ok(());
        }
        let mut bytes = vec![0; usize::try_from(tail.end - tail.at).unwrap_or(0).min(GROUP_BYTES_MAX)];
        let file = match self.disk().open(&segment.path) {
            Err(e) if is_lost(&e) => return Ok(()),
            opened => opened.map_err(StoreError::io(segment.path.as_str()))?,
        };
        read_what_is_left(&*file, tail.at, &mut bytes).map_err(StoreError::io(segment.path.as_str()))?;
        let dir = Journal::dir(&LogOrigin { box_id: self.box_id, epoch });
        // By where it was: an interrupted start that finds it again writes the same file.
        let name = format!("cut-{:012}-{}-{}", tail.next, segment.first, tail.at);
        crate::io::disk::put_small(self.disk(), &format!("{dir}/{name}"), &bytes)
            .map_err(StoreError::io(segment.path.as_str()))
    }

    fn keep(
        &self,
        epoch: Epoch,
        segments: &[&SegmentFile],
        expected: &BTreeMap<u64, BTreeSet<Hash>>,
    ) -> Result<(), StoreError> {
        for segment in segments {
            self.keep_partial(epoch, segment)?;
        }
        if expected.is_empty() {
            return Ok(());
        }
        let mut file = DisplacedFile::new(self.disk(), LogOrigin { box_id: self.box_id, epoch });
        for segment in segments {
            self.read(epoch, segment, &mut |piece| {
                let mut run: Option<LogPiece> = None;
                for (seq, line) in (piece.first..).zip(piece.lines) {
                    if expected.get(&seq).is_some_and(|leaves| leaves.contains(&line.leaf())) {
                        run.get_or_insert_with(|| LogPiece { first: seq, lines: Vec::new() })
                            .lines
                            .push(line);
                    } else if let Some(run) = run.take() {
                        file.take(&run)?;
                    }
                }
                run.map_or(Ok(()), |run| file.take(&run))
            })?;
        }
        file.finish().map(drop)
    }
}
