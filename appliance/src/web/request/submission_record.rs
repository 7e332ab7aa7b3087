//! What waited in a phone, into the log: from the phone itself, or from a copy of its queue.

use http::StatusCode;
use record::entry::EntryAuthor;
use record::tag::Tag;
use service::attempts::ClientNetwork;
use web::error::{ErrorText, HttpError};

use crate::intake::CommandRefusal;
use crate::phones::{
    KnownPhones, RefusedSubmission, SubmissionFault, SubmissionSender, TimePlace, find_refused, keep_refused,
};
use crate::web::commands::photo_follow::attach_late_photo;
use crate::web::commands::run::{CommandFailure, CommandOutcome, SubmissionKey, run_command};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{invalid_parameter, new_error, worded};
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::request::phone_submission::{PhoneSubmission, SubmissionJson};
use crate::web::words::ErrorWords;

/// Where a phone asks what became of its records.
pub(crate) const SUBMISSION_STATES: &str = "/api/v1/submissions/state";

/// Records it under its own id, so that it is recorded once whichever way it comes. What is refused (422) is kept for biomed.
pub(crate) async fn record_submission(
    state: &AppState,
    by: EntryAuthor,
    PhoneSubmission { document, photos, proven, network }: PhoneSubmission,
    place: &TimePlace,
) -> Result<CommandOutcome, HttpError> {
    if find_refused_row(state, document.id()).await?.is_some() {
        return Err(refused_error(new_error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "refused",
            worded(ErrorWords::error_submission_kept_refused),
        )));
    }
    let key = SubmissionKey::as_sent(Some(document.id().to_owned()), &document);
    let document = check_listed(state, document).await?;
    let sender = name_sender(state, &by, network);
    let refused = |why| RefusedSubmission {
        sender: sender.clone(),
        ..document.to_refused(why, &photos.stored, place, &state.clock.now())
    };
    let tag = match Tag::read(&document.tag) {
        Ok(tag) => tag,
        Err(error) => {
            let error = invalid_parameter("tag", format!("{error}."));
            return Err(keep_row(state, refused(SubmissionFault::NoTag), error).await);
        }
    };
    let command = document.to_command(tag, proven, &photos, place)?;
    let done = match run_command(state, by, key, command).await {
        Ok(done) => done,
        Err(CommandFailure::Refused(refusal)) if refusal != CommandRefusal::KeyReused => {
            return Err(keep_row(state, refused(sort_fault(&refusal)), refusal.into()).await);
        }
        Err(other) => return Err(other.into()),
    };
    for photo in photos.following {
        attach_late_photo(state, done, photo);
    }
    Ok(done)
}

fn sort_fault(refusal: &CommandRefusal) -> SubmissionFault {
    match refusal {
        CommandRefusal::UnknownTag(_) => SubmissionFault::UnknownTag,
        CommandRefusal::Retired { .. } => SubmissionFault::Retired,
        _ => SubmissionFault::Invalid,
    }
}

/// What was refused under this id.
pub(crate) async fn find_refused_row(
    state: &AppState,
    id: &str,
) -> Result<Option<RefusedSubmission>, HttpError> {
    let id = id.to_owned();
    let found = run_blocking(state, move |state| {
        find_refused(&state.store.state_db(), &id).map_err(|error| HttpError::internal(&error))
    });
    found.await
}

/// A name that is not that of whom the phone picked from its list is one that was typed: the box decides by its own list.
async fn check_listed(state: &AppState, document: SubmissionJson) -> Result<SubmissionJson, HttpError> {
    let Some((staff, entered)) = document.listed() else { return Ok(document) };
    let entered = entered.trim().to_owned();
    let is_theirs = read_quick(state, move |state, reader| {
        let name = StoredText::of_staff(reader, &state.store.facility(), staff).readable();
        Ok(name.is_some_and(|name| name == entered))
    });
    Ok(if is_theirs.await? { document } else { document.without_staff() })
}

/// Who sends it: staff, or a phone that made records before; of any other only its network is known.
fn name_sender(state: &AppState, by: &EntryAuthor, network: ClientNetwork) -> SubmissionSender {
    let device = by.device.filter(|device| state.stored::<KnownPhones>().contains(*device));
    let name = by.staff.map(|staff| staff.to_string()).or_else(|| device.map(|device| device.to_string()));
    let is_known = name.is_some();
    SubmissionSender { is_known, name: name.unwrap_or_else(|| network.to_string()) }
}

/// Keeps what was refused for biomed. The phone lets go of it only when that is on disk.
async fn keep_row(state: &AppState, row: RefusedSubmission, error: HttpError) -> HttpError {
    let stored = run_blocking(state, move |state| {
        keep_refused(&state.store.state_db(), &row).map_err(|error| HttpError::internal(&error))
    });
    match stored.await {
        Ok(true) => refused_error(error),
        Ok(false) => {
            HttpError { safe: worded(ErrorWords::error_submission_not_kept), ..refused_error(error) }
        }
        Err(failure) => failure,
    }
}

fn refused_error(error: HttpError) -> HttpError {
    let (status, safe) = (StatusCode::UNPROCESSABLE_ENTITY, worded(ErrorWords::error_submission_kept));
    HttpError { status, safe, next: ErrorText::default(), ..error }
}
