//! The box's time, for programs.

use api::utc_text;
use axum::extract::State;
use http::Method;
use record::entry::ClockState;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::Json;
use web::argument::{IdempotencyKey, JsonBody};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::intake::{AnchorSource, Command};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::api::v1::records::cleanings::read_time;
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::refusals;
use crate::web::view_models::page::snapshot::Snapshot;

pub(crate) fn clock_routes() -> Vec<Route<AppState>> {
    let time = json!({ "time": "2026-11-20T14:04:31-06:00" });
    vec![
        row(Method::GET, "/api/v1/clock", "clock.read", RouteKind::Api, read_clock)
            .summary("What the box takes the time to be, and whether anything vouches for that"),
        row(Method::POST, "/api/v1/clock", "clock.set", RouteKind::Api, set_clock)
            .summary("Says what the time is, to a box that no time server tells it")
            .commands(&["AnchorClock"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(time)),
    ]
}

/// The box's time.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Clock")]
struct ClockJson {
    /// What the box takes the time to be (RFC 3339, UTC).
    time: String,
    /// What vouches for the machine's own clock: `synced`, `rtc` or `uncertain`.
    state: ClockState,
    /// Whether the log says what the true time of this start of the machine is.
    anchored: bool,
}

impl ClockJson {
    fn now(state: &AppState) -> Self {
        let snapshot = Snapshot::now(state);
        Self {
            time: utc_text(snapshot.now_ms()),
            state: snapshot.now.state,
            anchored: state.store.facility().boots.contains_key(&snapshot.now.boot),
        }
    }
}

async fn read_clock(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ClockJson>, HttpError> {
    Ok(Json(ClockJson::now(&state)))
}

/// What the time is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewTime {
    /// Now (RFC 3339, with its offset).
    time: String,
}

async fn set_clock(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(NewTime { time }): JsonBody<NewTime>,
) -> Result<Json<ClockJson>, HttpError> {
    let wall_ms = read_time("time", &time)?;
    run_command(&state, BY_API, key, Command::AnchorClock { wall_ms, source: AnchorSource::Hand }).await?;
    Ok(Json(ClockJson::now(&state)))
}
