//! Makes a facility's projection anew.

use super::{AfterRun, ClaimedJob, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::projection::projections;
use crate::projections::rebuild_facility;

/// How many times as long as it took a facility rests after it was folded …
const REST_TIMES: i64 = 8;
const REST_MS_MAX: i64 = 1_800_000;

pub static REBUILD: JobKind = JobKind {
    tries_max: 3,
    ..JobKind::new("rebuild", JobLane::Bulk, |relay, job| Box::pin(rebuild_projection(relay, job)))
};

/// It is made in transactions of its own, beside the live one; here only that it is over is written down. A box that brings run after
/// run must not have a worker all the time.
async fn rebuild_projection(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let place = job.facility()?;
    if !projections::awaits_rebuild(&mut relay.db.read(place.scope).await?, place.facility).await? {
        return JobResult::committed(&relay.db, place.scope).await;
    }
    let began_ms = relay.clock.now_ms();
    rebuild_facility(&relay.db, place, &*relay.clock).await?;
    let ended_ms = relay.clock.now_ms();
    let rest_ms = ended_ms.saturating_sub(began_ms).saturating_mul(REST_TIMES).clamp(0, REST_MS_MAX);
    let tx = relay.db.write(place.scope).await?.into();
    Ok(JobResult { tx, after: AfterRun::Rest(ended_ms.saturating_add(rest_ms)) })
}
