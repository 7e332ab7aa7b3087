//! A JSON document as the body, which may be absent.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use web::argument::{JSON_BYTES_MAX, JsonBody, read_body};
use web::error::HttpError;
use web::route::{Argument, Operation};

pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = HttpError;
    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        let (head, body) = request.into_parts();
        let body = read_body(&head.headers, body, JSON_BYTES_MAX).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        let request = Request::from_parts(head, Body::from(body));
        JsonBody::from_request(request, state).await.map(|JsonBody(read)| Self(read))
    }
}

impl<T: JsonSchema> Argument for OptionalJson<T> {
    fn describe(operation: &mut Operation<'_>) {
        JsonBody::<T>::describe(operation);
        operation.make_body_optional();
    }
}
