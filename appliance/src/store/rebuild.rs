//! Brings the database up to the journal: the tail at a start, or all of it into a new file.

use std::collections::BTreeSet;

use record::checkpoint::Origin;
use record::entry::Entry;
use record::fold::{Facility, RowKey};
use record::ids::{BoxId, Epoch};
use record::redact::TextLine;
use record::tree::Frontier;
use redb::{Database, Durability};

use super::chain::Extent;
use super::database;
use super::disk::Disk;
use super::error::StoreError;
use super::fold::{self, Chain};
use super::journal::{Journal, Sizes};
use super::key_runs::KeyRuns;
use super::pending::{PendingRows, Rows, put_rows};
use super::scan::{Segment, SegmentReader, Step};
use super::segment::{Line, lines};

/// Entries in one transaction of a rebuild.
const STEP_ENTRIES: usize = 4096;

fn failed<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "taking over the journal", source: e.into() }
}

/// How much of an epoch counts and is in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CountedEpoch {
    /// Which.
    pub(crate) epoch: Epoch,
    /// So much.
    pub(crate) extent: Extent,
}

/// Streams what counts of the journal into a new database, which is not yet in place. Nothing of the old one is touched.
///
/// # Errors
/// The disk's and redb's; [`StoreError::Damaged`] when the journal does not have what counts.
pub(crate) fn build(
    disk: &dyn Disk,
    sizes: &Sizes,
    box_id: BoxId,
    counted: &[CountedEpoch],
) -> Result<Database, StoreError> {
    let db = database::create_main(disk, sizes)?;
    let mut facility = Facility::default();
    let epochs: Vec<Epoch> = counted.iter().map(|counted| counted.epoch).collect();
    for (i, CountedEpoch { epoch, extent }) in counted.iter().enumerate() {
        let origin = Origin { box_id, epoch: *epoch };
        let chain = Chain(epochs[..=i].to_vec());
        let keys = KeyRuns::load(&db, *epoch)?;
        let (frontier, changed, end) = (Frontier::default(), BTreeSet::new(), extent.size);
        let mut replay = Replay { db: &db, keys, origin, chain, facility, frontier, changed, end };
        replay.run(disk)?;
        replay.arrived(*extent)?;
        facility = replay.facility;
    }
    database::make_durable(&db).map_err(failed)?;
    Ok(db)
}

/// Replays what the database does not have yet; gives the facility and how many entries came.
///
/// # Errors
/// The disk's and redb's; [`StoreError::Damaged`] when the database's past is not the one that the journal continues.
pub(crate) fn catch_up(
    disk: &dyn Disk,
    db: &Database,
    origin: Origin,
    end: u64,
) -> Result<(Facility, u64), StoreError> {
    let wrong =
        |why: &str| StoreError::Damaged { epoch: origin.epoch.to_string(), seq: 0, why: why.to_owned() };
    let held = database::held(db)?.ok_or_else(|| wrong("it cannot be read"))?;
    let facility = database::facility(db).map_err(failed)?.ok_or_else(|| wrong("a row cannot be read"))?;
    let frontier = held.frontier(origin.epoch).cloned().unwrap_or_default();
    let mut chain = Chain(held.epochs.iter().map(|(e, _)| *e).collect());
    if chain.epoch(origin.epoch.n).is_none() {
        chain.0.push(origin.epoch);
    }
    let before = frontier.size();
    let changed = BTreeSet::new();
    let keys = KeyRuns::load(db, origin.epoch)?;
    let mut replay = Replay { db, keys, origin, chain, facility, frontier, changed, end };
    if before < end {
        replay.run(disk)?;
    }
    Ok((replay.facility, replay.frontier.size() - before))
}

/// One epoch's groups into the tables.
struct Replay<'a> {
    db: &'a Database,
    keys: KeyRuns,
    origin: Origin,
    chain: Chain,
    facility: Facility,
    frontier: Frontier,
    /// Rows of the facility that are other than in the database.
    changed: BTreeSet<RowKey>,
    end: u64,
}

impl Replay<'_> {
    fn run(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        let dir = Journal::dir(&self.origin);
        let io = || StoreError::io(dir.as_str());
        let segments = Segment::list(disk, &dir).map_err(io())?;
        let from = segments.iter().rposition(|s| s.first <= self.frontier.size()).unwrap_or(0);
        let mut rows = Rows::over(self.db, PendingRows::default()).map_err(failed)?;
        let mut stored = self.frontier.size();
        for segment in &segments[from.min(segments.len())..] {
            let mut reader = SegmentReader::open(disk, segment).map_err(io())?;
            loop {
                let Step::Group { group, .. } = reader.step().map_err(io())? else { break };
                if group.next <= self.frontier.size() || group.first >= self.end {
                    continue;
                }
                self.group(&mut rows, reader.lines())?;
                if rows.pending.len() >= STEP_ENTRIES {
                    rows = Rows::over(self.db, self.commit(rows, stored)?).map_err(failed)?;
                    stored = self.frontier.size();
                }
            }
        }
        self.commit(rows, stored).map(drop)
    }

    /// Puts down what was collected after the entries that are stored; gives its memory back.
    fn commit(&mut self, rows: Rows, stored: u64) -> Result<PendingRows, StoreError> {
        let mut pending = rows.into_pending();
        if pending.len() > 0 {
            let mut txn = self.db.begin_write().map_err(failed)?;
            txn.set_durability(Durability::None).map_err(failed)?;
            pending.put_down(&txn, (self.origin.epoch, &self.frontier)).map_err(failed)?;
            put_rows(&txn, &self.facility, &self.changed).map_err(failed)?;
            if let Some(run) = self.keys.close(self.origin.epoch.n, stored, self.frontier.size()) {
                run.put_down(&txn).map_err(failed)?;
            }
            txn.commit().map_err(failed)?;
            self.keys.keep();
            self.changed.clear();
        }
        Ok(pending)
    }

    /// Whether everything that counts was there.
    fn arrived(&self, extent: Extent) -> Result<(), StoreError> {
        if Extent::of(&self.frontier) == extent {
            return Ok(());
        }
        let why = "the journal does not have what counts of it".to_owned();
        Err(StoreError::Damaged { epoch: self.origin.epoch.to_string(), seq: self.frontier.size(), why })
    }

    /// Applies one group; entries that the database has already are passed over.
    fn group(&mut self, rows: &mut Rows, bytes: &[u8]) -> Result<(), StoreError> {
        let epoch = self.origin.epoch;
        let before = self.frontier.size();
        let damaged =
            |seq, why: &str| StoreError::Damaged { epoch: epoch.to_string(), seq, why: why.to_owned() };
        for line in lines(bytes) {
            let Line::Text(text) = line else { continue };
            // A text that does not fit its hash is none.
            let Ok(text) = TextLine::parse(text) else { continue };
            if (before..self.end).contains(&text.seq()) {
                fold::keep_text(rows, epoch, &text);
            }
        }
        for line in lines(bytes) {
            let Line::Entry(line) = line else { continue };
            let text = std::str::from_utf8(line).map_err(|_| damaged(before, "it is not UTF-8"))?;
            let entry = Entry::view(text).map_err(|e| damaged(before, &e.to_string()))?;
            if entry.seq() < before || entry.seq() >= self.end {
                continue;
            }
            if entry.seq() != self.frontier.size() {
                return Err(damaged(entry.seq(), "the journal skips entries before it"));
            }
            fold::push_leaf(rows, epoch, &mut self.frontier, entry.leaf());
            let event = entry.event();
            let what = (&entry, &event);
            let seen = (&mut *rows, &self.keys);
            fold::apply(seen, &mut self.facility, &self.chain, epoch, what, &mut self.changed)
                .map_err(failed)?;
        }
        self.keys.take(&mut rows.pending);
        Ok(())
    }
}
