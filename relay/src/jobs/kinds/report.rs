//! Makes a report that somebody asked for and fetches later.

use super::{ClaimedJob, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::account::accounts;
use crate::db::delivery::mail_rounds::find_reader;
use crate::db::delivery::reports::{StoredReport, end_report, find_report, finish_report};
use crate::db::delivery::webhook_events::note_report;
use crate::db::facility::facility_now;
use crate::db::{DbError, ScopedConnection};
use crate::mail::MailLetter;
use crate::reports::ReportFault;
use crate::reports::order::{JOB_KIND, ReportOwner, read_order, read_state};
use crate::reports::work::ReportWork;

use report::query::ReportState;

pub static REPORT: JobKind = JobKind {
    // Some hours: a disk that is full, or files that are away, are mended by then.
    tries_max: 12,
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
            if finish_report(&mut tx, &stored).await? {
                notify_ready(relay, &mut tx, &stored).await?;
            } else if !is_ready(&mut tx, &job.key).await? {
                files.remove(scope, &job.key).await?;
            }
        }
        Ok(None) | Err(ReportFault::Cancelled) => {}
        Err(fault) if fault.may_pass() && job.tries < job.kind.tries_max => {
            return Err(JobError::Report(fault.to_string()));
        }
        Err(fault) => {
            tracing::warn!(report = job.key, %fault, "a report could not be made");
            end_report(&mut tx, &job.key, ReportState::Failed.word(), fault.word()).await?;
        }
    }
    Ok(JobResult::over(tx.into()))
}

/// Whether another process, to which the lease went, has made it: the file is that one's.
async fn is_ready(tx: &mut ScopedConnection, report: &str) -> Result<bool, DbError> {
    let found = find_report(tx, report).await?;
    Ok(found.map(|stored| read_state(&stored)).transpose()? == Some(ReportState::Ready))
}

/// Webhooks get an event of each report; whoever has a schedule gets a mail of what it made.
async fn notify_ready(
    relay: &RelayHandlers,
    tx: &mut ScopedConnection,
    stored: &StoredReport,
) -> Result<(), DbError> {
    let (scope, now_ms) = (tx.scope(), relay.clock.now_ms());
    let facility = match read_order(stored)?.facilities[..] {
        [one] => Some(one),
        _ => None,
    };
    let of = facility.map(|facility| facility.to_string()).unwrap_or_default();
    note_report(tx, &of, &stored.report, now_ms).await?;
    let Some(ReportOwner::Member(member)) =
        ReportOwner::read(&stored.owner).filter(|_| !stored.schedule.is_empty())
    else {
        return Ok(());
    };
    let Some(reader) = find_reader(tx, member, now_ms).await? else { return Ok(()) };
    let title = match facility {
        Some(facility) => {
            facility_now::find_name(tx, facility).await?.map(|found| found.name).unwrap_or_default()
        }
        None => accounts::find_name(tx).await?,
    };
    let days = [stored.from_day, stored.to_day].map(|day| i32::try_from(day).unwrap_or_default());
    let link = format!("{}/app/reports", relay.webhooks.public_url);
    let letter = MailLetter::report_ready(&title, days, stored.bytes, link);
    relay.webhooks.mail.post(tx, Some(scope), &reader.email, &letter).await
}
