//! What this relay refuses programs, and the words for it.

use ::web::error::{HttpError, word_text};
use axum::http::{HeaderValue, StatusCode, header};

use crate::accounts::credentials::token::TokenScope;
use crate::accounts::records::access_log::DenialReason;
use crate::web::words::ErrorWords;

type WordedMessage = fn(ErrorWords) -> String;

/// What happened, whole, and what to do now; nothing was changed.
fn refuse_program(
    status: StatusCode,
    code: &'static str,
    title: WordedMessage,
    detail: WordedMessage,
    next: WordedMessage,
) -> HttpError {
    HttpError::new(status, code, word_text(title))
        .detail(word_text(detail))
        .safe(word_text(ErrorWords::error_nothing))
        .next(word_text(next))
}

pub(crate) fn lacks_scope(needed: TokenScope) -> HttpError {
    let error = refuse_program(
        StatusCode::FORBIDDEN,
        "token-scope",
        ErrorWords::error_scope,
        ErrorWords::error_scope_detail,
        ErrorWords::error_scope_next,
    );
    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\"");
    let challenge = HeaderValue::from_str(&challenge).unwrap_or(HeaderValue::from_static("Bearer"));
    error.header(header::WWW_AUTHENTICATE, challenge).note(DenialReason::TokenScope)
}

pub(crate) fn plain_token() -> HttpError {
    let error = refuse_program(
        StatusCode::BAD_REQUEST,
        "token-in-the-clear",
        ErrorWords::error_plain,
        ErrorWords::error_plain_detail,
        ErrorWords::error_plain_next,
    );
    error.safe(word_text(ErrorWords::error_plain_safe))
}

/// A token that sees some facilities only, for what takes the whole account.
pub(crate) fn needs_whole_account() -> HttpError {
    let error = refuse_program(
        StatusCode::FORBIDDEN,
        "token-facilities",
        ErrorWords::error_whole_account,
        ErrorWords::error_whole_account_detail,
        ErrorWords::error_whole_account_next,
    );
    error.note(DenialReason::TokenScope)
}

pub(crate) fn too_many_requests(wait_s: u64) -> HttpError {
    let error = refuse_program(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many",
        ErrorWords::error_too_many,
        ErrorWords::error_too_many_detail,
        ErrorWords::error_retry_after,
    );
    error.header(header::RETRY_AFTER, HeaderValue::from(wait_s))
}

/// A cursor of another account or query, or none of ours.
pub(crate) fn foreign_cursor() -> HttpError {
    let error = refuse_program(
        StatusCode::BAD_REQUEST,
        "cursor",
        ErrorWords::error_cursor,
        ErrorWords::error_cursor_detail,
        ErrorWords::error_cursor_next,
    );
    error.field("cursor")
}

/// An idempotency key that was used for something else.
pub(crate) fn key_reused() -> HttpError {
    let error = refuse_program(
        StatusCode::CONFLICT,
        "idempotency-key",
        ErrorWords::error_key_reused,
        ErrorWords::error_key_reused_detail,
        ErrorWords::error_key_reused_next,
    );
    error.field("idempotency-key")
}

/// An idempotency key whose first request is not answered yet.
pub(crate) fn key_running() -> HttpError {
    let error = refuse_program(
        StatusCode::CONFLICT,
        "idempotency-key-running",
        ErrorWords::error_key_running,
        ErrorWords::error_key_running_detail,
        ErrorWords::error_retry_after,
    );
    error.field("idempotency-key").header(header::RETRY_AFTER, HeaderValue::from_static("1"))
}

/// More keys than a token may have in 24 hours.
pub(crate) fn too_many_keys() -> HttpError {
    let error = refuse_program(
        StatusCode::TOO_MANY_REQUESTS,
        "idempotency-keys",
        ErrorWords::error_many_keys,
        ErrorWords::error_many_keys_detail,
        ErrorWords::error_many_keys_next,
    );
    error.field("idempotency-key").header(header::RETRY_AFTER, HeaderValue::from_static("3600"))
}

pub(crate) fn other_version() -> HttpError {
    let error = refuse_program(
        StatusCode::PRECONDITION_FAILED,
        "version",
        ErrorWords::error_version,
        ErrorWords::error_version_detail,
        ErrorWords::error_version_next,
    );
    error.field("if-match")
}

/// A member of a document that does not fit, and what it should be.
pub(crate) fn unfit_member(name: &'static str, expects: WordedMessage) -> HttpError {
    let error = refuse_program(
        StatusCode::UNPROCESSABLE_ENTITY,
        "json",
        ErrorWords::error_unreadable,
        expects,
        ErrorWords::error_parameter_next,
    );
    error.field(name)
}

/// Why a facility is not made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FacilityRefusal {
    NameTaken,
    HasBox,
    NamedAtBox,
    Full,
    /// The account's plan has no more.
    PlanLimit,
    /// Its box reported no address for labels.
    NoLabelHost,
}

impl From<FacilityRefusal> for HttpError {
    fn from(refusal: FacilityRefusal) -> Self {
        type Words = ErrorWords;
        let (code, title, detail, next): (_, WordedMessage, WordedMessage, WordedMessage) = match refusal {
            FacilityRefusal::NameTaken => (
                "name-taken",
                Words::error_name_taken,
                Words::error_name_taken_detail,
                Words::error_name_taken_next,
            ),
            FacilityRefusal::HasBox => {
                ("has-box", Words::error_has_box, Words::error_has_box_detail, Words::error_has_box_next)
            }
            FacilityRefusal::NamedAtBox => (
                "record-at-the-box",
                Words::error_name_at_box,
                Words::error_name_at_box_detail,
                Words::error_name_at_box_next,
            ),
            FacilityRefusal::Full => {
                ("facilities-full", Words::error_full, Words::error_full_detail, Words::error_full_next)
            }
            FacilityRefusal::PlanLimit => (
                "plan-limit",
                Words::error_plan_limit,
                Words::error_plan_limit_detail,
                Words::error_plan_limit_next,
            ),
            FacilityRefusal::NoLabelHost => (
                "no-label-host",
                Words::error_label_host,
                Words::error_label_host_detail,
                Words::error_label_host_next,
            ),
        };
        refuse_program(StatusCode::CONFLICT, code, title, detail, next)
    }
}
