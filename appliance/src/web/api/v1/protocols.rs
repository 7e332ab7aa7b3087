//! Protocols, for programs.

use axum::extract::State;
use http::Method;
use record::ids::ProtocolId;
use record::kinds::{Event, ProtocolPublished};
use serde_json::json;
use web::answer::{Created, Json};
use web::argument::{IdempotencyKey, JsonBody, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::intake::{Command, CommandRefusal, NewProtocol};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::api::list::ListJson;
use crate::web::commands::run::{read_event, run_command};
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::{examples, refusals};

const PROTOCOLS: &str = "/api/v1/protocols";

pub(crate) fn protocol_routes() -> Vec<Route<AppState>> {
    let protocol = json!({ "name": "High-level disinfection", "steps": [{ "text": "Gloves on" }] });
    vec![
        row(Method::GET, PROTOCOLS, "protocol.list", RouteKind::Api, list)
            .summary("The newest version of each protocol"),
        row(Method::POST, PROTOCOLS, "protocol.publish", RouteKind::Api, publish)
            .summary("Publishes a new protocol, or with `protocol` a new version of one")
            .commands(&["PublishProtocol"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(protocol)),
        row(Method::GET, "/api/v1/protocols/{id}", "protocol.find", RouteKind::Api, find)
            .summary("The newest version of a protocol")
            .example(Example::default().part("id", examples::PROTOCOL)),
    ]
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<ProtocolPublished>>, HttpError> {
    let facility = state.store.snapshot();
    Ok(Json(ListJson::whole(facility.protocols.values().map(|p| p.newest.clone()).collect())))
}

async fn find(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ProtocolPublished>, HttpError> {
    let id: ProtocolId = id.parse().map_err(|_| not_found())?;
    let facility = state.store.snapshot();
    facility.protocols.get(&id).map(|p| Json(p.newest.clone())).ok_or_else(not_found)
}

async fn publish(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(new): JsonBody<NewProtocol>,
) -> Result<Created<ProtocolPublished>, HttpError> {
    let done = run_command(&state, BY_API, key, Command::PublishProtocol(Box::new(new))).await?;
    match read_event(&state, done.line).await? {
        Some((_, Event::ProtocolPublished(published))) => {
            Created::at(&format!("{PROTOCOLS}/{}", published.protocol), *published)
        }
        _ => Err(CommandRefusal::KeyReused.into()),
    }
}
