//! Looks for mails and reports that the calendar asks for.

use super::{ClaimedJob, HOUR_MS, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::PlatformReason;
use crate::db::delivery::mail_rounds;
use crate::jobs::rounds::{begin_due_reports, post_due};

pub static MAIL_ROUNDS: JobKind = JobKind {
    period_ms: Some(HOUR_MS / 6),
    is_recorded: false,
    ..JobKind::new("mail-rounds", JobLane::Bulk, |relay, job| Box::pin(make_rounds(relay, job)))
};

async fn make_rounds(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let mut conn = relay.db.platform_read(PlatformReason::Work).await?;
    let accounts = mail_rounds::platform_list_accounts(&mut conn).await?;
    drop(conn);
    for scope in accounts {
        // One account whose rows cannot be read holds up no other.
        if relay.webhooks.mail.is_open()
            && let Err(error) = Box::pin(post_due(relay, scope)).await
        {
            tracing::error!(account = %scope.account(), %error, "its mails by the calendar are passed over");
        }
        if let Err(error) = Box::pin(begin_due_reports(relay, scope)).await {
            tracing::error!(account = %scope.account(), %error, "its reports by the calendar are passed over");
        }
    }
    let tx = relay.db.platform_write(PlatformReason::Work).await?;
    Ok(JobResult::next_period(tx.into(), job, relay.clock.now_ms()))
}
