//! What this relay refuses or fails at, and the words for it.

use std::error::Error;

use ::web::error::{ErrorText, FaultWords, HttpError, RequestFault, word_text};
use ::web::route::percent_encoded;
use axum::http::{HeaderValue, StatusCode, header};

use crate::accounts::records::access_log::DenialReason;
use crate::db::DbError;
use crate::objects::PhotoError;
use crate::readiness::ReadinessFault;
use crate::reports::order::WAITING_MAX;
use crate::web::words::ErrorWords;

const HOME: &str = "/app/";
const SIGN_IN: &str = "/login";
const BILLING: &str = "/app/billing";
pub(crate) const NEW_FACTOR: &str = "/app/me/factors/new";
/// Where somebody links the sign-in of their organisation.
const OWN_PAGE: &str = "/app/me";
/// The address that was asked for, as browsers read an empty one.
const SAME_ADDRESS: &str = "";
/// The code of a form that did not come from a page of this session.
pub(crate) const FOREIGN: &str = "foreign";
/// Seconds after which somebody may ask again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("10");

const PAUSED: HeaderValue = HeaderValue::from_static("300");

type WordedText = fn(ErrorWords) -> String;

#[derive(Debug, Clone, Copy)]
struct ErrorMessages {
    title: WordedText,
    detail: WordedText,
    safe: WordedText,
    next: WordedText,
    link: (&'static str, WordedText),
}

impl ErrorMessages {
    fn error(self, status: StatusCode, code: &'static str) -> HttpError {
        let (to, words) = self.link;
        HttpError::new(status, code, word_text(self.title))
            .detail(word_text(self.detail))
            .safe(word_text(self.safe))
            .next(word_text(self.next))
            .link(to, word_text(words))
    }
}

pub(crate) fn sign_in(next: &str) -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_sign_in,
        detail: ErrorWords::error_sign_in_detail,
        safe: ErrorWords::error_nothing,
        next: ErrorWords::error_sign_in_next,
        link: (SIGN_IN, ErrorWords::error_sign_in_link),
    };
    let to = format!("{SIGN_IN}?next={}", encode_parameter(next));
    messages.error(StatusCode::UNAUTHORIZED, "sign-in").page_location(to)
}

/// The same for somebody whose browser was signed in: the page says that it is no more.
pub(crate) fn sign_in_again(next: &str) -> HttpError {
    sign_in(next).page_location(format!("{SIGN_IN}?next={}&done=ended", encode_parameter(next)))
}

pub(crate) fn no_token() -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_token,
        detail: ErrorWords::error_token_detail,
        safe: ErrorWords::error_nothing,
        next: ErrorWords::error_token_next,
        link: (SIGN_IN, ErrorWords::error_sign_in_link),
    };
    with_bearer(messages.error(StatusCode::UNAUTHORIZED, "token"))
}

pub(crate) fn token_revoked() -> HttpError {
    no_token().note(DenialReason::TokenRevoked)
}

pub(crate) fn token_expired() -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_expired,
        detail: ErrorWords::error_expired_detail,
        safe: ErrorWords::error_nothing,
        next: ErrorWords::error_expired_next,
        link: (SIGN_IN, ErrorWords::error_sign_in_link),
    };
    let error = messages.error(StatusCode::UNAUTHORIZED, "token-expired");
    with_bearer(error.note(DenialReason::TokenExpired))
}

fn with_bearer(error: HttpError) -> HttpError {
    error.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// A form without the session's secret, or from another site: it was too old, or foreign.
pub(crate) fn foreign_form() -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_foreign,
        detail: ErrorWords::error_foreign_detail,
        safe: ErrorWords::error_nothing,
        next: ErrorWords::error_foreign_next,
        link: (SAME_ADDRESS, ErrorWords::error_foreign_link),
    };
    messages.error(StatusCode::FORBIDDEN, FOREIGN).note(DenialReason::ForeignForm)
}

/// Whoever signed in may not do this in their role.
pub(crate) fn read_only() -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_read_only,
        detail: ErrorWords::error_read_only_detail,
        safe: ErrorWords::error_nothing,
        next: ErrorWords::error_read_only_next,
        link: (HOME, ErrorWords::error_read_only_link),
    };
    messages.error(StatusCode::FORBIDDEN, "read-only").note(DenialReason::NeedsAdmin)
}

/// People only look, for now.
pub(crate) fn nothing_changes() -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_paused,
        detail: ErrorWords::error_paused_detail,
        safe: ErrorWords::error_recording,
        next: ErrorWords::error_retry_after,
        link: (SAME_ADDRESS, ErrorWords::error_try_again),
    };
    messages.error(StatusCode::SERVICE_UNAVAILABLE, "read-only-mode").header(header::RETRY_AFTER, PAUSED)
}

/// Nothing is paid for their account any more.
pub(crate) fn unpaid_error() -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_unpaid,
        detail: ErrorWords::error_unpaid_detail,
        safe: ErrorWords::error_recording,
        next: ErrorWords::error_unpaid_next,
        link: (BILLING, ErrorWords::error_unpaid_link),
    };
    messages.error(StatusCode::FORBIDDEN, "unpaid")
}

/// Their account demands a second factor, and they have none.
pub(crate) fn needs_factor() -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_factor,
        detail: ErrorWords::error_factor_detail,
        safe: ErrorWords::error_nothing,
        next: ErrorWords::error_factor_next,
        link: (NEW_FACTOR, ErrorWords::error_factor_link),
    };
    messages.error(StatusCode::FORBIDDEN, "second-factor").page_location(NEW_FACTOR)
}

pub(crate) fn needs_provider() -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_provider,
        detail: ErrorWords::error_provider_detail,
        safe: ErrorWords::error_nothing,
        next: ErrorWords::error_provider_next,
        link: (OWN_PAGE, ErrorWords::error_provider_link),
    };
    messages.error(StatusCode::FORBIDDEN, "provider").page_location(OWN_PAGE)
}

/// Nothing that this caller can see; what belongs to another account is that, too.
pub(crate) fn not_found() -> HttpError {
    HttpError::from(RequestFault::NotFound).note(DenialReason::NotFound)
}

/// A parameter that does not fit, and what it should be.
pub(crate) fn parameter_error(
    name: &'static str,
    expects: impl Fn(ErrorWords) -> String + Send + Sync + 'static,
) -> HttpError {
    let detail = word_text(expects);
    let fault = RequestFault::Parameter { name: name.to_owned(), reason: detail.to_string() };
    HttpError::from(fault).detail(detail)
}

pub(crate) fn busy_error() -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_busy,
        detail: ErrorWords::error_busy_detail,
        safe: ErrorWords::error_recording,
        next: ErrorWords::error_retry_after,
        link: (SAME_ADDRESS, ErrorWords::error_try_again),
    };
    messages.error(StatusCode::SERVICE_UNAVAILABLE, "busy").header(header::RETRY_AFTER, RETRY_AFTER)
}

/// As many files of the account are written now as there may be; this is the page that takes them.
pub(crate) fn too_many_exports(page: impl Into<String>) -> HttpError {
    too_many("exports", ErrorWords::error_exports, word_text(ErrorWords::error_exports_detail))
        .link(page, word_text(ErrorWords::error_try_again))
}

/// Whoever asks for a report has as many that wait as there may be.
pub(crate) fn too_many_reports() -> HttpError {
    let detail = word_text(|words: ErrorWords| words.error_reports_detail(WAITING_MAX));
    too_many("reports", ErrorWords::error_reports, detail)
        .link("/app/reports#made", word_text(ErrorWords::error_reports_link))
}

/// The file of a report that is not made yet, or was not.
pub(crate) fn report_not_ready() -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_report_open,
        detail: ErrorWords::error_report_open_detail,
        safe: ErrorWords::error_nothing,
        next: ErrorWords::error_report_open_next,
        link: ("/app/reports#made", ErrorWords::error_reports_link),
    };
    messages.error(StatusCode::CONFLICT, "not-ready")
}

fn too_many(code: &'static str, title: WordedText, detail: ErrorText) -> HttpError {
    HttpError::new(StatusCode::TOO_MANY_REQUESTS, code, word_text(title))
        .detail(detail)
        .safe(word_text(ErrorWords::error_nothing))
        .next(word_text(ErrorWords::error_retry_after))
        .header(header::RETRY_AFTER, RETRY_AFTER)
}

/// The database does not answer; the log has the reason under the answer's id.
pub(crate) fn unavailable_error(cause: &DbError) -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_no_database,
        detail: ErrorWords::error_no_database_detail,
        safe: ErrorWords::error_recording,
        next: ErrorWords::error_retry_after,
        link: (SAME_ADDRESS, ErrorWords::error_try_again),
    };
    let error = messages.error(StatusCode::SERVICE_UNAVAILABLE, "away");
    HttpError { cause: Some(cause.to_string()), ..error.header(header::RETRY_AFTER, RETRY_AFTER) }
}

/// No requests should come to this process; the log has the reason under the answer's id.
pub(crate) fn not_ready(fault: &ReadinessFault) -> HttpError {
    let (title, detail, code): (WordedText, WordedText, _) = match fault {
        ReadinessFault::Draining => {
            (ErrorWords::error_draining, ErrorWords::error_draining_detail, "draining")
        }
        _ => (ErrorWords::error_no_database, ErrorWords::error_no_database_detail, "away"),
    };
    let messages = ErrorMessages {
        title,
        detail,
        safe: ErrorWords::error_recording,
        next: ErrorWords::error_retry_after,
        link: (SAME_ADDRESS, ErrorWords::error_try_again),
    };
    messages.error(StatusCode::SERVICE_UNAVAILABLE, code).header(header::RETRY_AFTER, RETRY_AFTER)
}

/// The file of a photo is not the photo that the box sent; the log has its name under the answer's id.
pub(crate) fn damaged_photo(cause: &PhotoError) -> HttpError {
    let messages = ErrorMessages {
        title: ErrorWords::error_photo,
        detail: ErrorWords::error_photo_detail,
        safe: ErrorWords::error_photo_safe,
        next: ErrorWords::error_photo_next,
        link: (HOME, ErrorWords::error_my_facilities),
    };
    HttpError { cause: Some(cause.to_string()), ..messages.error(StatusCode::NOT_FOUND, "photo-damaged") }
}

/// Something that should not happen.
pub(crate) fn internal_error(cause: impl Error + 'static) -> HttpError {
    HttpError::internal(&cause)
}

impl From<DbError> for HttpError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Sql(_) => unavailable_error(&error),
            error => internal_error(error),
        }
    }
}

/// The words for what the crate `web` refuses.
pub(crate) fn fault_words(fault: &RequestFault) -> FaultWords {
    let ErrorMessages { title, detail, safe, next, .. } = messages_of(fault);
    let detail = match fault {
        RequestFault::Parameter { reason, .. } => reason.clone().into(),
        _ => word_text(detail),
    };
    FaultWords { title: word_text(title), detail, safe: word_text(safe), next: word_text(next) }
}

/// Where a person continues an error: what its own link says, or that of what the crate `web` refused.
pub(crate) fn link_of(error: &HttpError) -> (String, ErrorText) {
    match (error.links.first(), &error.fault) {
        (Some(link), _) => (link.to.clone(), link.words.clone()),
        (None, Some(fault)) => {
            let (to, words) = messages_of(fault).link;
            (to.to_owned(), word_text(words))
        }
        (None, None) => (HOME.to_owned(), word_text(ErrorWords::error_my_facilities)),
    }
}

fn messages_of(fault: &RequestFault) -> ErrorMessages {
    let refused = ErrorMessages {
        title: ErrorWords::error_unreadable,
        detail: ErrorWords::error_unreadable_detail,
        safe: ErrorWords::error_nothing,
        next: ErrorWords::error_unreadable_next,
        link: (HOME, ErrorWords::error_my_facilities),
    };
    match fault {
        RequestFault::NotFound => ErrorMessages {
            title: ErrorWords::error_not_found,
            detail: ErrorWords::error_not_found_detail,
            next: ErrorWords::error_not_found_next,
            ..refused
        },
        RequestFault::MethodNotAllowed => ErrorMessages {
            title: ErrorWords::error_method,
            detail: ErrorWords::error_method_detail,
            next: ErrorWords::error_method_next,
            ..refused
        },
        // Its detail is the reason that it carries.
        RequestFault::Parameter { .. } => ErrorMessages {
            title: ErrorWords::error_parameter,
            next: ErrorWords::error_parameter_next,
            ..refused
        },
        RequestFault::TooLong { .. } => ErrorMessages {
            title: ErrorWords::error_too_long,
            detail: ErrorWords::error_too_long_detail,
            next: ErrorWords::error_too_long_next,
            ..refused
        },
        RequestFault::TooSlow | RequestFault::BrokenOff => ErrorMessages {
            title: ErrorWords::error_broken_off,
            detail: ErrorWords::error_broken_off_detail,
            next: ErrorWords::error_broken_off_next,
            ..refused
        },
        RequestFault::Json { .. }
        | RequestFault::Form(_)
        | RequestFault::MediaType { .. }
        | RequestFault::IdempotencyKey => refused,
        RequestFault::Panicked | RequestFault::Failed => ErrorMessages {
            title: ErrorWords::error_failed,
            detail: ErrorWords::error_failed_detail,
            safe: ErrorWords::error_recording,
            next: ErrorWords::error_failed_next,
            link: (SAME_ADDRESS, ErrorWords::error_try_again),
        },
    }
}

/// A text as the value of a query parameter; slashes are not escaped.
pub(crate) fn encode_parameter(text: &str) -> String {
    percent_encoded(text).replace("%2F", "/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::web::error::FormFault;

    #[test]
    fn no_error_tells_how_the_program_is_made() {
        let errors = [
            sign_in("/app/"),
            no_token(),
            token_expired(),
            token_revoked(),
            foreign_form(),
            read_only(),
            needs_factor(),
            not_found(),
            parameter_error("limit", |words| words.parameter_limit(1_000)),
            busy_error(),
            too_many_exports("/app/access"),
            too_many_reports(),
            report_not_ready(),
            RequestFault::MethodNotAllowed.into(),
            RequestFault::TooLong { field: "a".to_owned() }.into(),
            RequestFault::TooSlow.into(),
            RequestFault::Form(FormFault::FieldName).into(),
            RequestFault::Panicked.into(),
            DbError::stored("file src/web.rs", "panicked at SELECT").into(),
        ];
        for error in errors {
            let words = error.fault.as_ref().map(fault_words).unwrap_or_default();
            let (_, link) = link_of(&error);
            let all =
                [error.title, error.detail, error.safe, error.next, words.title, words.detail, words.next];
            let all = all.map(|text| text.to_string()).join(" ") + &link.to_string();
            for word in ["panicked", "src/", "SELECT", "sql", "nvalid", "lease", "ops"] {
                assert!(!all.contains(word), "{} says {word}: {all}", error.code);
            }
        }
    }

    #[test]
    fn a_parameter_says_what_it_should_be() {
        let error = parameter_error("limit", |words| words.parameter_limit(1_000));
        assert_eq!((error.code, error.field.as_deref()), ("parameter", Some("limit")));
        assert_eq!(error.detail.to_string(), "a whole number from 1 to 1,000");
    }

    #[test]
    fn a_path_survives_as_a_parameter() {
        assert_eq!(encode_parameter("/app/f/01J?sort=name&x=é"), "/app/f/01J%3Fsort%3Dname%26x%3D%C3%A9");
    }
}
