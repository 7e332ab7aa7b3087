//! Errors and their messages: each error says what is safe and what to do next.

use std::borrow::Cow;

use http::header::{ETAG, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use record::tag::Tag;
use web::answer::etag_header;
pub(crate) use web::error::word_text as worded;
use web::error::{ErrorText, HttpError, RequestFault};

use crate::intake::CommandRefusal;
use crate::store::{ReadError, StoreError};
use crate::web::words::ErrorWords;
use crate::wording::refusals::{word_refusal, word_rule};

pub(crate) fn new_error(status: StatusCode, code: &'static str, title: impl Into<ErrorText>) -> HttpError {
    HttpError::new(status, code, title).safe(worded(ErrorWords::error_nothing_recorded))
}

pub(crate) fn not_found() -> HttpError {
    new_error(StatusCode::NOT_FOUND, "not-found", worded(ErrorWords::error_not_found))
        .detail(worded(ErrorWords::error_not_found_detail))
        .safe(worded(ErrorWords::error_nothing_changed))
        .next(worded(ErrorWords::error_not_found_next))
}

/// A broken invariant of the box that no error type describes.
pub(crate) fn broken_rule(what: &str) -> HttpError {
    HttpError { cause: Some(what.to_owned()), ..RequestFault::Failed.into() }
}

pub(crate) fn busy_reading() -> HttpError {
    new_error(StatusCode::SERVICE_UNAVAILABLE, "busy", worded(ErrorWords::error_reading))
        .detail(worded(ErrorWords::error_reading_detail))
        .safe(worded(ErrorWords::error_reading_safe))
        .next(worded(ErrorWords::error_reading_next))
        .header(RETRY_AFTER, HeaderValue::from_static("2"))
}

/// Codes of passes were tried too often from one address.
pub(crate) fn pass_tries_spent(wait_s: u64) -> HttpError {
    new_error(StatusCode::TOO_MANY_REQUESTS, "tries", worded(ErrorWords::error_pass_tries))
        .safe(worded(ErrorWords::error_nothing_changed))
        .header(RETRY_AFTER, HeaderValue::from(wait_s))
}

/// So many reports wait that another one would wait for long.
pub(crate) fn reports_busy() -> HttpError {
    new_error(StatusCode::SERVICE_UNAVAILABLE, "busy", worded(ErrorWords::error_reports))
        .safe(worded(ErrorWords::error_nothing_changed))
        .next(worded(ErrorWords::error_reports_next))
        .header(RETRY_AFTER, HeaderValue::from_static("30"))
}

/// A report on paper has so many cleanings that drawing it would take the memory that recording needs.
pub(crate) fn report_too_long() -> HttpError {
    invalid_parameter("from", worded(ErrorWords::error_report_long))
}

/// The file of a report that is not made yet, or was not.
pub(crate) fn report_not_ready() -> HttpError {
    new_error(StatusCode::CONFLICT, "not-ready", worded(ErrorWords::error_report_open))
        .detail(worded(ErrorWords::error_report_open_detail))
        .safe(worded(ErrorWords::error_nothing_changed))
        .next(worded(ErrorWords::error_report_open_next))
}

/// Somebody did not want it any more.
pub(crate) fn report_cancelled() -> HttpError {
    new_error(StatusCode::CONFLICT, "cancelled", worded(ErrorWords::error_report_cancelled))
        .safe(worded(ErrorWords::error_nothing_changed))
}

/// What was asked for may be among entries that this box lacks.
pub(crate) fn history_missing() -> HttpError {
    new_error(StatusCode::SERVICE_UNAVAILABLE, "missing", worded(ErrorWords::error_missing))
        .detail(worded(ErrorWords::error_missing_detail))
        .safe(worded(ErrorWords::error_missing_safe))
        .next(worded(ErrorWords::error_missing_next))
        .header(RETRY_AFTER, HeaderValue::from_static("60"))
}

/// A tag that nothing here knows, while a part of the history is missing that may say what it is on.
pub(crate) fn tag_not_known_now(tag: Tag) -> HttpError {
    history_missing()
        .detail(worded(move |words: ErrorWords| words.error_tag_missing_detail(tag.to_string())))
        .safe(worded(ErrorWords::error_tag_missing_safe))
        .next(worded(ErrorWords::error_tag_missing_next))
        .field("tag")
}

/// A form that came whole and does not say what it should.
pub(crate) fn unreadable_form(words: impl Into<ErrorText>) -> HttpError {
    new_error(StatusCode::BAD_REQUEST, "form", worded(ErrorWords::error_form))
        .detail(words)
        .next(worded(ErrorWords::error_form_next))
}

pub(crate) fn invalid_parameter(field: &'static str, words: impl Into<ErrorText>) -> HttpError {
    new_error(StatusCode::BAD_REQUEST, "parameter", worded(ErrorWords::error_parameter))
        .detail(words)
        .field(field)
        .safe(worded(ErrorWords::error_nothing_changed))
        .next(worded(ErrorWords::error_parameter_next))
}

/// A program's change was made over another version than the one that is there (412).
pub(crate) fn changed_since(now: Option<impl std::fmt::Display>) -> HttpError {
    let error = new_error(StatusCode::PRECONDITION_FAILED, "changed", "It was changed meanwhile")
        .detail("If-Match names another version than the one that is there.")
        .safe(worded(ErrorWords::error_nothing_changed))
        .next("Read it again, then send the change with its ETag.");
    match now.and_then(|version| etag_header(version).ok()) {
        Some(etag) => error.header(ETAG, etag),
        None => error,
    }
}

pub(crate) fn store_error(error: StoreError) -> HttpError {
    match error {
        StoreError::ReaderExpired | StoreError::Reopening => busy_reading(),
        other => HttpError::internal(&other),
    }
}

/// As [`store_error`], behind the concurrency limit of [`Store::read`](crate::store::Store::read).
pub(crate) fn read_error(error: ReadError) -> HttpError {
    match error {
        ReadError::Busy => busy_reading(),
        ReadError::NoAnswer => HttpError::internal(&error),
        ReadError::Store(error) => store_error(error),
    }
}

impl From<CommandRefusal> for HttpError {
    fn from(refusal: CommandRefusal) -> Self {
        let status = match refusal {
            CommandRefusal::UnknownTag(_)
            | CommandRefusal::UnknownCleaning { .. }
            | CommandRefusal::UnknownProblem { .. }
            | CommandRefusal::UnknownUpkeep(_) => StatusCode::NOT_FOUND,
            CommandRefusal::ReportsSpent => StatusCode::TOO_MANY_REQUESTS,
            CommandRefusal::NotAllowed(_) | CommandRefusal::UndoOver => StatusCode::FORBIDDEN,
            CommandRefusal::KeyReused
            | CommandRefusal::AlreadySo(_)
            | CommandRefusal::AlreadyVoided
            | CommandRefusal::SharedNumber { .. }
            | CommandRefusal::TagTaken(_)
            | CommandRefusal::CodeTaken { .. }
            | CommandRefusal::CodeUnconfirmed(_)
            | CommandRefusal::Retired { .. }
            | CommandRefusal::Changed { .. }
            | CommandRefusal::ProtocolChanged => StatusCode::CONFLICT,
            CommandRefusal::KeyForm => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let (code, field) = (refusal.code(), refusal.field().map(Cow::Borrowed));
        let (title, detail) = refusal_texts(refusal);
        let error = new_error(status, code, title).detail(detail);
        Self { field, ..error.next(worded(ErrorWords::error_correct)) }
    }
}

/// What was refused and the rule behind it.
pub(crate) fn refusal_texts(refusal: CommandRefusal) -> (ErrorText, ErrorText) {
    let other = refusal.clone();
    let title = worded(move |words| word_refusal(words, &refusal));
    (title, worded(move |words| word_rule(words, &other)))
}
