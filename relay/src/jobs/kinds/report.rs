//! Makes a report that somebody asked for and fetches later.

use super::{ClaimedJob, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::delivery::reports::end_report;
use crate::reports::ReportFault;
use crate::reports::order::JOB_KIND;
use crate::reports::work::ReportWork;

use report::query::ReportState;

pub static REPORT: JobKind = JobKind {
    tries_max: 4,
    ..JobKind::new(JOB_KIND, JobLane::Reports, |relay, job| Box::pin(make_report(relay, job)))
};

/// The file is in the store before its row names it. One that nobody waits for any more is removed again.
async fn make_report(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let (scope, keys, files) = (job.account()?, relay.keys.now(), relay.notes.reports());
    let work = ReportWork { db: &relay.db, keys: &keys, files: &files, now_ms: relay.clock.now_ms() };
    let made = work.make_file(scope, &job.key).await;
    let mut tx = relay.db.write(scope).await?;
    match made {
        Ok(Some(stored)) => {
            if !end_report(&mut tx, &job.key, ReportState::Ready.word(), stored.bytes).await? {
                files.remove(scope, &job.key).await?;
            }
        }
        Ok(None) | Err(ReportFault::Cancelled) => {}
        Err(fault) if fault.may_pass() && job.tries < job.kind.tries_max => {
            return Err(JobError::Report(fault.to_string()));
        }
        Err(fault) => {
            tracing::warn!(report = job.key, %fault, "a report could not be made");
            end_report(&mut tx, &job.key, ReportState::Failed.word(), 0).await?;
        }
    }
    Ok(JobResult::over(tx.into()))
}
