//! Rebuilds a projection, in the order in which lines count, beside the one that pages read: in transactions of [`STEP_LINES`] entries,
//! after each of which it can be interrupted and continues.

use std::collections::{BTreeMap, BTreeSet};

use record::adoption::{AdoptionWalk, LineId, OfferedLine, RunPlace};
use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::{BoxId, Epoch, FacilityId};
use record::run::RunName;
use record::tag::Tag;
use record::tree::Hash;
use service::clock::Clock;

use super::base::{BasePart, assemble_log_base, load_base_page};
use super::chain::log_chain;
use super::facility_now::refresh_facility;
use super::fold::{AdoptedLog, FacilityProjection, FoldedLog};
use super::links;
use super::overlaps::RunOverlaps;
use super::rollup::refresh_rollup;
use super::run_pages::{RunPage, RunPages};
use super::step::{FoldTimes, STEP_LINES, StepOutcome, fold_behind};
use crate::db::LogNumber;
use crate::db::OwnedFacility;
use crate::db::ProjectionNumber;
use crate::db::delivery::webhook_events;
use crate::db::facility::facilities;
use crate::db::log::runs::NewRunPlace;
use crate::db::log::{epochs, runs};
use crate::db::projection::projections;
use crate::db::projection::projections::ProjectionRow;
use crate::db::projection::state;
use crate::db::{AccountScope, Db, DbError, ScopedConnection};

/// Items whose windows are counted in one transaction.
const ITEMS_AT_ONCE: usize = 16;
/// Projections that are begun by one call before somebody else has a turn: each was asked for while the one before was built.
const TRIES_MAX: usize = 4;

/// Rebuilds a facility's projection where requested, and replaces the live one. `false`: it was requested again and again, and waits.
///
/// # Errors
/// The database, or a stored line that is no entry: the live projection stays as it is.
pub async fn rebuild_facility(db: &Db, place: OwnedFacility, clock: &dyn Clock) -> Result<bool, DbError> {
    let OwnedFacility { scope, facility } = place;
    let rebuild = Rebuild { db, scope, facility, clock };
    for _ in 0..TRIES_MAX {
        let mut tx = db.write(scope).await?;
        // Whoever was cut off while its last transaction was on its way does not know that it is done.
        if !projections::awaits_rebuild(&mut tx, facility).await? {
            return Ok(true);
        }
        let row = projections::take_building(&mut tx, facility, clock.now_ms()).await?;
        tx.commit().await?;
        match rebuild.build(row).await {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => {
                let mut tx = db.write(scope).await?;
                projections::save_error(&mut tx, row.projection, Some(&error.to_string())).await?;
                tx.commit().await?;
                return Err(error);
            }
        }
    }
    Ok(false)
}

struct Rebuild<'a> {
    db: &'a Db,
    scope: AccountScope,
    facility: FacilityId,
    clock: &'a dyn Clock,
}

impl Rebuild<'_> {
    /// Whether it took the place of the live one; it did not where another one is asked for by now.
    async fn build(&self, row: ProjectionRow) -> Result<bool, DbError> {
        let projection = row.projection;
        let mut conn = self.db.read(self.scope).await?;
        let boxes = epochs::boxes_of(&mut conn, self.facility).await?;
        drop(conn);
        for box_id in boxes {
            let mut conn = self.db.read(self.scope).await?;
            let skips = projections::box_position(&mut conn, projection, box_id).await?;
            drop(conn);
            let Some(skips) = skips else { continue };
            let (folded, lines, newest_ms) = (0, 0, 0);
            let steps = FoldSteps {
                rebuild: self,
                projection,
                box_id,
                tx: None,
                skips,
                stored: skips,
                folded,
                lines,
                newest_ms,
            };
            match Box::pin(fold_box(steps)).await {
                Ok(()) => {}
                Err(FoldFault::Dropped) => return Ok(false),
                Err(FoldFault::Db(error)) => return Err(error),
            }
        }
        if !self.count_windows(projection).await? {
            return Ok(false);
        }
        self.catch_up(projection).await
    }

    /// The next page, read while the one before it is written: where the database is a file, which others read while somebody
    /// writes. Of a server one connection is enough: to wait for a second one would be to wait for others who do.
    async fn read_ahead(
        &self,
        box_id: BoxId,
        part: &BasePart,
        from: u64,
    ) -> Result<Option<Vec<Entry>>, DbError> {
        if from >= part.lines.end || !matches!(self.db, Db::Sqlite { .. }) {
            return Ok(None);
        }
        let mut conn = self.db.read(self.scope).await?;
        load_base_page(&mut conn, box_id, (part, from)).await.map(Some)
    }

    /// Counts the windows of every item, from the beginning, a few items at a time.
    async fn count_windows(&self, projection: ProjectionNumber) -> Result<bool, DbError> {
        let mut conn = self.db.read(self.scope).await?;
        let known_ms = facilities::get(&mut conn, self.facility).await?.map_or(0, |row| row.known_ms);
        let rows = state::load_all(&mut conn, projection).await?;
        drop(conn);
        let as_of_ms = facilities::as_of_ms(self.clock.now_ms(), known_ms);
        let tags: Vec<Tag> = rows.equipment.keys().copied().collect();
        for few in tags.chunks(ITEMS_AT_ONCE) {
            let mut tx = self.db.write(self.scope).await?;
            if projections::lock_building(&mut tx, projection).await?.is_none() {
                return Ok(false);
            }
            let touched: BTreeMap<Tag, i64> = few.iter().map(|tag| (*tag, 0)).collect();
            refresh_rollup(&mut tx, projection, &rows, &touched, as_of_ms).await?;
            tx.commit().await?;
        }
        Ok(true)
    }

    /// Folds what came meanwhile; with the last of it the projection takes the place of the live one.
    async fn catch_up(&self, projection: ProjectionNumber) -> Result<bool, DbError> {
        loop {
            let mut tx = self.db.write(self.scope).await?;
            // In the order of a step: the live one's row first, which no step holds then.
            // It may be gone: whoever restored or changed tables by hand left none, and this one takes its place.
            projections::lock_live(&mut tx, self.facility).await?;
            let live = projections::find_live(&mut tx, self.facility).await?;
            let Some(row) = projections::lock_building(&mut tx, projection).await? else { return Ok(false) };
            let known_ms = facilities::get(&mut tx, self.facility).await?.map_or(0, |row| row.known_ms);
            let times = FoldTimes { now_ms: self.clock.now_ms(), known_ms };
            let outcome = fold_behind(&mut tx, self.facility, &row, &times).await?;
            if !matches!(outcome, StepOutcome::More(_)) {
                webhook_events::mark_swapped(&mut tx, self.facility, live, row.projection).await?;
                let swapped = projections::swap_live(&mut tx, self.facility, &row).await?;
                if swapped {
                    refresh_facility(&mut tx, self.facility, times.now_ms).await?;
                    tx.commit().await?;
                }
                return Ok(swapped);
            }
            tx.commit().await?;
        }
    }
}

async fn fold_box(steps: FoldSteps<'_>) -> Result<(), FoldFault> {
    BoxFold::of(steps).await?.run().await
}

/// Why the lines of a box were not folded to their end.
enum FoldFault {
    Db(DbError),
    Dropped,
}

impl From<DbError> for FoldFault {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// The transactions in which the lines of one box are folded.
struct FoldSteps<'a> {
    rebuild: &'a Rebuild<'a>,
    projection: ProjectionNumber,
    box_id: BoxId,
    tx: Option<ScopedConnection>,
    skips: u64,
    stored: u64,
    folded: u64,
    lines: usize,
    newest_ms: i64,
}

impl FoldSteps<'_> {
    /// The present transaction, begun where there is none.
    async fn conn(&mut self) -> Result<&mut ScopedConnection, FoldFault> {
        let tx = match self.tx.take() {
            Some(tx) => tx,
            None => {
                let mut tx = self.rebuild.db.write(self.rebuild.scope).await?;
                let row = projections::lock_building(&mut tx, self.projection).await?;
                row.ok_or(FoldFault::Dropped)?;
                let position = projections::box_position(&mut tx, self.projection, self.box_id).await?;
                if position != Some(self.stored) {
                    return Err(FoldFault::Dropped);
                }
                tx
            }
        };
        Ok(self.tx.insert(tx))
    }

    /// How many of these lines were folded before. Pages need not end where they ended then: the log may have grown.
    fn skip(&mut self, lines: usize) -> usize {
        let done = usize::try_from(self.skips.saturating_sub(self.folded)).unwrap_or(usize::MAX).min(lines);
        self.folded += done as u64;
        done
    }

    /// These lines are folded; the last of them was written at this time.
    async fn advance(&mut self, lines: usize, newest_ms: i64) -> Result<(), FoldFault> {
        self.folded += lines as u64;
        self.lines += lines;
        self.newest_ms = self.newest_ms.max(newest_ms.min(self.rebuild.clock.now_ms()));
        if self.lines < STEP_LINES { Ok(()) } else { self.commit(Some(self.folded)).await }
    }

    /// Ends the present transaction. `folded`: how many lines of the box there are by now; `None`: all of them.
    async fn commit(&mut self, folded: Option<u64>) -> Result<(), FoldFault> {
        let (projection, box_id, newest_ms) = (self.projection, self.box_id, self.newest_ms);
        let conn = self.conn().await?;
        projections::save_box_position(conn, projection, box_id, folded).await?;
        projections::save_newest(conn, projection, newest_ms).await?;
        if let Some(tx) = self.tx.take() {
            tx.commit().await?;
        }
        self.stored = self.folded;
        self.lines = 0;
        Ok(())
    }
}

struct BoxFold<'a> {
    steps: FoldSteps<'a>,
    /// The rows so far: whoever took this work over meanwhile is found by the position.
    facility: FacilityProjection,
    numbers: BTreeMap<Epoch, LogNumber>,
    base: Vec<BasePart>,
    walk: AdoptionWalk,
    here: BTreeSet<RunName>,
    /// Numbers that several of them hold: only a line of those can be reached twice.
    overlaps: RunOverlaps,
    counted: BTreeSet<LineId>,
    pages: RunPages,
    places: u64,
    ends: Vec<(LogNumber, u64)>,
}

impl<'a> BoxFold<'a> {
    async fn of(mut steps: FoldSteps<'a>) -> Result<Self, FoldFault> {
        let box_id = steps.box_id;
        let conn = steps.conn().await?;
        let numbers = epochs::numbers_of(conn, box_id).await?;
        let own = epochs::of_box(conn, box_id).await?;
        let counts = own.iter().filter(|held| held.key_known && !held.apart);
        let ends = counts.map(|held| (held.number, held.frontier.size())).collect();
        let held = links::complete_link(conn, box_id, own).await?;
        let mut base = Vec::new();
        for (origin, size) in log_chain(&held) {
            let epoch = origin.epoch;
            let stated = held.iter().filter(|h| !h.apart).find_map(|h| h.prev.filter(|p| p.epoch == epoch));
            let assembled = match stated {
                Some(prev) => assemble_log_base(conn, &origin, size, prev).await?,
                None => None,
            };
            base.extend(assembled.unwrap_or_else(|| vec![BasePart { epoch, run: None, lines: 0..size }]));
        }
        let here: BTreeSet<RunName> = runs::of_box(conn, box_id).await?.into_iter().collect();
        let (overlaps, pages) = (RunOverlaps::of(&here), RunPages::default());
        let (walk, counted) = (AdoptionWalk::default(), BTreeSet::new());
        let facility = FacilityProjection::new(steps.projection);
        Ok(Self { steps, facility, numbers, base, walk, here, overlaps, counted, pages, places: 0, ends })
    }

    fn log(&self, epoch: Epoch) -> FoldedLog {
        let number = self.numbers.get(&epoch).copied().unwrap_or(LogNumber::NONE);
        FoldedLog { number, origin: LogOrigin { box_id: self.steps.box_id, epoch } }
    }

    async fn run(mut self) -> Result<(), FoldFault> {
        let box_id = self.steps.box_id;
        for part in self.base.clone() {
            let (mut from, mut ahead) = (part.lines.start, None);
            while from < part.lines.end {
                let page = match ahead.take() {
                    Some(page) => page,
                    None => load_base_page(self.steps.conn().await?, box_id, (&part, from)).await?,
                };
                if page.is_empty() {
                    return Err(DbError::stored("log", "entries are missing").into());
                }
                from += page.len() as u64;
                let reading = self.steps.rebuild.read_ahead(box_id, &part, from);
                let (folded, read) = tokio::join!(self.fold_base(&part, &page), reading);
                folded?;
                ahead = read?;
            }
        }
        for run in self.walk.lacking() {
            tracing::info!(%box_id, %run, "a run that an entry adopts is not here yet");
        }
        if self.walk.beyond() > 0 {
            let beyond = self.walk.beyond();
            tracing::warn!(%box_id, beyond, "a box adopts more runs than may count; the others do not");
        }
        let projection = self.steps.projection;
        for (log, size) in std::mem::take(&mut self.ends) {
            projections::save_position(self.steps.conn().await?, projection, log, size).await?;
        }
        self.steps.commit(None).await
    }

    /// Folds lines of the base, and behind each that adopts a run which is here the lines of that.
    async fn fold_base(&mut self, part: &BasePart, page: &[Entry]) -> Result<(), FoldFault> {
        let (epoch, run, mut folded) = (part.epoch, part.run, 0);
        for (at, entry) in page.iter().enumerate() {
            if self.walk.pass_base(epoch, entry) && self.is_next_here() {
                let new: Vec<&Entry> = page[folded..=at].iter().collect();
                self.fold(epoch, (run, None), &new).await?;
                folded = at + 1;
                self.fold_runs().await?;
            }
        }
        match &page[folded..] {
            [] => Ok(()),
            rest => self.fold(epoch, (run, None), &rest.iter().collect::<Vec<_>>()).await,
        }
    }

    /// Passes over runs that are not here; whether lines of one that is come next.
    fn is_next_here(&mut self) -> bool {
        while let Some(place) = self.walk.next_lines() {
            if self.here.contains(&place.run) {
                return true;
            }
            self.walk.lack_run();
        }
        false
    }

    async fn fold(
        &mut self,
        epoch: Epoch,
        (held_in, adopted): (Option<RunName>, Option<AdoptedLog>),
        new: &[&Entry],
    ) -> Result<(), FoldFault> {
        let new = &new[self.steps.skip(new.len())..];
        if new.is_empty() {
            return Ok(());
        }
        let log = self.log(epoch);
        let (conn, fold) = (self.steps.conn().await?, &mut self.facility);
        fold.go_on(held_in);
        fold.take(conn, &log, adopted, new).await?;
        fold.store(conn, &log).await?;
        self.steps.advance(new.len(), fold.last_ms()).await
    }

    /// What comes behind an entry that adopts a run.
    async fn fold_runs(&mut self) -> Result<(), FoldFault> {
        while self.is_next_here() {
            let (Some(place), Some(by)) = (self.walk.next_lines(), self.walk.next_adopter()) else { break };
            if place.from == place.run.lines().start {
                let new = NewRunPlace { run: place.run, place: self.places, by };
                let (projection, box_id) = (self.steps.projection, self.steps.box_id);
                runs::set_place(self.steps.conn().await?, projection, box_id, &new).await?;
                self.places += 1;
            }
            let page = match self.pages.take(place) {
                Some(page) => page,
                None => self.read_page(place).await?,
            };
            self.fold_lines(place, &page).await?;
            self.pages.put(page);
        }
        Ok(())
    }

    /// Folds the lines of a run that come next in one go, up to the first one that adopts another which is here.
    async fn fold_lines(&mut self, place: RunPlace, page: &RunPage) -> Result<(), FoldFault> {
        let epoch = place.run.epoch();
        let (mut next, mut all) = (place, Vec::new());
        loop {
            let offered = page.next_lines(next.from).iter().map(|(entry, in_base)| OfferedLine {
                entry,
                counts_already: *in_base
                    || (self.overlaps.contains(epoch, entry.seq())
                        && self.counted.contains(&identify_line(epoch, entry))),
            });
            let offered: Vec<OfferedLine<'_>> = offered.collect();
            let lines = self.walk.take_lines(&offered);
            let new: Vec<LineId> = lines
                .iter()
                .map(|line| line.entry)
                .filter(|e| self.overlaps.contains(epoch, e.seq()))
                .map(|entry| identify_line(epoch, entry))
                .collect();
            self.counted.extend(new);
            all.extend(lines);
            match self.is_next_here().then(|| self.walk.next_lines()).flatten() {
                Some(place) if page.has(place) => next = place,
                _ => break,
            }
        }
        if let Some(line) = all.first() {
            let adopted = AdoptedLog { run: line.run, by: line.adopted_by, at: line.adopted_at };
            let of = (Some(line.run), Some(adopted));
            self.fold(epoch, of, &all.iter().map(|line| line.entry).collect::<Vec<_>>()).await?;
        }
        Ok(())
    }

    async fn read_page(&mut self, place: RunPlace) -> Result<RunPage, FoldFault> {
        let (run, from) = (place.run, place.from);
        let part = BasePart { epoch: run.epoch(), run: Some(run), lines: run.lines() };
        let box_id = self.steps.box_id;
        let entries = load_base_page(self.steps.conn().await?, box_id, (&part, from)).await?;
        if entries.is_empty() {
            return Err(DbError::stored("run", "lines are missing").into());
        }
        let base = self.base_leaves(place, entries.len() as u64).await?;
        let lines = entries.into_iter().map(|entry| {
            let in_base = base.get(&entry.seq()) == Some(&entry.leaf());
            (entry, in_base)
        });
        Ok(RunPage { run, from, lines: lines.collect() })
    }

    async fn base_leaves(&mut self, place: RunPlace, count: u64) -> Result<BTreeMap<u64, Hash>, FoldFault> {
        let (epoch, numbers) = (place.run.epoch(), place.from..place.from + count);
        let mut leaves = BTreeMap::new();
        let (box_id, base) = (self.steps.box_id, self.base.clone());
        for part in base.iter().filter(|part| part.epoch == epoch) {
            let end = part.lines.end.min(numbers.end);
            let mut from = part.lines.start.max(numbers.start);
            while from < end {
                let within = BasePart { lines: from..end, ..part.clone() };
                let page = load_base_page(self.steps.conn().await?, box_id, (&within, from)).await?;
                if page.is_empty() {
                    break;
                }
                from += page.len() as u64;
                leaves.extend(page.iter().map(|entry| (entry.seq(), entry.leaf())));
            }
        }
        Ok(leaves)
    }
}

fn identify_line(epoch: Epoch, entry: &Entry) -> LineId {
    LineId { epoch, seq: entry.seq(), leaf: entry.leaf() }
}
