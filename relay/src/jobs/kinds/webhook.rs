//! Makes deliveries of what happened in an account that has webhooks, and sends each. A webhook's page shows what was sent to it: runs are
//! not written down.

use super::{AfterRun, ClaimedJob, HOUR_MS, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::webhooks::{COLLECT_KIND, CollectOutcome, DeliveryTurn, DeliveryWorker, JOB_KIND, collect_events};

pub static WEBHOOK_COLLECT: JobKind = JobKind {
    is_recorded: false,
    ..JobKind::new(COLLECT_KIND, JobLane::Soon, |relay, job| Box::pin(collect_for_webhooks(relay, job)))
};

/// Its tries are over after three days.
pub static WEBHOOK: JobKind = JobKind {
    tries_max: 20,
    retry_ms_max: 8 * HOUR_MS,
    is_recorded: false,
    ..JobKind::new(JOB_KIND, JobLane::Webhooks, |relay, job| Box::pin(send_to_webhook(relay, job)))
};

async fn collect_for_webhooks(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let (mut tx, now_ms) = (relay.db.write(job.account()?).await?, relay.clock.now_ms());
    let after = match collect_events(&mut tx, &*relay.webhooks.random, now_ms).await? {
        CollectOutcome::All => AfterRun::Over,
        CollectOutcome::More => AfterRun::NextRun(now_ms),
    };
    Ok(JobResult { tx: tx.into(), after })
}

/// What is not delivered is tried again; the result of each try is in the row that the account's admins see.
async fn send_to_webhook(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let (scope, keys) = (job.account()?, relay.keys.now());
    let worker = DeliveryWorker { db: &relay.db, clock: &*relay.clock, keys: &keys, line: &relay.webhooks };
    let turn = match job.tries < job.kind.tries_max {
        true => DeliveryTurn::Further,
        false => DeliveryTurn::Last,
    };
    match worker.deliver(scope, &job.key, turn).await? {
        None => JobResult::committed(&relay.db, scope).await,
        Some(reason) => Err(JobError::Webhook(reason)),
    }
}
