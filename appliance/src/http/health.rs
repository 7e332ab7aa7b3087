//! Whether the box can record, for programs; anybody may ask.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;

use super::{AppState, Link};
use crate::uplink::Raised;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get(healthz))
}

async fn healthz(State(state): State<AppState>) -> Response {
    let health = state.store.health();
    let ending = state.store.fatal_watch().borrow().is_some();
    let link = match *state.link.borrow() {
        Link::Alone => "alone",
        Link::Up => "up",
        Link::Down { .. } => "down",
    };
    let alarms: Vec<serde_json::Value> = state.alarms.borrow().iter().map(alarm).collect();
    let body = serde_json::json!({
        "ok": !ending,
        "box": health.origin.box_id,
        "epoch": health.origin.epoch,
        "entries": health.size,
        "at_relay": state.store.cursor_size(),
        "relay": link,
        "disk_was_full": !health.ballast,
        "alarms": alarms,
        "all_checked_ms": state.store.scrubbed().round_ms,
        "notes": health.notes,
    });
    let status = if ending { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, Json(body)).into_response()
}

/// What it is and of which log, by name and number; and in words.
fn alarm(raised: &Raised) -> serde_json::Value {
    serde_json::json!({
        "epoch": raised.epoch, "at_ms": raised.at_ms, "alarm": raised.alarm, "words": raised.words(),
    })
}
