//! Rebuilds everything that is a fold over a facility's entries, in the order in which its lines count.

use std::collections::{BTreeMap, BTreeSet};

use record::adoption::{AdoptionWalk, LineId, OfferedLine, RunPlace};
use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::{BoxId, Epoch, FacilityId};
use record::run::RunName;
use record::tree::Hash;

use super::base::{BasePart, assemble_log_base, load_base_page};
use super::fold::{AdoptedLog, FacilityProjection};
use super::links;
use super::overlaps::RunOverlaps;
use super::run_pages::{RunPage, RunPages};
use crate::db::epochs::StoredLog;
use crate::db::{DbError, Scoped, epochs, facilities, runs, state};

/// How many entries of each epoch of one box count, in the order in which they are folded: up to where the next epoch
/// goes on. An epoch that stays apart counts nothing, and so does one that is followed by nobody knows where.
pub fn log_chain(held: &[StoredLog]) -> Vec<(LogOrigin, u64)> {
    let counts = |this: &StoredLog| {
        let size = this.frontier.size();
        (this.origin, end_of(held, this.origin.epoch).map_or(size, |end| end.min(size)))
    };
    // Numbers rise along a chain, and `held` is in the order of numbers.
    held.iter().filter(|h| !h.apart).map(counts).collect()
}

/// Where an epoch ended, if another one that does not stay apart goes on from it.
pub(super) fn end_of(held: &[StoredLog], epoch: Epoch) -> Option<u64> {
    let next = held.iter().find(|h| !h.apart && h.follows() == Some(epoch))?;
    Some(next.prev.map_or(0, |prev| prev.size))
}

/// Empties and folds anew. Runs in the caller's transaction, so nobody sees it half done.
///
/// # Errors
/// The database, or a stored line that is no entry.
pub async fn rebuild_facility(conn: &mut Scoped, facility: FacilityId, now_ms: i64) -> Result<(), DbError> {
    let known_ms = facilities::lock_facility(conn, facility).await?.known_ms;
    state::clear_state(conn, facility).await?;
    for box_id in epochs::boxes_of(conn, facility).await? {
        BoxFold::of(conn, facility, box_id).await?.run(conn).await?;
    }
    let mut whole = FacilityProjection::new(facility);
    whole.touch_all();
    whole.roll_up(conn, facilities::as_of_ms(now_ms, known_ms)).await?;
    facilities::set_refold(conn, facility, false).await
}

/// The lines of one box, as they are folded.
struct BoxFold {
    facility: FacilityId,
    box_id: BoxId,
    base: Vec<BasePart>,
    walk: AdoptionWalk,
    /// Runs that are here.
    here: BTreeSet<RunName>,
    /// Numbers that several of them hold: only a line of those can be reached twice.
    overlaps: RunOverlaps,
    /// What runs brought so far under those numbers.
    counted: BTreeSet<LineId>,
    pages: RunPages,
    /// Runs that were adopted so far.
    places: u64,
}

impl BoxFold {
    async fn of(conn: &mut Scoped, facility: FacilityId, box_id: BoxId) -> Result<Self, DbError> {
        runs::clear_places(conn, box_id).await?;
        let held = epochs::of_box(conn, box_id).await?;
        let held = links::complete_link(conn, box_id, held).await?;
        let mut base = Vec::new();
        for (origin, size) in log_chain(&held) {
            let epoch = origin.epoch;
            let stated = held.iter().filter(|h| !h.apart).find_map(|h| h.prev.filter(|p| p.epoch == epoch));
            let assembled = match stated {
                Some(prev) => assemble_log_base(conn, &origin, size, prev).await?,
                None => None,
            };
            let log = || vec![BasePart { epoch, run: None, lines: 0..size }];
            base.extend(assembled.unwrap_or_else(log));
        }
        let here: BTreeSet<RunName> = runs::of_box(conn, box_id).await?.into_iter().collect();
        let (overlaps, pages) = (RunOverlaps::of(&here), RunPages::default());
        let (walk, counted) = (AdoptionWalk::default(), BTreeSet::new());
        Ok(Self { facility, box_id, base, walk, here, overlaps, counted, pages, places: 0 })
    }

    fn origin(&self, epoch: Epoch) -> LogOrigin {
        LogOrigin { box_id: self.box_id, epoch }
    }

    async fn run(mut self, conn: &mut Scoped) -> Result<(), DbError> {
        for part in self.base.clone() {
            let mut from = part.lines.start;
            while from < part.lines.end {
                let page = load_base_page(conn, self.box_id, (&part, from)).await?;
                if page.is_empty() {
                    return Err(DbError::stored("log", "entries are missing"));
                }
                from += page.len() as u64;
                self.fold_base(conn, &part, &page).await?;
            }
        }
        for run in self.walk.lacking() {
            tracing::info!(box_id = %self.box_id, %run, "a run that an entry adopts is not here yet");
        }
        if self.walk.beyond() > 0 {
            let (box_id, beyond) = (self.box_id, self.walk.beyond());
            tracing::warn!(%box_id, beyond, "a box adopts more runs than may count; the others do not");
        }
        Ok(())
    }

    /// Folds lines of the base, and behind each that adopts a run which is here the lines of that.
    async fn fold_base(&mut self, conn: &mut Scoped, part: &BasePart, page: &[Entry]) -> Result<(), DbError> {
        let (epoch, run, mut folded) = (part.epoch, part.run, 0);
        for (at, entry) in page.iter().enumerate() {
            if self.walk.pass_base(epoch, entry) && self.is_next_here() {
                self.fold(conn, epoch, (run, None), page[folded..=at].iter()).await?;
                folded = at + 1;
                self.fold_runs(conn).await?;
            }
        }
        match &page[folded..] {
            [] => Ok(()),
            rest => self.fold(conn, epoch, (run, None), rest.iter()).await,
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

    async fn fold<'e>(
        &self,
        conn: &mut Scoped,
        epoch: Epoch,
        (held_in, adopted): (Option<RunName>, Option<AdoptedLog>),
        new: impl Iterator<Item = &'e Entry>,
    ) -> Result<(), DbError> {
        let mut fold = FacilityProjection::new(self.facility).held_in(held_in);
        fold.take(conn, &self.origin(epoch), adopted, new).await?;
        fold.store(conn, &self.origin(epoch)).await
    }

    /// What comes behind an entry that adopts a run.
    async fn fold_runs(&mut self, conn: &mut Scoped) -> Result<(), DbError> {
        while self.is_next_here() {
            let (Some(place), Some(by)) = (self.walk.next_lines(), self.walk.next_adopter()) else { break };
            if place.from == place.run.lines().start {
                runs::set_place(conn, self.box_id, (place.run, self.places), by).await?;
                self.places += 1;
            }
            let page = match self.pages.take(place) {
                Some(page) => page,
                None => self.read_page(conn, place).await?,
            };
            self.fold_lines(conn, place, &page).await?;
            self.pages.put(page);
        }
        Ok(())
    }

    /// Folds the lines of a run that come next in one go, up to the first one that adopts another which is here.
    async fn fold_lines(
        &mut self,
        conn: &mut Scoped,
        place: RunPlace,
        page: &RunPage,
    ) -> Result<(), DbError> {
        let epoch = place.run.epoch();
        let (mut next, mut all) = (place, Vec::new());
        loop {
            let shared = |entry: &Entry| self.overlaps.contains(epoch, entry.seq());
            let id = |entry: &Entry| LineId { epoch, seq: entry.seq(), leaf: entry.leaf() };
            let offer = |(entry, in_base): &'_ (Entry, bool)| {
                *in_base || (shared(entry) && self.counted.contains(&id(entry)))
            };
            let offered: Vec<OfferedLine<'_>> = page
                .next_lines(next.from)
                .iter()
                .map(|line| OfferedLine { entry: &line.0, counts_already: offer(line) })
                .collect();
            let lines = self.walk.take_lines(&offered);
            let new: Vec<LineId> =
                lines.iter().map(|line| line.entry).filter(|e| shared(e)).map(id).collect();
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
            self.fold(conn, epoch, of, all.iter().map(|line| line.entry)).await?;
        }
        Ok(())
    }

    async fn read_page(&self, conn: &mut Scoped, place: RunPlace) -> Result<RunPage, DbError> {
        let (run, from) = (place.run, place.from);
        let part = BasePart { epoch: run.epoch(), run: Some(run), lines: run.lines() };
        let entries = load_base_page(conn, self.box_id, (&part, from)).await?;
        if entries.is_empty() {
            return Err(DbError::stored("run", "lines are missing"));
        }
        let base = self.base_leaves(conn, place, entries.len() as u64).await?;
        let in_base = |entry: &Entry| base.get(&entry.seq()) == Some(&entry.leaf());
        let lines = entries.into_iter().map(|entry| (in_base(&entry), entry));
        Ok(RunPage { run, from, lines: lines.map(|(in_base, entry)| (entry, in_base)).collect() })
    }

    /// The leaves of the base under the numbers of a page of a run.
    async fn base_leaves(
        &self,
        conn: &mut Scoped,
        place: RunPlace,
        count: u64,
    ) -> Result<BTreeMap<u64, Hash>, DbError> {
        let (epoch, numbers) = (place.run.epoch(), place.from..place.from + count);
        let mut leaves = BTreeMap::new();
        for part in self.base.iter().filter(|part| part.epoch == epoch) {
            let end = part.lines.end.min(numbers.end);
            let mut from = part.lines.start.max(numbers.start);
            while from < end {
                let within = BasePart { lines: from..end, ..part.clone() };
                let page = load_base_page(conn, self.box_id, (&within, from)).await?;
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
