//! Maintenance tasks of items, for programs.

use api::{ListJson, utc_text};
use axum::extract::State;
use http::Method;
use record::anchor::TimeCertainty;
use record::compliance::{ItemStatus, upkeep_status};
use record::fold::{FacilityState, RowVersion, ServiceState, UpkeepTask};
use record::ids::{ProtocolId, UpkeepId};
use record::kinds::{Event, Schedule, UpkeepReading, UpkeepResult};
use record::tag::Tag;
use record::tree::Hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json, WithHeaders, with_etag};
use web::argument::{IdempotencyKey, IfMatch, JsonBody, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::intake::{Command, CommandRefusal, UpkeepPlan, UpkeepRecord, find_named_item};
use crate::web::access::permissions::{Read, Record, View, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::api::v1::items::equipment::read_path_tag;
use crate::web::api::v1::records::cleanings::read_time;
use crate::web::api::v1::records::photos::check_photos_are_here;
use crate::web::api::v1::versions::run_over;
use crate::web::commands::run::{read_event, run_command};
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::{examples, refusals};

pub(crate) fn upkeep_routes() -> Vec<Route<AppState>> {
    let task = json!({ "name": "Electrical safety test", "schedule": { "every": "weeks", "n": 52 } });
    let done = json!({ "result": "done", "done_by": "Tom Nguyen",
        "readings": [{ "name": "Leakage", "value": 42, "unit": "µA" }] });
    let one = Example::default().part("tag", examples::UPKEPT_TAG).part("upkeep", examples::UPKEEP);
    vec![
        row(Method::GET, "/api/v1/upkeep", "upkeep.list", RouteKind::Api, list_upkeep)
            .summary("Maintenance tasks of all items in use; they have no part in any rate")
            .refusals(refusals::READING)
            .example(Example::default()),
        row(Method::POST, "/api/v1/equipment/{tag}/upkeep", "upkeep.add", RouteKind::Api, plan_upkeep)
            .summary("Plans a maintenance task, or with `upkeep` gives one another schedule; `never` ends it")
            .commands(&["PlanUpkeep"])
            .refusals(refusals::COMMANDING)
            .example(examples::tag_example().json(task)),
        row(
            Method::POST,
            "/api/v1/equipment/{tag}/upkeep/{upkeep}/done",
            "upkeep-done.add",
            RouteKind::Api,
            record_done,
        )
        .summary("Writes down that a maintenance task was done, or that the item did not pass it")
        .commands(&["RecordUpkeep"])
        .refusals(refusals::COMMANDING)
        .example(one.json(done)),
    ]
}

/// How a task stands.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UpkeepState {
    /// Nothing is due yet.
    NotDue,
    /// It was done.
    Done,
    /// It is due.
    Due,
    /// It is overdue.
    Overdue,
}

/// A maintenance task of an item.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Upkeep")]
struct UpkeepJson {
    /// Which task.
    id: UpkeepId,
    /// Of which item.
    tag: Tag,
    /// What is to be done.
    name: String,
    /// How often.
    schedule: Schedule,
    /// From when it counts (RFC 3339, UTC).
    from: String,
    /// Whether an interval of hours, weeks or several days goes by the calendar instead of by the last time it was done.
    by_calendar: bool,
    /// How it is done.
    protocol: Option<ProtocolId>,
    /// How it stands.
    status: UpkeepState,
    /// Until when it is to be done (RFC 3339, UTC); null where it is not due.
    due_by: Option<String>,
    /// When it was last done (RFC 3339, UTC).
    done_at: Option<String>,
    /// When the item last did not pass it, where that is later (RFC 3339, UTC).
    failed_at: Option<String>,
    /// Its version: in quotation marks, what `If-Match` names.
    version: String,
    /// Whether the later of both is a guess: the box's clock was not set, and nobody has said since what the time was.
    time_uncertain: bool,
}

impl UpkeepJson {
    fn of(facility: &FacilityState, tag: Tag, task: &UpkeepTask, now_ms: i64) -> Self {
        let activity = facility.activity.get(&tag).map(AsRef::as_ref);
        let (status, by_ms) = match upkeep_status(&facility.settings, task, activity, now_ms) {
            ItemStatus::Overdue { .. } => (UpkeepState::Overdue, None),
            ItemStatus::Due { by_ms } | ItemStatus::DueAfterUse { by_ms, .. } => {
                (UpkeepState::Due, Some(by_ms))
            }
            ItemStatus::Clean { .. } => (UpkeepState::Done, None),
            ItemStatus::NotDue | ItemStatus::NoSchedule | ItemStatus::OutOfService { .. } => {
                (UpkeepState::NotDue, None)
            }
        };
        Self {
            id: task.upkeep,
            tag,
            name: task.name.clone(),
            schedule: task.schedule.clone(),
            from: utc_text(task.from_ms),
            by_calendar: task.by_calendar,
            protocol: task.protocol,
            status,
            due_by: by_ms.map(utc_text),
            done_at: task.done_ms.map(utc_text),
            failed_at: task.failed_ms.map(utc_text),
            version: task.changed.to_string(),
            time_uncertain: task.certainty() == TimeCertainty::Uncertain,
        }
    }
}

async fn list_upkeep(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<UpkeepJson>>, HttpError> {
    let facility = state.store.snapshot();
    let now_ms = Snapshot::of(&state, &facility).now_ms();
    let rows = facility.upkeep.iter().filter(|(tag, _)| {
        facility.equipment.get(*tag).is_some_and(|item| item.service != ServiceState::Retired)
    });
    let tasks = rows
        .flat_map(|(tag, row)| row.tasks.iter().map(|task| UpkeepJson::of(&facility, *tag, task, now_ms)));
    Ok(Json(ListJson::whole(tasks.collect())))
}

/// A maintenance task as a program plans it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewUpkeep {
    /// Which task is planned anew; absent: a new one.
    #[serde(default)]
    upkeep: Option<UpkeepId>,
    /// What is to be done, at most 120 characters.
    name: String,
    /// How often; `never` ends it.
    schedule: Schedule,
    /// From when it counts (RFC 3339); absent: as before where the schedule stays or it goes by the last time and was done,
    /// else from now.
    #[serde(default)]
    from: Option<String>,
    /// Whether an interval of hours, weeks or several days goes by the calendar instead of by the last time it was done; absent:
    /// as before, a new task by the last time.
    #[serde(default)]
    by_calendar: Option<bool>,
    /// How it is done.
    #[serde(default)]
    protocol: Option<ProtocolId>,
}

/// A task as it was planned.
#[derive(Debug, Serialize, JsonSchema)]
struct PlannedUpkeep {
    /// Which task.
    id: UpkeepId,
    /// Of which item.
    tag: Tag,
    /// What is to be done.
    name: String,
    /// How often.
    schedule: Schedule,
}

/// The item's first tag, and the version of one of its tasks.
fn find_version(
    state: &AppState,
    tag: Tag,
    upkeep: Option<UpkeepId>,
) -> Result<(Tag, Option<RowVersion>), HttpError> {
    let facility = state.store.snapshot();
    let tag = find_named_item(&facility, tag).ok_or_else(|| state.unknown_tag(tag))?.tag;
    let tasks = facility.upkeep.get(&tag).map(|row| row.tasks.as_slice()).unwrap_or_default();
    let task = tasks.iter().find(|task| Some(task.upkeep) == upkeep);
    Ok((tag, task.map(|task| task.changed)))
}

async fn plan_upkeep(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(new): JsonBody<NewUpkeep>,
) -> Result<WithHeaders<Created<PlannedUpkeep>>, HttpError> {
    let (tag, now) = find_version(&state, read_path_tag(&tag)?, new.upkeep)?;
    let NewUpkeep { upkeep, name, schedule, from, by_calendar, protocol } = new;
    let from_ms = from.as_deref().map(|from| read_time("from", from)).transpose()?;
    let plan = UpkeepPlan { upkeep, tag, name, schedule, from_ms, protocol, by_calendar, seen: None };
    let done = run_over(&state, now, key, &if_match, Command::PlanUpkeep(Box::new(plan))).await?;
    match read_event(&state, done.line).await? {
        Some((_, Event::UpkeepPlanned(planned))) => {
            let body = PlannedUpkeep {
                id: planned.upkeep,
                tag: planned.tag,
                name: planned.name,
                schedule: planned.schedule,
            };
            with_etag(Some(done.version), Created::at("/api/v1/upkeep", body)?)
        }
        _ => Err(CommandRefusal::KeyReused.into()),
    }
}

/// What came of a task.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UpkeepOutcome {
    /// It was done.
    Done,
    /// The item did not pass it.
    Failed,
}

/// A reading taken in maintenance.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewReading {
    /// What was measured.
    name: String,
    /// How much, a whole number of units.
    value: i64,
    /// In which unit, at most 16 characters.
    #[serde(default)]
    unit: String,
}

/// A maintenance task that was done.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpkeepWork {
    /// What came of it.
    result: UpkeepOutcome,
    /// Who did it.
    done_by: String,
    /// A remark, at most 1,000 characters.
    #[serde(default)]
    notes: String,
    /// When it was done (RFC 3339); absent: now.
    #[serde(default)]
    performed_at: Option<String>,
    /// What was measured, at most 12.
    #[serde(default)]
    readings: Vec<NewReading>,
    /// Photos that were sent before, at most 4.
    #[serde(default)]
    photos: Vec<Hash>,
}

async fn record_done(
    _: ProgramCaller<Record>,
    State(state): State<AppState>,
    Path((tag, upkeep)): Path<(String, String)>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(work): JsonBody<UpkeepWork>,
) -> Result<Json<UpkeepJson>, HttpError> {
    let upkeep: UpkeepId = upkeep.parse().map_err(|_| not_found())?;
    let (tag, _) = find_version(&state, read_path_tag(&tag)?, None)?;
    let performed_ms = work.performed_at.as_deref().map(|at| read_time("performed_at", at)).transpose()?;
    check_photos_are_here(&state, &work.photos).await?;
    let record = UpkeepRecord {
        upkeep,
        tag,
        result: match work.result {
            UpkeepOutcome::Done => UpkeepResult::Done,
            UpkeepOutcome::Failed => UpkeepResult::Failed,
        },
        done_by: work.done_by,
        staff: None,
        note: work.notes,
        performed_ms,
        readings: work
            .readings
            .into_iter()
            .map(|r: NewReading| UpkeepReading { name: r.name, value: r.value, unit: r.unit })
            .collect(),
        photos: work.photos,
    };
    run_command(&state, BY_API, key, Command::RecordUpkeep(Box::new(record))).await?;
    let facility = state.store.snapshot();
    let row = facility.upkeep.get(&tag);
    let task =
        row.and_then(|row| row.tasks.iter().find(|task| task.upkeep == upkeep)).ok_or_else(not_found)?;
    let now_ms = Snapshot::of(&state, &facility).now_ms();
    Ok(Json(UpkeepJson::of(&facility, tag, task, now_ms)))
}
