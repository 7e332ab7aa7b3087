//! Reports that members have made every week or month.

use super::calendar::find_period;
use crate::db::delivery::mail_rounds::find_progress;
use crate::db::delivery::report_schedules::{ReportSchedule, list_all};
use crate::db::facility::facilities::get;
use crate::db::facility::facility_now::common_zone;
use crate::db::{AccountScope, DbError};
use crate::jobs::handlers::RelayHandlers;
use crate::reports::ReportFault;
use crate::reports::order::ReportOffice;
use crate::reports::schedule::{SchedulePace, read_facility};
use crate::reports::work::find_reads;

/// Puts in the reports that are due in an account, each once. Whoever sees nothing any more has none made.
pub(in crate::jobs) async fn begin_due_reports(
    relay: &RelayHandlers,
    scope: AccountScope,
) -> Result<(), DbError> {
    let mut conn = relay.db.read(scope).await?;
    let rows = list_all(&mut conn).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let progress = find_progress(&mut conn, relay.clock.now_ms()).await?;
    drop(conn);
    let zone = progress.and_then(|progress| progress.zone);
    for row in &rows {
        match begin_one(relay, scope, row, zone.as_deref()).await {
            Ok(()) | Err(ReportFault::NotFound) => {}
            // It is tried again by the next round; the others are not held up.
            Err(fault) => tracing::warn!(schedule = row.schedule, %fault, "a report is not put in"),
        }
    }
    Ok(())
}

async fn begin_one(
    relay: &RelayHandlers,
    scope: AccountScope,
    row: &ReportSchedule,
    account_zone: Option<&str>,
) -> Result<(), ReportFault> {
    let now_ms = relay.clock.now_ms();
    let pace = SchedulePace::of(&row.pace).ok_or_else(|| DbError::stored("report schedule", "pace"))?;
    let reads = find_reads(&mut relay.db.read(scope).await?, &row.owner, now_ms).await?;
    let reads = reads.ok_or(ReportFault::NotFound)?;
    let mut conn = relay.db.read(reads).await?;
    let zone = match (read_facility(row)?, account_zone) {
        (Some(facility), _) => get(&mut conn, facility).await?.ok_or(ReportFault::NotFound)?.zone,
        (None, Some(zone)) => zone.to_owned(),
        (None, None) => common_zone(&mut conn).await?,
    };
    drop(conn);
    // A schedule begins with the first period that ends while it is there.
    let Some(span) = find_period(pace, &zone, now_ms).filter(|span| row.made_ms < span.end_ms) else {
        return Ok(());
    };
    let days = [span.first_day, span.last_day].map(|day| i32::try_from(day).unwrap_or_default());
    let (db, random, files) = (&relay.db, &*relay.webhooks.random, relay.notes.reports());
    ReportOffice { db, files, random, now_ms }.begin_scheduled(reads, row, days).await
}
