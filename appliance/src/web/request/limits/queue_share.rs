//! What one device may send of its queue in an hour: a phone that was away for a shift has fewer records.

use std::time::Duration;

use axum::extract::FromRequestParts;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use record::ids::DeviceId;
use service::limit::RateLimiter;
use web::error::HttpError;
use web::route::{Argument, Operation};

use crate::web::context::{ADDRESSES_MAX, AppState};
use crate::web::http_error::{new_error, worded};
use crate::web::request::client::device::shown_devices;
use crate::web::request::client::peer::find_peer;
use crate::web::words::ErrorWords;

const RECORDS_AN_HOUR: u32 = 500;
const HOUR: Duration = Duration::from_secs(3_600);

/// Counts by device; one that shows no secret is bounded by its address's limit alone.
struct DeviceLimiter(RateLimiter<DeviceId>);

impl Default for DeviceLimiter {
    fn default() -> Self {
        Self(RateLimiter::new(RECORDS_AN_HOUR, HOUR, RECORDS_AN_HOUR, ADDRESSES_MAX))
    }
}

/// One record of a phone's queue, counted against its limit before anything of it is read.
pub(crate) struct QueueShare;

impl FromRequestParts<AppState> for QueueShare {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, HttpError> {
        let peer = find_peer(&parts.extensions);
        let Some(device) = shown_devices(&parts.headers, Some(&peer)).into_iter().next() else {
            return Ok(Self);
        };
        let taken = state.stored::<DeviceLimiter>().0.take(device, state.clock.now().up_ms);
        taken.map(|()| Self).map_err(|wait_s| {
            new_error(StatusCode::TOO_MANY_REQUESTS, "too-many", worded(ErrorWords::error_too_many))
                .next(worded(ErrorWords::error_press_again))
                .header(RETRY_AFTER, HeaderValue::from(wait_s))
        })
    }
}

impl Argument for QueueShare {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_refusals(&[StatusCode::TOO_MANY_REQUESTS]);
    }
}
