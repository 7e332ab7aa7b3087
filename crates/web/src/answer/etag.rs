//! Which version of a thing an answer shows.

use std::fmt::Display;

use http::header::ETAG;
use http::{HeaderMap, HeaderValue};

use super::choice::WithHeaders;
use crate::error::HttpError;

/// A version as the `ETag` of an answer.
///
/// # Errors
/// A version that no header can hold is the program's failure (500).
pub fn etag_header(version: impl Display) -> Result<HeaderValue, HttpError> {
    HeaderValue::from_str(&format!("\"{version}\"")).map_err(|error| HttpError::internal(&error))
}

/// The same answer with its `ETag`, where the thing has a version.
///
/// # Errors
/// As [`etag_header`].
pub fn with_etag<A>(version: Option<impl Display>, answer: A) -> Result<WithHeaders<A>, HttpError> {
    let mut headers = HeaderMap::new();
    if let Some(version) = version {
        headers.insert(ETAG, etag_header(version)?);
    }
    Ok(WithHeaders(headers, answer))
}
