//! Where a browser goes after a form did its work.

use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

use crate::error::HttpError;
use crate::route::{Answer, AnswerBody, Operation};

/// 303 to an address of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeeOther {
    location: HeaderValue,
}

impl SeeOther {
    /// To this path, and query where there is one.
    ///
    /// # Errors
    /// An address that no header can hold is the program's failure (500).
    pub fn to(address: &str) -> Result<Self, HttpError> {
        parse_location(address).map(|location| Self { location })
    }
}

pub(super) fn parse_location(address: &str) -> Result<HeaderValue, HttpError> {
    HeaderValue::from_str(address).map_err(|error| HttpError::internal(&error))
}

impl IntoResponse for SeeOther {
    fn into_response(self) -> Response {
        (StatusCode::SEE_OTHER, [(LOCATION, self.location)]).into_response()
    }
}

impl Answer for SeeOther {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_answer(StatusCode::SEE_OTHER, None, AnswerBody::Empty);
    }
}
