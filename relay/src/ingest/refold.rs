//! Rebuilds everything that is a fold over a facility's entries, in the order in which its lines count.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use record::adoption::{AdoptionWalk, LeafRange, LineId, OfferedLine, RunPlace, adopted_run, assemble_base};
use record::checkpoint::Origin;
use record::entry::Entry;
use record::ids::{BoxId, Epoch, FacilityId};
use record::kinds::Prev;
use record::run::RunName;
use record::tree::{Hash, leaf_hash};

use super::fold::{Adopted, Fold};
use crate::db::epochs::Held;
use crate::db::{AccountScope, Conn, DbError, entries, epochs, facilities, runs, state};

/// Entries that are held in memory at a time.
const PAGE: usize = 512;

/// How many entries of each epoch of one box count, in the order in which they are folded: up to where the next epoch
/// goes on. An epoch that stays apart counts nothing, and so does one that is followed by nobody knows where.
pub fn chain(held: &[Held]) -> Vec<(Origin, u64)> {
    let counts = |this: &Held| {
        let size = this.frontier.size();
        (this.origin, end_of(held, this.origin.epoch).map_or(size, |end| end.min(size)))
    };
    // Numbers rise along a chain, and `held` is in the order of numbers.
    held.iter().filter(|h| !h.apart).map(counts).collect()
}

/// Where an epoch ended, if another one that does not stay apart goes on from it.
pub(super) fn end_of(held: &[Held], epoch: Epoch) -> Option<u64> {
    let next = held.iter().find(|h| !h.apart && h.follows() == Some(epoch))?;
    Some(next.prev.map_or(0, |prev| prev.size))
}

/// Empties and folds anew. Runs in the caller's transaction, so nobody sees it half done.
///
/// # Errors
/// The database, or a stored line that is no entry.
pub async fn refold(
    conn: &mut Conn,
    scope: AccountScope,
    facility: FacilityId,
    now_ms: i64,
) -> Result<(), DbError> {
    let known_ms = facilities::lock(conn, scope, facility).await?.known_ms;
    state::clear(conn, scope, facility).await?;
    for box_id in epochs::boxes_of(conn, scope, facility).await? {
        BoxFold::of(conn, scope, facility, box_id).await?.run(conn).await?;
    }
    let mut whole = Fold::new(scope, facility);
    whole.touch_all();
    whole.roll_up(conn, facilities::as_of_ms(now_ms, known_ms)).await?;
    facilities::set_refold(conn, scope, facility, false).await
}

/// Lines of an epoch that count in the chain, and where they are: in its log, or in a run.
#[derive(Debug, Clone)]
struct BasePart {
    epoch: Epoch,
    run: Option<RunName>,
    lines: Range<u64>,
}

/// The lines of one box, as they are folded.
struct BoxFold {
    scope: AccountScope,
    facility: FacilityId,
    box_id: BoxId,
    base: Vec<BasePart>,
    walk: AdoptionWalk,
    /// What runs brought so far.
    counted: BTreeSet<LineId>,
}

impl BoxFold {
    async fn of(
        conn: &mut Conn,
        scope: AccountScope,
        facility: FacilityId,
        box_id: BoxId,
    ) -> Result<Self, DbError> {
        let held = epochs::of_box(conn, scope, box_id).await?;
        let mut base = Vec::new();
        for (origin, size) in chain(&held) {
            let epoch = origin.epoch;
            let stated = held.iter().filter(|h| !h.apart).find_map(|h| h.prev.filter(|p| p.epoch == epoch));
            let assembled = match stated {
                Some(prev) => assemble(conn, scope, &origin, size, prev).await?,
                None => None,
            };
            let log = || vec![BasePart { epoch, run: None, lines: 0..size }];
            base.extend(assembled.unwrap_or_else(log));
        }
        let (walk, counted) = (AdoptionWalk::default(), BTreeSet::new());
        Ok(Self { scope, facility, box_id, base, walk, counted })
    }

    fn origin(&self, epoch: Epoch) -> Origin {
        Origin { box_id: self.box_id, epoch }
    }

    async fn run(mut self, conn: &mut Conn) -> Result<(), DbError> {
        for part in self.base.clone() {
            let mut from = part.lines.start;
            while from < part.lines.end {
                let page = self.page(conn, &part, from).await?;
                if page.is_empty() {
                    return Err(DbError::stored("log", "entries are missing"));
                }
                from += page.len() as u64;
                for chunk in page.split_inclusive(|entry| adopted_run(entry).is_some()) {
                    self.fold(conn, part.epoch, None, chunk.iter()).await?;
                    if let Some(last) = chunk.last()
                        && self.walk.pass_base(part.epoch, last)
                    {
                        self.fold_runs(conn).await?;
                    }
                }
            }
        }
        for run in self.walk.lacking() {
            tracing::info!(box_id = %self.box_id, %run, "a run that an entry adopts is not here yet");
        }
        Ok(())
    }

    async fn fold<'e>(
        &self,
        conn: &mut Conn,
        epoch: Epoch,
        adopted: Option<Adopted>,
        new: impl Iterator<Item = &'e Entry>,
    ) -> Result<(), DbError> {
        let mut fold = Fold::new(self.scope, self.facility);
        fold.take(conn, &self.origin(epoch), adopted, new).await?;
        fold.store(conn, &self.origin(epoch)).await
    }

    /// Lines of one part of the base from number `from` on.
    async fn page(&self, conn: &mut Conn, part: &BasePart, from: u64) -> Result<Vec<Entry>, DbError> {
        let limit = usize::try_from(part.lines.end - from).unwrap_or(usize::MAX).min(PAGE);
        let lines = match part.run {
            None => entries::lines(conn, self.scope, &self.origin(part.epoch), from, limit).await?,
            Some(run) => runs::lines(conn, self.scope, self.box_id, (run, from), limit).await?,
        };
        lines.iter().map(|line| Entry::parse(line).map_err(|e| DbError::stored("entry", e))).collect()
    }

    /// What comes behind an entry that adopts a run.
    async fn fold_runs(&mut self, conn: &mut Conn) -> Result<(), DbError> {
        while let Some(place) = self.walk.next_lines() {
            let part = BasePart { epoch: place.run.epoch(), run: Some(place.run), lines: place.run.lines() };
            let page = self.page(conn, &part, place.from).await?;
            if page.is_empty() {
                self.walk.lack_run();
                continue;
            }
            let base = self.base_leaves(conn, place, page.len() as u64).await?;
            let id = |entry: &Entry| LineId { epoch: part.epoch, seq: entry.seq(), leaf: entry.leaf() };
            let offered: Vec<OfferedLine<'_>> = page
                .iter()
                .map(|entry| {
                    let id = id(entry);
                    let in_base = base.get(&id.seq) == Some(&id.leaf);
                    OfferedLine { entry, counts_already: in_base || self.counted.contains(&id) }
                })
                .collect();
            let lines = self.walk.take_lines(&offered);
            self.counted.extend(lines.iter().map(|line| id(line.entry)));
            if let Some(line) = lines.first() {
                let adopted = Adopted { run: line.run, by: line.adopted_by, at: line.adopted_at };
                self.fold(conn, part.epoch, Some(adopted), lines.iter().map(|line| line.entry)).await?;
            }
        }
        Ok(())
    }

    /// The leaves of the base under the numbers of a page of a run.
    async fn base_leaves(
        &self,
        conn: &mut Conn,
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
                let page = self.page(conn, &within, from).await?;
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

/// The branch that the successor names, from the log and from runs; `None` where the log alone leads there, or nothing does.
async fn assemble(
    conn: &mut Conn,
    scope: AccountScope,
    origin: &Origin,
    size: u64,
    prev: Prev,
) -> Result<Option<Vec<BasePart>>, DbError> {
    if size == prev.size && entries::frontier_at(conn, scope, origin, size).await?.root() == prev.root {
        return Ok(None);
    }
    let (epoch, box_id) = (origin.epoch, origin.box_id);
    let names = runs::of_epoch(conn, scope, box_id, epoch).await?;
    let mut sources =
        vec![LeafRange { from: 0, leaves: entries::leaves(conn, scope, origin, (0, size)).await? }];
    for run in &names {
        let count = usize::try_from(run.count()).unwrap_or(usize::MAX);
        let lines = runs::lines(conn, scope, box_id, (*run, run.lines().start), count).await?;
        let leaves = lines.iter().map(|line| leaf_hash(line)).collect();
        sources.push(LeafRange { from: run.lines().start, leaves });
    }
    let parts = assemble_base(&sources, prev.size, prev.root);
    let part = |part: record::adoption::BasePart| BasePart {
        epoch,
        run: part.source.checked_sub(1).and_then(|at| names.get(at)).copied(),
        lines: part.lines,
    };
    Ok(parts.map(|parts| parts.into_iter().map(part).collect()))
}
