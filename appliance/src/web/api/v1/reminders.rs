//! What waits for somebody at the facility, for programs.

use api::ListJson;
use axum::extract::State;
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Json, NoContent};
use web::argument::{JsonBody, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::alarms::reminders::{OpenReminder, ReminderCode, SNOOZE_HOURS_MAX};
use crate::alarms::{AlarmAcknowledgement, AlarmReader};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::commands::reminders::{change_reminder, list_reminders};
use crate::web::context::AppState;
use crate::web::examples;
use crate::web::http_error::new_error;
use crate::web::request::bodies::uploaded_file::IgnoredBody;

pub(crate) fn reminder_routes() -> Vec<Route<AppState>> {
    let reminder = Example::default().part("id", examples::REMINDER);
    vec![
        row(Method::GET, "/api/v1/reminders", "reminder.list", RouteKind::Api, list_open_reminders)
            .summary("What waits for somebody: those first that nobody has seen"),
        row(
            Method::POST,
            "/api/v1/reminders/{id}/seen",
            "reminder.acknowledge",
            RouteKind::Api,
            acknowledge_reminder,
        )
        .summary("Says that somebody has seen it")
        .refusals(&[StatusCode::NOT_FOUND])
        .example(reminder.clone()),
        row(Method::POST, "/api/v1/reminders/{id}/later", "reminder.snooze", RouteKind::Api, snooze_reminder)
            .summary("Puts it off for some hours")
            .refusals(&[StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY])
            .example(reminder.json(json!({ "hours": 4 }))),
    ]
}

/// Something that waits for somebody.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Reminder")]
struct ReminderJson {
    /// Names it in addresses: eight hex digits.
    id: String,
    /// What it is, in one word that never changes.
    code: ReminderCode,
    /// An item’s tag, the device of a phone, the id of a person or token, or the ids of a person and a protocol with a space
    /// between.
    subject: String,
    /// How many of it there are.
    count: u32,
    /// Since when, milliseconds since 1970.
    first_ms: i64,
    /// When somebody saw it, milliseconds since 1970; null where nobody has.
    seen_ms: Option<i64>,
    /// Until when it was put off, milliseconds since 1970; null where it was not.
    snoozed_ms: Option<i64>,
}

impl ReminderJson {
    fn of(row: OpenReminder) -> Self {
        Self {
            id: row.id,
            code: row.code,
            subject: row.subject,
            count: row.count,
            first_ms: row.first_ms,
            seen_ms: row.seen.map(|seen| seen.at_ms),
            snoozed_ms: row.snoozed_ms,
        }
    }
}

async fn list_open_reminders(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<ReminderJson>>, HttpError> {
    Ok(Json(ListJson::whole(list_reminders(&state).into_iter().map(ReminderJson::of).collect())))
}

async fn acknowledge_reminder(
    program: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    _: IgnoredBody,
) -> Result<NoContent, HttpError> {
    let by = AlarmReader { staff: None, token: Some(program.token_id().to_owned()) };
    let seen = AlarmAcknowledgement { by, at_ms: state.clock.now().wall_ms };
    change_reminder(&state, &id, move |table, id| table.acknowledge(id, seen)).await?;
    Ok(NoContent)
}

/// For how long it is put off.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReminderDelay {
    /// 1 to 168.
    hours: u32,
}

async fn snooze_reminder(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(ReminderDelay { hours }): JsonBody<ReminderDelay>,
) -> Result<NoContent, HttpError> {
    if !(1..=SNOOZE_HOURS_MAX).contains(&hours) {
        return Err(new_error(StatusCode::UNPROCESSABLE_ENTITY, "hours", "1 to 168 hours")
            .field("hours")
            .next("Send a number of hours in that range."));
    }
    let now_ms = state.clock.now().wall_ms;
    change_reminder(&state, &id, move |table, id| table.snooze(id, hours, now_ms)).await?;
    Ok(NoContent)
}
