//! Where lines of the log are in the tables: those of the chain under the number of their epoch, those that a run
//! brought under a place of the run's own. Two branches of an epoch may hold different lines with one number.

use std::collections::BTreeMap;

use record::fold::{AdoptedBy, CleaningRecord, LinePlace};
use record::ids::Epoch;
use record::kinds::EntryRef;
use record::run::RunName;
use redb::ReadableTable;
use serde::{Deserialize, Serialize};

use super::tables;
use crate::io::error::StoreError;

/// The first place of a run; numbers of epochs are below it.
pub(crate) const RUNS_FROM: u32 = 1 << 15;
/// Places behind the last one would be those of epochs again.
const RUNS_MAX: usize = 1 << 15;
/// Lines of an epoch for which the index has one row: a run is in each row that has a line of it.
const INDEX_LINES: u64 = 256;

/// What became of a run that an entry adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RunState {
    /// Its lines are to be folded in yet.
    Waits,
    Counts,
    Lacks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AdoptedRun {
    pub(crate) by: AdoptedBy,
    pub(crate) within: Option<RunName>,
    pub(crate) state: RunState,
}

impl AdoptedRun {
    pub(crate) fn adopting(&self) -> LinePlace {
        LinePlace { of: self.by.by, run: self.within }
    }
}

/// Epochs that this log went through, and runs that entries of it adopted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    pub(crate) epochs: Vec<Epoch>,
    runs: Vec<AdoptedRun>,
    by_name: BTreeMap<RunName, u32>,
    /// By number of epoch and [`INDEX_LINES`], in the order in which they were adopted.
    by_line: BTreeMap<(u32, u64), Vec<u32>>,
}

impl Places {
    /// Of these epochs, oldest first, and runs in the order in which they were adopted.
    pub(crate) fn new(epochs: Vec<Epoch>, runs: Vec<AdoptedRun>) -> Self {
        let mut places = Self { epochs, ..Self::default() };
        for run in runs {
            places.push(run);
        }
        places
    }

    fn push(&mut self, adopted: AdoptedRun) -> Option<u32> {
        let at = u32::try_from(self.runs.len()).ok()?;
        let (run, lines) = (adopted.by.run, adopted.by.run.lines());
        // What is there already keeps its place.
        self.by_name.entry(run).or_insert(at);
        for row in lines.start / INDEX_LINES..=lines.end.saturating_sub(1).max(lines.start) / INDEX_LINES {
            self.by_line.entry((run.epoch().n, row)).or_default().push(at);
        }
        self.runs.push(adopted);
        RUNS_FROM.checked_add(at)
    }

    pub(crate) fn runs(&self) -> &[AdoptedRun] {
        &self.runs
    }

    /// Runs of the epochs of a number that have a line of this number, in the order in which they were adopted.
    fn covering(&self, n: u32, seq: u64) -> impl Iterator<Item = RunName> {
        let row = self.by_line.get(&(n, seq / INDEX_LINES)).map_or(&[][..], Vec::as_slice);
        let runs = row.iter().filter_map(|at| self.runs.get(usize::try_from(*at).ok()?));
        runs.map(|adopted| adopted.by.run).filter(move |run| run.lines().contains(&seq))
    }

    /// How a run was adopted, and what became of it; `None` where no entry adopts it.
    pub(crate) fn adopted(&self, run: &RunName) -> Option<&AdoptedRun> {
        self.run(self.place_of(run)?)
    }

    pub(crate) fn epoch(&self, n: u32) -> Option<Epoch> {
        self.epochs.iter().copied().find(|e| e.n == n)
    }

    fn run(&self, place: u32) -> Option<&AdoptedRun> {
        self.runs.get(usize::try_from(place.checked_sub(RUNS_FROM)?).ok()?)
    }

    pub(crate) fn place_of(&self, run: &RunName) -> Option<u32> {
        RUNS_FROM.checked_add(*self.by_name.get(run)?)
    }

    /// Adds a run whose lines are to be folded in; its place, or `None` where it was adopted before.
    pub(crate) fn adopt(&mut self, by: AdoptedBy, within: Option<RunName>) -> Option<(u32, AdoptedRun)> {
        if self.by_name.contains_key(&by.run) {
            return None;
        }
        if self.runs.len() >= RUNS_MAX {
            tracing::error!(run = %by.run, "so many runs are adopted that this one cannot count");
            return None;
        }
        let adopted = AdoptedRun { by, within, state: RunState::Waits };
        self.push(adopted).map(|place| (place, adopted))
    }

    pub(crate) fn set_state(&mut self, run: &RunName, state: RunState) -> Option<(u32, AdoptedRun)> {
        let place = self.place_of(run)?;
        let adopted = self.runs.get_mut(usize::try_from(place - RUNS_FROM).ok()?)?;
        adopted.state = state;
        Some((place, *adopted))
    }

    /// Lines of a number that may count: those of the chain, then those of runs.
    pub(crate) fn lines_of(&self, n: u32, seq: u64) -> impl Iterator<Item = LinePlace> {
        let own = self.epoch(n).map(|epoch| LinePlace { of: EntryRef { epoch, seq }, run: None });
        own.into_iter().chain(
            self.covering(n, seq)
                .map(move |run| LinePlace { of: EntryRef { epoch: run.epoch(), seq }, run: Some(run) }),
        )
    }

    pub(crate) fn in_state(&self, state: RunState) -> impl Iterator<Item = (u32, &AdoptedRun)> {
        (RUNS_FROM..).zip(&self.runs).filter(move |(_, run)| run.state == state)
    }

    pub(crate) fn line(&self, key: u64) -> Option<LinePlace> {
        let (n, seq) = tables::split_key(key);
        if n < RUNS_FROM {
            return Some(LinePlace { of: EntryRef { epoch: self.epoch(n)?, seq }, run: None });
        }
        let run = self.run(n)?.by.run;
        Some(LinePlace { of: EntryRef { epoch: run.epoch(), seq }, run: Some(run) })
    }

    /// How the line of a key came to count, where a run brought it.
    pub(crate) fn adopted_by(&self, key: u64) -> Option<AdoptedBy> {
        Some(self.run(tables::split_key(key).0)?.by)
    }

    pub(crate) fn key(&self, line: LinePlace) -> Option<u64> {
        let n = match line.run {
            Some(run) => self.place_of(&run)?,
            None => self.epoch(line.of.epoch.n).filter(|epoch| *epoch == line.of.epoch)?.n,
        };
        Some(tables::entry_key(n, line.of.seq))
    }

    /// Keys under which an entry may be, by precedence: in the reference's run, in the chain, in the other runs.
    pub(crate) fn keys(&self, of: EntryRef, near: Option<RunName>) -> impl Iterator<Item = u64> {
        let covering = self.covering(of.epoch.n, of.seq).filter(move |run| run.covers(of));
        let order = near.map(Some).into_iter().chain([None]).chain(covering.map(Some));
        order.filter_map(move |run| self.key(LinePlace { of, run }))
    }

    /// Keys under which other lines of this number may have been counted before those of the last run.
    pub(crate) fn keys_of_line(&self, of: EntryRef) -> impl Iterator<Item = u64> {
        self.keys(of, None)
    }
}
/// The runs that the database knows, in the order in which they were adopted.
///
/// # Errors
/// redb's; damage.
pub(crate) fn adopted_runs(
    table: &impl ReadableTable<u32, &'static str>,
) -> Result<Vec<AdoptedRun>, StoreError> {
    let mut all = Vec::new();
    for row in table.iter().map_err(StoreError::db("reading what was adopted"))? {
        let (place, value) = row.map_err(StoreError::db("reading what was adopted"))?;
        let run = serde_json::from_str(value.value()).ok();
        all.push(run.ok_or_else(|| StoreError::Damaged {
            epoch: place.value().to_string(),
            seq: 0,
            why: "the database's own note of what was adopted cannot be read".to_owned(),
        })?);
    }
    Ok(all)
}

/// The cleaning that an entry recorded.
///
/// # Errors
/// redb's.
pub(crate) fn cleaning_place(
    cleanings: &impl ReadableTable<u64, &'static [u8]>,
    entries: &impl ReadableTable<u64, &'static [u8]>,
    places: &Places,
    key: u64,
) -> Result<Option<CleaningRecord>, redb::Error> {
    let Some(line) = places.line(key) else { return Ok(None) };
    let Some(value) = cleanings.get(key)? else { return Ok(None) };
    let entry = entries.get(key)?;
    let of = (line.of, places.adopted_by(key));
    Ok(tables::read_cleaning(of, value.value(), entry.as_ref().map(|e| e.value())))
}
