//! A body read whole, within a bound.

use std::error::Error;

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use service::listener::UploadError;

use super::percent::last_field;
use crate::error::{HttpError, RequestFault};

/// A body whose stated length is so many times too long is not read at all; one that is a little too long is,
/// so that the field in which it became so can be named.
const OVER_LENGTH_MAX: usize = 64;

/// Refuses (415) a body of another media type; parameters such as `charset` are not looked at.
pub fn require_media(headers: &HeaderMap, expected: &'static str) -> Result<(), HttpError> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = content_type.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(RequestFault::MediaType { expected }.into())
}

/// Reads a body of at most so many bytes. A longer one is refused (413) with the field of a form in which it became too
/// long, or `body`; one that is too slow (408) or breaks off (400) as well.
pub async fn read_body(headers: &HeaderMap, mut body: Body, bytes_max: usize) -> Result<Vec<u8>, HttpError> {
    let stated = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let stated = stated.and_then(|text| text.parse().ok()).unwrap_or(0);
    if stated > bytes_max.saturating_mul(OVER_LENGTH_MAX) {
        return Err(too_long_error(&[]));
    }
    let mut bytes = Vec::with_capacity(stated.min(bytes_max));
    while let Some(chunk) = next_chunk(&mut body).await? {
        let space = bytes_max.saturating_sub(bytes.len());
        if chunk.len() > space {
            bytes.extend_from_slice(&chunk[..space]);
            return Err(too_long_error(&bytes));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_long_error(beginning: &[u8]) -> HttpError {
    let field = last_field(beginning).unwrap_or_else(|| "body".to_owned());
    RequestFault::TooLong { field }.into()
}

/// The next piece of a body, for readers that keep what they read elsewhere; `None` at its end.
pub async fn next_chunk(body: &mut Body) -> Result<Option<Bytes>, HttpError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            // Trailers hold nothing that is read.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => {
                // A layer around the body wraps its errors once more.
                let mut chain = std::iter::successors(Some(&error as &dyn Error), |error| (*error).source());
                let is_slow = chain.any(|cause| matches!(cause.downcast_ref(), Some(UploadError::TooSlow)));
                return Err(if is_slow { RequestFault::TooSlow } else { RequestFault::BrokenOff }.into());
            }
        }
    }
}
