//! What stands behind the question mark of an address: forgiving for people, exact for programs.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::web::context::AppState;
use crate::web::http_error::{Problem, bad};

/// For pages: what cannot be read counts as not said.
pub(crate) struct Asked<T>(pub(crate) T);

/// For programs: what cannot be read is refused.
pub(crate) struct Exactly<T>(pub(crate) T);

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
