//! Mails and reports by the calendar: every ten minutes each account is looked at. What is due is posted in a transaction that marks it, so that
//! each mail leaves at most once, whatever restarts and clocks do; what is due no more while nothing ran does not come late.

mod calendar;
mod facility;
mod reports;
mod week;

use calendar::{find_first_step, find_week};
pub(super) use reports::begin_due_reports;

use super::handlers::RelayHandlers;
use crate::accounts::UserRole;
use crate::db::delivery::mail_preferences::TopicChoice;
use crate::db::delivery::mail_rounds::{self, AccountProgress, MailReaderRow};
use crate::db::facility::facility_now::common_zone;
use crate::db::{AccountScope, DbError, ScopedConnection};
use crate::mail::{FirstStep, MailLetter, MailTopic};

/// A mail that is due.
struct DueMail {
    /// What marks it in its account.
    mark: String,
    address: String,
    letter: MailLetter,
}

/// Posts what is due in an account.
pub(super) async fn post_due(relay: &RelayHandlers, scope: AccountScope) -> Result<(), DbError> {
    let now_ms = relay.clock.now_ms();
    let mut conn = relay.db.read(scope).await?;
    let Some(progress) = mail_rounds::find_progress(&mut conn, now_ms).await? else { return Ok(()) };
    let mut due: Vec<DueMail> = find_onboarding(relay, &progress, now_ms).into_iter().collect();
    // Nothing is recorded anywhere: there is nothing to tell.
    if progress.recording > 0 {
        let zone = match &progress.zone {
            Some(zone) => zone.clone(),
            None => common_zone(&mut conn).await?,
        };
        let readers = list_readers(&mut conn, MailTopic::Weekly, now_ms).await?;
        let admins: Vec<MailReaderRow> = readers.into_iter().filter(is_admin).collect();
        if let Some(week) = find_week(&zone, now_ms) {
            for reader in &admins {
                due.extend(week::find_summary(relay, scope, &progress.name, reader, week).await?);
            }
        }
        let planned = mail_rounds::list_planned(&mut conn).await?;
        let reminded = list_readers(&mut conn, MailTopic::Reminders, now_ms).await?;
        drop(conn);
        for place in &planned {
            due.extend(facility::find_inspection(relay, scope, place, &admins).await?);
            due.extend(facility::find_reminder(relay, scope, place, &reminded).await?);
        }
    }
    post_marked(relay, scope, due).await
}

async fn list_readers(
    conn: &mut ScopedConnection,
    topic: MailTopic,
    now_ms: i64,
) -> Result<Vec<MailReaderRow>, DbError> {
    let by_itself = TopicChoice { topic: topic.key(), is_on: topic.is_on_by_itself() };
    mail_rounds::list_readers(conn, by_itself, now_ms).await
}

fn is_admin(reader: &MailReaderRow) -> bool {
    let role = UserRole::of_row(&reader.role);
    role.is_ok_and(|role| {
        matches!(role, UserRole::SuperAdmin | UserRole::AccountAdmin | UserRole::FacilityAdmin)
    })
}

fn find_onboarding(relay: &RelayHandlers, progress: &AccountProgress, now_ms: i64) -> Option<DueMail> {
    let step = find_first_step(progress, now_ms)?;
    let (mark, path) = match step {
        FirstStep::AddBox => ("onboarding-1", "/app/boxes/add"),
        FirstStep::Record => ("onboarding-3", "/app/facilities"),
        FirstStep::Invite => ("onboarding-7", "/app/people"),
    };
    let link = format!("{}{path}", relay.webhooks.public_url);
    Some(DueMail {
        mark: mark.to_owned(),
        address: progress.owner_email.clone()?,
        letter: MailLetter::onboarding(step, &progress.name, link),
    })
}

async fn post_marked(relay: &RelayHandlers, scope: AccountScope, due: Vec<DueMail>) -> Result<(), DbError> {
    if due.is_empty() {
        return Ok(());
    }
    let mut tx = relay.db.write(scope).await?;
    for DueMail { mark, address, letter } in due {
        if mail_rounds::mark_posted(&mut tx, &mark, relay.clock.now_ms()).await? {
            relay.webhooks.mail.post(&mut tx, Some(scope), &address, &letter).await?;
        }
    }
    tx.commit().await
}
