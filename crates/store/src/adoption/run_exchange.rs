//! What the uplink asks of the store for the exchange of runs: which are adopted, their files, and lines that become runs
//! at the next start.

use std::collections::BTreeSet;
use std::ops::Range;

use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::fold::LinePlace;
use record::ids::Epoch;
use record::kinds::EntryRef;
use record::limits::RUN_LINES_MAX;
use record::redact::TextLine;
use record::run::{RunName, RunNamer};
use record::tree::Hash;

use super::adopt::CountedLines;
use crate::Store;
use crate::index::places::RunState;
use crate::io::error::StoreError;
use crate::log::chain::{LineSource, LogLine, LogPiece};
use crate::log::displaced;
use crate::log::displaced::DisplacedFile;
use crate::log::own_texts::own_texts;
use crate::log::segment::GroupWriter;
use crate::runs::run_file;
use crate::side_files::fetch_space::{bytes_of, reserve_space};
use crate::sources::{RunSource, SegmentSource};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdoptedRuns {
    pub counting: Vec<RunName>,
    pub lacking: Vec<RunName>,
    /// Entries of the present epoch up to the last that adopts one.
    pub named_within: u64,
}

impl Store {
    pub fn adopted_runs(&self) -> AdoptedRuns {
        let (places, present) = (self.shared.places(), self.origin().epoch);
        let mut all = AdoptedRuns::default();
        for adopted in places.runs() {
            let by = adopted.adopting();
            if by.run.is_none() && by.of.epoch == present {
                all.named_within = all.named_within.max(by.of.seq + 1);
            }
            match adopted.state {
                RunState::Counts => all.counting.push(adopted.by.run),
                RunState::Lacks | RunState::Waits => all.lacking.push(adopted.by.run),
            }
        }
        all
    }

    /// Begins to keep lines of an epoch that count nowhere: one file for all of them, however many pages they come in.
    ///
    /// # Errors
    /// The disk's.
    pub fn missing_lines(&self, epoch: Epoch) -> Result<MissingLines<'_>, StoreError> {
        let disk = &self.shared.disk;
        let mut stored: Vec<Box<dyn LineSource>> =
            vec![Box::new(RunSource::new(disk.clone(), self.origin().box_id))];
        for path in displaced::of_epoch(&**disk, epoch)? {
            stored.push(Box::new(SegmentSource::loose(disk.clone(), epoch, path)));
        }
        let file = DisplacedFile::new(&**disk, LogOrigin { epoch, ..self.origin() });
        Ok(MissingLines { store: self, epoch, stored, file })
    }

    /// Makes runs of entries of an ended epoch that the relay cannot have in their own place, and marks them: the next start
    /// adopts them although they count here. What such a run has already needs no other, whatever the relay says: says whether
    /// there are any that were not marked before.
    ///
    /// # Errors
    /// The disk's and the database's.
    pub fn owe_lines(&self, epoch: Epoch, from: u64, to: u64) -> Result<bool, StoreError> {
        let (disk, box_id) = (&*self.shared.disk, self.origin().box_id);
        let gone = self.lines_in_runs(epoch)?;
        let mut owes = false;
        let mut first = from;
        while first < to {
            if let Some(behind) =
                gone.iter().filter(|lines| lines.contains(&first)).map(|lines| lines.end).max()
            {
                first = behind;
                continue;
            }
            let next = gone.iter().map(|lines| lines.start).filter(|start| *start > first).min();
            let end = to.min(first + RUN_LINES_MAX).min(next.unwrap_or(to));
            let mut namer = RunNamer::new(epoch, first);
            for seq in first..end {
                namer.push(self.owed_entry(epoch, seq)?.0.leaf());
            }
            let span = first..end;
            first = end;
            let Ok(name) = namer.name() else { continue };
            run_file::mark_owed(disk, &name)?;
            if !run_file::is_whole(disk, box_id, &name) {
                run_file::write_run(disk, box_id, &name, &mut |seq| {
                    let (entry, texts) = self.owed_entry(epoch, seq).map_err(std::io::Error::other)?;
                    let mut beside = GroupWriter::default();
                    texts.iter().for_each(|text| beside.text(text));
                    Ok(LogLine { entry: entry.bytes().to_vec(), texts: beside.bytes().to_vec() })
                })?;
            }
            tracing::warn!(run = %name, lines = span.end - span.start, "the relay cannot have these in their own place");
            owes = true;
        }
        Ok(owes)
    }

    /// Lines of an epoch that count in their place and are in a run too: one that was adopted, or is waiting for that.
    fn lines_in_runs(&self, epoch: Epoch) -> Result<Vec<Range<u64>>, StoreError> {
        let (disk, box_id) = (&*self.shared.disk, self.origin().box_id);
        let waiting =
            run_file::owed_runs(disk)?.into_iter().filter(|run| run_file::is_whole(disk, box_id, run));
        let mut all: Vec<Range<u64>> =
            waiting.filter(|run| run.epoch() == epoch).map(|run| run.lines()).collect();
        let reader = self.reader()?;
        for run in self.adopted_runs().counting.iter().filter(|run| run.epoch() == epoch) {
            // A line that a run brought is in the run; one that counted before is not.
            let ends = [run.lines().start, run.lines().end - 1];
            let mut own = true;
            for seq in ends {
                let of = EntryRef { epoch, seq };
                own = own && reader.line(LinePlace { of, run: Some(*run) })?.is_none();
            }
            if own {
                all.push(run.lines());
            }
        }
        Ok(all)
    }

    fn owed_entry(&self, epoch: Epoch, seq: u64) -> Result<(Entry, Vec<TextLine>), StoreError> {
        let reader = self.reader_of(epoch)?;
        let entry = reader.entry(seq)?.ok_or(StoreError::NoEntry { seq, size: reader.size() })?;
        let texts = reader.texts_named(&entry)?;
        Ok((entry, texts))
    }
}

/// Keeps lines that somebody gave and that count nowhere; the next start adopts them.
pub struct MissingLines<'a> {
    store: &'a Store,
    epoch: Epoch,
    /// What waits for a start already, beside the log or in runs.
    stored: Vec<Box<dyn LineSource>>,
    file: DisplacedFile<'a>,
}

impl MissingLines<'_> {
    /// Takes lines, in the order of their numbers and behind those that it took before, but for those that count or are
    /// kept already.
    ///
    /// # Errors
    /// The disk's and the database's.
    pub fn take(&mut self, entries: &[Entry], texts: &[TextLine]) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(()) };
        let shared = &self.store.shared;
        reserve_space(&*shared.disk, bytes_of(entries, texts))?;
        // Of this moment: a transaction that is held keeps the database from using its pages again.
        let counted = CountedLines::of(&*shared.settled_db()?, Some(self.store.origin().epoch))?;
        let stored = self.stored_lines(first.seq()..last.seq() + 1)?;
        for entry in entries {
            let line = (entry.seq(), entry.leaf());
            if stored.contains(&line) || counted.has(self.epoch, line.0, line.1)? {
                continue;
            }
            let mut beside = GroupWriter::default();
            own_texts(entry, texts).into_iter().for_each(|text| beside.text(text));
            let line = LogLine { entry: entry.bytes().to_vec(), texts: beside.bytes().to_vec() };
            self.file.take(&LogPiece { first: entry.seq(), lines: vec![counted.drop_erased(line)?] })?;
        }
        Ok(())
    }

    /// Makes them durable; how many they were.
    ///
    /// # Errors
    /// The disk's.
    pub fn finish(self) -> Result<u64, StoreError> {
        self.file.finish()
    }

    fn stored_lines(&mut self, numbers: Range<u64>) -> Result<BTreeSet<(u64, Hash)>, StoreError> {
        let mut stored = BTreeSet::new();
        for source in &mut self.stored {
            let mut from = numbers.start;
            while let Some(page) = source.page(self.epoch, from).map_err(StoreError::io(displaced::DIR))? {
                from = page.piece.next();
                let Some(piece) = page.piece.cut(numbers.start, numbers.end) else { break };
                stored.extend((piece.first..).zip(piece.lines.iter().map(LogLine::leaf)));
            }
        }
        Ok(stored)
    }
}
