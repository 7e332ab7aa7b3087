//! Late entries of what phones sent and the box refused: made by biomed, on a page or by a program.

use record::entry::EntryAuthor;
use record::tag::Tag;
use web::error::HttpError;

use crate::intake::{
    Command, CommandRefusal, ProblemForm, QueuedCleaner, QueuedCleaning, QueuedProblem, ReportPlacement,
};
use crate::phones::{RefusedPage, RefusedProblem, RefusedRecords, RefusedSubmission};
use crate::web::commands::run::{
    CommandFailure, CommandOutcome, SubmissionKey, by_key, find_earlier, run_command,
};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::not_found;
use crate::web::log_reads::{StoredText, read_quick};

async fn name_proven(
    state: &AppState,
    rows: Vec<RefusedSubmission>,
) -> Result<Vec<RefusedSubmission>, HttpError> {
    if rows.iter().all(|row| !row.is_proven) {
        return Ok(rows);
    }
    let named = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let named = rows.into_iter().map(|row| {
            let staff = row.staff.filter(|_| row.is_proven);
            match staff.and_then(|staff| StoredText::of_staff(reader, &facility, staff).readable()) {
                Some(name) => RefusedSubmission { name, ..row },
                None => row,
            }
        });
        Ok(named.collect())
    });
    named.await
}

/// How many wait for somebody. Blocks for the disk.
pub(crate) fn count_open(state: &AppState) -> Result<usize, HttpError> {
    let refused = state.stored::<RefusedRecords>();
    refused.count_open(&state.store.state_db()).map_err(|error| HttpError::internal(&error))
}

pub(crate) fn count_known(state: &AppState) -> Option<usize> {
    state.stored::<RefusedRecords>().count_known(&state.store.state_db())
}

pub(crate) async fn list_open(
    state: &AppState,
    behind: Option<String>,
    rows_max: usize,
) -> Result<Option<RefusedPage>, HttpError> {
    let page = run_blocking(state, move |state| {
        let (refused, db) = (state.stored::<RefusedRecords>(), state.store.state_db());
        refused.list_open(&db, behind.as_deref(), rows_max).map_err(|error| HttpError::internal(&error))
    });
    let facility = state.store.facility();
    let Some(RefusedPage { rows, next }) = page.await? else { return Ok(None) };
    let corrected = rows.into_iter().map(|(row, count)| (row.correct_times(&facility), count));
    let (rows, counts): (Vec<_>, Vec<_>) = corrected.unzip();
    let rows = name_proven(state, rows).await?.into_iter().zip(counts).collect();
    Ok(Some(RefusedPage { rows, next }))
}

pub(crate) async fn find_open(state: &AppState, id: &str) -> Result<RefusedSubmission, HttpError> {
    let id = id.to_owned();
    let found = run_blocking(state, move |state| {
        let refused = state.stored::<RefusedRecords>();
        refused.find(&state.store.state_db(), &id).map_err(|error| HttpError::internal(&error))
    });
    let row = found.await?.filter(|row| !row.is_closed).ok_or_else(not_found)?;
    let row = row.correct_times(&state.store.facility());
    name_proven(state, vec![row]).await?.pop().ok_or_else(not_found)
}

pub(crate) async fn close_row(state: &AppState, id: &str) -> Result<(), HttpError> {
    let id = id.to_owned();
    run_blocking(state, move |state| {
        let (refused, facility) = (state.stored::<RefusedRecords>(), state.store.facility());
        refused.close(&state.store.state_db(), &id, &facility).map_err(|error| HttpError::internal(&error))
    })
    .await
}

pub(crate) async fn close_sender(state: &AppState, id: &str) -> Result<(), HttpError> {
    let id = id.to_owned();
    let closed = run_blocking(state, move |state| {
        let (refused, db) = (state.stored::<RefusedRecords>(), state.store.state_db());
        refused
            .close_of_sender(&db, &id, &state.store.facility())
            .map_err(|error| HttpError::internal(&error))
    });
    if closed.await? == 0 { Err(not_found()) } else { Ok(()) }
}

#[derive(Debug, Clone)]
pub(crate) struct LateWords {
    pub(crate) tag: Tag,
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The note of the person who recorded it; of a report, its own text.
pub(crate) fn choose_text(row: &RefusedSubmission) -> &str {
    match &row.problem {
        Some(problem) if row.is_report => &problem.text,
        _ => &row.note,
    }
}

pub(crate) struct LateOutcome {
    pub(crate) done: CommandOutcome,
    /// An earlier attempt had recorded it, with other values: now only the note that it was entered is added.
    pub(crate) was_there: bool,
}

/// Records it under the phone's own id: if the phone asks, the record is on the box.
pub(crate) async fn enter_late(
    state: &AppState,
    by: EntryAuthor,
    row: &RefusedSubmission,
    late: LateWords,
) -> Result<LateOutcome, CommandFailure> {
    let sent = (late.tag, late.name.clone(), late.text.clone());
    let key = SubmissionKey::as_sent(Some(row.id.clone()), &sent);
    let now_ms = state.known_now_ms();
    let entered = match run_command(state, by, key, build_command(row, late, now_ms)).await {
        Ok(done) => LateOutcome { done, was_there: false },
        Err(CommandFailure::Refused(CommandRefusal::KeyReused)) => {
            let done = find_recorded(state, &row.id).await;
            LateOutcome { done: done.map_err(|error| CommandFailure::Box(Box::new(error)))?, was_there: true }
        }
        Err(failure) => return Err(failure),
    };
    let closed = close_row(state, &row.id).await;
    closed.map(|()| entered).map_err(|error| CommandFailure::Box(Box::new(error)))
}

async fn find_recorded(state: &AppState, id: &str) -> Result<CommandOutcome, HttpError> {
    let (line, _) = by_key(state, id).await.ok_or_else(not_found)?;
    find_earlier(state, line).await
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

fn late_cleaning(row: &RefusedSubmission, late: LateWords, now_ms: i64) -> QueuedCleaning {
    QueuedCleaning {
        tag: late.tag,
        protocol: row.protocol,
        steps: row.steps.clone(),
        agent: row.agent.clone(),
        lot: row.lot.clone(),
        lot_expires: row.lot_expires,
        trigger: row.trigger.clone(),
        class: row.class,
        who: cleaner_of(row, late.name),
        note: late.text,
        photos: row.photos.clone(),
        waited_ms: u64::try_from(now_ms.saturating_sub(row.performed_ms)).unwrap_or(0),
        phone_ms: row.phone_ms,
        contact_s: row.contact_s,
        measured: None,
        unsure: row.is_unsure || row.performed_ms > now_ms,
        took_ms: None,
        problem: row.problem.clone().map(|RefusedProblem { what, text }| QueuedProblem { what, text }),
        problem_goes: ReportPlacement::Entry,
    }
}
