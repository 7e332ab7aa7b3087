//! What an idempotency key made: keys of the newest entries in memory, those of older ones in sorted runs.
//!
//! Keys are random: in one tree each new one would dirty a page of its own, and each look-up of a key that nobody has
//! used, which is nearly every one, would read one. A run is one value, written once; a look-up reads those runs only
//! whose filter has the key's first bytes. Runs follow from the entries: whatever is missing at a start is made again.

use std::collections::HashMap;
use std::ops::Range;

use record::entry::{Digest16, Entry};
use record::ids::Epoch;
use record::tree::Frontier;
use redb::{Database, Durability, ReadTransaction, ReadableDatabase as _, WriteTransaction};

use super::pending::{PendingCleanings, PendingRows};
use super::places::{self, Places, RunState};
use super::stored::StoredRows;
use super::tables::{self, RUN_BITS, entry_key, split_key};
use crate::io::error::StoreError;

const RUN_ENTRIES: u64 = 1 << RUN_BITS;
/// How far a mark mostly is from where it would be if they were evenly distributed.
const NEAR: usize = 32;
/// Bytes of a key in a run: the key, which of the run's entries, the request.
const ROW_BYTES: usize = 16 + 2 + 16;

fn database_error<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "the idempotency keys", source: e.into() }
}

/// A key's first bytes: the keys are hashes, so they are spread evenly.
fn key_mark(key: &Digest16) -> u32 {
    let [a, b, c, d, ..] = key.0;
    u32::from_be_bytes([a, b, c, d])
}

/// Marks of a run's keys, ascending.
struct RunFilter {
    run: u64,
    marks: Box<[u32]>,
}

impl RunFilter {
    /// Whether the run may have the key. The marks are spread evenly, so its place is known but for a few.
    fn claims(&self, mark: u32) -> bool {
        let marks = &*self.marks;
        let guess = (u64::from(mark) * marks.len() as u64) >> 32;
        let mut low = usize::try_from(guess).unwrap_or(0);
        let (mut high, mut step) = ((low + 1).min(marks.len()), NEAR);
        while low > 0 && marks[low] > mark {
            low = low.saturating_sub(step);
            step *= 2;
        }
        step = NEAR;
        while high < marks.len() && marks[high - 1] < mark {
            high = (high + step).min(marks.len());
            step *= 2;
        }
        marks[low.min(high)..high].binary_search(&mark).is_ok()
    }
}

pub(crate) struct ClosedRun {
    run: u64,
    /// Entries that it covers, from the run's first on.
    covered: u32,
    rows: Vec<u8>,
    marks: Vec<u32>,
}

impl ClosedRun {
    /// Of the keys of one run; of a key that came twice the first entry counts.
    fn of(run: u64, covered: u32, mut keys: Vec<(Digest16, u64, Digest16)>) -> Self {
        keys.sort_by_key(|(key, entry, _)| (*key, *entry));
        keys.dedup_by_key(|(key, _, _)| *key);
        let mut rows = Vec::with_capacity(keys.len() * ROW_BYTES);
        for (key, entry, req) in &keys {
            rows.extend_from_slice(&key.0);
            let [.., high, low] = (entry & (RUN_ENTRIES - 1)).to_be_bytes();
            rows.extend_from_slice(&[high, low]);
            rows.extend_from_slice(&req.0);
        }
        Self { run, covered, rows, marks: keys.iter().map(|(key, _, _)| key_mark(key)).collect() }
    }

    pub(crate) fn put_down(&self, txn: &WriteTransaction) -> Result<(), redb::Error> {
        txn.open_table(tables::KEY_RUNS)?.insert(self.run, &self.rows[..])?;
        let mut filter = Vec::with_capacity(4 + 4 * self.marks.len());
        filter.extend_from_slice(&self.covered.to_be_bytes());
        self.marks.iter().for_each(|mark| filter.extend_from_slice(&mark.to_be_bytes()));
        txn.open_table(tables::KEY_FILTERS)?.insert(self.run, &filter[..])?;
        Ok(())
    }

    fn filter(&self) -> RunFilter {
        RunFilter { run: self.run, marks: self.marks.clone().into_boxed_slice() }
    }
}

/// A filter's value: how many entries it covers, and the marks; `None` when it is damaged.
fn split_filter(run: u64, value: &[u8]) -> Option<(u32, RunFilter)> {
    let (covered, marks) = value.split_first_chunk::<4>()?;
    let (marks, rest) = marks.as_chunks::<4>();
    let marks: Box<[u32]> = marks.iter().map(|mark| u32::from_be_bytes(*mark)).collect();
    let intact = rest.is_empty() && marks.is_sorted();
    intact.then_some((u32::from_be_bytes(*covered), RunFilter { run, marks }))
}

fn find_in(run: u64, rows: &[u8], key: &Digest16) -> Option<(u64, Digest16)> {
    let (rows, _) = rows.as_chunks::<ROW_BYTES>();
    let row = &rows[rows.binary_search_by(|row| row[..16].cmp(&key.0)).ok()?];
    let (place, req) = row[16..].split_first_chunk::<2>()?;
    let req = Digest16(req.try_into().ok()?);
    Some(((run << RUN_BITS) + u64::from(u16::from_be_bytes(*place)), req))
}

type KeyMap = HashMap<Digest16, (u64, Digest16)>;

#[derive(Default)]
pub(crate) struct KeyRuns {
    /// Of entries whose run is not closed.
    open: KeyMap,
    group: KeyMap,
    closing: Option<ClosedRun>,
    filters: Vec<RunFilter>,
}

impl KeyRuns {
    /// Takes up what a database has for who writes this epoch next, and makes the runs that it lacks.
    ///
    /// # Errors
    /// redb's; damage.
    pub(crate) fn load(db: &Database, written: Epoch) -> Result<Self, StoreError> {
        let mut keys = Self::default();
        let mut missing = Vec::new();
        {
            let txn = db.begin_read().map_err(database_error)?;
            let epochs = tables::read_epochs(&txn.open_table(tables::EPOCHS).map_err(database_error)?)?;
            let filters = txn.open_table(tables::KEY_FILTERS).map_err(database_error)?;
            for (epoch, frontier) in &epochs {
                let ended = *epoch != written;
                for (run, covered) in runs_of(epoch.n, frontier, ended) {
                    let row = filters.get(run).map_err(database_error)?;
                    let there = row.and_then(|row| split_filter(run, row.value()));
                    match there.filter(|(of, _)| *of == covered) {
                        Some((_, filter)) => keys.filters.push(filter),
                        None => missing.push((run, covered)),
                    }
                }
                if !ended {
                    let open = frontier.size() & (RUN_ENTRIES - 1);
                    let first = entry_key(epoch.n, frontier.size() - open);
                    let of = keys_between(&txn, first, open)?;
                    add_keys(&mut keys.open, of.into_iter().map(|(key, entry, req)| (key, (entry, req))));
                }
            }
            let adopted = places::adopted_runs(&txn.open_table(tables::ADOPTED).map_err(database_error)?)?;
            let places = Places::new(Vec::new(), adopted);
            for (place, run) in places.in_state(RunState::Counts) {
                for (run, covered) in runs_between(place, run.by.run.lines()) {
                    let row = filters.get(run).map_err(database_error)?;
                    match row.and_then(|row| split_filter(run, row.value())) {
                        Some((_, filter)) => keys.filters.push(filter),
                        None => missing.push((run, covered)),
                    }
                }
            }
        }
        for (run, covered) in missing {
            let made = make_run(db, run, covered)?;
            keys.filters.push(made.filter());
        }
        keys.filters.sort_by_key(|filter| filter.run);
        Ok(keys)
    }

    /// The first entry that a key made, and the request.
    ///
    /// # Errors
    /// redb's.
    pub(crate) fn find(
        &self,
        key: &Digest16,
        stored: &StoredRows,
    ) -> Result<Option<(u64, Digest16)>, redb::Error> {
        let mark = key_mark(key);
        for filter in self.filters.iter().filter(|filter| filter.claims(mark)) {
            let table = stored.open()?.open_table(tables::KEY_RUNS)?;
            let found = table.get(filter.run)?.and_then(|rows| find_in(filter.run, rows.value(), key));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(self.open.get(key).or_else(|| self.group.get(key)).copied())
    }

    /// As [`KeyRuns::find`], among the keys of a command that the group has not taken yet too.
    ///
    /// # Errors
    /// redb's.
    pub(crate) fn first(
        &self,
        key: &Digest16,
        rows: &PendingCleanings,
    ) -> Result<Option<(u64, Digest16)>, redb::Error> {
        let found = self.find(key, &rows.stored)?;
        Ok(found.or_else(|| {
            let waiting = rows.pending.keys.iter().find(|(of, ..)| of == key);
            waiting.map(|(_, entry, req)| (*entry, *req))
        }))
    }

    pub(crate) fn take(&mut self, pending: &mut PendingRows) {
        add_keys(&mut self.group, pending.keys.drain(..).map(|(key, entry, req)| (key, (entry, req))));
    }

    pub(crate) fn close(&mut self, epoch_n: u32, before: u64, after: u64) -> Option<&ClosedRun> {
        let run = entry_key(epoch_n, before) >> RUN_BITS;
        self.closing = (run != entry_key(epoch_n, after) >> RUN_BITS).then(|| {
            let all = self.open.iter().chain(&self.group);
            let of_run = all.filter(|(_, (entry, _))| entry >> RUN_BITS == run);
            let keys = of_run.map(|(key, (entry, req))| (*key, *entry, *req)).collect();
            ClosedRun::of(run, u32::try_from(RUN_ENTRIES).unwrap_or(u32::MAX), keys)
        });
        self.closing.as_ref()
    }

    /// The group is recorded; gives the run that it closed.
    pub(crate) fn keep(&mut self) -> Option<ClosedRun> {
        add_keys(&mut self.open, self.group.drain());
        let closed = self.closing.take()?;
        self.open.retain(|_, (entry, _)| *entry >> RUN_BITS > closed.run);
        self.filters.push(closed.filter());
        Some(closed)
    }

    /// The group is not recorded.
    pub(crate) fn forget(&mut self) {
        self.group.clear();
        self.closing = None;
    }
}

/// The first entry that counts under a key answers for it.
fn add_keys(to: &mut KeyMap, keys: impl IntoIterator<Item = (Digest16, (u64, Digest16))>) {
    for (key, made) in keys {
        to.entry(key).or_insert(made);
    }
}

/// The runs of an epoch that are closed, with how many entries each covers; of an ended epoch the last one too.
fn runs_of(epoch_n: u32, frontier: &Frontier, ended: bool) -> impl Iterator<Item = (u64, u32)> {
    let first = entry_key(epoch_n, 0) >> RUN_BITS;
    let whole = frontier.size() >> RUN_BITS;
    let rest = u32::try_from(frontier.size() & (RUN_ENTRIES - 1)).unwrap_or(0);
    let entries = u32::try_from(RUN_ENTRIES).unwrap_or(u32::MAX);
    let last = (ended && rest > 0).then_some((first + whole, rest));
    (first..first + whole).map(move |run| (run, entries)).chain(last)
}

fn runs_between(place: u32, lines: Range<u64>) -> impl Iterator<Item = (u64, u32)> {
    let entries = u32::try_from(RUN_ENTRIES).unwrap_or(u32::MAX);
    let (first, last) = (entry_key(place, lines.start), entry_key(place, lines.end.saturating_sub(1)));
    (first >> RUN_BITS..=last >> RUN_BITS).map(move |run| (run, entries))
}

fn keys_between(
    txn: &ReadTransaction,
    first: u64,
    count: u64,
) -> Result<Vec<(Digest16, u64, Digest16)>, StoreError> {
    let table = txn.open_table(tables::ENTRIES).map_err(database_error)?;
    let mut keys = Vec::new();
    for row in table.range(first..first + count).map_err(database_error)? {
        let (entry, line) = row.map_err(database_error)?;
        let read = std::str::from_utf8(line.value()).ok().and_then(|text| Entry::view(text).ok());
        let read = read.ok_or_else(|| StoreError::Damaged {
            epoch: split_key(first).0.to_string(),
            seq: split_key(entry.value()).1,
            why: "it cannot be read".to_owned(),
        })?;
        keys.extend(read.head().idem.map(|idem| (idem.key, entry.value(), idem.req)));
    }
    Ok(keys)
}

fn make_run(db: &Database, run: u64, covered: u32) -> Result<ClosedRun, StoreError> {
    let keys = {
        let txn = db.begin_read().map_err(database_error)?;
        keys_between(&txn, run << RUN_BITS, u64::from(covered))?
    };
    let made = ClosedRun::of(run, covered, keys);
    let mut txn = db.begin_write().map_err(database_error)?;
    txn.set_durability(Durability::None).map_err(database_error)?;
    made.put_down(&txn).map_err(database_error)?;
    txn.commit().map_err(database_error)?;
    Ok(made)
}

#[cfg(test)]
mod tests;
