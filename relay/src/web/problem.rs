//! Everything that is not an answer to the question: a page for people, `application/problem+json` for programs.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;

use super::shell::{Shell, page, see_other};
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

    fn status(&self) -> StatusCode {
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
    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method,
            status if status.is_server_error() => Self::Internal(String::new()),
            status => Self::Refused(status),
        }
    }

    fn number(&self) -> Option<&str> {
        match self {
            Self::Internal(number) | Self::Away(number) => {
                Some(number).filter(|n| !n.is_empty()).map(String::as_str)
            }
            _ => None,
        }
    }

    /// For a program: RFC 9457.
    pub(crate) fn problem(&self) -> Response<Body> {
        let words = self.words();
        let (field, expects) = match self {
            Self::Parameter { field, expects } => (Some(*field), Some(*expects)),
            _ => (None, None),
        };
        let problem = Problem {
            r#type: format!("/problems/{}", words.code),
            title: words.title,
            status: self.status().as_u16(),
            detail: expects.unwrap_or(words.detail),
            field,
            safe: words.safe,
            next: words.next_api,
            id: self.number(),
        };
        // Strings and a number: there is nothing in it that JSON could refuse.
        let mut answer = Response::new(Body::from(serde_json::to_vec(&problem).unwrap_or_default()));
        let kind = HeaderValue::from_static("application/problem+json");
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
        if matches!(self, Self::NoToken | Self::TokenExpired | Self::TokenRevoked) {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        self.stamped(answer)
    }

    /// For a person.
    pub(crate) fn page(&self) -> Response<Body> {
        if let Self::SignIn(next) = self {
            let next: String = form_urlencoded(next);
            return see_other(&format!("/login?next={next}")).unwrap_or_default();
        }
        let words = self.words();
        let template = ProblemPage {
            shell: Shell::open(words.title),
            title: words.title,
            detail: words.detail,
            safe: words.safe,
            next: words.next,
            next_href: words.next_href,
            id: self.number(),
        };
        // A template of constants: it renders or the build is broken.
        self.stamped(page(self.status(), &template).unwrap_or_default())
    }

    fn stamped(&self, mut answer: Response<Body>) -> Response<Body> {
        *answer.status_mut() = self.status();
        let headers = answer.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self, Self::Busy | Self::Away(_)) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        answer
    }

    fn words(&self) -> Words {
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

/// A fault travels as an extension of an empty answer; [`render`] words it, who knows for whom.
impl IntoResponse for Fault {
    fn into_response(self) -> Response<Body> {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = self.status();
        answer.extensions_mut().insert(self);
        answer
    }
}

/// Words the fault in an answer, or an answer that axum refused by itself.
pub(crate) fn render(path: &str, mut answer: Response<Body>) -> Response<Body> {
    let fault = answer.extensions_mut().remove::<Fault>();
    let worded = answer.headers().contains_key(header::CACHE_CONTROL);
    let failed = answer.status().is_client_error() || answer.status().is_server_error();
    let fault = match fault {
        Some(fault) => fault,
        None if failed && !worded => Fault::of_status(answer.status()),
        None => return answer,
    };
    let mut made = if path.starts_with("/api/") { fault.problem() } else { fault.page() };
    if let Some(allow) = answer.headers_mut().remove(header::ALLOW) {
        made.headers_mut().insert(header::ALLOW, allow);
    }
    made
}

/// A path as the value of a query parameter.
pub(super) fn form_urlencoded(text: &str) -> String {
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
struct Words {
    code: &'static str,
    title: &'static str,
    detail: &'static str,
    safe: &'static str,
    next: &'static str,
    next_href: &'static str,
    next_api: &'static str,
}

const NOTHING: &str = "Nothing was changed.";
const HOME: &str = "/app/";

const NOT_FOUND: Words = Words {
    code: "not-found",
    title: "There is nothing here",
    detail: "This address leads to nothing that you can see. It may be mistyped, or what it led to may be gone.",
    safe: NOTHING,
    next: "Show my facilities",
    next_href: HOME,
    next_api: "Look at /api/openapi.json for what there is.",
};
const SIGN_IN: Words = Words {
    code: "sign-in",
    title: "Sign in first",
    detail: "This page is for people who are signed in.",
    safe: NOTHING,
    next: "Sign in",
    next_href: "/login",
    next_api: "Sign in.",
};
const NO_TOKEN: Words = Words {
    code: "token",
    title: "A token is needed",
    detail: "The request carried no bearer token, or one that opens nothing: mistyped or revoked.",
    safe: NOTHING,
    next: "Sign in",
    next_href: "/login",
    next_api: "Send “Authorization: Bearer ct_…” with a token of your account.",
};
const TOKEN_EXPIRED: Words = Words {
    code: "token-expired",
    title: "This token has expired",
    detail: "The token was good until its time was over; it opens nothing any more.",
    safe: NOTHING,
    next: "Sign in",
    next_href: "/login",
    next_api: "Ask an admin of the account to make a new one on the page Programs.",
};
const FOREIGN: Words = Words {
    code: "foreign",
    title: "This form was too old",
    detail: "It was opened before you signed in, or it came from another site.",
    safe: NOTHING,
    next: "Open the page again",
    next_href: HOME,
    next_api: "Send the request from this site.",
};
const READ_ONLY: Words = Words {
    code: "read-only",
    title: "Auditors read",
    detail: "Your role lets you see everything of this account and change nothing.",
    safe: NOTHING,
    next: "Show the facilities",
    next_href: HOME,
    next_api: "Ask an admin of the account.",
};
const METHOD: Words = Words {
    code: "method",
    title: "That can’t be done with this address",
    detail: "The address exists, and it takes another kind of request.",
    safe: NOTHING,
    next: "Show my facilities",
    next_href: HOME,
    next_api: "Use a method that the Allow header names.",
};
const PARAMETER: Words = Words {
    code: "parameter",
    title: "A part of the address does not fit",
    detail: "The address says something that this page does not understand. It may be cut off or mistyped.",
    safe: NOTHING,
    next: "Show my facilities",
    next_href: HOME,
    next_api: "Correct the parameter and ask again.",
};
const TOO_LARGE: Words = Words {
    code: "too-large",
    title: "That was too much at once",
    detail: "What was sent is larger than this form needs.",
    safe: NOTHING,
    next: "Show my facilities",
    next_href: HOME,
    next_api: "Send less.",
};
const REFUSED: Words = Words {
    code: "refused",
    title: "That can’t be read",
    detail: "What was sent does not have the form that this address takes.",
    safe: NOTHING,
    next: "Show my facilities",
    next_href: HOME,
    next_api: "Look at /api/openapi.json for the form.",
};
const BUSY: Words = Words {
    code: "busy",
    title: "Too many people at this moment",
    detail: "The relay has as much to do as it can.",
    safe: "Recording at your facilities goes on; their boxes wait with what they have.",
    next: "Try again",
    next_href: HOME,
    next_api: "Ask again after the time in Retry-After.",
};
const AWAY: Words = Words {
    code: "away",
    title: "The relay can’t look that up now",
    detail: "Its database does not answer. Whoever runs it has been told.",
    safe: "Recording at your facilities goes on; their boxes wait with what they have.",
    next: "Try again",
    next_href: HOME,
    next_api: "Ask again after the time in Retry-After.",
};
const INTERNAL: Words = Words {
    code: "internal",
    title: "The relay could not do that",
    detail: "Something in it went wrong. Whoever runs it finds the reason under the number below.",
    safe: "Recording at your facilities goes on; their boxes wait with what they have.",
    next: "Try again",
    next_href: HOME,
    next_api: "Tell whoever runs the relay the id.",
};

#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    safe: &'a str,
    next: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    shell: Shell,
    title: &'a str,
    detail: &'a str,
    safe: &'a str,
    next: &'a str,
    next_href: &'a str,
    id: Option<&'a str>,
}

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
