//! What billing needs: how a customer stands, fetched; what time brings to every account; a nightly look at all of it.

use super::{AfterRun, ClaimedJob, HOUR_MS, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::billing::{BillingOffice, EVENT_KIND, READING_KIND};
use crate::db::PlatformReason;

/// What is not fetched after these tries is within a day: every customer is, once a day.
pub static STRIPE_EVENT: JobKind = JobKind {
    tries_max: 10,
    is_recorded: false,
    ..JobKind::new(EVENT_KIND, JobLane::Billing, |relay, job| Box::pin(fetch_customer(relay, job)))
};

pub static BILLING_READING: JobKind = JobKind {
    is_recorded: false,
    ..JobKind::new(READING_KIND, JobLane::Billing, |relay, job| Box::pin(send_readings(relay, job)))
};

pub static BILLING_ROUND: JobKind = JobKind {
    period_ms: Some(HOUR_MS),
    is_recorded: false,
    ..JobKind::new("billing-round", JobLane::Billing, |relay, job| Box::pin(run_round(relay, job)))
};

pub static BILLING_LOOK: JobKind = JobKind {
    period_ms: Some(24 * HOUR_MS),
    ..JobKind::new("billing-look", JobLane::Billing, |relay, job| Box::pin(look_at_all(relay, job)))
};

fn open_office(relay: &RelayHandlers) -> Option<BillingOffice<'_>> {
    let (clock, line) = (&*relay.clock, relay.billing.as_ref()?);
    let webhooks = &relay.webhooks;
    Some(BillingOffice {
        line,
        db: &relay.db,
        clock,
        random: &*webhooks.random,
        mail: &webhooks.mail,
        public_url: &webhooks.public_url,
    })
}

async fn fetch_customer(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let office = open_office(relay).ok_or(JobError::NoBilling)?;
    Ok(JobResult { tx: office.sync_customer(&job.key).await?, after: AfterRun::Over })
}

async fn send_readings(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let office = open_office(relay).ok_or(JobError::NoBilling)?;
    office.send_readings(job.account()?).await?;
    Ok(JobResult::over(relay.db.platform_write(PlatformReason::Work).await?.into()))
}

async fn run_round(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    if let Some(office) = open_office(relay) {
        office.run_round().await?;
    }
    end_round(relay, job).await
}

async fn look_at_all(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    if let Some(office) = open_office(relay) {
        office.reconcile().await?;
    }
    end_round(relay, job).await
}

async fn end_round(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let tx = relay.db.platform_write(PlatformReason::Work).await?.into();
    Ok(JobResult::next_period(tx, job, relay.clock.now_ms()))
}
