//! Protocols, for programs.

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use record::kinds::Event;
use serde_json::{Value, json};

use crate::intake::{Command, NewProtocol, Refusal};
use crate::web::access::program::{BY_API, MayRead, MayWrite};
use crate::web::api::v1::equipment::listed;
use crate::web::commands::run::{act, entry};
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::request::form::read_json;
use crate::web::request::idempotency::idempotency_key;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/api/v1/protocols", get(protocols_list).post(protocols_add))
}

/// The newest version of each protocol.
pub(crate) async fn protocols_list(State(state): State<AppState>, _: MayRead) -> Json<Value> {
    let facility = state.store.snapshot();
    listed(facility.protocols.values().map(|protocol| json!(protocol)).collect(), None)
}

/// A new protocol, or with `protocol` a new version of one.
pub(crate) async fn protocols_add(
    State(state): State<AppState>,
    _: MayWrite,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(request.headers());
    let new: NewProtocol = read_json(request).await?;
    let done = act(&state, BY_API, key, Command::PublishProtocol(Box::new(new))).await?;
    match entry(&state, done.line).await? {
        Some((_, Event::ProtocolPublished(published))) => {
            Ok((StatusCode::CREATED, Json(published)).into_response())
        }
        _ => Err(Problem::from(Refusal::KeyReused)),
    }
}
