//! Sends one mail, whose id is the job's key.

use super::{AfterRun, ClaimedJob, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::db::delivery::mails::MailRow;
use crate::db::delivery::{mails, suppressions};
use crate::db::{PlatformReason, WriteConnection};
use crate::mail::state::MailState;
use crate::mail::transport::{FailureKind, MailFailure, MailTransport, TakenMail};
use crate::mail::{JOB_KIND, WordedMail};

/// A clock of another machine that is ahead by less is no clock that was set back.
const AHEAD_MS: i64 = 60_000;

/// Its tries are over after two days: a provider may be away for one. Its row has what became of it.
pub static MAIL: JobKind = JobKind {
    tries_max: 60,
    is_recorded: false,
    ..JobKind::new(JOB_KIND, JobLane::LaterMail, |relay, job| Box::pin(send_mail(relay, job)))
};

/// What a turn makes of a mail.
enum TurnOutcome {
    Taken(TakenMail),
    Unsent(MailState, MailFailure),
    /// Nobody wants it any more, and why.
    Held(MailState, &'static str),
    /// It is tried again then, and this was no try.
    Later(i64),
}

/// A mail that left and one that never will are settled; what may be otherwise next time is tried again.
async fn send_mail(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let mut conn = relay.db.platform_read(PlatformReason::Work).await?;
    let waiting = mails::platform_find_waiting(&mut conn, &job.key).await?;
    drop(conn);
    let Some(row) = waiting else { return Ok(JobResult::over(open_write(relay).await?)) };
    let transport =
        relay.mail.as_ref().ok_or_else(|| JobError::Mail("this process has no way for it".to_owned()))?;
    let outcome = Box::pin(take_turn(relay, transport, &job.key, &row)).await?;
    let (mut tx, now_ms) = (open_write(relay).await?, relay.clock.now_ms());
    match outcome {
        TurnOutcome::Later(run_ms) => return Ok(JobResult { tx, after: AfterRun::NextRun(run_ms) }),
        TurnOutcome::Taken(taken) => {
            let (stored, id) = (MailState::Sent.stored(), taken.provider_id.as_deref());
            mails::settle_sent(&mut tx, &job.key, stored, transport.word(), id, now_ms).await?;
        }
        TurnOutcome::Held(state, words) => {
            mails::raise_state(&mut tx, &job.key, state.stored(), Some(words), now_ms).await?;
        }
        TurnOutcome::Unsent(state, failure) => {
            let stored = state.stored();
            tracing::error!(mail = %job.key, why = %failure, state = stored.word, "a mail does not leave");
            mails::settle_unsent(&mut tx, &job.key, stored, &failure.answer, now_ms).await?;
        }
    }
    Ok(JobResult::over(tx))
}

async fn open_write(relay: &RelayHandlers) -> Result<WriteConnection, JobError> {
    Ok(relay.db.platform_write(PlatformReason::Work).await?.into())
}

fn leave_unsent(state: MailState, words: &str) -> TurnOutcome {
    let (code, answer) = (words.to_owned(), words.to_owned());
    TurnOutcome::Unsent(state, MailFailure { kind: FailureKind::Final, code, answer })
}

async fn take_turn(
    relay: &RelayHandlers,
    transport: &MailTransport,
    mail: &str,
    row: &MailRow,
) -> Result<TurnOutcome, JobError> {
    let now_ms = relay.clock.now_ms();
    if let Some(wait_ms) = transport.pause_ms().await {
        return Ok(TurnOutcome::Later(now_ms.saturating_add(wait_ms)));
    }
    let worded = WordedMail::read(mail, row).map_err(|failure| JobError::Mail(failure.code))?;
    if worded.is_over(now_ms) {
        return Ok(leave_unsent(MailState::Failed, "it waited until nobody needed it"));
    }
    let mut conn = relay.db.platform_read(PlatformReason::Work).await?;
    let suppressed = suppressions::platform_find(&mut conn, &row.address).await?;
    let (hold, brand) = (worded.find_hold(&mut conn).await?, worded.find_brand(&mut conn).await?);
    drop(conn);
    if let Some(found) = suppressed.filter(|found| !worded.passes(found, now_ms)) {
        return Ok(leave_unsent(
            MailState::Suppressed,
            &format!("nothing is sent to its address: {}", found.kind),
        ));
    }
    if let Some((state, words)) = hold {
        return Ok(TurnOutcome::Held(state, words));
    }
    if let (Some(sure_ms), Some(tried_ms)) = (transport.sure_ms(), row.tried_ms)
        && !(-AHEAD_MS..sure_ms).contains(&now_ms.saturating_sub(tried_ms))
    {
        return Ok(leave_unsent(MailState::Unsure, "it may have left in a try whose end is not known"));
    }
    let is_first = row.tried_ms.is_none() && transport.sure_ms().is_some();
    if is_first {
        // Before it is tried: this process may end meanwhile.
        mark_tried(relay, mail, Some(now_ms), None).await?;
    }
    let failure = match worded.send(transport, brand.as_ref()).await {
        Ok(taken) => return Ok(TurnOutcome::Taken(taken)),
        Err(failure) if failure.kind == FailureKind::Final => {
            return Ok(TurnOutcome::Unsent(MailState::Failed, failure));
        }
        Err(failure) => failure,
    };
    // It is known that it did not leave, unless an earlier try had no end either.
    let has_not_left = is_first && failure.kind != FailureKind::Unclear;
    let tried_ms = if has_not_left { None } else { row.tried_ms.or(is_first.then_some(now_ms)) };
    mark_tried(relay, mail, tried_ms, Some(&failure.answer)).await?;
    match failure.kind {
        FailureKind::Busy { wait_ms } => Ok(TurnOutcome::Later(now_ms.saturating_add(wait_ms))),
        _ => Err(JobError::Mail(failure.code)),
    }
}

async fn mark_tried(
    relay: &RelayHandlers,
    mail: &str,
    tried_ms: Option<i64>,
    answer: Option<&str>,
) -> Result<(), JobError> {
    let mut tx = open_write(relay).await?;
    mails::mark_tried(&mut tx, mail, tried_ms, answer).await?;
    Ok(tx.commit().await?)
}
