//! What one address may send in a second: many phones are behind one, and a flood comes from one.

use axum::extract::FromRequestParts;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use service::attempts::ClientNetwork;
use web::error::HttpError;
use web::route::{Argument, Operation};

use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::request::client::peer::find_peer;
use crate::web::words::ErrorWords;

/// One submission, counted against the address's limit before anything of it is read.
pub(crate) struct AddressShare;

impl FromRequestParts<AppState> for AddressShare {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, HttpError> {
        let network = ClientNetwork::of(find_peer(&parts.extensions).remote);
        let taken = state.inner.submissions.take(network, state.clock.now().up_ms);
        taken.map(|()| Self).map_err(|wait_s| {
            new_error(StatusCode::TOO_MANY_REQUESTS, "too-many", worded(ErrorWords::error_too_many))
                .next(worded(ErrorWords::error_press_again))
                .header(RETRY_AFTER, HeaderValue::from(wait_s))
        })
    }
}

impl Argument for AddressShare {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_refusals(&[StatusCode::TOO_MANY_REQUESTS]);
    }
}
