//! What waited in a phone, into the log: from the phone itself, or from a copy of its queue.

use http::StatusCode;
use record::entry::EntryAuthor;
use record::tag::Tag;
use web::error::{ErrorText, HttpError};

use crate::intake::CommandRefusal;
use crate::phones::{RefusedSubmission, SubmissionFault, TimePlace, find_refused, keep_refused};
use crate::web::commands::photo_follow::attach_late_photo;
use crate::web::commands::run::{CommandFailure, CommandOutcome, SubmissionKey, run_command};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{invalid_parameter, new_error, worded};
use crate::web::request::phone_submission::PhoneSubmission;
use crate::web::words::ErrorWords;

/// Records it under its own id, so that it is recorded once whichever way it comes. What is refused (422) is kept for biomed.
pub(crate) async fn record_submission(
    state: &AppState,
    by: EntryAuthor,
    PhoneSubmission { document, photos, proven }: PhoneSubmission,
    place: &TimePlace,
) -> Result<CommandOutcome, HttpError> {
    if find_refused_row(state, document.id()).await?.is_some() {
        return Err(refused_error(new_error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "refused",
            worded(ErrorWords::error_submission_kept_refused),
        )));
    }
    let refused = |why| document.to_refused(why, &photos.stored, place, &state.clock.now());
    let tag = match Tag::read(&document.tag) {
        Ok(tag) => tag,
        Err(error) => {
            let error = invalid_parameter("tag", format!("{error}."));
            return Err(keep_row(state, refused(SubmissionFault::NoTag), error).await);
        }
    };
    let command = document.to_command(tag, proven, &photos, place)?;
    let key = SubmissionKey::as_sent(Some(document.id().to_owned()), &document);
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

/// Keeps what was refused for biomed. The phone lets go of it only when that is on disk.
async fn keep_row(state: &AppState, row: RefusedSubmission, error: HttpError) -> HttpError {
    let stored = run_blocking(state, move |state| {
        keep_refused(&state.store.state_db(), &row).map_err(|error| HttpError::internal(&error))
    });
    match stored.await {
        Ok(()) => refused_error(error),
        Err(failure) => failure,
    }
}

fn refused_error(error: HttpError) -> HttpError {
    let (status, safe) = (StatusCode::UNPROCESSABLE_ENTITY, worded(ErrorWords::error_submission_kept));
    HttpError { status, safe, next: ErrorText::default(), ..error }
}
