//! What is put in without a request: what recurs, and what facilities need as time passes.

use std::collections::BTreeSet;

use record::ids::AccountId;

use super::kinds::JobKind;
use super::queue::{JobQueue, NewJob, RETRY_MS_MAX};
use crate::db::{AccountScope, DbError, facilities, jobs};

/// Puts back recurring jobs that are missing, and follows a clock that was set back: what waits would otherwise wait until that
/// clock has come so far again.
pub(super) async fn sweep_jobs(queue: &JobQueue) -> Result<(), DbError> {
    let now_ms = queue.now_ms();
    let mut conn = queue.db().read().await?;
    if jobs::platform_any_set_back(&mut conn, now_ms).await? {
        let mut tx = queue.db().begin().await?;
        let followed = jobs::platform_follow_set_back(&mut tx, now_ms).await?;
        tx.commit().await?;
        tracing::warn!(jobs = followed, "the clock was set back: so were the times of jobs");
    }
    for kind in JobKind::ALL {
        let Some(period_ms) = kind.period_ms() else { continue };
        let new = NewJob::of_relay(kind, now_ms.saturating_add(period_ms));
        let known = jobs::platform_known_keys(&mut conn, kind.word(), dead_since(now_ms)).await?;
        if !known.contains(&new.key) {
            let mut tx = queue.db().begin().await?;
            queue.put_back(&mut tx, &new).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// A dead job that is needed is put in again this long after it died: what was wrong may be mended by then.
fn dead_since(now_ms: i64) -> i64 {
    now_ms.saturating_sub(RETRY_MS_MAX)
}

/// Puts in what facilities need: rows to rebuild, windows that closed by time.
pub(super) async fn sweep_facilities(queue: &JobQueue) -> Result<(), DbError> {
    let now_ms = queue.now_ms();
    let mut conn = queue.db().read().await?;
    let due = facilities::platform_due(&mut conn, now_ms).await?;
    if due.is_empty() {
        return Ok(());
    }
    let mut known = BTreeSet::new();
    for kind in [JobKind::Rebuild, JobKind::Windows] {
        let keys = jobs::platform_known_keys(&mut conn, kind.word(), dead_since(now_ms)).await?;
        known.extend(keys.into_iter().map(|key| (kind, key)));
    }
    drop(conn);
    let mut missing = Vec::new();
    for (account, facility, refold) in due {
        let kind = if refold { JobKind::Rebuild } else { JobKind::Windows };
        if known.contains(&(kind, facility.clone())) {
            continue;
        }
        match (account.parse::<AccountId>(), facility.parse()) {
            (Ok(account), Ok(facility)) => {
                missing.push(NewJob::of_facility(kind, AccountScope::of(account), facility, now_ms));
            }
            _ => tracing::error!(
                account,
                facility,
                "a facility's stored name cannot be read: it is passed over"
            ),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut tx = queue.db().begin().await?;
    for new in &missing {
        queue.put_back(&mut tx, new).await?;
    }
    tx.commit().await?;
    queue.wake_workers();
    Ok(())
}
