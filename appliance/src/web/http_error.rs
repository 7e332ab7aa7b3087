//! What went wrong, once: a page for people, RFC 9457 for programs; each says what is safe and what to do next.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, StatusCode};
use record::tag::Tag;

use crate::identity::AccessWanted;
use crate::intake::Refusal;
use crate::store::{ReadError, StoreError};
use crate::web::access_note::AccessNote;

type Words = Cow<'static, str>;

/// Why a request did not do what it should. Nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// One word for programs; the last part of the problem's type.
    pub(crate) code: &'static str,
    /// What happened, in a few words.
    pub(crate) title: Words,
    /// What happened, whole.
    pub(crate) detail: Words,
    /// Which field it is about.
    pub(crate) field: Option<Words>,
    /// What became of the data.
    pub(crate) safe: Words,
    /// What to do now.
    pub(crate) next: Words,
    /// Where that can be done: an address on this box and its words.
    pub(crate) link: Option<(String, Words)>,
    /// Another way on, beside that: back to where they may be.
    pub(crate) back: Option<(&'static str, &'static str)>,
    /// A header that belongs to the answer.
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    /// What was wanted, for the audit of a refusal; absent: what the request's method says.
    pub(crate) wanted: Option<AccessWanted>,
    /// What the audit keeps of it beside the refusal itself.
    pub(crate) note: Option<Box<AccessNote>>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, title: impl Into<Words>) -> Self {
        Self {
            status,
            code,
            title: title.into(),
            detail: Words::default(),
            field: None,
            safe: "Nothing was recorded.".into(),
            next: Words::default(),
            link: None,
            back: None,
            header: None,
            wanted: None,
            note: None,
        }
    }

    pub(crate) fn wanted(self, wanted: AccessWanted) -> Self {
        Self { wanted: Some(wanted), ..self }
    }

    pub(crate) fn noted(self, note: AccessNote) -> Self {
        Self { note: Some(Box::new(note)), ..self }
    }

    pub(crate) fn detail(self, words: impl Into<Words>) -> Self {
        Self { detail: words.into(), ..self }
    }

    pub(crate) fn safe(self, words: impl Into<Words>) -> Self {
        Self { safe: words.into(), ..self }
    }

    pub(crate) fn next(self, words: impl Into<Words>) -> Self {
        Self { next: words.into(), ..self }
    }

    pub(crate) fn field(self, name: impl Into<Words>) -> Self {
        Self { field: Some(name.into()), ..self }
    }

    pub(crate) fn link(self, to: impl Into<String>, words: impl Into<Words>) -> Self {
        Self { link: Some((to.into(), words.into())), ..self }
    }

    pub(crate) fn back(self, to: &'static str, words: &'static str) -> Self {
        Self { back: Some((to, words)), ..self }
    }

    pub(crate) fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// Nothing is at this address.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is no such page here")
            .detail("The address may be mistyped, or what it named is gone.")
            .safe("Nothing was changed.")
            .next("Scan the label on the equipment, or find the item by its name.")
            .link("/", "Show what needs cleaning")
    }

    /// The box's own trouble. What it was goes to the log, once, with the answer's id.
    pub(crate) fn internal(what: &dyn std::fmt::Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The box could not do that")
            .detail(format!("\u{0}{what}"))
            .next("Try again in a minute. If it stays so, call biomed and tell them the number below.")
    }

    /// For the log only; never shown.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.detail.strip_prefix('\0')
    }

    /// So much is being read that this was not.
    pub(crate) fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "The box is busy reading")
            .detail("Others are reading long parts of its history at this moment.")
            .safe("Everything that was recorded is safe, and recording goes on.")
            .next("Wait two seconds and try again.")
            .header(RETRY_AFTER, HeaderValue::from_static("2"))
    }

    /// What was asked for may be among entries that this box lacks.
    pub(crate) fn missing() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "missing", "A part of this box’s history is missing")
            .detail(
                "What you look for may be in it. It comes back by itself where the relay or a copy has it.",
            )
            .safe("Nothing was changed, and recording goes on.")
            .next("Try again in a few minutes. If it stays so, tell biomed.")
            .header(RETRY_AFTER, HeaderValue::from_static("60"))
    }

    /// A tag that nothing here knows, while a part of the history is missing that may say what it is on.
    pub(crate) fn tag_not_known_now(tag: Tag) -> Self {
        Self::missing()
            .detail(format!(
                "The tag {tag} is well formed, but what says on which equipment it is may be in the part that is missing. \
                 That part comes back by itself where the relay or a copy has it."
            ))
            .safe("Nothing was recorded. What was recorded before is kept.")
            .next("Clean it as usual, write it on paper, and try again in a few minutes. If it stays so, tell biomed.")
            .field("tag")
    }

    /// The form is broken, or has more than a form may have.
    pub(crate) fn form(words: impl Into<Words>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "form", "The form could not be read")
            .detail(words)
            .next("Open the page again and fill in the form by hand.")
    }

    /// A field is longer than the box reads.
    pub(crate) fn too_long(field: &str) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-long", "That is too long")
            .detail(format!("The field “{field}” is longer than the box takes."))
            .field(field.to_owned())
            .next("Shorten it and send it again.")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::ReaderExpired | StoreError::Reopening => Self::busy(),
            other => Self::internal(&other),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Busy => Self::busy(),
            ReadError::NoAnswer => Self::internal(&error),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
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
        let field = refusal.field().map(Words::Borrowed);
        let title = refusal.to_string();
        let problem = Self::new(status, refusal.code(), title).detail(refusal.detail());
        Self { field, ..problem.next("Correct it and send it again.") }
    }
}

impl IntoResponse for Problem {
    /// An answer without a body: the guard writes the body, as a page or as JSON, whatever the path asks for.
    fn into_response(self) -> Response {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = self.status;
        if let Some((name, value)) = self.header.clone() {
            answer.headers_mut().insert(name, value);
        }
        answer.extensions_mut().insert(Box::new(self));
        answer
    }
}

pub(crate) fn bad(field: &'static str, words: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "parameter", "A parameter does not fit")
        .detail(words.to_owned())
        .field(field)
        .safe("Nothing was changed.")
        .next("See /api/openapi.json.")
}
