//! Counts a facility's windows that closed by time alone.

use super::{ClaimedJob, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::projections::close_windows;

/// They close by the hundred each day and facility, and their days show it: its runs are not written down.
pub static WINDOWS: JobKind = JobKind {
    is_recorded: false,
    ..JobKind::new("windows", JobLane::Soon, |relay, job| Box::pin(count_windows(relay, job)))
};

async fn count_windows(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let place = job.facility()?;
    let mut tx = relay.db.write(place.scope).await?;
    close_windows(&mut tx, place.facility, relay.clock.now_ms()).await?;
    Ok(JobResult::over(tx.into()))
}
