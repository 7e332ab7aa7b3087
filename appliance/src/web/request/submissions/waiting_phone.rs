//! A header with the state of a phone's queue, sent with any of its requests.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde_json::json;
use service::attempts::ClientNetwork;
use web::route::{Argument, Operation};

use crate::phones::{NoticeSender, RecordingPhones, WaitingNotice, WaitingPhones};
use crate::web::context::AppState;
use crate::web::request::client::device::shown_devices;
use crate::web::request::client::peer::find_peer;

const WAITING: &str = "x-waiting";

/// Stores the header's content; ignored without a device cookie, and where it is malformed.
pub(crate) struct WaitingHeader;

impl FromRequestParts<AppState> for WaitingHeader {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let text = parts.headers.get(WAITING).and_then(|value| value.to_str().ok());
        let peer = find_peer(&parts.extensions);
        let device = shown_devices(&parts.headers, Some(&peer)).into_iter().next();
        if let (Some(device), Some(notice)) = (device, text.and_then(WaitingNotice::parse)) {
            let is_known = state.stored::<RecordingPhones>().contains(device);
            let sender = NoticeSender { device, network: ClientNetwork::of(peer.remote), is_known };
            state.stored::<WaitingPhones>().note_phone(sender, notice, state.clock.now().up_ms);
        }
        Ok(Self)
    }
}

impl Argument for WaitingHeader {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_header(WAITING, json!({ "type": "string" }));
    }
}
