//! Adoption by reference: lines that the log has no place for any more become runs, and an entry of the open epoch makes
//! the lines of each count again, as they are (FORMAT.md, sections 10 and 11).

use std::collections::BTreeSet;

use record::checkpoint::LogOrigin;
use record::entry::{EntryAuthor, EntryDraft};
use record::ids::{BoxId, Epoch};
use record::kinds::{EntryRef, LogAdopted};
use record::run::{RunName, RunReader};
use record::tree::{Hash, leaf_hash};
use redb::{Database, ReadTransaction, ReadableDatabase as _, ReadableTableMetadata as _};

use crate::database::main_database;
use crate::index::places::Places;
use crate::index::tables;
use crate::io::error::StoreError;
use crate::log::chain::{LineSource, LogLine, stray_lines};
use crate::log::displaced;
use crate::log::displaced::DisplacedFile;
use crate::log::segment::GroupWriter;
use crate::runs::run_file;
use crate::side_files::unreported;
use crate::sources::{LogCopies, RunSource, SegmentSource};
use crate::writer::core::LogWriter;

const ADOPTED_AT_ONCE: usize = 64;

fn database_error<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "looking for lines that count", source: e.into() }
}

/// Keeps beside the log what journal and databases hold of an epoch from `end` on and no run has; the numbers of all such
/// lines, in a run or not.
///
/// # Errors
/// The disk's.
pub(crate) fn displace_beyond(
    copies: &LogCopies,
    origin: LogOrigin,
    end: u64,
) -> Result<BTreeSet<u64>, StoreError> {
    let epoch = origin.epoch;
    let mut known: BTreeSet<(u64, Hash)> = BTreeSet::new();
    // What an interrupted start has kept already is not kept again.
    let mut stored: Vec<Box<dyn LineSource>> =
        vec![Box::new(RunSource::new(copies.disk.clone(), origin.box_id))];
    for path in displaced::of_epoch(&*copies.disk, epoch)? {
        stored.push(Box::new(SegmentSource::loose(copies.disk.clone(), epoch, path)));
    }
    for mut source in stored {
        stray_lines(
            epoch,
            end,
            &mut *source,
            &mut |seq, line| {
                known.insert((seq, line.leaf()));
                Ok(true)
            },
            &mut |_| Ok(()),
        )
        .map_err(StoreError::io("the log"))?;
    }
    let journal: Box<dyn LineSource + '_> = Box::new(SegmentSource::journal(copies.disk.clone()));
    for mut source in std::iter::once(journal).chain(copies.databases()) {
        let mut file = DisplacedFile::new(&*copies.disk, origin);
        let mut failed = None;
        let walked = stray_lines(
            epoch,
            end,
            &mut *source,
            &mut |seq, line| Ok(seq < end || !known.insert((seq, line.leaf()))),
            &mut |piece| {
                file.take(&piece).map_err(|e| {
                    failed = Some(e);
                    std::io::Error::other("it could not be written")
                })
            },
        );
        if let Some(failed) = failed {
            return Err(failed);
        }
        walked.map_err(StoreError::io("the log"))?;
        file.finish()?;
    }
    Ok(known.into_iter().map(|(seq, _)| seq).collect())
}

/// What came of looking for a source's lines among those that count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LooksThrough {
    /// Whether all that it gave count.
    pub(crate) all: bool,
    pub(crate) lines: u64,
}

pub(crate) struct CountedLines {
    txn: ReadTransaction,
    places: Places,
}

impl CountedLines {
    /// Of a database that was brought up to the log.
    ///
    /// # Errors
    /// redb's; damage.
    pub(crate) fn of(db: &Database, written: Option<Epoch>) -> Result<Self, StoreError> {
        let epochs = main_database::read_extent(db)?.map_or(Vec::new(), |held| held.epochs);
        let places = main_database::load_places(db, epochs.into_iter().map(|(epoch, _)| epoch), written)?;
        Ok(Self { txn: db.begin_read().map_err(database_error)?, places })
    }

    /// The runs that entries adopt, and the epochs.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// Whether a line counts: in the chain, or by a run.
    pub(crate) fn has(&self, epoch: Epoch, seq: u64, leaf: Hash) -> Result<bool, StoreError> {
        let entries = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        for key in self.places.keys_of_line(EntryRef { epoch, seq }) {
            let there = entries.get(key).map_err(database_error)?;
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
    pub(crate) fn drop_erased(&self, line: LogLine) -> Result<LogLine, StoreError> {
        let erased = self.txn.open_table(tables::ERASED).map_err(database_error)?;
        if line.texts.is_empty() || erased.is_empty().map_err(database_error)? {
            return Ok(line);
        }
        let mut stored = GroupWriter::default();
        for text in run_file::texts_of(&line) {
            if erased.get(&text.hash().0).map_err(database_error)?.is_none() {
                stored.text(&text);
            }
        }
        Ok(LogLine { texts: stored.bytes().to_vec(), ..line })
    }

    /// Hashes of those texts of a run's file that were erased.
    ///
    /// # Errors
    /// redb's.
    pub(crate) fn erased_in(
        &self,
        file: impl std::io::Read,
        box_id: BoxId,
        name: &RunName,
    ) -> Result<BTreeSet<[u8; 32]>, StoreError> {
        let erased = self.txn.open_table(tables::ERASED).map_err(database_error)?;
        let mut found = BTreeSet::new();
        let Ok(mut reader) = RunReader::open(file, box_id, *name) else { return Ok(found) };
        while let Ok(Some(group)) = reader.next_group() {
            for text in group.iter().flat_map(|line| &line.texts) {
                if erased.get(&text.hash().0).map_err(database_error)?.is_some() {
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
    pub(crate) fn leaves(&self, of: EntryRef) -> Result<Vec<Hash>, StoreError> {
        let entries = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        let mut all = Vec::new();
        for key in self.places.keys_of_line(of) {
            all.extend(entries.get(key).map_err(database_error)?.map(|line| leaf_hash(line.value())));
        }
        Ok(all)
    }

    /// Whether every line that a source has of an epoch counts, and how many it gave.
    pub(crate) fn has_all(
        &self,
        epoch: Epoch,
        source: &mut dyn LineSource,
    ) -> Result<LooksThrough, StoreError> {
        let (mut all, mut lines, mut failure) = (true, 0, None);
        stray_lines(
            epoch,
            0,
            source,
            &mut |seq, line| {
                lines += 1;
                match self.has(epoch, seq, line.leaf()) {
                    Ok(counts) => all &= counts,
                    Err(e) => {
                        failure.get_or_insert(e);
                    }
                }
                Ok(true)
            },
            &mut |_| Ok(()),
        )
        .map_err(StoreError::io("the log"))?;
        failure.map_or(Ok(LooksThrough { all, lines }), Err)
    }
}

/// Adopts every run that is stored here, that no entry adopts and that adds a line; returns which they were. A run of
/// which every line counts already is deleted, unless the relay needs it.
///
/// # Errors
/// What kept them from being adopted; the next start continues with the rest.
pub(crate) fn adopt_log(core: &mut LogWriter) -> Result<Vec<RunName>, StoreError> {
    let disk = core.disk.clone();
    let (db, origin) = (core.shared().settled_db()?, core.shared().origin());
    let counted = CountedLines::of(&db, Some(origin.epoch))?;
    let mut expected = Vec::new();
    let owed = run_file::owed_runs(&*disk)?;
    for name in run_file::list_runs(&*disk)? {
        if counted.places().place_of(&name).is_some() {
            if owed.contains(&name) {
                run_file::forget_owed(&*disk, &name)?;
            }
            continue;
        }
        // Of a damaged one nobody can say what counts: the next start takes it apart.
        if !run_file::is_whole(&*disk, origin.box_id, &name) {
            continue;
        }
        let mut source = RunSource::of(disk.clone(), origin.box_id, name);
        let seen = counted.has_all(name.epoch(), &mut source)?;
        // A line that the disk did not give back this time says nothing.
        if !owed.contains(&name) && seen.all && seen.lines == name.count() {
            run_file::remove_run(&*disk, &name)?;
            continue;
        }
        expected.push(name);
    }
    drop((counted, db));
    expected.sort();
    if !expected.is_empty() {
        unreported::note_unreported(&*disk, |unreported| unreported.adopt(&expected))?;
    }
    for part in expected.chunks(ADOPTED_AT_ONCE) {
        let drafts = part.iter().map(|run| EntryDraft {
            by: EntryAuthor::BOX,
            idem: None,
            event: LogAdopted { run: *run }.into(),
            texts: Vec::new(),
        });
        core.record_own(drafts.collect())?;
    }
    Ok(expected)
}
