//! Sends one mail, whose id is the job's key.

use super::{ClaimedJob, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::PlatformReason;
use crate::db::delivery::mails;
use crate::mail::transport::MailFailure;
use crate::mail::{JOB_KIND, send_waiting};

pub static MAIL: JobKind = JobKind {
    tries_max: 12,
    ..JobKind::new(JOB_KIND, JobLane::Person, |relay, job| Box::pin(send_mail(relay, job)))
};

/// A mail that left and one that never will are settled; what may be otherwise next time is tried again.
async fn send_mail(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let mut conn = relay.db.platform_read(PlatformReason::Work).await?;
    let waiting = mails::platform_find_waiting(&mut conn, &job.key).await?;
    drop(conn);
    let failed = match (waiting, &relay.mail) {
        (None, _) => None,
        (Some(_), None) => return Err(JobError::Mail("this process has no way for it".to_owned())),
        (Some(row), Some(transport)) => match send_waiting(transport, &job.key, &row).await {
            Ok(()) => None,
            // Out of tries it is a dead job, which an operator sees and tries again.
            Err(MailFailure::Passing(reason)) => return Err(JobError::Mail(reason)),
            Err(MailFailure::Final(reason)) => Some(reason),
        },
    };
    if let Some(reason) = &failed {
        tracing::error!(mail = %job.key, %reason, "a mail will not leave");
    }
    let mut tx = relay.db.platform_write(PlatformReason::Work).await?.into();
    mails::settle_mail(&mut tx, &job.key, failed.as_deref(), relay.clock.now_ms()).await?;
    Ok(JobResult::over(tx))
}
