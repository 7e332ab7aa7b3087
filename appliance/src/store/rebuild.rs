//! Brings the database up to the journal: the tail at a start, or all of it into a new file.

use std::collections::BTreeSet;

use record::checkpoint::Origin;
use record::entry::Entry;
use record::fold::Facility;
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
use super::scan::{Segment, SegmentReader, Step};
use super::segment::{Line, lines};
use super::tables::{self, Tables};

/// Entries in one transaction of a rebuild.
const STEP_ENTRIES: u64 = 4096;

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
        let mut replay =
            Replay { db: &db, origin, chain, facility, frontier: Frontier::default(), end: extent.size };
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
    let mut replay = Replay { db, origin, chain, facility, frontier, end };
    if before < end {
        replay.run(disk)?;
    }
    Ok((replay.facility, replay.frontier.size() - before))
}

/// One epoch's groups into the tables.
struct Replay<'a> {
    db: &'a Database,
    origin: Origin,
    chain: Chain,
    facility: Facility,
    frontier: Frontier,
    end: u64,
}

impl Replay<'_> {
    fn run(&mut self, disk: &dyn Disk) -> Result<(), StoreError> {
        let dir = Journal::dir(&self.origin);
        let io = || StoreError::io(dir.as_str());
        let segments = Segment::list(disk, &dir).map_err(io())?;
        let from = segments.iter().rposition(|s| s.first <= self.frontier.size()).unwrap_or(0);
        let mut txn = None;
        let mut pending = 0;
        for segment in &segments[from.min(segments.len())..] {
            let mut reader = SegmentReader::open(disk, segment).map_err(io())?;
            loop {
                let Step::Group { group, .. } = reader.step().map_err(io())? else { break };
                if group.next <= self.frontier.size() || group.first >= self.end {
                    continue;
                }
                if txn.is_none() {
                    let mut begun = self.db.begin_write().map_err(failed)?;
                    begun.set_durability(Durability::None).map_err(failed)?;
                    txn = Some(begun);
                }
                let Some(open) = &txn else { break };
                let mut tables = Tables::open(open).map_err(failed)?;
                pending += self.group(&mut tables, reader.lines())?;
                drop(tables);
                if pending >= STEP_ENTRIES
                    && let Some(full) = txn.take()
                {
                    pending = 0;
                    full.commit().map_err(failed)?;
                }
            }
        }
        if let Some(rest) = txn {
            rest.commit().map_err(failed)?;
        }
        Ok(())
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
    fn group(&mut self, tables: &mut Tables<'_>, bytes: &[u8]) -> Result<u64, StoreError> {
        let epoch = self.origin.epoch;
        let before = self.frontier.size();
        let damaged =
            |seq, why: &str| StoreError::Damaged { epoch: epoch.to_string(), seq, why: why.to_owned() };
        for line in lines(bytes) {
            let Line::Text(text) = line else { continue };
            // A text that does not fit its hash is none.
            let Ok(text) = TextLine::parse(text) else { continue };
            if (before..self.end).contains(&text.seq()) {
                fold::keep_text(tables, epoch, &text).map_err(failed)?;
            }
        }
        let mut rows = BTreeSet::new();
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
            fold::push_leaf(tables, epoch, &mut self.frontier, entry.leaf()).map_err(failed)?;
            let event = entry.event();
            let what = (&entry, &event);
            fold::apply(tables, &mut self.facility, &self.chain, epoch, what, &mut rows).map_err(failed)?;
        }
        fold::write_rows(tables, &self.facility, &rows).map_err(failed)?;
        let value = tables::epoch_value(epoch, &self.frontier);
        tables.epochs.insert(epoch.n, &value[..]).map_err(failed)?;
        Ok(self.frontier.size() - before)
    }
}
