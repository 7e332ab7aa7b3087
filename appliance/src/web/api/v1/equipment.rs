//! Equipment and its schedules, for programs.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use http::header::LOCATION;
use record::compliance::Status;
use record::ids::ProtocolId;
use record::kinds::{Event, Schedule};
use record::tag::Tag;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::intake::{Command, EquipmentFields, NewEquipment, Refusal};
use crate::web::access::program::{BY_API, MayRead, MayWrite};
use crate::web::answer;
use crate::web::commands::run::{act, entry};
use crate::web::context::AppState;
use crate::web::http_error::{Problem, bad};
use crate::web::request::form::{json_problem, read_json};
use crate::web::request::idempotency::idempotency_key;
use crate::web::request::listing::Listing;
use crate::web::request::page_cursor::{PageCursor, bad_cursor};
use crate::web::request::query::Exactly;
use crate::web::view_models::formats::utc;
use crate::web::view_models::item_status::Row;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::status_board::{StandingBoards, board};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/equipment", get(equipment_list).post(equipment_add))
        .route("/api/v1/equipment/{tag}", get(equipment_one))
        .route("/api/v1/equipment/{tag}/schedules", post(schedule_set))
}

pub(crate) fn listed(items: Vec<Value>, next: Option<String>) -> Json<Value> {
    let next = next.map_or(Value::Null, Value::String);
    Json(Value::Object(
        [("items".to_owned(), Value::Array(items)), ("next".to_owned(), next)].into_iter().collect(),
    ))
}

/// An item as programs see it.
pub(crate) fn equipment_json(row: &Row) -> Value {
    let item = &row.item;
    let (word, by_ms, since_ms) = match row.status {
        Status::NoSchedule => ("no_schedule", None, None),
        Status::OutOfService { since_ms } => ("out_of_service", None, Some(since_ms)),
        Status::NotDue => ("not_due", None, None),
        Status::Clean { until_ms } => ("clean", until_ms, None),
        Status::Due { by_ms } => ("due", Some(by_ms), None),
        Status::DueAfterUse { since_ms, by_ms } => ("due_after_use", Some(by_ms), Some(since_ms)),
        Status::Overdue { since_ms } => ("overdue", None, Some(since_ms)),
    };
    let last = row.activity.as_ref().and_then(|a| a.last);
    json!({
        "tag": item.tag, "name": item.name, "asset_number": item.asset_number, "serial": item.serial,
        "maker": item.maker, "model": item.model, "category": item.category, "location": item.location,
        "class": item.class, "photo": item.photo, "protocols": item.protocols, "custom": item.custom,
        "service": item.service, "status": word, "due_by": by_ms.map(utc), "status_since": since_ms.map(utc),
        "schedule": item.schedule(None),
        "schedules": item.schedules().iter().map(|(protocol, schedule)| json!({
            "protocol": protocol, "schedule": schedule,
        })).collect::<Vec<_>>(),
        "last_cleaned_at": last.map(|l| utc(l.performed_ms)), "added_at": utc(item.added_ms),
    })
}

/// Items, newest first.
pub(crate) async fn equipment_page(state: &AppState, ask: &Listing) -> Result<Json<Value>, Problem> {
    let limit = ask.limit()?;
    let cursor = ask.cursor.as_deref().map(PageCursor::read).transpose()?;
    let board = board(state).await?;
    let mut rows: Vec<(PageCursor, &Arc<Row>)> =
        board.all().iter().map(|row| (PageCursor::of_item(&row.item), row)).collect();
    rows.sort_by_key(|(key, _)| key.bytes());
    let from = match cursor {
        None => 0,
        Some(cursor) => {
            let found = rows.binary_search_by_key(&cursor.bytes(), |(key, _)| key.bytes());
            found.map_err(|_| bad_cursor())?
        }
    };
    let next = rows.get(from + limit).map(|(key, _)| key.to_string());
    let page = rows[from..].iter().take(limit);
    Ok(listed(page.map(|(_, row)| equipment_json(row)).collect(), next))
}

pub(crate) async fn equipment_list(
    State(state): State<AppState>,
    _: MayRead,
    Exactly(ask): Exactly<Listing>,
) -> Result<Json<Value>, Problem> {
    equipment_page(&state, &ask).await
}

/// One item by any of its tags.
pub(crate) fn item_json(state: &AppState, tag: Tag) -> Result<Value, Problem> {
    let facility = state.store.snapshot();
    let item = facility.resolve(tag).ok_or_else(|| state.unknown_tag(tag))?;
    let local = Snapshot::of(state, &facility).local;
    let row =
        state.kept::<StandingBoards>().row_of(&facility, item, &local).ok_or_else(Problem::not_found)?;
    Ok(equipment_json(&row))
}

pub(crate) async fn equipment_one(
    State(state): State<AppState>,
    _: MayRead,
    Path(tag): Path<String>,
) -> Result<Json<Value>, Problem> {
    let tag = Tag::read(&tag).map_err(|_| Problem::not_found())?;
    item_json(&state, tag).map(Json)
}

/// A new item: its facts, and optionally a printed blank tag and a schedule.
#[derive(Debug, Deserialize)]
pub(crate) struct NewItem {
    tag: Option<String>,
    schedule: Option<Schedule>,
    #[serde(flatten)]
    fields: BTreeMap<String, Value>,
}

pub(crate) async fn equipment_add(
    State(state): State<AppState>,
    _: MayWrite,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(request.headers());
    let new: NewItem = read_json(request).await?;
    let tag = new.tag.as_deref().map(Tag::read).transpose().map_err(|e| bad("tag", &format!("{e}.")))?;
    let fields = Value::Object(new.fields.into_iter().collect());
    let fields: EquipmentFields =
        serde_path_to_error::deserialize(fields).map_err(|error| json_problem(&error))?;
    let command = Command::AddEquipment(Box::new(NewEquipment { tag, fields, schedule: new.schedule }));
    let done = act(&state, BY_API, key, command).await?;
    let added = match entry(&state, done.line).await? {
        Some((_, Event::EquipmentAdded(added))) => added.tag,
        _ => return Err(Problem::from(Refusal::KeyReused)),
    };
    let body = item_json(&state, added)?;
    let location = answer::header_value(&format!("/api/v1/equipment/{added}"));
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response())
}

/// A schedule of an item: for any protocol, or with `protocol` for one of its protocols.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSchedule {
    #[serde(default)]
    protocol: Option<ProtocolId>,
    schedule: Schedule,
}

pub(crate) async fn schedule_set(
    State(state): State<AppState>,
    _: MayWrite,
    Path(tag): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(request.headers());
    let tag = Tag::read(&tag).map_err(|_| Problem::not_found())?;
    let NewSchedule { protocol, schedule } = read_json(request).await?;
    act(&state, BY_API, key, Command::SetSchedule { tag, protocol, schedule }).await?;
    Ok((StatusCode::CREATED, Json(item_json(&state, tag)?)).into_response())
}
