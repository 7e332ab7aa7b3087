//! Whether the box can record, whether all of its log is here, and what is not as it should be; anybody may ask.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use crate::alarms::sources::is_of_missing;
use crate::store::Recording;
use crate::web::context::{AppState, Link};
use crate::web::view_models::alarms::shown;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get(healthz))
}

async fn healthz(State(state): State<AppState>) -> Response {
    let health = state.store.health();
    let link = match *state.link.borrow() {
        Link::Alone => "alone",
        Link::Up { .. } => "up",
        Link::Down { .. } => "down",
    };
    let all = state.alarms.all();
    let standing = || all.iter().filter(|alarm| alarm.is_standing());
    let unseen = || all.iter().filter(|alarm| alarm.seen.is_none());
    let degraded: Vec<Value> =
        standing().map(|a| json!({ "code": a.cause.code, "subject": a.reported().subject })).collect();
    let ok = health.recording == Recording::Ready;
    let body = json!({
        "ok": ok,
        "whole": !standing().any(|alarm| is_of_missing(&alarm.cause)) && !state.knows_nothing_yet(),
        "unseen": unseen().count(),
        "degraded": degraded,
        "box": health.origin.box_id,
        "epoch": health.origin.epoch,
        "entries": health.size,
        "at_relay": state.store.cursor_size(),
        "relay": link,
        "disk_was_full": !health.ballast,
        "alarms": all.iter().map(shown).collect::<Vec<_>>(),
        "all_checked_ms": health.scrubbed.round_ms,
        "notes": unseen().map(|alarm| alarm.words().line()).collect::<Vec<_>>(),
    });
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}
