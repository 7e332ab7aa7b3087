//! Takes erased texts out of an account's rows.

use super::{ClaimedJob, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::AccountScope;
use crate::db::delivery::reports;
use crate::db::log::texts;

pub static ERASE: JobKind =
    JobKind::new("erase", JobLane::Soon, |relay, job| Box::pin(erase_texts(relay, job)));

async fn erase_texts(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let (db, scope) = (&relay.db, job.account()?);
    let boxes = texts::boxes_to_sweep(&mut db.read(scope).await?).await?;
    if !boxes.is_empty() {
        drop_reports(relay, scope).await?;
    }
    for box_id in boxes {
        let mut sweep = texts::begin_sweep(&mut db.read(scope).await?, box_id).await?;
        let mut is_over = false;
        while !is_over {
            let mut tx = db.write(scope).await?;
            is_over = texts::sweep_erased(&mut tx, box_id, &mut sweep).await?;
            tx.commit().await?;
        }
    }
    JobResult::committed(&relay.db, scope).await
}

/// Reports show texts as they were when they were made.
async fn drop_reports(relay: &RelayHandlers, scope: AccountScope) -> Result<(), JobError> {
    let files = relay.notes.reports();
    let mut tx = relay.db.write(scope).await?;
    for report in reports::list_over(&mut tx).await? {
        files.remove(scope, &report).await.map_err(|error| JobError::Report(error.to_string()))?;
        reports::delete_report(&mut tx, &report).await?;
    }
    Ok(tx.commit().await?)
}
