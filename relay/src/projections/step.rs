//! The only code that brings stored entries into a projection that is there already.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use record::entry::Entry;
use record::ids::FacilityId;
use service::clock::Clock;

use super::base::read_entry;
use super::facility_now::refresh_facility;
use super::fold::{FacilityProjection, FoldedLog};
use super::queue::StepQueue;
use crate::db::OwnedFacility;
use crate::db::delivery::webhook_events;
use crate::db::facility::facilities;
use crate::db::log::entries;
use crate::db::projection::projections;
use crate::db::projection::projections::{LogPosition, ProjectionRow, is_of_this_code};
use crate::db::{Db, DbError, PlatformReason, ScopedConnection};

/// Entries that are folded in one transaction.
pub const STEP_LINES: usize = 512;
const STEPS_OF_SERVER: usize = 3;
/// How often facilities are looked for whose entries another process stored and did not fold.
const LOOK_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// Nothing waits that this process may fold.
    Idle,
    /// So many entries; nothing more waits.
    Folded(usize),
    More(usize),
}

/// Folds what waits of a facility, at most [`STEP_LINES`] entries, in one transaction.
///
/// # Errors
/// The database, or a stored line that cannot be read: nothing was changed, and the projection says why it stopped.
pub async fn step_facility(db: &Db, place: OwnedFacility, clock: &dyn Clock) -> Result<StepOutcome, DbError> {
    let OwnedFacility { scope, facility } = place;
    let mut tx = db.write(scope).await?;
    let Some(live) = projections::lock_live(&mut tx, facility).await? else { return Ok(StepOutcome::Idle) };
    let Some(row) = facilities::get(&mut tx, facility).await? else { return Ok(StepOutcome::Idle) };
    // That of other code is stepped by processes of that code; one whose rebuild was requested would get entries in the wrong order.
    if !is_of_this_code(live.version) || row.awaits_rebuild {
        return Ok(StepOutcome::Idle);
    }
    let (now_ms, known_ms) = (clock.now_ms(), row.known_ms);
    match fold_behind(&mut tx, facility, &live, &FoldTimes { now_ms, known_ms }).await {
        Ok(StepOutcome::Idle) => Ok(StepOutcome::Idle),
        Ok(outcome) => {
            refresh_facility(&mut tx, facility, now_ms).await?;
            projections::save_error(&mut tx, live.projection, None).await?;
            tx.commit().await?;
            Ok(outcome)
        }
        Err(error) if error.is_unavailable() => Err(error),
        Err(error) => {
            drop(tx);
            let mut tx = db.write(scope).await?;
            projections::save_error(&mut tx, live.projection, Some(&error.to_string())).await?;
            tx.commit().await?;
            Err(error)
        }
    }
}

/// What a step reckons its windows from, milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct FoldTimes {
    pub(super) now_ms: i64,
    /// Until when the boxes of the facility have reported everything.
    pub(super) known_ms: i64,
}

pub(super) async fn fold_behind(
    tx: &mut ScopedConnection,
    facility: FacilityId,
    row: &ProjectionRow,
    times: &FoldTimes,
) -> Result<StepOutcome, DbError> {
    let FoldTimes { now_ms, known_ms } = *times;
    let mut left = STEP_LINES;
    let behind = projections::logs_behind(tx, facility, row.projection).await?;
    let (mut newest_ms, mut folded) = (row.newest_ms, 0);
    for position in &behind {
        if left == 0 {
            break;
        }
        let new = load_entries(tx, position, left).await?;
        left -= new.len();
        folded += new.len();
        let log = FoldedLog { number: position.log, origin: position.origin };
        let mut fold = FacilityProjection::new(row.projection);
        fold.take(tx, &log, None, &new.iter().collect::<Vec<_>>()).await?;
        fold.store(tx, &log).await?;
        // A box whose clock runs ahead does not make the relay know the future.
        newest_ms = newest_ms.max(fold.last_ms().min(now_ms));
        fold.roll_up(tx, facilities::as_of_ms(now_ms, newest_ms.max(known_ms))).await?;
        projections::save_position(tx, row.projection, position.log, position.next + new.len() as u64)
            .await?;
        webhook_events::mark_folded(tx, row.projection, position.log, position.next).await?;
    }
    if folded == 0 {
        return Ok(StepOutcome::Idle);
    }
    projections::save_newest(tx, row.projection, newest_ms).await?;
    facilities::is_known(tx, facility, newest_ms).await?;
    Ok(if left == 0 { StepOutcome::More(folded) } else { StepOutcome::Folded(folded) })
}

async fn load_entries(
    tx: &mut ScopedConnection,
    position: &LogPosition,
    limit: usize,
) -> Result<Vec<Entry>, DbError> {
    let lines = entries::load_lines(tx, &position.origin, position.next, limit).await?;
    if lines.is_empty() {
        return Err(DbError::stored("log", "entries are missing"));
    }
    (position.next..).zip(&lines).map(|(seq, line)| read_entry(seq, line)).collect()
}

/// Steps every facility that is behind until none is. How many entries. One that cannot be folded keeps no other from it.
pub async fn step_all(db: &Db, clock: &dyn Clock) -> Result<usize, DbError> {
    let behind = projections::platform_behind(&mut db.platform_read(PlatformReason::Work).await?).await?;
    let mut folded = 0;
    for one in behind.iter().filter(|one| !one.awaits_rebuild) {
        let place = one.place()?;
        loop {
            match step_facility(db, place, clock).await {
                Ok(StepOutcome::More(lines)) => folded += lines,
                Ok(StepOutcome::Folded(lines)) => {
                    folded += lines;
                    break;
                }
                Ok(StepOutcome::Idle) => break,
                Err(error) if error.is_unavailable() => return Err(error),
                Err(error) => {
                    log_stopped(place, &error);
                    break;
                }
            }
        }
    }
    Ok(folded)
}

fn log_stopped(place: OwnedFacility, error: &DbError) {
    let OwnedFacility { scope, facility } = place;
    tracing::error!(
        account = %scope.account(), %facility, %error,
        "a facility's pages are not brought up to date: what its boxes send is stored, and it is tried again"
    );
}

/// Folds what the queue names, and looks for what no queue names any more. Never ends by itself.
pub async fn run_steps(db: Db, queue: Arc<StepQueue>, clock: Arc<dyn Clock>) {
    let folding = (0..steps_at_once(&db)).map(|_| fold_queued(&db, &queue, &*clock));
    join(join_all(folding), watch_behind(&db, &queue)).await;
}

/// A step mostly waits for a server's answers, and several wait at once; a file has one that writes.
fn steps_at_once(db: &Db) -> usize {
    if matches!(db, Db::Sqlite { .. }) { 1 } else { STEPS_OF_SERVER }
}

async fn fold_queued(db: &Db, queue: &StepQueue, clock: &dyn Clock) {
    loop {
        let place = queue.next().await;
        match step_facility(db, place, clock).await {
            Ok(StepOutcome::More(_)) => queue.request(place),
            Ok(StepOutcome::Folded(_) | StepOutcome::Idle) => {}
            Err(error) => log_stopped(place, &error),
        }
    }
}

async fn watch_behind(db: &Db, queue: &StepQueue) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if let Err(error) = request_behind(db, queue).await {
            tracing::error!(%error, "cannot look for entries that wait to be folded; it is tried again");
        }
    }
}

async fn request_behind(db: &Db, queue: &StepQueue) -> Result<(), DbError> {
    let behind = projections::platform_behind(&mut db.platform_read(PlatformReason::Work).await?).await?;
    for one in behind.iter().filter(|one| !one.awaits_rebuild) {
        queue.request(one.place()?);
    }
    Ok(())
}
