//! Bodies that are no form: a raw file, and a body that is ignored.

use std::marker::PhantomData;

use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde_json::json;
use web::argument::read_body;
use web::error::{HttpError, RequestFault};
use web::route::{Argument, Operation};

/// Bytes of a body that is ignored.
const IGNORED_BYTES_MAX: usize = 64 * 1024;

pub(crate) trait FileKind: Send + Sync + 'static {
    const NAME: &'static str;
    const BYTES_MAX: usize;
    const MEDIA: &'static str;
}

pub(crate) struct UploadedFile<K> {
    pub(crate) bytes: Vec<u8>,
    kind: PhantomData<K>,
}

impl<K: FileKind, S: Send + Sync> FromRequest<S> for UploadedFile<K> {
    type Rejection = HttpError;
    async fn from_request(request: Request, _: &S) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        let read = read_body(&head.headers, body, K::BYTES_MAX).await;
        let bytes = read.map_err(|error| match error.fault {
            Some(RequestFault::TooLong { .. }) => {
                HttpError::from(RequestFault::TooLong { field: K::NAME.to_owned() }).detail(format!(
                    "The {} has more than {} bytes, which is the most that the box takes.",
                    K::NAME,
                    K::BYTES_MAX
                ))
            }
            _ => error,
        })?;
        Ok(Self { bytes, kind: PhantomData })
    }
}

impl<K: FileKind> Argument for UploadedFile<K> {
    fn describe(operation: &mut Operation<'_>) {
        operation.set_body(K::MEDIA, &json!({ "type": "string", "format": "binary" }));
        describe_body(operation);
    }
}

/// The body of a request that needs none: it is read all the same, because a connection that is closed with its
/// body unread may lose the end of the answer (RFC 9112, 9.6).
pub(crate) struct IgnoredBody;

impl<S: Send + Sync> FromRequest<S> for IgnoredBody {
    type Rejection = HttpError;
    async fn from_request(request: Request, _: &S) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        read_body(&head.headers, body, IGNORED_BYTES_MAX).await.map(|_| Self)
    }
}

impl Argument for IgnoredBody {
    fn describe(operation: &mut Operation<'_>) {
        describe_body(operation);
    }
}

fn describe_body(operation: &mut Operation<'_>) {
    operation.add_refusals(&[
        StatusCode::BAD_REQUEST,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::PAYLOAD_TOO_LARGE,
    ]);
}
