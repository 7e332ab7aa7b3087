//! Responses of an item's address: its page, another address, or a page that says why it opens nothing.

use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use web::answer::{Page, SeeOther};
use web::error::HttpError;
use web::route::{Answer, AnswerBody, Operation};

/// Statuses of its pages: the page itself, a tag that opens nothing, a photo that is too large, what prevents a record
/// from being made, and temporary failures.
const STATUSES: [StatusCode; 5] = [
    StatusCode::OK,
    StatusCode::NOT_FOUND,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::SERVICE_UNAVAILABLE,
];

pub(crate) enum TagAnswer {
    Elsewhere(SeeOther),
    Shown(ShownPage),
}

pub(crate) struct ShownPage {
    status: StatusCode,
    page: Page,
    retry_after_s: Option<u64>,
}

impl TagAnswer {
    pub(crate) fn to(address: &str) -> Result<Self, HttpError> {
        SeeOther::to(address).map(Self::Elsewhere)
    }

    pub(crate) fn shown(status: StatusCode, page: Page) -> Self {
        Self::Shown(ShownPage { status, page, retry_after_s: None })
    }

    pub(crate) fn retry_after_s(self, seconds: u64) -> Self {
        match self {
            Self::Shown(shown) => Self::Shown(ShownPage { retry_after_s: Some(seconds), ..shown }),
            Self::Elsewhere(to) => Self::Elsewhere(to),
        }
    }
}

impl IntoResponse for TagAnswer {
    fn into_response(self) -> Response {
        match self {
            Self::Elsewhere(to) => to.into_response(),
            Self::Shown(ShownPage { status, page, retry_after_s }) => {
                let mut answer = (status, page).into_response();
                if let Some(seconds) = retry_after_s {
                    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
                }
                answer
            }
        }
    }
}

impl Answer for TagAnswer {
    fn describe(operation: &mut Operation<'_>) {
        SeeOther::describe(operation);
        for status in STATUSES {
            operation.add_answer(status, Some("text/html"), AnswerBody::Page);
        }
    }
}
