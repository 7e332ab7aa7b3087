//! What a monitor sees of jobs: how many there are of each kind and in each state, and how long the oldest waits; and how many
//! entries wait to be folded. No tenant.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::kinds::KINDS;
use crate::db::operation::jobs;
use crate::db::projection::projections;
use crate::db::{Db, DbError, PlatformReason};

const STATES: [&str; 3] = ["waiting", "running", "dead"];

/// Lines in Prometheus' text format; each kind that this program knows has a line for each state.
pub async fn job_metrics(db: &Db, now_ms: i64) -> Result<String, DbError> {
    let mut conn = db.platform_read(PlatformReason::Health).await?;
    let counted = jobs::platform_count(&mut conn, now_ms).await?;
    let lag = projections::platform_lag(&mut conn).await?;
    let oldest_ms = jobs::platform_oldest_due_ms(&mut conn, now_ms).await?;
    let kinds =
        KINDS.into_iter().flat_map(|kind| STATES.map(|state| (kind.word.to_owned(), state.to_owned())));
    let mut all: BTreeMap<(String, String), i64> = kinds.map(|labels| (labels, 0)).collect();
    all.extend(counted.into_iter().map(|row| ((row.kind, row.state), row.jobs)));
    let mut text =
        String::from("# HELP cleantrack_jobs Jobs by kind and state.\n# TYPE cleantrack_jobs gauge\n");
    for ((kind, state), jobs) in all {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "cleantrack_jobs{{kind=\"{kind}\",state=\"{state}\"}} {jobs}");
    }
    let name = "cleantrack_jobs_oldest_wait_seconds";
    let wait_s = oldest_ms.map_or(0, |oldest_ms| now_ms.saturating_sub(oldest_ms) / 1_000);
    let _ = write!(
        text,
        "# HELP {name} Since when the oldest job is due that nobody runs.\n# TYPE {name} gauge\n{name} {wait_s}\n"
    );
    let name = "cleantrack_projection_lag_entries";
    let about = "Entries that are stored and that pages do not show yet";
    let _ = write!(text, "# HELP {name} {about}.\n# TYPE {name} gauge\n{name} {lag}\n");
    Ok(text)
}
