//! Late entries of what phones sent and the box refused: made by biomed, on a page or by a program.

use record::entry::EntryAuthor;
use record::tag::Tag;
use web::error::HttpError;

use crate::intake::{Command, ProblemForm, QueuedCleaner, QueuedCleaning, QueuedProblem, ReportPlacement};
use crate::phones::{RefusedProblem, RefusedSubmission, close_refused, find_refused, open_refused};
use crate::web::commands::run::{CommandFailure, CommandOutcome, SubmissionKey, run_command};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::not_found;
use crate::web::log_reads::{StoredText, read_quick};

/// Those that wait for somebody.
pub(crate) async fn list_open(state: &AppState) -> Result<Vec<RefusedSubmission>, HttpError> {
    let rows = run_blocking(state, |state| {
        open_refused(&state.store.state_db()).map_err(|error| HttpError::internal(&error))
    });
    name_proven(state, rows.await?).await
}

/// With the names of those whose badges records came with: a phone that read a badge has no other one.
async fn name_proven(
    state: &AppState,
    rows: Vec<RefusedSubmission>,
) -> Result<Vec<RefusedSubmission>, HttpError> {
    if rows.iter().all(|row| !row.is_proven) {
        return Ok(rows);
    }
    let named = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let name = |staff| StoredText::of_staff(reader, &facility, staff).readable();
        let named = rows.into_iter().map(|row| match row.staff.filter(|_| row.is_proven).and_then(name) {
            Some(name) => RefusedSubmission { name, ..row },
            None => row,
        });
        Ok(named.collect())
    });
    named.await
}

/// One that waits for somebody.
pub(crate) async fn find_open(state: &AppState, id: &str) -> Result<RefusedSubmission, HttpError> {
    let id = id.to_owned();
    let found = run_blocking(state, move |state| {
        find_refused(&state.store.state_db(), &id).map_err(|error| HttpError::internal(&error))
    });
    let found = found.await?.filter(|row| !row.is_closed);
    name_proven(state, found.into_iter().collect()).await?.pop().ok_or_else(not_found)
}

/// Somebody entered or dismissed it.
pub(crate) async fn close_row(state: &AppState, id: &str) -> Result<(), HttpError> {
    let id = id.to_owned();
    run_blocking(state, move |state| {
        close_refused(&state.store.state_db(), &id).map_err(|error| HttpError::internal(&error))
    })
    .await
}

/// What somebody says of it who enters it late.
#[derive(Debug, Clone)]
pub(crate) struct LateWords {
    pub(crate) tag: Tag,
    /// Who it was; empty: nobody knows.
    pub(crate) name: String,
    /// The note, or of a report its words.
    pub(crate) text: String,
}

/// What whoever recorded it had to say: of a report, its own words.
pub(crate) fn choose_text(row: &RefusedSubmission) -> &str {
    match &row.problem {
        Some(problem) if row.is_report => &problem.text,
        _ => &row.note,
    }
}

/// Records it under the phone's own id: if the phone asks, the record is on the box.
pub(crate) async fn enter_late(
    state: &AppState,
    by: EntryAuthor,
    row: &RefusedSubmission,
    late: LateWords,
) -> Result<CommandOutcome, CommandFailure> {
    let sent = (late.tag, late.name.clone(), late.text.clone());
    let key = SubmissionKey::as_sent(Some(row.id.clone()), &sent);
    let done = run_command(state, by, key, build_command(row, late, state.clock.now_ms())).await?;
    let closed = close_row(state, &row.id).await;
    closed.map(|()| done).map_err(|error| CommandFailure::Box(Box::new(error)))
}

fn build_command(row: &RefusedSubmission, late: LateWords, now_ms: i64) -> Command {
    let text = late.text.clone();
    let late = late_cleaning(row, late, now_ms);
    match &late.problem {
        Some(problem) if row.is_report => {
            let form = QueuedProblem { text, ..problem.clone() }.to_form(late.tag, &late.who);
            Command::ReportProblem(Box::new(ProblemForm { photos: late.photos, ..form }))
        }
        _ => Command::RecordQueued(Box::new(late)),
    }
}

/// Who it was. What proved that, or whom the list named, holds for the name that the phone sent and for no other.
fn cleaner_of(row: &RefusedSubmission, name: String) -> QueuedCleaner {
    match row.staff.filter(|_| name.trim() == row.name.trim()) {
        Some(staff) if row.is_proven => QueuedCleaner::Badge(staff),
        Some(staff) => QueuedCleaner::Listed { staff, name },
        None if name.trim().is_empty() => QueuedCleaner::Nobody,
        None => QueuedCleaner::Entered(name),
    }
}

/// What the phone had, with what somebody corrected of it.
fn late_cleaning(row: &RefusedSubmission, late: LateWords, now_ms: i64) -> QueuedCleaning {
    QueuedCleaning {
        tag: late.tag,
        protocol: row.protocol,
        steps: row.steps.clone(),
        agent: row.agent.clone(),
        lot: row.lot.clone(),
        lot_expires: row.lot_expires,
        trigger: row.trigger.clone(),
        who: cleaner_of(row, late.name),
        note: late.text,
        photos: row.photos.clone(),
        photo_follows: false,
        waited_ms: u64::try_from(now_ms.saturating_sub(row.performed_ms)).unwrap_or(0),
        phone_ms: row.phone_ms,
        contact_s: row.contact_s,
        measured: None,
        unsure: row.is_unsure,
        took_ms: None,
        problem: row.problem.clone().map(|RefusedProblem { what, text }| QueuedProblem { what, text }),
        problem_goes: ReportPlacement::Entry,
    }
}
