//! What stands behind the question mark of an address: forgiving for people, exact for programs.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::AppState;
use super::api::bad;
use super::problem::Problem;

/// For pages: what cannot be read counts as not said.
pub(super) struct Asked<T>(pub(super) T);

/// For programs: what cannot be read is refused.
pub(super) struct Exactly<T>(pub(super) T);

impl<T: DeserializeOwned + Default> FromRequestParts<AppState> for Asked<T> {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(Self(Query::try_from_uri(&parts.uri).map(|Query(asked)| asked).unwrap_or_default()))
    }
}

impl<T: DeserializeOwned> FromRequestParts<AppState> for Exactly<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(asked)| Self(asked))
            .map_err(|error| bad("query", &format!("{}.", error.body_text())))
    }
}
