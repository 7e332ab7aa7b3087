//! Jobs, as an operator sees them.

use record::ids::RelayJobId;
use serde_json::{Value, json};

use super::{AdminError, AdminHandler, stamp};
use crate::db::PlatformReason;
use crate::db::operation::jobs::{
    DeadJobRow, JobCountRow, platform_count, platform_list_dead, platform_retry_dead,
};

const DEAD_MAX: i64 = 200;

impl AdminHandler {
    pub(super) async fn list_jobs(&self) -> Result<Value, AdminError> {
        let mut conn = self.db.platform_read(PlatformReason::Operator).await?;
        let counts = platform_count(&mut conn, self.clock.now_ms()).await?;
        let dead = platform_list_dead(&mut conn, DEAD_MAX).await?;
        let counts: Vec<Value> = counts
            .into_iter()
            .map(|row: JobCountRow| json!({ "kind": row.kind, "state": row.state, "jobs": row.jobs }))
            .collect();
        Ok(json!({ "jobs": counts, "dead": dead.iter().map(job_json).collect::<Vec<_>>() }))
    }

    pub(super) async fn retry_job(&self, job: RelayJobId) -> Result<Value, AdminError> {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        let dead = platform_retry_dead(&mut tx, &job.to_string(), self.clock.now_ms()).await?;
        let dead = dead.ok_or_else(|| {
            AdminError::Value(format!(
                "there is no dead job {job}; `cleantrack-relay jobs list` names those that are. Nothing was changed"
            ))
        })?;
        match dead.scope()? {
            Some(scope) => {
                let mut tx = tx.enter(scope).await?;
                let about = format!("{} {}", dead.kind, dead.key);
                self.audit(&mut tx, "jobs retry", &about, None).await?;
                tx.commit().await?;
            }
            None => tx.commit().await?,
        }
        Ok(json!({ "job": dead.job, "kind": dead.kind, "key": dead.key, "state": "waiting" }))
    }
}

fn job_json(row: &DeadJobRow) -> Value {
    json!({
        "job": row.job, "kind": row.kind, "key": row.key, "account": row.account_id, "tries": row.tries,
        "error": row.error, "made": stamp(row.made_ms), "died": stamp(row.died_ms),
    })
}
