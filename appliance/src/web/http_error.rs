//! What went wrong, in the box's words: each error says what is safe and what to do next.

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use record::tag::Tag;
use web::error::{ErrorText, HttpError, RequestFault};

use crate::intake::Refusal;
use crate::store::{ReadError, StoreError};

/// An error after which nothing was recorded.
pub(crate) fn new_error(status: StatusCode, code: &'static str, title: impl Into<ErrorText>) -> HttpError {
    HttpError::new(status, code, title).safe("Nothing was recorded.")
}

/// Nothing is at this address.
pub(crate) fn not_found() -> HttpError {
    new_error(StatusCode::NOT_FOUND, "not-found", "There is no such page here")
        .detail("The address may be mistyped, or what it named is gone.")
        .safe("Nothing was changed.")
        .next("Scan the label on the equipment, or find the item by its name.")
}

/// The box's own fault, of which no error tells: something that it relies on is not so.
pub(crate) fn broken_rule(what: &str) -> HttpError {
    HttpError { cause: Some(what.to_owned()), ..RequestFault::Failed.into() }
}

/// So much is being read that this was not.
pub(crate) fn busy_reading() -> HttpError {
    new_error(StatusCode::SERVICE_UNAVAILABLE, "busy", "The box is busy reading")
        .detail("Others are reading long parts of its history at this moment.")
        .safe("Everything that was recorded is safe, and recording goes on.")
        .next("Wait two seconds and try again.")
        .header(RETRY_AFTER, HeaderValue::from_static("2"))
}

/// What was asked for may be among entries that this box lacks.
pub(crate) fn history_missing() -> HttpError {
    new_error(StatusCode::SERVICE_UNAVAILABLE, "missing", "A part of this box’s history is missing")
        .detail("What you look for may be in it. It comes back by itself where the relay or a copy has it.")
        .safe("Nothing was changed, and recording goes on.")
        .next("Try again in a few minutes. If it stays so, tell biomed.")
        .header(RETRY_AFTER, HeaderValue::from_static("60"))
}

/// A tag that nothing here knows, while a part of the history is missing that may say what it is on.
pub(crate) fn tag_not_known_now(tag: Tag) -> HttpError {
    history_missing()
        .detail(format!(
            "The tag {tag} is well formed, but what says on which equipment it is may be in the part that is missing. \
             That part comes back by itself where the relay or a copy has it."
        ))
        .safe("Nothing was recorded. What was recorded before is kept.")
        .next("Clean it as usual, write it on paper, and try again in a few minutes. If it stays so, tell biomed.")
        .field("tag")
}

/// A form that came whole and does not say what it should.
pub(crate) fn unreadable_form(words: impl Into<ErrorText>) -> HttpError {
    new_error(StatusCode::BAD_REQUEST, "form", FORM_TITLE).detail(words).next(FORM_NEXT)
}

pub(crate) const FORM_TITLE: &str = "The form could not be read";
pub(crate) const FORM_NEXT: &str = "Open the page again and fill in the form by hand.";

/// A parameter of a program that does not fit.
pub(crate) fn invalid_parameter(field: &'static str, words: &str) -> HttpError {
    new_error(StatusCode::BAD_REQUEST, "parameter", PARAMETER_TITLE)
        .detail(words.to_owned())
        .field(field)
        .safe("Nothing was changed.")
        .next(PARAMETER_NEXT)
}

pub(crate) const PARAMETER_TITLE: &str = "A parameter does not fit";
pub(crate) const PARAMETER_NEXT: &str = "See /api/openapi.json.";

/// What the store says when it cannot be read.
pub(crate) fn store_error(error: StoreError) -> HttpError {
    match error {
        StoreError::ReaderExpired | StoreError::Reopening => busy_reading(),
        other => HttpError::internal(&other),
    }
}

/// As [`store_error`], behind the bounded door of [`Store::read`](crate::store::Store::read).
pub(crate) fn read_error(error: ReadError) -> HttpError {
    match error {
        ReadError::Busy => busy_reading(),
        ReadError::NoAnswer => HttpError::internal(&error),
        ReadError::Store(error) => store_error(error),
    }
}

impl From<Refusal> for HttpError {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::UnknownTag(_) | Refusal::UnknownCleaning { .. } => StatusCode::NOT_FOUND,
            Refusal::NotAllowed(_) | Refusal::UndoOver => StatusCode::FORBIDDEN,
            Refusal::KeyReused
            | Refusal::AlreadySo(_)
            | Refusal::AlreadyVoided
            | Refusal::SharedNumber { .. }
            | Refusal::TagTaken(_)
            | Refusal::Retired { .. }
            | Refusal::ProtocolChanged => StatusCode::CONFLICT,
            Refusal::KeyForm => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let field = refusal.field().map(ErrorText::Borrowed);
        let error = new_error(status, refusal.code(), refusal.to_string()).detail(refusal.detail());
        Self { field, ..error.next("Correct it and send it again.") }
    }
}
