//! Protocols, for programs.

use api::ListJson;
use axum::extract::State;
use http::Method;
use record::fold::{FacilityProtocol, RowVersion};
use record::ids::ProtocolId;
use record::kinds::{Event, ProtocolPublished};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json, NoContent, WithHeaders, with_etag};
use web::argument::{IdempotencyKey, IfMatch, JsonBody, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::intake::{Command, CommandRefusal, NewProtocol, RefusalCause};
use crate::store::{LogReader, ReadLane};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::api::v1::versions::run_over;
use crate::web::commands::run::read_event;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::log_reads::{StoredText, read_quick, read_text};
use crate::web::{examples, refusals};

const PROTOCOLS: &str = "/api/v1/protocols";

pub(crate) fn protocol_routes() -> Vec<Route<AppState>> {
    let protocol = json!({ "name": "High-level disinfection", "steps": [{ "text": "Gloves on" }] });
    let reason = json!({ "reason": "Replaced by the wipe with alcohol" });
    let one = Example::default().part("id", examples::PROTOCOL);
    vec![
        row(Method::GET, PROTOCOLS, "protocol.list", RouteKind::Api, list)
            .summary("The newest version of each protocol")
            .refusals(refusals::READING),
        row(Method::POST, PROTOCOLS, "protocol.publish", RouteKind::Api, publish)
            .summary("Publishes a new protocol, or with `protocol` a new version of one")
            .commands(&["PublishProtocol"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(protocol)),
        row(Method::GET, "/api/v1/protocols/{id}", "protocol.find", RouteKind::Api, find)
            .summary("The newest version of a protocol")
            .refusals(refusals::READING)
            .example(one.clone()),
        row(Method::DELETE, "/api/v1/protocols/{id}", "protocol.remove", RouteKind::Api, retire_protocol)
            .summary("Retires a protocol, with the reason; what was due by it is due by it no more")
            .commands(&["RetireProtocol"])
            .refusals(refusals::COMMANDING)
            .example(one.json(reason)),
    ]
}

/// A protocol, as published last.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Protocol")]
struct ProtocolJson {
    #[serde(flatten)]
    published: ProtocolPublished,
    /// Who approved it; null where nobody is named or the name was erased.
    approver: Option<String>,
    /// Whether it is not offered any more.
    retired: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProtocolUse {
    Offered,
    Retired,
}

impl ProtocolJson {
    fn of(reader: &LogReader, protocol: &FacilityProtocol) -> Self {
        let offered = if protocol.retired { ProtocolUse::Retired } else { ProtocolUse::Offered };
        Self::read(reader, protocol.newest.clone(), offered)
    }

    fn read(reader: &LogReader, published: ProtocolPublished, offered: ProtocolUse) -> Self {
        let approver = published.approved.and_then(|name| StoredText::read(reader, name.hash).readable());
        Self { published, approver, retired: offered == ProtocolUse::Retired }
    }
}

type VersionedProtocol = WithHeaders<Json<ProtocolJson>>;

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<ProtocolJson>>, HttpError> {
    let facility = state.store.snapshot();
    let lane = ReadLane::of_rows(facility.protocols.len());
    let protocols = read_text(&state, lane, move |_, reader| {
        Ok(facility.protocols.values().map(|protocol| ProtocolJson::of(reader, protocol)).collect())
    });
    protocols.await.map(|protocols| Json(ListJson::whole(protocols)))
}

async fn find(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<VersionedProtocol, HttpError> {
    let id: ProtocolId = id.parse().map_err(|_| not_found())?;
    let protocol = state.store.snapshot().protocols.get(&id).cloned().ok_or_else(not_found)?;
    let version = protocol.changed;
    let found = read_quick(&state, move |_, reader| Ok(ProtocolJson::of(reader, &protocol))).await?;
    with_etag(Some(version), Json(found))
}

fn find_version(state: &AppState, id: ProtocolId) -> Option<RowVersion> {
    state.store.snapshot().protocols.get(&id).map(|protocol| protocol.changed)
}

async fn publish(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(new): JsonBody<NewProtocol>,
) -> Result<WithHeaders<Created<ProtocolJson>>, HttpError> {
    let now = new.protocol.and_then(|id| find_version(&state, id));
    let command = Command::PublishProtocol(Box::new(new));
    let done = run_over(&state, now, key, &if_match, command).await?;
    match read_event(&state, done.line).await? {
        Some((_, Event::ProtocolPublished(published))) => {
            let address = format!("{PROTOCOLS}/{}", published.protocol);
            let protocol = read_quick(&state, move |_, reader| {
                Ok(ProtocolJson::read(reader, *published, ProtocolUse::Offered))
            });
            with_etag(Some(done.version), Created::at(&address, protocol.await?)?)
        }
        _ => Err(CommandRefusal::KeyReused.into()),
    }
}

/// Why a protocol is retired.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProtocolRetirement {
    /// At most 1,000 characters; people read it.
    reason: String,
}

async fn retire_protocol(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(ProtocolRetirement { reason }): JsonBody<ProtocolRetirement>,
) -> Result<NoContent, HttpError> {
    let protocol: ProtocolId = id.parse().map_err(|_| not_found())?;
    let now = Some(find_version(&state, protocol).ok_or_else(not_found)?);
    if reason.trim().is_empty() {
        return Err(CommandRefusal::Needed { field: "reason", cause: RefusalCause::Reason }.into());
    }
    let command = Command::RetireProtocol { protocol, reason, seen: None };
    run_over(&state, now, key, &if_match, command).await?;
    Ok(NoContent)
}
