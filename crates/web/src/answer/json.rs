//! JSON documents.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::redirect::parse_location;
use crate::error::HttpError;
use crate::route::{Answer, AnswerBody, Operation};

const JSON_MEDIA: &str = "application/json";

/// A document, of status 200 unless `STATUS` is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T, const STATUS: u16 = 200>(pub T);

/// The document of what will be done (202); made as `Json(…)`.
pub type Accepted<T> = Json<T, 202>;

/// The document of what was made (201), and where it is from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created<T> {
    location: HeaderValue,
    document: Json<T, 201>,
}

/// An answer without content (204).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoContent;

impl<T> Created<T> {
    /// What was made is at this path.
    ///
    /// # Errors
    /// An address that no header can hold is the program's failure (500).
    pub fn at(address: &str, document: T) -> Result<Self, HttpError> {
        Ok(Self { location: parse_location(address)?, document: Json(document) })
    }
}

impl<T: Serialize, const STATUS: u16> IntoResponse for Json<T, STATUS> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => (status_of::<STATUS>(), [(CONTENT_TYPE, JSON_MEDIA)], body).into_response(),
            Err(error) => HttpError::internal(&error).into_response(),
        }
    }
}

impl<T: Serialize + JsonSchema, const STATUS: u16> Answer for Json<T, STATUS> {
    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.sent_schema::<T>();
        operation.add_answer(status_of::<STATUS>(), Some(JSON_MEDIA), AnswerBody::Json(schema));
    }
}

fn status_of<const STATUS: u16>() -> StatusCode {
    StatusCode::from_u16(STATUS).unwrap_or(StatusCode::OK)
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut answer = self.document.into_response();
        answer.headers_mut().insert(LOCATION, self.location);
        answer
    }
}

impl<T: Serialize + JsonSchema> Answer for Created<T> {
    fn describe(operation: &mut Operation<'_>) {
        Json::<T, 201>::describe(operation);
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl Answer for NoContent {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_answer(StatusCode::NO_CONTENT, None, AnswerBody::Empty);
    }
}
