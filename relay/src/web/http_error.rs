//! Everything that is not an answer to the question, and the words for it.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;

use crate::db::DbError;

/// Why a request was not answered. What belongs to another account is [`Fault::NotFound`], as what does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody is signed in; after signing in, this path is shown.
    SignIn(String),
    /// No token, or none that opens anything.
    NoToken,
    /// A token whose time is over.
    TokenExpired,
    /// A token that somebody ended.
    TokenRevoked,
    /// A token that came over a page's address or a form without the session's secret: it was too old, or foreign.
    Foreign,
    /// An auditor reads.
    ReadOnly,
    /// Nothing that this caller can see.
    NotFound,
    /// Another method is meant.
    Method,
    /// A parameter that does not fit.
    Parameter {
        /// Which.
        field: &'static str,
        /// What it should be.
        expects: &'static str,
    },
    /// Too large a body, an unknown content type, and all that axum itself refuses.
    Refused(StatusCode),
    /// Too many at once.
    Busy,
    /// The database does not answer; the log has the reason under this number.
    Away(String),
    /// The program's own fault; the log has the reason under this number.
    Internal(String),
}

impl Fault {
    /// Something that should not happen: the reason goes to the log, a number to the person.
    pub(crate) fn internal(why: impl std::fmt::Display) -> Self {
        Self::Internal(logged(&why))
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SignIn(_) | Self::NoToken | Self::TokenExpired | Self::TokenRevoked => {
                StatusCode::UNAUTHORIZED
            }
            Self::Foreign | Self::ReadOnly => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Parameter { .. } => StatusCode::BAD_REQUEST,
            Self::Refused(status) => *status,
            Self::Busy | Self::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Why somebody who is known was denied what they wanted, as the access log says it; `None` is no denial.
    pub(crate) fn denial(&self) -> Option<&'static str> {
        match self {
            Self::ReadOnly => Some("needs an admin"),
            Self::Foreign => Some("needs a form of this session"),
            Self::TokenExpired => Some("the token has expired"),
            Self::TokenRevoked => Some("the token was revoked"),
            _ => None,
        }
    }

    /// Of an answer that axum made by itself.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method,
            status if status.is_server_error() => Self::Internal(String::new()),
            status => Self::Refused(status),
        }
    }

    pub(crate) fn number(&self) -> Option<&str> {
        match self {
            Self::Internal(number) | Self::Away(number) => {
                Some(number).filter(|n| !n.is_empty()).map(String::as_str)
            }
            _ => None,
        }
    }

    pub(crate) fn words(&self) -> FaultWords {
        match self {
            Self::SignIn(_) => SIGN_IN,
            Self::NoToken | Self::TokenRevoked => NO_TOKEN,
            Self::TokenExpired => TOKEN_EXPIRED,
            Self::Foreign => FOREIGN,
            Self::ReadOnly => READ_ONLY,
            Self::NotFound => NOT_FOUND,
            Self::Method => METHOD,
            Self::Parameter { .. } => PARAMETER,
            Self::Refused(StatusCode::PAYLOAD_TOO_LARGE) => TOO_LARGE,
            Self::Refused(_) => REFUSED,
            Self::Busy => BUSY,
            Self::Away(_) => AWAY,
            Self::Internal(_) => INTERNAL,
        }
    }
}

fn logged(why: &dyn std::fmt::Display) -> String {
    let why = why.to_string();
    let number = record::tree::Hash::of(why.as_bytes()).to_string()[..8].to_owned();
    tracing::error!(request = number, why, "a request failed");
    number
}

impl From<DbError> for Fault {
    fn from(e: DbError) -> Self {
        match e {
            DbError::Sql(_) => Self::Away(logged(&e)),
            e => Self::internal(e),
        }
    }
}

/// A fault travels as an extension of an empty answer; [`super::error_page::render`] words it, who knows for whom.
impl IntoResponse for Fault {
    fn into_response(self) -> Response<Body> {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = self.status();
        answer.extensions_mut().insert(self);
        answer
    }
}

/// A path as the value of a query parameter.
pub(crate) fn form_urlencoded(text: &str) -> String {
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

/// What happened, what is safe, what to do next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FaultWords {
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) detail: &'static str,
    pub(crate) safe: &'static str,
    pub(crate) next: &'static str,
    pub(crate) next_href: &'static str,
    pub(crate) next_api: &'static str,
}

const NOTHING: &str = "Nothing was changed.";
const HOME: &str = "/app/";

const NOT_FOUND: FaultWords = FaultWords {
    code: "not-found",
    title: "There is nothing here",
    detail: "This address leads to nothing that you can see. It may be mistyped, or what it led to may be gone.",
    safe: NOTHING,
    next: "Show my facilities",
    next_href: HOME,
    next_api: "Look at /api/openapi.json for what there is.",
};
const SIGN_IN: FaultWords = FaultWords {
    code: "sign-in",
    title: "Sign in first",
    detail: "This page is for people who are signed in.",
    safe: NOTHING,
    next: "Sign in",
    next_href: "/login",
    next_api: "Sign in.",
};
const NO_TOKEN: FaultWords = FaultWords {
    code: "token",
    title: "A token is needed",
    detail: "The request carried no bearer token, or one that opens nothing: mistyped or revoked.",
    safe: NOTHING,
    next: "Sign in",
    next_href: "/login",
    next_api: "Send “Authorization: Bearer ct_…” with a token of your account.",
};
const TOKEN_EXPIRED: FaultWords = FaultWords {
    code: "token-expired",
    title: "This token has expired",
    detail: "The token was good until its time was over; it opens nothing any more.",
    safe: NOTHING,
    next: "Sign in",
    next_href: "/login",
    next_api: "Ask an admin of the account to make a new one on the page Programs.",
};
const FOREIGN: FaultWords = FaultWords {
    code: "foreign",
    title: "This form was too old",
    detail: "It was opened before you signed in, or it came from another site.",
    safe: NOTHING,
    next: "Open the page again",
    next_href: HOME,
    next_api: "Send the request from this site.",
};
const READ_ONLY: FaultWords = FaultWords {
    code: "read-only",
    title: "Auditors read",
    detail: "Your role lets you see everything of this account and change nothing.",
    safe: NOTHING,
    next: "Show the facilities",
    next_href: HOME,
    next_api: "Ask an admin of the account.",
};
const METHOD: FaultWords = FaultWords {
    code: "method",
    title: "That can’t be done with this address",
    detail: "The address exists, and it takes another kind of request.",
    safe: NOTHING,
    next: "Show my facilities",
    next_href: HOME,
    next_api: "Use a method that the Allow header names.",
};
const PARAMETER: FaultWords = FaultWords {
    code: "parameter",
    title: "A part of the address does not fit",
    detail: "The address says something that this page does not understand. It may be cut off or mistyped.",
    safe: NOTHING,
    next: "Show my facilities",
    next_href: HOME,
    next_api: "Correct the parameter and ask again.",
};
const TOO_LARGE: FaultWords = FaultWords {
    code: "too-large",
    title: "That was too much at once",
    detail: "What was sent is larger than this form needs.",
    safe: NOTHING,
    next: "Show my facilities",
    next_href: HOME,
    next_api: "Send less.",
};
const REFUSED: FaultWords = FaultWords {
    code: "refused",
    title: "That can’t be read",
    detail: "What was sent does not have the form that this address takes.",
    safe: NOTHING,
    next: "Show my facilities",
    next_href: HOME,
    next_api: "Look at /api/openapi.json for the form.",
};
const BUSY: FaultWords = FaultWords {
    code: "busy",
    title: "Too many people at this moment",
    detail: "The relay has as much to do as it can.",
    safe: "Recording at your facilities goes on; their boxes wait with what they have.",
    next: "Try again",
    next_href: HOME,
    next_api: "Ask again after the time in Retry-After.",
};
const AWAY: FaultWords = FaultWords {
    code: "away",
    title: "The relay can’t look that up now",
    detail: "Its database does not answer. Whoever runs it has been told.",
    safe: "Recording at your facilities goes on; their boxes wait with what they have.",
    next: "Try again",
    next_href: HOME,
    next_api: "Ask again after the time in Retry-After.",
};
const INTERNAL: FaultWords = FaultWords {
    code: "internal",
    title: "The relay could not do that",
    detail: "Something in it went wrong. Whoever runs it finds the reason under the number below.",
    safe: "Recording at your facilities goes on; their boxes wait with what they have.",
    next: "Try again",
    next_href: HOME,
    next_api: "Tell whoever runs the relay the id.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fault_tells_how_the_program_is_made() {
        let faults = [
            Fault::SignIn("/app/".into()),
            Fault::NoToken,
            Fault::TokenExpired,
            Fault::TokenRevoked,
            Fault::Foreign,
            Fault::ReadOnly,
            Fault::NotFound,
            Fault::Method,
            Fault::Parameter { field: "limit", expects: "a number" },
            Fault::Refused(StatusCode::PAYLOAD_TOO_LARGE),
            Fault::Refused(StatusCode::UNPROCESSABLE_ENTITY),
            Fault::Busy,
            Fault::Away("abc".into()),
            Fault::internal("the file src/web.rs panicked at SELECT"),
        ];
        for fault in faults {
            let words = fault.words();
            let all = [words.title, words.detail, words.safe, words.next, words.next_api].join(" ");
            for word in ["panicked", "src/", "SELECT", "sql", "nvalid", "lease", "ops"] {
                assert!(!all.contains(word), "{fault:?} says {word}: {all}");
            }
            assert_eq!(fault.problem().status(), fault.status(), "{fault:?}");
        }
    }

    #[test]
    fn a_path_survives_as_a_parameter() {
        assert_eq!(form_urlencoded("/app/f/01J?sort=name&x=é"), "/app/f/01J%3Fsort%3Dname%26x%3D%C3%A9");
    }
}
