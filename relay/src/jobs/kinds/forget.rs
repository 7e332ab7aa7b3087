//! Forgets what was kept long enough.

use super::{ClaimedJob, HOUR_MS, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::delivery::reports;
use crate::db::operation::jobs;
use crate::db::{PlatformConnection, PlatformReason};
use crate::reports::order::JOB_KIND;

const DONE_MS: i64 = 14 * 24 * HOUR_MS;

const REPORTS_MS: i64 = 90 * 24 * HOUR_MS;
/// Reports that one round forgets.
const REPORTS_MAX: i64 = 500;

pub static FORGET: JobKind = JobKind {
    period_ms: Some(HOUR_MS),
    ..JobKind::new("forget", JobLane::Bulk, |relay, job| Box::pin(forget_old(relay, job)))
};

async fn forget_old(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let (mut tx, now) = (relay.db.platform_write(PlatformReason::Work).await?, relay.clock.now());
    match relay.forgetting.round(&mut tx, now).await? {
        Some(_) => {
            forget_reports(relay, &mut tx, now.wall_ms).await?;
            jobs::platform_forget_done(&mut tx, now.wall_ms.saturating_sub(DONE_MS)).await?;
        }
        None => tracing::warn!(
            "nothing is forgotten: the clock reads over 30 days after the newest thing that is known"
        ),
    }
    Ok(JobResult::next_period(tx.into(), job, now.wall_ms))
}

/// Files first: a row without its file is forgotten by the next round, and a file without its row by none.
async fn forget_reports(
    relay: &RelayHandlers,
    tx: &mut PlatformConnection,
    now_ms: i64,
) -> Result<(), JobError> {
    reports::platform_fail_abandoned(tx, JOB_KIND).await?;
    let files = relay.notes.reports();
    for old in reports::platform_list_old(tx, now_ms.saturating_sub(REPORTS_MS), REPORTS_MAX).await? {
        match files.remove(old.scope()?, &old.report).await {
            Ok(()) => reports::platform_forget(tx, &old).await?,
            // The next round tries again; all else is forgotten meanwhile.
            Err(error) => tracing::warn!(report = old.report, %error, "the file of an old report stays"),
        }
    }
    Ok(())
}
