//! What is put in without a request: what recurs, and what facilities need as time passes.

use std::collections::BTreeSet;

use super::kind::JobKind;
use super::kinds::{ALERT_DIGEST, ALERTS, DROP, ERASE, KINDS, MERGE, REBUILD, WEBHOOK_COLLECT, WINDOWS};
use super::queue::{JobQueue, NewJob};
use crate::db::delivery::{alert_settings, alerts, webhook_events};
use crate::db::facility::facilities;
use crate::db::log::{segments, texts};
use crate::db::operation::jobs;
use crate::db::projection::projections;
use crate::db::{AccountScope, DbError, PlatformConnection, PlatformReason};

/// Puts back recurring jobs that are missing, and follows a clock that was set back: what waits would otherwise wait until that
/// clock has come so far again.
pub(super) async fn sweep_jobs(queue: &JobQueue) -> Result<(), DbError> {
    let now_ms = queue.now_ms();
    let mut conn = queue.db().platform_read(PlatformReason::Work).await?;
    if jobs::platform_any_set_back(&mut conn, now_ms).await? {
        let mut tx = queue.db().platform_write(PlatformReason::Work).await?;
        let followed = jobs::platform_follow_set_back(&mut tx, now_ms).await?;
        tx.commit().await?;
        tracing::warn!(jobs = followed, "the clock was set back: so were the times of jobs");
    }
    if facilities::platform_any_set_back(&mut conn, now_ms).await? {
        let mut tx = queue.db().platform_write(PlatformReason::Work).await?;
        let followed = facilities::platform_follow_set_back(&mut tx, now_ms).await?;
        tx.commit().await?;
        tracing::warn!(
            rows = followed,
            "the clock was set back: what was counted ahead of it is counted anew"
        );
    }
    for kind in KINDS {
        let Some(period_ms) = kind.period_ms else { continue };
        let new = NewJob::of_relay(kind, now_ms.saturating_add(period_ms));
        let known = jobs::platform_known_keys(&mut conn, kind.word, dead_since(now_ms)).await?;
        if !known.contains(&new.key) {
            let mut tx = queue.db().platform_write(PlatformReason::Work).await?;
            queue.put_back(&mut tx, &new).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// A dead job that is needed is put in again this long after it died: what was wrong may be repaired by then.
const DEAD_REST_MS: i64 = 3_600_000;

fn dead_since(now_ms: i64) -> i64 {
    now_ms.saturating_sub(DEAD_REST_MS)
}

/// A page that began to read a projection before another took its place has ended by then.
const READ_MS: i64 = 60_000;

/// Facilities whose alerts are looked at behind one sweep.
const LOOKS_MAX: i64 = 500;

/// What accounts need: small segments put together, erased texts taken out, old projections dropped, what happened sent to webhooks, what is
/// open sent to people.
async fn account_jobs(conn: &mut PlatformConnection, now_ms: i64) -> Result<Vec<NewJob>, DbError> {
    let tails = segments::platform_with_tails(conn, segments::TAIL_MAX).await?;
    let erased = texts::platform_to_sweep(conn).await?;
    let dropped = projections::platform_with_dropped(conn).await?;
    let happened = webhook_events::platform_with_events(conn).await?;
    let digests = alert_settings::platform_digests_due(conn, now_ms).await?;
    let kinds = [
        (&MERGE, tails, 0),
        (&ERASE, erased, 0),
        (&DROP, dropped, READ_MS),
        (&WEBHOOK_COLLECT, happened, 0),
        (&ALERT_DIGEST, digests, 0),
    ];
    Ok(kinds
        .into_iter()
        .flat_map(|(kind, scopes, later_ms): (&'static JobKind, Vec<AccountScope>, i64)| {
            scopes
                .into_iter()
                .map(move |scope| NewJob::of_account(kind, scope, now_ms.saturating_add(later_ms)))
        })
        .collect())
}

/// Puts in what facilities and accounts need: another projection, windows that closed by time, tidier segments.
pub(super) async fn sweep_facilities(queue: &JobQueue) -> Result<(), DbError> {
    let now_ms = queue.now_ms();
    let mut conn = queue.db().platform_read(PlatformReason::Work).await?;
    let behind = projections::platform_behind(&mut conn).await?;
    let rebuilds = behind.iter().filter(|one| one.awaits_rebuild).map(|one| (&REBUILD, one.place()));
    let closed = facilities::platform_due(&mut conn, now_ms).await?;
    let mut due: Vec<_> = rebuilds.collect();
    due.extend(closed.iter().map(|one| (&WINDOWS, one.place())));
    let looks = alerts::platform_due(&mut conn, now_ms, LOOKS_MAX).await?;
    due.extend(looks.iter().map(|one| (&ALERTS, one.place())));
    let accounts = account_jobs(&mut conn, now_ms).await?;
    if due.is_empty() && accounts.is_empty() {
        return Ok(());
    }
    let mut known = BTreeSet::new();
    let kinds = [&REBUILD, &WINDOWS, &MERGE, &ERASE, &DROP];
    for kind in kinds.into_iter().chain([&WEBHOOK_COLLECT, &ALERTS, &ALERT_DIGEST]) {
        let keys = jobs::platform_known_keys(&mut conn, kind.word, dead_since(now_ms)).await?;
        known.extend(keys.into_iter().map(|key| (kind.word, key)));
    }
    drop(conn);
    let mut missing: Vec<NewJob> = accounts
        .into_iter()
        .filter(|new: &NewJob| !known.contains(&(new.kind.word, new.key.clone())))
        .collect();
    for (kind, place) in due {
        match place {
            Ok(place) if known.contains(&(kind.word, place.facility.to_string())) => {}
            Ok(place) => missing.push(NewJob::of_facility(kind, place.scope, place.facility, now_ms)),
            Err(error) => tracing::error!(%error, "a facility is passed over"),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut tx = queue.db().platform_write(PlatformReason::Work).await?;
    for new in &missing {
        queue.put_back(&mut tx, new).await?;
    }
    tx.commit().await?;
    queue.wake_workers();
    Ok(())
}
