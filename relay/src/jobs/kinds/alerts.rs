//! Looks at the alerts of a facility, and sends the digest of an account. What became of alerts is written beside them: runs are not.

use super::{ClaimedJob, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::alerts::look::AlertSender;

pub static ALERTS: JobKind = JobKind {
    is_recorded: false,
    ..JobKind::new("alerts", JobLane::Soon, |relay, job| Box::pin(look_at_alerts(relay, job)))
};

pub static ALERT_DIGEST: JobKind = JobKind {
    is_recorded: false,
    ..JobKind::new("alert-digest", JobLane::Bulk, |relay, job| Box::pin(send_digest(relay, job)))
};

impl RelayHandlers {
    fn alert_sender(&self) -> AlertSender<'_> {
        let line = &self.webhooks;
        AlertSender { random: &*line.random, mail: &line.mail, public_url: &line.public_url }
    }
}

async fn look_at_alerts(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let place = job.facility()?;
    let mut tx = relay.db.write(place.scope).await?;
    relay.alert_sender().look(&mut tx, place.facility, relay.clock.now_ms()).await?;
    Ok(JobResult::over(tx.into()))
}

async fn send_digest(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let mut tx = relay.db.write(job.account()?).await?;
    relay.alert_sender().send_digest(&mut tx, relay.clock.now_ms()).await?;
    Ok(JobResult::over(tx.into()))
}
