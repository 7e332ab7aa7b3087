//! Alarms, for programs.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::HeaderMap;
use serde_json::{Value, json};

use crate::alarms::AlarmReader;
use crate::identity::{AccessOutcome, AccessWanted};
use crate::web::access::program::{MayRead, MayWrite, bearer};
use crate::web::access_note::{AccessNote, noted};
use crate::web::commands::alarms::seen;
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::request::form::nothing;
use crate::web::view_models::alarms::shown;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/alarms", get(list))
        .route("/api/v1/alarms/{id}/seen", post(acknowledge_by_program))
}

pub(crate) async fn acknowledge_by_program(
    State(state): State<AppState>,
    _: MayWrite,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    nothing(request).await?;
    let token = bearer(&headers).and_then(|text| state.identity.tokens.find(text)).map(|token| token.id);
    let first = seen(&state, &id, AlarmReader { staff: None, token }).await?;
    let shown = state.alarms.all().iter().find(|alarm| alarm.id == id).map(shown);
    let answer = Json(shown).into_response();
    Ok(match first {
        true => noted(answer, [AccessNote::new(AccessOutcome::AlarmSeen, AccessWanted::Write).about(&id)]),
        false => answer,
    })
}

pub(crate) async fn list(State(state): State<AppState>, _: MayRead) -> Json<Value> {
    let items: Vec<Value> = state.alarms.all().iter().map(shown).collect();
    Json(json!({ "items": items, "next": null }))
}
