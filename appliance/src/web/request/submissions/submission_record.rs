//! Records what waited in a phone: from the phone itself, or from a copy of its queue.

use http::StatusCode;
use record::entry::EntryAuthor;
use record::tag::{Tag, TagError};
use record::tree::Hash;
use service::attempts::ClientNetwork;
use web::error::{ErrorText, HttpError};

use crate::anchors::sure_now_ms;
use crate::intake::{CommandRefusal, MeasuredContact, find_named_item};
use crate::phones::{
    RecordingPhones, RefusedRecords, RefusedSubmission, SubmissionFault, SubmissionSender, TimePlace,
};
use crate::web::commands::photo_follow::{attach_again, attach_late_photo, lacks_photos};
use crate::web::commands::run::{CommandFailure, CommandOutcome, SubmissionKey, run_command};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{invalid_parameter, new_error, worded};
use crate::web::listed_people::find_entered_name;
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::request::submissions::page_record::find_sent_by_page;
use crate::web::request::submissions::page_token::photo_of_page;
use crate::web::request::submissions::phone_submission::{
    PhoneSubmission, SubmissionJson, SubmittedFacts, SubmittedPhotos,
};
use crate::web::words::ErrorWords;

/// Where a phone asks what became of its records.
pub(crate) const SUBMISSION_STATES: &str = "/api/v1/submissions/state";

/// The error code of all answers after which the box has stored the refused record.
const FOR_BIOMED: &str = "kept-for-biomed";

enum UnrecordedCause {
    Unfit(SubmissionFault, HttpError),
    Other(HttpError),
}

/// Records it under its own id, so that it is recorded once whichever transport brings it. What is refused (422) is stored for biomed.
pub(crate) async fn record_submission(
    state: &AppState,
    by: EntryAuthor,
    mut submission: PhoneSubmission,
    place: &TimePlace,
) -> Result<CommandOutcome, HttpError> {
    let document = &submission.document;
    if is_refused(state, document.id()).await? {
        return Err(refused_error(new_error(
            StatusCode::UNPROCESSABLE_ENTITY,
            FOR_BIOMED,
            worded(ErrorWords::error_submission_kept_refused),
        )));
    }
    let key = document.key();
    if submission.photos.is_empty() {
        submission.photos.stored.extend(find_page_photo(state, document));
    }
    submission.document = check_listed(state, submission.document).await?;
    match try_record(state, by, key, &submission, place).await {
        Ok(done) => {
            let SubmittedPhotos { stored, following } = submission.photos;
            // Only now: another transfer of it may have recorded it while these came, and ended before it attached its own.
            if !stored.is_empty() && lacks_photos(state, done.line.of).await {
                attach_again(state, done.line.of, &stored).await?;
            }
            for photo in following {
                attach_late_photo(state, done, photo);
            }
            Ok(done)
        }
        Err(UnrecordedCause::Unfit(why, error)) => {
            let photos = submission.photos.wait_for_all(state, submission.document.id()).await?;
            let (document, proven) = (submission.document, submission.proven);
            let row = document.to_refused(why, proven, &photos, place, &state.clock.now());
            let sender = name_sender(state, &by, submission.network);
            Err(keep_row(state, RefusedSubmission { sender, ..row }, error).await)
        }
        Err(UnrecordedCause::Other(error)) => Err(error),
    }
}

async fn try_record(
    state: &AppState,
    by: EntryAuthor,
    key: SubmissionKey,
    PhoneSubmission { document, photos, proven, problem_goes, .. }: &PhoneSubmission,
    place: &TimePlace,
) -> Result<CommandOutcome, UnrecordedCause> {
    let tag = Tag::read(&document.tag)
        .map_err(|error| UnrecordedCause::Unfit(SubmissionFault::NoTag, invalid_tag(error)))?;
    let measured = measure_contact(state, tag, place);
    let facts = SubmittedFacts { place: *place, measured, problem_goes: *problem_goes };
    let command = document.to_command(tag, *proven, photos, facts).map_err(UnrecordedCause::Other)?;
    match run_command(state, by, key, command).await {
        Err(CommandFailure::Refused(CommandRefusal::KeyReused)) => {
            find_sent_by_page(state, document, tag).await.map_err(UnrecordedCause::Other)?.ok_or_else(|| {
                let error = HttpError::from(CommandRefusal::KeyReused);
                let title = worded(ErrorWords::error_submission_changed);
                let safe = worded(ErrorWords::error_submission_changed_safe);
                UnrecordedCause::Other(HttpError { title, safe, ..error })
            })
        }
        Err(CommandFailure::Refused(refusal)) => {
            Err(UnrecordedCause::Unfit(sort_fault(&refusal), refusal.into()))
        }
        Err(other) => Err(UnrecordedCause::Other(other.into())),
        Ok(done) => Ok(done),
    }
}

fn find_page_photo(state: &AppState, document: &SubmissionJson) -> Option<Hash> {
    let tag = Tag::read(&document.tag).ok()?;
    let item = find_named_item(&state.store.snapshot(), tag)?.tag;
    photo_of_page(state, item, document.page()?)
}

fn invalid_tag(error: TagError) -> HttpError {
    let detail = worded(move |words: ErrorWords| match error {
        TagError::Length => words.error_tag_length(),
        TagError::Symbol(character) => words.error_tag_symbol(character.to_string()),
        TagError::Check => words.error_tag_check(),
    });
    invalid_parameter("tag", detail)
}

/// How long the surface was wet by a contact time that was started at the box. Where the phone's clock cannot be relied
/// on, it is unknown when it was pressed.
fn measure_contact(state: &AppState, tag: Tag, place: &TimePlace) -> Option<MeasuredContact> {
    let (now, facility) = (state.clock.now(), state.store.snapshot());
    let press_up_ms = now.up_ms.checked_sub(place.age_ms).filter(|_| !place.unsure)?;
    let item = find_named_item(&facility, tag)?.tag;
    let wet = state.contact_timers.wet_at(item, press_up_ms, &facility, now.boot)?;
    Some(MeasuredContact {
        wet_s: u32::try_from(wet.wet_ms / 1_000).unwrap_or(u32::MAX),
        is_open: wet.is_open,
        protocol: wet.protocol,
    })
}

fn sort_fault(refusal: &CommandRefusal) -> SubmissionFault {
    match refusal {
        CommandRefusal::UnknownTag(_) => SubmissionFault::UnknownTag,
        CommandRefusal::Retired { .. } => SubmissionFault::Retired,
        _ => SubmissionFault::Invalid,
    }
}

pub(crate) async fn is_refused(state: &AppState, id: &str) -> Result<bool, HttpError> {
    let id = id.to_owned();
    let found = run_blocking(state, move |state| {
        let refused = state.stored::<RefusedRecords>();
        refused.contains(&state.store.state_db(), &id).map_err(|error| HttpError::internal(&error))
    });
    found.await
}

/// A name that differs from the person whom the phone picked counts as typed: the box decides by its own list. One that
/// was typed and is in the list once counts as picked from it, as on the item's own page.
async fn check_listed(state: &AppState, document: SubmissionJson) -> Result<SubmissionJson, HttpError> {
    if let Some(name) = document.entered_name() {
        return Ok(match find_entered_name(state, name).await? {
            Some(listed) => document.with_staff(listed),
            None => document,
        });
    }
    let Some((staff, entered)) = document.listed() else { return Ok(document) };
    let entered = entered.trim().to_owned();
    let is_theirs = read_quick(state, move |state, reader| {
        let name = StoredText::of_staff(reader, &state.store.facility(), staff).readable();
        Ok(name.is_some_and(|name| name == entered))
    });
    Ok(if is_theirs.await? { document } else { document.without_staff() })
}

/// Who sends it: staff, or a phone that made records before; of anybody else only the network is known.
fn name_sender(state: &AppState, by: &EntryAuthor, network: ClientNetwork) -> SubmissionSender {
    let device = by.device.filter(|device| state.stored::<RecordingPhones>().contains(*device));
    let name = by.staff.map(|staff| staff.to_string()).or_else(|| device.map(|device| device.to_string()));
    let is_known = name.is_some();
    SubmissionSender { is_known, name: name.unwrap_or_else(|| network.to_string()) }
}

/// Stores what was refused for biomed. The phone deletes its copy only after that is on disk.
async fn keep_row(state: &AppState, row: RefusedSubmission, error: HttpError) -> HttpError {
    let stored = run_blocking(state, move |state| {
        let sure_ms = sure_now_ms(&state.clock.now(), &state.store.facility());
        let refused = state.stored::<RefusedRecords>();
        refused.keep(&state.store.state_db(), &row, sure_ms).map_err(|error| HttpError::internal(&error))
    });
    match stored.await {
        Ok(true) => refused_error(error),
        Ok(false) => HttpError {
            code: "refused",
            safe: worded(ErrorWords::error_submission_not_kept),
            ..refused_error(error)
        },
        Err(failure) => failure,
    }
}

fn refused_error(error: HttpError) -> HttpError {
    let (status, safe) = (StatusCode::UNPROCESSABLE_ENTITY, worded(ErrorWords::error_submission_kept));
    HttpError { status, code: FOR_BIOMED, safe, next: ErrorText::default(), ..error }
}
