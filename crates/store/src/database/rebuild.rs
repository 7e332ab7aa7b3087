//! Brings the database up to the journal: the tail at a start, or all of it into a new file.

use std::collections::BTreeSet;
use std::sync::Arc;

use record::adoption::{AdoptionWalk, OfferedLine, RunPlace};
use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::fold::{FacilityState, LinePlace, RowKey};
use record::ids::{BoxId, Epoch};
use record::kinds::EntryRef;
use record::redact::TextLine;
use record::run::{RunLine, RunName};
use record::tree::{Frontier, leaf_hash};
use redb::{Database, Durability};

use super::main_database;
use super::run_reader::RunReader;
use crate::index::fold;
use crate::index::fold::FoldedInto;
use crate::index::key_runs::KeyRuns;
use crate::index::pending::{PendingCleanings, PendingRows, SnapshotRows};
use crate::index::places::{Places, RunState};
use crate::index::tables::RUN_BITS;
use crate::io::disk::Disk;
use crate::io::error::StoreError;
use crate::log::chain::LogExtent;
use crate::log::journal::{Journal, StoreSizes};
use crate::log::scan::{ReadStep, SegmentFile, SegmentReader};
use crate::log::segment::{GROUP_ENTRIES_MAX, Line, lines};
use crate::log::survey::GroupPlace;
use crate::sources::LogCopies;

const STEP_ENTRIES: usize = 4096;
// A commit closes one run of idempotency keys at most.
const _: () = assert!(STEP_ENTRIES + GROUP_ENTRIES_MAX <= 1 << RUN_BITS);

fn database_error<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "taking over the journal", source: e.into() }
}

fn report_damage(epoch: Epoch, seq: u64, why: &str) -> StoreError {
    StoreError::Damaged { epoch: epoch.to_string(), seq, why: why.to_owned() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CountedEpoch {
    pub(crate) epoch: Epoch,
    pub(crate) extent: LogExtent,
}

/// Streams what counts of the journal, and of the runs that it adopts, into a new database, which is not yet in place.
/// Nothing of the old one is touched. Runs that are damaged are healed from `copies`.
///
/// # Errors
/// The disk's and redb's; [`StoreError::Damaged`] when the journal does not have what counts.
pub(crate) fn build_database(
    copies: &LogCopies,
    sizes: &StoreSizes,
    box_id: BoxId,
    counted: &[CountedEpoch],
) -> Result<Database, StoreError> {
    let disk = &*copies.disk;
    let db = main_database::create_main(disk, sizes)?;
    let mut facility = FacilityState::default();
    let mut places = Places::default();
    for CountedEpoch { epoch, extent } in counted {
        places.epochs.push(*epoch);
        let mut replay = Replay {
            db: &db,
            keys: KeyRuns::load(&db, *epoch)?,
            origin: LogOrigin { box_id, epoch: *epoch },
            walk: AdoptionWalk::resume(places.runs().iter().map(|run| run.by.run)),
            run_reader: RunReader::new(copies.disk.clone(), box_id, Some(copies)),
            places,
            facility,
            frontier: Frontier::default(),
            stored: 0,
            changed: BTreeSet::new(),
            end: extent.size,
            begin: None,
        };
        replay.run(disk)?;
        replay.arrived(*extent)?;
        (facility, places) = (replay.facility, replay.places);
    }
    main_database::make_durable(&db).map_err(database_error)?;
    Ok(db)
}

/// What a database was brought to.
pub(crate) struct CaughtUp {
    pub(crate) facility: FacilityState,
    /// Entries that it did not have.
    pub(crate) replayed: u64,
    /// Its idempotency keys, where they were read on the way.
    pub(crate) keys: Option<KeyRuns>,
}

/// Replays what the database does not have yet, from `begin` on where that is known.
///
/// # Errors
/// The disk's and redb's; [`StoreError::Damaged`] when the database's past is not the one that the journal continues.
pub(crate) fn catch_up(
    disk: &Arc<dyn Disk>,
    db: &Database,
    origin: LogOrigin,
    end: u64,
    begin: Option<&GroupPlace>,
) -> Result<CaughtUp, StoreError> {
    let held =
        main_database::read_extent(db)?.ok_or_else(|| report_damage(origin.epoch, 0, "it cannot be read"))?;
    let facility = main_database::load_facility(db)
        .map_err(database_error)?
        .ok_or_else(|| report_damage(origin.epoch, 0, "a row cannot be read"))?;
    let frontier = held.frontier(origin.epoch).cloned().unwrap_or_default();
    let before = frontier.size();
    if before >= end {
        // Read here also where nothing is to be replayed: whoever follows builds a database anew of which a part cannot be read.
        let keys = Some(KeyRuns::load(db, origin.epoch)?);
        return Ok(CaughtUp { facility, replayed: 0, keys });
    }
    let places =
        main_database::load_places(db, held.epochs.iter().map(|(epoch, _)| *epoch), Some(origin.epoch))?;
    let mut replay = Replay {
        db,
        keys: KeyRuns::load(db, origin.epoch)?,
        origin,
        walk: AdoptionWalk::resume(places.runs().iter().map(|run| run.by.run)),
        run_reader: RunReader::new(disk.clone(), origin.box_id, None),
        places,
        facility,
        frontier,
        stored: before,
        changed: BTreeSet::new(),
        end,
        begin,
    };
    replay.run(&**disk)?;
    let replayed = replay.frontier.size() - before;
    // Those of adopted lines are put into runs of their own when they are read.
    let keys = replay.places.runs().is_empty().then_some(replay.keys);
    Ok(CaughtUp { facility: replay.facility, replayed, keys })
}

/// One epoch's groups, and the runs that they adopt, into the tables.
struct Replay<'a> {
    db: &'a Database,
    keys: KeyRuns,
    origin: LogOrigin,
    walk: AdoptionWalk,
    run_reader: RunReader<'a>,
    places: Places,
    facility: FacilityState,
    frontier: Frontier,
    /// Entries of the epoch that are in the tables.
    stored: u64,
    changed: BTreeSet<RowKey>,
    end: u64,
    /// Where the first entry stands that the tables do not have, where somebody found that before.
    begin: Option<&'a GroupPlace>,
}

impl Replay<'_> {
    fn run(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        let dir = Journal::dir(&self.origin);
        let segments = SegmentFile::list(disk, &dir).map_err(StoreError::io(dir.as_str()))?;
        let from = segments.iter().rposition(|s| s.first <= self.frontier.size()).unwrap_or(0);
        let mut rows = PendingCleanings::over(self.db, PendingRows::default()).map_err(database_error)?;
        for segment in &segments[from.min(segments.len())..] {
            let mut reader = self.open_segment(disk, segment).map_err(StoreError::io(dir.as_str()))?;
            loop {
                let ReadStep::Group { group, .. } = reader.step().map_err(StoreError::io(dir.as_str()))?
                else {
                    break;
                };
                if group.next <= self.frontier.size() || group.first >= self.end {
                    continue;
                }
                self.group(&mut rows, reader.lines())?;
                self.commit(&mut rows, STEP_ENTRIES)?;
            }
        }
        self.commit(&mut rows, 1)
    }

    fn open_segment(&self, disk: &dyn Disk, segment: &SegmentFile) -> std::io::Result<SegmentReader> {
        if let Some(GroupPlace { at, .. }) = self.begin.filter(|begin| begin.segment == *segment) {
            let mut reader = SegmentReader::open(disk, segment)?;
            if reader.seek_entry(*at, self.frontier.size())? {
                return Ok(reader);
            }
        }
        SegmentReader::open(disk, segment)
    }

    fn commit(&mut self, rows: &mut PendingCleanings, least: usize) -> Result<(), StoreError> {
        if rows.pending.len() < least {
            return Ok(());
        }
        let mut pending = std::mem::take(&mut rows.pending);
        let mut txn = self.db.begin_write().map_err(database_error)?;
        txn.set_durability(Durability::None).map_err(database_error)?;
        pending.put_down(&txn).map_err(database_error)?;
        let state = SnapshotRows::of(&self.facility, &self.changed, self.origin.epoch, &self.frontier);
        state.put_down(&txn).map_err(database_error)?;
        if let Some(run) = self.keys.close(self.origin.epoch.n, self.stored, self.frontier.size()) {
            run.put_down(&txn).map_err(database_error)?;
        }
        txn.commit().map_err(database_error)?;
        drop(self.keys.keep());
        self.changed.clear();
        self.stored = self.frontier.size();
        *rows = PendingCleanings::over(self.db, pending).map_err(database_error)?;
        Ok(())
    }

    /// Whether everything that counts was there.
    fn arrived(&self, extent: LogExtent) -> Result<(), StoreError> {
        if LogExtent::of(&self.frontier) == extent {
            return Ok(());
        }
        let why = "the journal does not have what counts of it".to_owned();
        Err(StoreError::Damaged { epoch: self.origin.epoch.to_string(), seq: self.frontier.size(), why })
    }

    /// Applies one group; entries that the database has already are skipped.
    fn group(&mut self, rows: &mut PendingCleanings, bytes: &[u8]) -> Result<(), StoreError> {
        let epoch = self.origin.epoch;
        let before = self.frontier.size();
        for line in lines(bytes) {
            let Line::Text(text) = line else { continue };
            // A text that does not fit its hash is none.
            let Ok(text) = TextLine::parse(text) else { continue };
            if (before..self.end).contains(&text.seq()) {
                let place = LinePlace { of: EntryRef { epoch, seq: text.seq() }, run: None };
                fold::keep_text(rows, &self.places, place, &text).map_err(database_error)?;
            }
        }
        for line in lines(bytes) {
            let Line::Entry(line) = line else { continue };
            let text =
                std::str::from_utf8(line).map_err(|_| report_damage(epoch, before, "it is not UTF-8"))?;
            let entry = Entry::view(text).map_err(|e| report_damage(epoch, before, &e.to_string()))?;
            if entry.seq() < before || entry.seq() >= self.end {
                continue;
            }
            if entry.seq() != self.frontier.size() {
                return Err(report_damage(epoch, entry.seq(), "the journal skips entries before it"));
            }
            fold::push_leaf(rows, epoch, &mut self.frontier, entry.leaf());
            let place = LinePlace { of: EntryRef { epoch, seq: entry.seq() }, run: None };
            self.fold(rows, place, &entry)?;
            if self.walk.pass_base(epoch, &entry) {
                self.follow_runs(rows)?;
            }
        }
        self.keys.take(&mut rows.pending);
        Ok(())
    }

    fn fold(
        &mut self,
        rows: &mut PendingCleanings,
        line: LinePlace,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let into = FoldedInto {
            rows,
            keys: &self.keys,
            facility: &mut self.facility,
            places: &mut self.places,
            changed: &mut self.changed,
        };
        fold::apply_entries(into, line, (entry, &entry.event())).map_err(database_error)
    }

    /// Folds the lines of the run that was just adopted, and of those that it adopts in turn.
    fn follow_runs(&mut self, rows: &mut PendingCleanings) -> Result<(), StoreError> {
        while let Some(RunPlace { run, from }) = self.walk.next_lines() {
            let lines = self.run_reader.lines(run, from)?;
            let state = if lines.is_some() { RunState::Counts } else { RunState::Lacks };
            if let Some(adopted) = self.places.set_state(&run, state) {
                rows.pending.adopted(adopted);
            }
            let Some(lines) = lines else {
                self.walk.lack_run();
                continue;
            };
            let mut offered = Vec::with_capacity(lines.len());
            for line in &lines {
                let counts_already = self.counts_already(rows, run, line)?;
                offered.push(OfferedLine { entry: &line.entry, counts_already });
            }
            for counted in self.walk.take_lines(&offered) {
                let of = EntryRef { epoch: counted.epoch, seq: counted.entry.seq() };
                let place = LinePlace { of, run: Some(run) };
                let line = of.seq.checked_sub(from).and_then(|at| lines.get(usize::try_from(at).ok()?));
                for text in line.iter().flat_map(|line| &line.texts) {
                    fold::keep_text(rows, &self.places, place, text).map_err(database_error)?;
                }
                self.fold(rows, place, counted.entry)?;
            }
            self.keys.take(&mut rows.pending);
            self.commit(rows, STEP_ENTRIES)?;
        }
        Ok(())
    }

    /// Whether this very line is in the chain, or was brought by another run before.
    fn counts_already(
        &self,
        rows: &PendingCleanings,
        run: RunName,
        line: &RunLine,
    ) -> Result<bool, StoreError> {
        let of = EntryRef { epoch: run.epoch(), seq: line.entry.seq() };
        let own = self.places.key(LinePlace { of, run: Some(run) });
        for key in self.places.keys_of_line(of).filter(|key| Some(*key) != own) {
            let there = rows.entry(key).map_err(database_error)?;
            if there.is_some_and(|there| leaf_hash(&there) == line.leaf) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
