//! Adoption by reference: lines that the log has no place for any more become runs, and an entry of the open epoch makes
//! the lines of each count again, as they are (FORMAT.md, sections 10 and 11).

use std::collections::BTreeSet;
use std::sync::Arc;

use record::checkpoint::Origin;
use record::entry::{By, Draft};
use record::ids::{BoxId, Epoch};
use record::kinds::{EntryRef, LogAdopted};
use record::limits::RUN_LINES_MAX;
use record::run::{RunName, RunNamer, RunReader};
use record::tree::{Hash, leaf_hash};
use redb::{Database, ReadTransaction, ReadableDatabase as _, ReadableTableMetadata as _};

use super::chain::{CachedPage, LogLine, LogPiece, Source, line_at, strays};
use super::core::Core;
use super::database;
use super::disk::Disk;
use super::displaced::{self, DisplacedFile};
use super::error::StoreError;
use super::places::Places;
use super::runs;
use super::segment::GroupWriter;
use super::sources::{LogCopies, RunSource, SegmentSource};
use super::tables;
use super::untold;

/// Runs that are adopted in one command.
const ADOPTED_AT_ONCE: usize = 64;

fn failed<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "looking for lines that count", source: e.into() }
}

/// Keeps beside the log what journal and databases hold of an epoch from `end` on and no run has; the numbers of all such
/// lines, in a run or not.
///
/// # Errors
/// The disk's.
pub(super) fn displace_beyond(
    copies: &LogCopies,
    origin: Origin,
    end: u64,
) -> Result<BTreeSet<u64>, StoreError> {
    let epoch = origin.epoch;
    let mut known: BTreeSet<(u64, Hash)> = BTreeSet::new();
    // What an interrupted start has kept already is not kept again.
    let mut kept: Vec<Box<dyn Source>> = vec![Box::new(RunSource::new(copies.disk.clone(), origin.box_id))];
    for path in displaced::of_epoch(&*copies.disk, epoch)? {
        kept.push(Box::new(SegmentSource::loose(copies.disk.clone(), epoch, path)));
    }
    for mut source in kept {
        let mut note = |seq: u64, line: &LogLine| {
            known.insert((seq, line.leaf()));
            Ok(true)
        };
        strays(epoch, end, &mut *source, &mut note, &mut |_| Ok(())).map_err(StoreError::io("the log"))?;
    }
    let journal: Box<dyn Source + '_> = Box::new(SegmentSource::journal(copies.disk.clone()));
    for mut source in std::iter::once(journal).chain(copies.databases()) {
        let mut file = DisplacedFile::new(&*copies.disk, origin);
        let mut failed = None;
        let mut has = |seq: u64, line: &LogLine| Ok(seq < end || !known.insert((seq, line.leaf())));
        let mut take = |piece: LogPiece| {
            file.take(&piece).map_err(|e| {
                failed = Some(e);
                std::io::Error::other("it could not be written")
            })
        };
        let walked = strays(epoch, end, &mut *source, &mut has, &mut take);
        if let Some(failed) = failed {
            return Err(failed);
        }
        walked.map_err(StoreError::io("the log"))?;
        file.finish()?;
    }
    Ok(known.into_iter().map(|(seq, _)| seq).collect())
}

/// Which lines count, as a database has it.
pub(super) struct CountedLines {
    txn: ReadTransaction,
    places: Places,
}

impl CountedLines {
    /// Of a database that was brought up to the log.
    ///
    /// # Errors
    /// redb's; damage.
    pub(super) fn of(db: &Database, written: Option<Epoch>) -> Result<Self, StoreError> {
        let epochs = database::held(db)?.map_or(Vec::new(), |held| held.epochs);
        let places = database::places(db, epochs.into_iter().map(|(epoch, _)| epoch), written)?;
        Ok(Self { txn: db.begin_read().map_err(failed)?, places })
    }

    /// The runs that entries adopt, and the epochs.
    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// Whether a line counts: in the chain, or by a run.
    pub(super) fn has(&self, epoch: Epoch, seq: u64, leaf: Hash) -> Result<bool, StoreError> {
        let entries = self.txn.open_table(tables::ENTRIES).map_err(failed)?;
        for key in self.places.keys_of_line(EntryRef { epoch, seq }) {
            let there = entries.get(key).map_err(failed)?;
            if there.is_some_and(|there| leaf_hash(there.value()) == leaf) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes the texts away that were erased: a copy must not bring one back.
    ///
    /// # Errors
    /// redb's.
    pub(super) fn drop_erased(&self, line: LogLine) -> Result<LogLine, StoreError> {
        let erased = self.txn.open_table(tables::ERASED).map_err(failed)?;
        if line.texts.is_empty() || erased.is_empty().map_err(failed)? {
            return Ok(line);
        }
        let mut kept = GroupWriter::default();
        for text in runs::texts_of(&line) {
            if erased.get(&text.hash().0).map_err(failed)?.is_none() {
                kept.text(&text);
            }
        }
        Ok(LogLine { texts: kept.bytes().to_vec(), ..line })
    }

    /// Hashes of those texts of a run's file that were erased.
    ///
    /// # Errors
    /// redb's.
    pub(super) fn erased_in(
        &self,
        file: impl std::io::Read,
        box_id: BoxId,
        name: &RunName,
    ) -> Result<BTreeSet<[u8; 32]>, StoreError> {
        let erased = self.txn.open_table(tables::ERASED).map_err(failed)?;
        let mut found = BTreeSet::new();
        let Ok(mut reader) = RunReader::open(file, box_id, *name) else { return Ok(found) };
        while let Ok(Some(group)) = reader.next_group() {
            for text in group.iter().flat_map(|line| &line.texts) {
                if erased.get(&text.hash().0).map_err(failed)?.is_some() {
                    found.insert(text.hash().0);
                }
            }
        }
        Ok(found)
    }

    /// Hashes of all lines of this number that count.
    ///
    /// # Errors
    /// redb's.
    pub(super) fn leaves(&self, of: EntryRef) -> Result<Vec<Hash>, StoreError> {
        let entries = self.txn.open_table(tables::ENTRIES).map_err(failed)?;
        let mut all = Vec::new();
        for key in self.places.keys_of_line(of) {
            all.extend(entries.get(key).map_err(failed)?.map(|line| leaf_hash(line.value())));
        }
        Ok(all)
    }

    /// Whether every line that a source has of an epoch counts.
    pub(super) fn has_all(&self, epoch: Epoch, source: &mut dyn Source) -> Result<bool, StoreError> {
        let (mut all, mut failure) = (true, None);
        let mut look = |seq: u64, line: &LogLine| {
            match self.has(epoch, seq, line.leaf()) {
                Ok(counts) => all &= counts,
                Err(e) => {
                    failure.get_or_insert(e);
                }
            }
            Ok(true)
        };
        strays(epoch, 0, source, &mut look, &mut |_| Ok(())).map_err(StoreError::io("the log"))?;
        failure.map_or(Ok(all), Err)
    }
}

/// A line that counts nowhere, and which of some files has it.
#[derive(Debug, Clone, Copy)]
struct StrayLine {
    seq: u64,
    leaf: Hash,
    file: usize,
}

/// Makes runs of what is kept beside the log and counts nowhere; then nothing of this box's is kept beside it any more. What
/// can be read of a run that is damaged and that no entry adopts becomes runs too. An epoch's first line says
/// whose it is; where that is not here, `known` are this box's. Others stay where they are: gives those.
///
/// # Errors
/// The disk's and redb's; the next start goes on.
pub(super) fn make_runs(
    disk: &Arc<dyn Disk>,
    box_id: BoxId,
    counted: &CountedLines,
    known: &BTreeSet<Epoch>,
) -> Result<BTreeSet<Epoch>, StoreError> {
    let mut apart = BTreeSet::new();
    for name in runs::list(&**disk)? {
        if counted.places().place_of(&name).is_none() && !runs::is_whole(&**disk, box_id, &name) {
            runs::displace(&**disk, box_id, &name)?;
        }
    }
    let epochs: BTreeSet<Epoch> = displaced::list(&**disk)?.into_iter().map(|(epoch, _)| epoch).collect();
    for epoch in epochs {
        let paths = displaced::of_epoch(&**disk, epoch)?;
        let mut files: Vec<SegmentSource> =
            paths.iter().map(|path| SegmentSource::loose(disk.clone(), epoch, path.clone())).collect();
        let is_own = match named_box(epoch, &mut files)? {
            Some(named) => named == box_id,
            None => known.contains(&epoch),
        };
        if !is_own {
            apart.insert(epoch);
            continue;
        }
        let mut all: Vec<StrayLine> = Vec::new();
        for (file, source) in files.iter_mut().enumerate() {
            collect_strays((epoch, file, source), counted, &mut all)?;
        }
        for piece in join_strays(all) {
            let Some(name) = name_of(epoch, &piece) else { continue };
            if runs::is_whole(&**disk, box_id, &name) {
                continue;
            }
            // One file is open at a time: there may be more of them than a process can open.
            let (mut read, mut page): (usize, CachedPage) = (0, None);
            runs::write(&**disk, box_id, &name, &mut |seq| {
                let place = usize::try_from(seq - name.lines().start).ok();
                let line = place.and_then(|place| piece.get(place)).ok_or(std::io::ErrorKind::NotFound)?;
                if line.file != read {
                    files[read].close();
                    (read, page) = (line.file, None);
                }
                let found = line_at(&mut files[read], epoch, (seq, line.leaf), &mut page)?;
                counted.drop_erased(found).map_err(std::io::Error::other)
            })?;
            files[read].close();
            tracing::warn!(run = %name, "lines that had no place in the log are kept as a run");
        }
        for path in paths {
            disk.remove(&path).map_err(StoreError::io(path.as_str()))?;
        }
        disk.sync_dir(displaced::DIR).map_err(StoreError::io(displaced::DIR))?;
    }
    Ok(apart)
}

/// Which box an epoch's first line names: no other box's log has that line.
fn named_box(epoch: Epoch, files: &mut [SegmentSource]) -> Result<Option<BoxId>, StoreError> {
    for source in files {
        let page = source.page(epoch, 0).map_err(StoreError::io(displaced::DIR))?;
        source.close();
        if let Some(started) = page.and_then(|page| page.piece.first_log_started()) {
            return Ok(Some(started.r#box));
        }
    }
    Ok(None)
}

fn collect_strays(
    (epoch, file, source): (Epoch, usize, &mut SegmentSource),
    counted: &CountedLines,
    all: &mut Vec<StrayLine>,
) -> Result<(), StoreError> {
    let mut failure = None;
    let mut note = |seq: u64, line: &LogLine| {
        let leaf = line.leaf();
        match counted.has(epoch, seq, leaf) {
            Ok(true) => {}
            Ok(false) => all.push(StrayLine { seq, leaf, file }),
            Err(e) => {
                failure.get_or_insert(e);
            }
        }
        Ok(true)
    };
    strays(epoch, 0, source, &mut note, &mut |_| Ok(())).map_err(StoreError::io(displaced::DIR))?;
    failure.map_or(Ok(()), Err)
}

/// Joins lines that touch; a piece goes on in the file in which it began wherever that has the next line.
fn join_strays(mut lines: Vec<StrayLine>) -> Vec<Vec<StrayLine>> {
    lines.sort_by_key(|line| (line.seq, line.leaf, line.file));
    lines.dedup_by_key(|line| (line.seq, line.leaf));
    let mut pieces: Vec<Vec<StrayLine>> = Vec::new();
    for same_seq in lines.chunk_by(|one, other| one.seq == other.seq) {
        let mut left: Vec<StrayLine> = same_seq.to_vec();
        for only_in_file in [true, false] {
            left.retain(|line| {
                let fits = |piece: &&mut Vec<StrayLine>| {
                    piece.last().is_some_and(|last| {
                        last.seq + 1 == line.seq
                            && (last.file == line.file || !only_in_file)
                            && (piece.len() as u64) < RUN_LINES_MAX
                    })
                };
                match pieces.iter_mut().rev().find(fits) {
                    Some(piece) => piece.push(*line),
                    None => return true,
                }
                false
            });
        }
        pieces.extend(left.into_iter().map(|line| vec![line]));
    }
    pieces
}

fn name_of(epoch: Epoch, piece: &[StrayLine]) -> Option<RunName> {
    let mut namer = RunNamer::new(epoch, piece.first()?.seq);
    piece.iter().for_each(|line| namer.push(line.leaf));
    namer.name().ok()
}

/// Adopts every run that lies here, that no entry adopts and that brings a line; says which they were. A run of which every
/// line counts already goes, unless the relay needs it.
///
/// # Errors
/// What kept them from being adopted; the next start goes on with the rest.
pub(super) fn adopt(core: &mut Core) -> Result<Vec<RunName>, StoreError> {
    let disk = core.disk.clone();
    let (db, origin) = (core.shared().db()?, core.shared().origin());
    let counted = CountedLines::of(&db, Some(origin.epoch))?;
    let mut wanted = Vec::new();
    let owed = runs::owed(&*disk)?;
    for name in runs::list(&*disk)? {
        if counted.places().place_of(&name).is_some() {
            if owed.contains(&name) {
                runs::forget_owed(&*disk, &name)?;
            }
            continue;
        }
        // Of a damaged one nobody can say what counts: the next start takes it apart.
        if !runs::is_whole(&*disk, origin.box_id, &name) {
            continue;
        }
        let mut source = RunSource::of(disk.clone(), origin.box_id, name);
        if !owed.contains(&name) && counted.has_all(name.epoch(), &mut source)? {
            runs::remove(&*disk, &name)?;
            continue;
        }
        wanted.push(name);
    }
    drop((counted, db));
    wanted.sort();
    if !wanted.is_empty() {
        untold::note(&*disk, |untold| untold.adopt(&wanted))?;
    }
    for part in wanted.chunks(ADOPTED_AT_ONCE) {
        let adopt = |run: &RunName| Draft {
            by: By::BOX,
            idem: None,
            event: LogAdopted { run: *run }.into(),
            texts: Vec::new(),
        };
        core.record_own(part.iter().map(adopt).collect())?;
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stray(seq: u64, of: u8, file: usize) -> StrayLine {
        StrayLine { seq, leaf: Hash([of; 32]), file }
    }

    fn shape(pieces: &[Vec<StrayLine>]) -> Vec<Vec<(u64, usize)>> {
        pieces.iter().map(|piece| piece.iter().map(|line| (line.seq, line.file)).collect()).collect()
    }

    #[test]
    fn pieces_that_touch_are_joined_and_branches_stay_apart() {
        let lines = vec![stray(7, 1, 0), stray(5, 1, 0), stray(6, 1, 1), stray(6, 1, 0)];
        assert_eq!(shape(&join_strays(lines)), [vec![(5, 0), (6, 0), (7, 0)]], "the same line twice is one");
        // Two branches: each goes on in its own file, and where one ends the other does not take its place.
        let lines = vec![stray(5, 9, 0), stray(5, 1, 1), stray(6, 1, 0), stray(6, 9, 1), stray(7, 3, 1)];
        assert_eq!(shape(&join_strays(lines)), [vec![(5, 1), (6, 1), (7, 1)], vec![(5, 0), (6, 0)]]);
        let hole = vec![stray(1, 1, 0), stray(3, 1, 0)];
        assert_eq!(shape(&join_strays(hole)), [vec![(1, 0)], vec![(3, 0)]]);
    }

    #[test]
    fn a_run_has_no_more_lines_than_both_sides_can_stream() {
        let lines = (0..RUN_LINES_MAX + 3).map(|seq| stray(seq, 1, 0)).collect();
        let pieces = join_strays(lines);
        assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [RUN_LINES_MAX as usize, 3]);
    }
}
