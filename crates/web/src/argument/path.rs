//! The parts of a path.

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::error::{HttpError, RequestFault};
use crate::route::{Argument, Operation};

/// The parts of the path: one value, a tuple in the pattern's order, or a struct with their names. What has not the form
/// of what stands there is answered as what does not exist (404).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(value)| Self(value)).map_err(|_| RequestFault::NotFound.into())
    }
}

impl<T: JsonSchema> Argument for Path<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_path_parts::<T>();
        operation.add_refusals(&[StatusCode::NOT_FOUND]);
    }
}
