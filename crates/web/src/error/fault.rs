//! What this crate itself refuses, as a cause that the program words.

use http::StatusCode;

use super::text::ErrorText;

/// Characters of a field's name that an answer repeats.
const NAME_CHARS_MAX: usize = 100;

/// Why this crate refused a request. Its `Display` is for logs; people read [`FaultWords`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum RequestFault {
    /// No row has this path, or a part of the path does not have the form that is expected there.
    NotFound,
    /// The path's rows have other methods.
    MethodNotAllowed,
    /// A parameter of the query does not fit.
    Parameter {
        /// Which; `query` where it is not known.
        name: String,
        /// Why, in the reader's English.
        reason: String,
    },
    /// The body is no JSON, or not the document that is expected.
    Json {
        /// The path of the member, as far as one is at fault.
        field: Option<String>,
        /// Why, in the reader's English.
        reason: String,
    },
    /// The form is broken, or has more than a form may have.
    Form(FormFault),
    /// A field, or the whole body, is longer than this row reads.
    TooLong {
        /// The field in which reading stopped; `body` where it is not known.
        field: String,
    },
    /// The rest of the body did not come in time.
    TooSlow,
    /// The body broke off.
    BrokenOff,
    /// The body is of another kind than this row reads.
    MediaType {
        /// The media type that it should have.
        expected: &'static str,
    },
    /// The idempotency key is empty, too long, came twice, or is no plain text.
    IdempotencyKey,
    /// A handler panicked: what was requested may have been done or not.
    Panicked,
    /// The program failed; see the error's cause.
    Failed,
}

/// Why a form cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum FormFault {
    /// More fields than this row reads.
    TooManyFields {
        /// How many it reads.
        max: usize,
    },
    /// The name of a field is too long or no text.
    FieldName,
    /// A field is not UTF-8, or its escapes are broken.
    NotText(String),
    /// A field came twice: either value might not be the intended one.
    Repeated(String),
}

/// The words of a program for a [`RequestFault`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FaultWords {
    /// What happened, in a few words.
    pub title: ErrorText,
    /// What happened, whole.
    pub detail: ErrorText,
    /// What became of the data.
    pub safe: ErrorText,
    /// What to do now.
    pub next: ErrorText,
}

/// A fault as its answer states it.
pub(super) struct FaultAnswer {
    pub(super) status: StatusCode,
    /// Callers of both programs know these codes already.
    pub(super) code: &'static str,
    pub(super) field: Option<String>,
}

impl RequestFault {
    pub(super) fn answer(&self) -> FaultAnswer {
        let (status, code, field) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", None),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method", None),
            Self::Parameter { name, .. } => (StatusCode::BAD_REQUEST, "parameter", Some(name.as_str())),
            Self::Json { field, .. } => (StatusCode::UNPROCESSABLE_ENTITY, "json", field.as_deref()),
            Self::Form(FormFault::NotText(name) | FormFault::Repeated(name)) => {
                (StatusCode::BAD_REQUEST, "form", Some(name.as_str()))
            }
            Self::Form(_) | Self::BrokenOff => (StatusCode::BAD_REQUEST, "form", None),
            Self::TooLong { field } => (StatusCode::PAYLOAD_TOO_LARGE, "too-long", Some(field.as_str())),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too-slow", None),
            Self::MediaType { .. } => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", Some("content-type"))
            }
            Self::IdempotencyKey => (StatusCode::BAD_REQUEST, "key-form", Some("idempotency-key")),
            Self::Panicked | Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "internal", None),
        };
        let field = field.map(|name| name.chars().take(NAME_CHARS_MAX).collect());
        FaultAnswer { status, code, field }
    }
}
