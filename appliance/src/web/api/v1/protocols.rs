//! Protocols, for programs.

use std::sync::Arc;

use axum::extract::State;
use http::Method;
use record::kinds::{Event, ProtocolPublished};
use serde_json::json;
use web::answer::{Created, Json};
use web::argument::{IdempotencyKey, JsonBody};
use web::error::HttpError;
use web::route::{Example, Kind, Route, row};

use crate::intake::{Command, NewProtocol, Refusal};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{BY_API, Program, StaffOrProgram};
use crate::web::api::list::List;
use crate::web::commands::run::{act, entry};
use crate::web::context::AppState;
use crate::web::refusals;

const PROTOCOLS: &str = "/api/v1/protocols";

pub(crate) fn routes() -> Vec<Route<AppState>> {
    let protocol = json!({ "name": "High-level disinfection", "steps": [{ "text": "Gloves on" }] });
    vec![
        row(Method::GET, PROTOCOLS, "protocol.list", Kind::Api, list)
            .summary("The newest version of each protocol"),
        row(Method::POST, PROTOCOLS, "protocol.publish", Kind::Api, publish)
            .summary("Publishes a new protocol, or with `protocol` a new version of one")
            .commands(&["PublishProtocol"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(protocol)),
    ]
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<List<Arc<ProtocolPublished>>>, HttpError> {
    let facility = state.store.snapshot();
    Ok(Json(List::whole(facility.protocols.values().cloned().collect())))
}

async fn publish(
    _: Program<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(new): JsonBody<NewProtocol>,
) -> Result<Created<ProtocolPublished>, HttpError> {
    let done = act(&state, BY_API, key, Command::PublishProtocol(Box::new(new))).await?;
    match entry(&state, done.line).await? {
        Some((_, Event::ProtocolPublished(published))) => Created::at(PROTOCOLS, *published),
        _ => Err(Refusal::KeyReused.into()),
    }
}
