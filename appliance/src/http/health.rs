//! Whether the box can record, for programs; anybody may ask.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;

use super::{AppState, Link};

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
    let body = serde_json::json!({
        "ok": !ending,
        "box": health.origin.box_id,
        "epoch": health.origin.epoch,
        "entries": health.size,
        "at_relay": state.store.cursor_size(),
        "relay": link,
        "disk_was_full": !health.ballast,
    });
    let status = if ending { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, Json(body)).into_response()
}
