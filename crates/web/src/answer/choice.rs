//! One of two answers, an answer with further headers, and none because the caller has it already.

use axum::response::{IntoResponse, Response};
use http::header::ETAG;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::route::{Answer, AnswerBody, Operation};

/// One of two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OneOf<A, B> {
    /// The one.
    First(A),
    /// The other.
    Second(B),
}

impl<A: IntoResponse, B: IntoResponse> IntoResponse for OneOf<A, B> {
    fn into_response(self) -> Response {
        match self {
            Self::First(answer) => answer.into_response(),
            Self::Second(answer) => answer.into_response(),
        }
    }
}

impl<A: Answer, B: Answer> Answer for OneOf<A, B> {
    fn describe(operation: &mut Operation<'_>) {
        A::describe(operation);
        B::describe(operation);
    }
}

/// An answer with further headers, such as cookies or `Cache-Control`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithHeaders<A>(pub HeaderMap, pub A);

impl<A: IntoResponse> IntoResponse for WithHeaders<A> {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

impl<A: Answer> Answer for WithHeaders<A> {
    fn describe(operation: &mut Operation<'_>) {
        A::describe(operation);
    }
}

/// What the caller has is still so (304).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotModified {
    /// The mark of what it has.
    pub etag: HeaderValue,
}

impl IntoResponse for NotModified {
    fn into_response(self) -> Response {
        (StatusCode::NOT_MODIFIED, [(ETAG, self.etag)]).into_response()
    }
}

impl Answer for NotModified {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_answer(StatusCode::NOT_MODIFIED, None, AnswerBody::Empty);
    }
}
