//! Brings the database up to the journal: the tail at a start, or all of it into a new file.

use std::collections::BTreeSet;

use record::checkpoint::Origin;
use record::entry::Entry;
use record::fold::{Facility, RowKey};
use record::ids::{BoxId, Epoch};
use record::kinds::{Event, Prev};
use record::redact::TextLine;
use record::tree::Frontier;
use redb::{Database, Durability};

use super::database::{self, Held, MAIN};
use super::disk::Disk;
use super::error::StoreError;
use super::fold::{self, Chain};
use super::journal::{Journal, Sizes};
use super::key_runs::KeyRuns;
use super::keys::epoch_folders;
use super::pending::{PendingRows, Rows, put_rows};
use super::scan::{Segment, SegmentReader, Step};
use super::segment::{Line, lines};

/// Entries in one transaction of a rebuild.
const STEP_ENTRIES: usize = 4096;

fn failed<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "taking over the journal", source: e.into() }
}

/// Streams the whole journal into a new database and puts it in place. Nothing of the old one is touched.
/// `newest` bounds the newest epoch: what was not acknowledged stays out.
///
/// # Errors
/// The disk's and redb's.
pub(crate) fn rebuild(
    disk: &dyn Disk,
    sizes: &Sizes,
    box_id: BoxId,
    newest: Option<(Epoch, u64)>,
) -> Result<Database, StoreError> {
    let db = database::create_main(disk, sizes)?;
    let mut epochs = epoch_folders(disk).map_err(StoreError::io("log/"))?;
    if let Some((epoch, _)) = newest {
        epochs.retain(|e| e.n < epoch.n || *e == epoch);
    }
    let mut facility = Facility::default();
    for (i, epoch) in epochs.iter().enumerate() {
        let origin = Origin { box_id, epoch: *epoch };
        // What counts of an epoch is what the next one that began says.
        let next = epochs[i + 1..]
            .iter()
            .find_map(|next| prev_of(disk, Origin { box_id, epoch: *next }).transpose());
        let end = match (next.transpose()?, newest) {
            (Some(prev), _) if prev.epoch == *epoch => prev.size,
            (Some(_), _) => continue,
            (None, Some((_, size))) => size,
            (None, None) => u64::MAX,
        };
        let chain = Chain(epochs[..=i].to_vec());
        let ended = i + 1 < epochs.len();
        let frontier = Frontier::default();
        let changed = BTreeSet::new();
        let keys = KeyRuns::load(&db, *epoch)?;
        let mut replay = Replay { db: &db, keys, origin, chain, facility, frontier, changed, end, ended };
        replay.run(disk)?;
        facility = replay.facility;
    }
    database::make_durable(&db).map_err(failed)?;
    database::install(disk, MAIN)?;
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
    let frontier = match held.frontier(origin.epoch) {
        Some(frontier) => frontier.clone(),
        None if follows(disk, origin, &held)? => Frontier::default(),
        None => return Err(wrong("it does not hold the epoch before as this one continues it")),
    };
    let mut chain = Chain(held.epochs.iter().map(|(e, _)| *e).collect());
    if chain.epoch(origin.epoch.n).is_none() {
        chain.0.push(origin.epoch);
    }
    let before = frontier.size();
    let changed = BTreeSet::new();
    let keys = KeyRuns::load(db, origin.epoch)?;
    let mut replay = Replay { db, keys, origin, chain, facility, frontier, changed, end, ended: false };
    if before < end {
        replay.run(disk)?;
    }
    Ok((replay.facility, replay.frontier.size() - before))
}

/// Whether the database ends where this epoch says that the one before ended.
fn follows(disk: &dyn Disk, origin: Origin, held: &Held) -> Result<bool, StoreError> {
    let last = held.epochs.last().map(|(epoch, f)| (*epoch, f.size(), f.root()));
    let prev = prev_of(disk, origin)?.map(|prev| (prev.epoch, prev.size, prev.root));
    Ok(last == prev)
}

/// What an epoch's first entry says about the one before.
///
/// # Errors
/// The disk's.
pub(super) fn prev_of(disk: &dyn Disk, origin: Origin) -> Result<Option<Prev>, StoreError> {
    let dir = Journal::dir(&origin);
    let io = || StoreError::io(dir.as_str());
    let segments = Segment::list(disk, &dir).map_err(io())?;
    let Some(first) = segments.first().filter(|s| s.first == 0) else { return Ok(None) };
    let mut reader = SegmentReader::open(disk, first).map_err(io())?;
    let Step::Group { .. } = reader.step().map_err(io())? else { return Ok(None) };
    let entry = lines(reader.lines()).find_map(|line| match line {
        Line::Entry(bytes) => Some(bytes.to_vec()),
        Line::Text(_) => None,
    });
    let entry = entry.and_then(|bytes| Entry::view(std::str::from_utf8(&bytes).ok()?).ok());
    Ok(match entry.map(|e| e.event()) {
        Some(Event::LogStarted(body)) => body.prev,
        _ => None,
    })
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
    /// Whether a later epoch follows: a hole that waits for the relay is then where it ends for now.
    ended: bool,
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
                let beyond = self.ended && group.first > self.frontier.size();
                if group.next <= self.frontier.size() || group.first >= self.end || beyond {
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
