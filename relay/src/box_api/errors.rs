//! Why a box gets nothing, and the words for it.

use std::sync::Arc;

use ::web::answer::Page;
use ::web::error::{FaultWords, HttpError, RequestFault};
use ::web::present::ErrorPresenter;
use ::web::request_id::RequestId;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use record::run::RunError;
use service::random::RandomSource;

use super::run_limits::RunExcess;
use crate::db::DbError;
use crate::objects::PartError;

/// When to come again, seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("20");
const STAYS: &str = "Everything stays recorded at the box.";

pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// Why a box that called got nothing.
#[derive(Debug)]
pub(super) enum BoxFault {
    NoCertificate,
    NotInService,
    /// Another machine has taken this one's place.
    Replaced,
    Quarantined,
    NotFound,
    /// No entry that is here adopts the run.
    NotNamed,
    /// The run ended early, or is longer than a run may be.
    Cut,
    /// The run is not what its name says.
    Broken(RunError),
    Excess(RunExcess),
    /// A piece of a photo that is not taken.
    Piece(PartError),
    /// A header or a list that is not what this call takes.
    Form(&'static str),
    Busy,
    Crowded,
    ManyPhotos,
    Unsettled,
    /// The relay cannot look now.
    Unavailable(String),
}

impl From<RunError> for BoxFault {
    fn from(error: RunError) -> Self {
        Self::Broken(error)
    }
}

impl From<DbError> for BoxFault {
    fn from(error: DbError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<BoxFault> for HttpError {
    fn from(fault: BoxFault) -> Self {
        let (status, code, detail) = match fault {
            BoxFault::NotFound => return RequestFault::NotFound.into(),
            BoxFault::Unavailable(cause) => {
                return Self {
                    cause: Some(cause),
                    ..retry_later("away", "The relay cannot look this up now")
                };
            }
            BoxFault::Piece(PartError::Disk(error)) => {
                return BoxFault::Unavailable(error.to_string()).into();
            }
            BoxFault::Busy => return retry_later("busy", "Other boxes are being served"),
            BoxFault::Crowded => {
                return retry_later("busy", "Messages of this box are being taken: one after another");
            }
            BoxFault::ManyPhotos => {
                return retry_later("busy", "This box has sent as many photos as it may for now");
            }
            BoxFault::Unsettled => {
                return retry_later("unsettled", "It is not known whether this was stored: send it again");
            }
            BoxFault::NoCertificate => {
                (StatusCode::UNAUTHORIZED, "certificate", "This call needs a box’s certificate".to_owned())
            }
            BoxFault::NotInService => (
                StatusCode::FORBIDDEN,
                "not-in-service",
                "This certificate is not in service here".to_owned(),
            ),
            BoxFault::Replaced => {
                let words = "Another machine has taken this box’s place";
                (StatusCode::FORBIDDEN, record::messages::REPLACED, words.to_owned())
            }
            BoxFault::Quarantined => {
                let words = "The relay holds evidence that this log contradicts itself and takes nothing more of it until \
                             the operator has looked";
                (StatusCode::FORBIDDEN, "quarantined", words.to_owned())
            }
            BoxFault::NotNamed => {
                let words = "No entry that is here adopts this run: send that entry first";
                (StatusCode::CONFLICT, "run-not-adopted", words.to_owned())
            }
            BoxFault::Cut => {
                let words = "The run ended early, or has more bytes than a run may have";
                (StatusCode::PAYLOAD_TOO_LARGE, "too-long", words.to_owned())
            }
            BoxFault::Broken(error) => (StatusCode::UNPROCESSABLE_ENTITY, "run", error.to_string()),
            BoxFault::Excess(excess) => {
                let status = match excess {
                    RunExcess::OneRun | RunExcess::Adopting => StatusCode::PAYLOAD_TOO_LARGE,
                    RunExcess::AllRuns => StatusCode::INSUFFICIENT_STORAGE,
                };
                (status, excess.code(), excess.words().to_owned())
            }
            BoxFault::Piece(error) => return piece_error(&error),
            BoxFault::Form(words) => (StatusCode::BAD_REQUEST, "form", words.to_owned()),
        };
        Self::new(status, code, detail).safe(STAYS)
    }
}

fn piece_error(error: &PartError) -> HttpError {
    let (status, code) = match error {
        PartError::Offset(_) => (StatusCode::RANGE_NOT_SATISFIABLE, "offset"),
        PartError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-long"),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "photo"),
    };
    let refusal = HttpError::new(status, code, error.to_string()).safe(STAYS);
    match error {
        PartError::Offset(here) => refusal.header(UPLOAD_OFFSET, HeaderValue::from(*here)),
        _ => refusal,
    }
}

fn retry_later(code: &'static str, words: &'static str) -> HttpError {
    HttpError::new(StatusCode::SERVICE_UNAVAILABLE, code, words)
        .safe(STAYS)
        .next("Come again after the time in Retry-After.")
        .header(header::RETRY_AFTER, RETRY_AFTER)
}

#[derive(Debug, Clone)]
pub(super) struct NamedVisit(Option<RequestId>);

#[derive(Debug, Clone)]
pub(super) struct BoxErrorWords {
    pub(super) random: Arc<dyn RandomSource>,
}

impl ErrorPresenter for BoxErrorWords {
    type Visit = NamedVisit;

    fn begin_visit(&self, request: &mut Request) -> NamedVisit {
        NamedVisit(request.extensions().get().cloned())
    }

    fn word_fault(&self, _: &NamedVisit, fault: &RequestFault) -> FaultWords {
        let title = match fault {
            RequestFault::NotFound => "Nothing is at this address",
            RequestFault::MethodNotAllowed => "This address takes another method",
            RequestFault::Panicked | RequestFault::Failed => "The relay could not do that",
            _ => "This is not what the call takes",
        };
        let detail = match fault {
            RequestFault::Parameter { reason, .. } | RequestFault::Json { reason, .. } => reason.clone(),
            _ => String::new(),
        };
        FaultWords {
            title: title.into(),
            detail: detail.into(),
            safe: STAYS.into(),
            next: "Look at /box/v1/openapi.json.".into(),
        }
    }

    fn request_id(&self, visit: &NamedVisit) -> Option<String> {
        visit.0.as_ref().map(|id| id.as_str().to_owned())
    }

    fn new_error_id(&self) -> [u8; 4] {
        self.random.bytes()
    }

    /// Nobody reads pages here; a browser that strayed to this listener sees what there is.
    async fn draw_page(&self, _: NamedVisit, _: &HttpError, _: &str) -> Result<Page, askama::Error> {
        Ok(Page::of_html("<!doctype html><title>CleanTrack</title><p>Nothing is at this address.".to_owned()))
    }
}
