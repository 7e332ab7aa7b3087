//! Deletes the rows of an account's projections that nothing reads any more.

use super::{ClaimedJob, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::projection::projections;

pub static DROP: JobKind =
    JobKind::new("drop", JobLane::Bulk, |relay, job| Box::pin(drop_projections(relay, job)));

async fn drop_projections(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let (db, scope) = (&relay.db, job.account()?);
    let dropped = projections::dropped_projections(&mut db.read(scope).await?).await?;
    for projection in dropped {
        let mut is_over = false;
        while !is_over {
            let mut tx = db.write(scope).await?;
            is_over = projections::drop_rows(&mut tx, projection).await?;
            tx.commit().await?;
        }
    }
    JobResult::committed(&relay.db, scope).await
}
