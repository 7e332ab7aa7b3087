//! Puts small segments of an account's logs together: many of them soon, few of them once a day.

use super::{ClaimedJob, HOUR_MS, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::log::segments;
use crate::db::log::segments::{TAIL_MAX, platform_with_tails};
use crate::db::{AccountScope, Db, DbError, PlatformReason};

pub static MERGE: JobKind =
    JobKind::new("merge", JobLane::Bulk, |relay, job| Box::pin(merge_account(relay, job)));

/// Logs to which little is added would never have segments enough.
pub static MERGE_REST: JobKind = JobKind {
    period_ms: Some(24 * HOUR_MS),
    ..JobKind::new("merge-rest", JobLane::Bulk, |relay, job| Box::pin(merge_rest(relay, job)))
};

async fn merge_account(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let scope = job.account()?;
    merge_segments(&relay.db, scope, TAIL_MAX).await?;
    JobResult::committed(&relay.db, scope).await
}

async fn merge_rest(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let mut conn = relay.db.platform_read(PlatformReason::Work).await?;
    let scopes = platform_with_tails(&mut conn, 2).await?;
    drop(conn);
    for scope in scopes {
        merge_segments(&relay.db, scope, 2).await?;
    }
    let now_ms = relay.clock.now_ms();
    let tx = relay.db.platform_write(PlatformReason::Work).await?.into();
    Ok(JobResult::next_period(tx, job, now_ms))
}

/// Each step is a transaction of its own, after which it can be cut off and continues.
async fn merge_segments(db: &Db, scope: AccountScope, tail: i64) -> Result<(), DbError> {
    let logs = segments::long_tails(&mut db.read(scope).await?, tail).await?;
    for log in logs {
        let origin = log.origin()?;
        loop {
            let merge = segments::prepare_merge(&mut db.read(scope).await?, &origin).await?;
            let Some(merge) = merge else { break };
            let mut tx = db.write(scope).await?;
            if segments::save_merge(&mut tx, &merge).await? {
                tx.commit().await?;
            }
        }
    }
    Ok(())
}
