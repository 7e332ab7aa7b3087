//! One submission: its key, by which nothing is recorded twice, and its share of the address's rate.

use ::service::attempts::Network;
use axum::extract::Request;
use http::{HeaderMap, HeaderValue, StatusCode};
use record::ids::DeviceId;

use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::request::form::Form;
use crate::web::request::peer::peer;

pub(crate) fn new_submission(state: &AppState) -> String {
    DeviceId::new(state.clock.now().wall_ms, state.random.bytes()).to_string()
}

/// Takes one submission from the address's share.
pub(crate) fn take_turn(state: &AppState, request: &Request) -> Result<(), Problem> {
    state.inner.submissions.take(Network::of(peer(request).remote), state.clock.now().up_ms).map_err(
        |wait_s| {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many records at once from here")
                .next("Wait a few seconds and press again. Nothing is recorded twice.")
                .header(http::header::RETRY_AFTER, HeaderValue::from(wait_s))
        },
    )
}

/// The idempotency key: a header of a program, or the hidden field of a page.
pub(crate) fn key(headers: &HeaderMap, form: &Form) -> Option<String> {
    let header = headers.get("idempotency-key").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    header.or_else(|| form.get("submission").map(str::to_owned)).filter(|key| !key.is_empty())
}

/// The header that makes a repeat harmless.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    headers.get("idempotency-key").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
}
