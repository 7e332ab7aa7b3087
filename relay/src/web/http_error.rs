//! What this relay refuses or fails at, and the words for it.

use std::error::Error;

use ::web::error::{FaultWords, HttpError, RequestFault};
use axum::http::{HeaderValue, StatusCode, header};

use crate::db::DbError;

const NOTHING: &str = "Nothing was changed.";
const RECORDING: &str = "Recording at your facilities goes on; their boxes wait with what they have.";
const HOME: &str = "/app/";
const MY_FACILITIES: &str = "Show my facilities";
const SIGN_IN: &str = "/login";
/// Seconds after which somebody may ask again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("10");

/// What happened, what is safe, what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ErrorWords {
    title: &'static str,
    detail: &'static str,
    safe: &'static str,
    /// For programs.
    next: &'static str,
    /// For people: an address, and the words of its link.
    link: (&'static str, &'static str),
}

impl ErrorWords {
    fn error(self, status: StatusCode, code: &'static str) -> HttpError {
        let (to, words) = self.link;
        HttpError::new(status, code, self.title)
            .detail(self.detail)
            .safe(self.safe)
            .next(self.next)
            .link(to, words)
    }
}

/// Why somebody who is known was denied what they wanted, for the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DenialReason(pub(crate) &'static str);

/// Nobody is signed in; after signing in, this path is shown.
pub(crate) fn sign_in(next: &str) -> HttpError {
    let words = ErrorWords {
        title: "Sign in first",
        detail: "This page is for people who are signed in.",
        safe: NOTHING,
        next: "Sign in.",
        link: (SIGN_IN, "Sign in"),
    };
    let to = format!("{SIGN_IN}?next={}", encode_parameter(next));
    words.error(StatusCode::UNAUTHORIZED, "sign-in").page_location(to)
}

/// No token, or none that opens anything.
pub(crate) fn no_token() -> HttpError {
    let words = ErrorWords {
        title: "A token is needed",
        detail: "The request carried no bearer token, or one that opens nothing: mistyped or revoked.",
        safe: NOTHING,
        next: "Send “Authorization: Bearer ct_…” with a token of your account.",
        link: (SIGN_IN, "Sign in"),
    };
    with_bearer(words.error(StatusCode::UNAUTHORIZED, "token"))
}

/// A token that somebody ended.
pub(crate) fn token_revoked() -> HttpError {
    no_token().note(DenialReason("the token was revoked"))
}

/// A token whose time is over.
pub(crate) fn token_expired() -> HttpError {
    let words = ErrorWords {
        title: "This token has expired",
        detail: "The token was good until its time was over; it opens nothing any more.",
        safe: NOTHING,
        next: "Ask an admin of the account to make a new one on the page Programs.",
        link: (SIGN_IN, "Sign in"),
    };
    let error = words.error(StatusCode::UNAUTHORIZED, "token-expired");
    with_bearer(error.note(DenialReason("the token has expired")))
}

fn with_bearer(error: HttpError) -> HttpError {
    error.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// A form without the session's secret, or from another site: it was too old, or foreign.
pub(crate) fn foreign_form() -> HttpError {
    let words = ErrorWords {
        title: "This form was too old",
        detail: "It was opened before you signed in, or it came from another site.",
        safe: NOTHING,
        next: "Send the request from this site.",
        link: (HOME, "Open the page again"),
    };
    words.error(StatusCode::FORBIDDEN, "foreign").note(DenialReason("needs a form of this session"))
}

/// An auditor reads.
pub(crate) fn read_only() -> HttpError {
    let words = ErrorWords {
        title: "Auditors read",
        detail: "Your role lets you see everything of this account and change nothing.",
        safe: NOTHING,
        next: "Ask an admin of the account.",
        link: (HOME, "Show the facilities"),
    };
    words.error(StatusCode::FORBIDDEN, "read-only").note(DenialReason("needs an admin"))
}

/// Nothing that this caller can see; what belongs to another account is that, too.
pub(crate) fn not_found() -> HttpError {
    RequestFault::NotFound.into()
}

/// A parameter that does not fit.
pub(crate) fn parameter(name: &'static str, expects: &'static str) -> HttpError {
    RequestFault::Parameter { name: name.to_owned(), reason: expects.to_owned() }.into()
}

/// Too many at once.
pub(crate) fn busy() -> HttpError {
    let words = ErrorWords {
        title: "Too many people at this moment",
        detail: "The relay has as much to do as it can.",
        safe: RECORDING,
        next: "Ask again after the time in Retry-After.",
        link: (HOME, "Try again"),
    };
    words.error(StatusCode::SERVICE_UNAVAILABLE, "busy").header(header::RETRY_AFTER, RETRY_AFTER)
}

/// The database does not answer; the log has the reason under the answer's id.
pub(crate) fn away(cause: &DbError) -> HttpError {
    let words = ErrorWords {
        title: "The relay can’t look that up now",
        detail: "Its database does not answer. Whoever runs it has been told.",
        safe: RECORDING,
        next: "Ask again after the time in Retry-After.",
        link: (HOME, "Try again"),
    };
    let error = words.error(StatusCode::SERVICE_UNAVAILABLE, "away");
    HttpError { cause: Some(cause.to_string()), ..error.header(header::RETRY_AFTER, RETRY_AFTER) }
}

/// Something that should not happen.
pub(crate) fn internal(cause: impl Error + 'static) -> HttpError {
    HttpError::internal(&cause)
}

impl From<DbError> for HttpError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Sql(_) => away(&error),
            error => internal(error),
        }
    }
}

/// The words for what the crate `web` refuses.
pub(crate) fn fault_words(fault: &RequestFault) -> FaultWords {
    let ErrorWords { title, detail, safe, next, .. } = words_of(fault);
    let detail = match fault {
        RequestFault::Parameter { reason, .. } => reason.clone().into(),
        _ => detail.into(),
    };
    FaultWords { title: title.into(), detail, safe: safe.into(), next: next.into() }
}

/// Where a person goes on from an error: what its own link says, or that of what the crate `web` refused.
pub(crate) fn link_of(error: &HttpError) -> (String, String) {
    match (error.links.first(), &error.fault) {
        (Some(link), _) => (link.to.clone(), link.words.to_string()),
        (None, Some(fault)) => {
            let (to, words) = words_of(fault).link;
            (to.to_owned(), words.to_owned())
        }
        (None, None) => (HOME.to_owned(), MY_FACILITIES.to_owned()),
    }
}

fn words_of(fault: &RequestFault) -> ErrorWords {
    let refused = ErrorWords {
        title: "That can’t be read",
        detail: "What was sent does not have the form that this address takes.",
        safe: NOTHING,
        next: "Look at /api/openapi.json for the form.",
        link: (HOME, MY_FACILITIES),
    };
    match fault {
        RequestFault::NotFound => ErrorWords {
            title: "There is nothing here",
            detail: "This address leads to nothing that you can see. It may be mistyped, or what it led to may be gone.",
            next: "Look at /api/openapi.json for what there is.",
            ..refused
        },
        RequestFault::MethodNotAllowed => ErrorWords {
            title: "That can’t be done with this address",
            detail: "The address exists, and it takes another kind of request.",
            next: "Use a method that the Allow header names.",
            ..refused
        },
        RequestFault::Parameter { .. } => ErrorWords {
            title: "A part of the address does not fit",
            detail: "The address says something that this page does not understand. It may be cut off or mistyped.",
            next: "Correct the parameter and ask again.",
            ..refused
        },
        RequestFault::TooLong { .. } => ErrorWords {
            title: "That was too much at once",
            detail: "What was sent is larger than this form needs.",
            next: "Send less.",
            ..refused
        },
        RequestFault::TooSlow | RequestFault::BrokenOff => ErrorWords {
            title: "Not everything arrived",
            detail: "The connection was too slow, or it broke off while something was being sent.",
            next: "Send it again.",
            ..refused
        },
        RequestFault::Json { .. }
        | RequestFault::Form(_)
        | RequestFault::MediaType { .. }
        | RequestFault::IdempotencyKey => refused,
        RequestFault::Panicked | RequestFault::Failed => ErrorWords {
            title: "The relay could not do that",
            detail: "Something in it went wrong. Whoever runs it finds the reason under the number below.",
            safe: RECORDING,
            next: "Tell whoever runs the relay the id.",
            link: (HOME, "Try again"),
        },
    }
}

/// A text as the value of a query parameter; slashes may stand.
pub(crate) fn encode_parameter(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
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
            not_found(),
            parameter("limit", "a number"),
            busy(),
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
            let all = all.map(|text| text.to_string()).join(" ") + &link;
            for word in ["panicked", "src/", "SELECT", "sql", "nvalid", "lease", "ops"] {
                assert!(!all.contains(word), "{} says {word}: {all}", error.code);
            }
        }
    }

    #[test]
    fn a_path_survives_as_a_parameter() {
        assert_eq!(encode_parameter("/app/f/01J?sort=name&x=é"), "/app/f/01J%3Fsort%3Dname%26x%3D%C3%A9");
    }
}
