//! Forgets what was kept long enough.

use super::{ClaimedJob, HOUR_MS, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::PlatformReason;
use crate::db::operation::jobs;

const DONE_MS: i64 = 14 * 24 * HOUR_MS;

pub static FORGET: JobKind = JobKind {
    period_ms: Some(HOUR_MS),
    ..JobKind::new("forget", JobLane::Bulk, |relay, job| Box::pin(forget_old(relay, job)))
};

async fn forget_old(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let (mut tx, now) = (relay.db.platform_write(PlatformReason::Work).await?, relay.clock.now());
    match relay.forgetting.round(&mut tx, now).await? {
        Some(_) => {
            jobs::platform_forget_done(&mut tx, now.wall_ms.saturating_sub(DONE_MS)).await?;
        }
        None => tracing::warn!(
            "nothing is forgotten: the clock reads over 30 days after the newest thing that is known"
        ),
    }
    Ok(JobResult::next_period(tx.into(), job, now.wall_ms))
}
