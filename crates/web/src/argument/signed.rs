//! A body that its sender signed, as the messages of Stripe and Resend are.

use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde_json::json;

use super::body::read_body;
use crate::error::HttpError;
use crate::route::{Argument, Operation, SenderCaller};

/// A body of at most so many bytes that nobody reads before its signature is known to be right.
#[derive(Debug)]
pub struct SignedBody<const BYTES_MAX: usize>(Vec<u8>);

/// What a sender sent, and no one else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedMessage {
    /// The same each time that the message comes, where the scheme has an id beside the body.
    pub id: Option<String>,
    /// As it came.
    pub body: Vec<u8>,
}

impl<const BYTES_MAX: usize> SignedBody<BYTES_MAX> {
    /// The message, where one of the sender's secrets signed it; else 401. It may come again: within the window of time the same bytes
    /// are right each time.
    pub fn open<K>(self, sender: SenderCaller<K>) -> Result<SignedMessage, HttpError> {
        Ok(SignedMessage { id: sender.prove(&self.0)?, body: self.0 })
    }
}

impl<S: Send + Sync, const BYTES_MAX: usize> FromRequest<S> for SignedBody<BYTES_MAX> {
    type Rejection = HttpError;
    async fn from_request(request: Request, _: &S) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        read_body(&head.headers, body, BYTES_MAX).await.map(Self)
    }
}

impl<const BYTES_MAX: usize> Argument for SignedBody<BYTES_MAX> {
    fn describe(operation: &mut Operation<'_>) {
        operation.set_signed_body("application/json", &json!({ "type": "object" }));
        operation.add_refusals(&[
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
        ]);
    }
}
