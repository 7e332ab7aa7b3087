//! Equipment and its schedules, for programs.

use api::{Equipment, EquipmentDueState, ListJson, NewestCleaning, ProtocolSchedule};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use http::Method;
use record::anchor::TimeCertainty;
use record::fold::{FacilityState, RowVersion};
use record::ids::ProtocolId;
use record::kinds::{EquipmentPatch, Event, Schedule};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use web::answer::{Created, Json, WithHeaders, with_etag};
use web::argument::{IdempotencyKey, IfMatch, JsonBody, Path, Query, json_error};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::intake::{Command, CommandRefusal, NewEquipment, find_named_item};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::api::v1::versions::run_over;
use crate::web::commands::run::{read_event, run_command};
use crate::web::context::AppState;
use crate::web::http_error::{invalid_parameter, not_found};
use crate::web::request::lists::listing::ListParams;
use crate::web::request::lists::page_cursor::{PageCursor, bad_cursor};
use crate::web::view_models::equipment::item_status::ItemRow;
use crate::web::view_models::equipment::status_board::{StatusBoards, status_board};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::{examples, refusals};

pub(crate) fn equipment_routes() -> Vec<Route<AppState>> {
    let every_day = json!({ "every": "days", "n": 1 });
    let item = json!({ "name": "Infusion pump 21", "location": "ICU East", "schedule": every_day.clone() });
    vec![
        row(Method::GET, "/api/v1/equipment", "equipment.list", RouteKind::Api, list)
            .summary("Items, newest first")
            .refusals(refusals::READING)
            .example(Example::default().query("limit=2")),
        row(Method::POST, "/api/v1/equipment", "equipment.add", RouteKind::Api, add)
            .summary("Adds an item, with a schedule where one is given")
            .commands(&["AddEquipment"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(item)),
        row(Method::GET, "/api/v1/equipment/{tag}", "equipment.find", RouteKind::Api, find)
            .summary("One item, by any of its tags")
            .refusals(refusals::READING)
            .example(examples::tag_example()),
        row(
            Method::GET,
            "/api/v1/equipment/{tag}/schedules",
            "schedule.list",
            RouteKind::Api,
            list_schedules,
        )
        .summary("When an item is due: by any of its protocols, and by each that has its own schedule")
        .refusals(refusals::READING)
        .example(examples::tag_example()),
        row(Method::POST, "/api/v1/equipment/{tag}/schedules", "schedule.set", RouteKind::Api, set_schedule)
            .summary("Sets when an item is due")
            .commands(&["SetSchedule"])
            .refusals(refusals::COMMANDING)
            .example(examples::tag_example().json(json!({ "schedule": { "every": "weeks", "n": 2 } }))),
    ]
}

/// An item.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Equipment")]
pub(crate) struct EquipmentJson {
    #[serde(flatten)]
    item: Equipment,
    /// Whether somebody cleans it at this moment: its contact time was started, and nothing is recorded yet.
    being_cleaned: bool,
}

impl EquipmentJson {
    pub(crate) fn tag(&self) -> Tag {
        self.item.tag
    }

    fn of(facility: &FacilityState, row: &ItemRow, being_cleaned: &BTreeSet<Tag>) -> Self {
        let newest = row.activity.as_ref().and_then(|a| a.last).map(|last| NewestCleaning {
            performed_ms: last.performed_ms,
            is_uncertain: last.certainty(&facility.boots) == TimeCertainty::Uncertain,
        });
        let due = EquipmentDueState::of(row.status, row.cause.clone(), newest);
        Self { item: Equipment::of(&row.item, &due), being_cleaned: being_cleaned.contains(&row.item.tag) }
    }
}

pub(crate) async fn list_equipment(
    state: &AppState,
    params: &ListParams,
) -> Result<ListJson<EquipmentJson>, HttpError> {
    let limit = params.limit()?;
    let cursor = params.cursor.as_deref().map(PageCursor::read).transpose()?;
    let board = status_board(state).await?;
    let mut rows: Vec<(PageCursor, &Arc<ItemRow>)> =
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
    let (part, being_cleaned) = (rows[from..].iter().take(limit), board.being_cleaned(state));
    Ok(ListJson {
        items: part.map(|(_, row)| EquipmentJson::of(&board.seen, row, &being_cleaned)).collect(),
        next,
    })
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Query(params): Query<ListParams>,
) -> Result<Json<ListJson<EquipmentJson>>, HttpError> {
    list_equipment(&state, &params).await.map(Json)
}

/// The tag in a path; a text that is no tag names nothing.
pub(crate) fn read_path_tag(text: &str) -> Result<Tag, HttpError> {
    Tag::read(text).map_err(|_| not_found())
}

pub(crate) fn find_item(state: &AppState, tag: Tag) -> Result<EquipmentJson, HttpError> {
    find_item_version(state, tag).map(|(item, _)| item)
}

pub(crate) fn find_item_version(
    state: &AppState,
    tag: Tag,
) -> Result<(EquipmentJson, RowVersion), HttpError> {
    let facility = state.store.snapshot();
    let item = find_named_item(&facility, tag).ok_or_else(|| state.unknown_tag(tag))?;
    let local = Snapshot::of(state, &facility).local;
    let row = state.stored::<StatusBoards>().row_of(&facility, item, &local).ok_or_else(not_found)?;
    let being_cleaned = state.contact_timers.being_cleaned(&facility, &state.known_now());
    Ok((EquipmentJson::of(&facility, &row, &being_cleaned), item.changed))
}

pub(crate) type VersionedItem = WithHeaders<Json<EquipmentJson>>;

fn find_version(state: &AppState, tag: Tag) -> Option<RowVersion> {
    find_named_item(&state.store.snapshot(), tag).map(|item| item.changed)
}

fn find_versioned(state: &AppState, tag: Tag) -> Result<VersionedItem, HttpError> {
    let (item, version) = find_item_version(state, tag)?;
    with_etag(Some(version), Json(item))
}

async fn find(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<VersionedItem, HttpError> {
    find_versioned(&state, read_path_tag(&tag)?)
}

async fn list_schedules(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Json<ListJson<ProtocolSchedule>>, HttpError> {
    let tag = read_path_tag(&tag)?;
    let facility = state.store.snapshot();
    let item = find_named_item(&facility, tag).ok_or_else(|| state.unknown_tag(tag))?;
    Ok(Json(ListJson::whole(ProtocolSchedule::all_of(item))))
}

/// A new item: its facts, and optionally a printed blank tag and a schedule.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewItem {
    /// A printed blank tag that is already on it; a new one is made where it is absent.
    tag: Option<String>,
    /// A code that is on it already, as scanned: from then on it opens the item.
    code: Option<String>,
    /// When it is due.
    schedule: Option<Schedule>,
    // Read a second time, so that what does not fit is named.
    #[serde(flatten)]
    #[schemars(with = "EquipmentPatch")]
    fields: BTreeMap<String, Value>,
}

pub(crate) fn read_facts(members: BTreeMap<String, Value>) -> Result<EquipmentPatch, HttpError> {
    let members = Value::Object(members.into_iter().collect());
    serde_path_to_error::deserialize(members).map_err(|error| json_error(&error))
}

pub(crate) async fn act_over(
    state: &AppState,
    tag: Tag,
    key: Option<String>,
    if_match: &IfMatch,
    command: Command,
) -> Result<RowVersion, HttpError> {
    let now = find_version(state, tag);
    run_over(state, now, key, if_match, command).await.map(|done| done.version)
}

pub(crate) async fn add_item(
    state: &AppState,
    key: Option<String>,
    new: NewItem,
) -> Result<EquipmentJson, HttpError> {
    let tag = new.tag.as_deref().map(Tag::read).transpose();
    let tag = tag.map_err(|e| invalid_parameter("tag", format!("{e}.")))?;
    let fields = read_facts(new.fields)?;
    let command =
        Command::AddEquipment(Box::new(NewEquipment { tag, fields, schedule: new.schedule, code: new.code }));
    let done = run_command(state, BY_API, key, command).await?;
    match read_event(state, done.line).await? {
        Some((_, Event::EquipmentAdded(added))) => find_item(state, added.tag),
        _ => Err(CommandRefusal::KeyReused.into()),
    }
}

async fn add(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(new): JsonBody<NewItem>,
) -> Result<Created<EquipmentJson>, HttpError> {
    let added = add_item(&state, key, new).await?;
    Created::at(&format!("/api/v1/equipment/{}", added.tag()), added)
}

/// A schedule of an item: for any protocol, or with `protocol` for one of its protocols.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSchedule {
    /// Which of the item's protocols; any where it is absent.
    #[serde(default)]
    protocol: Option<ProtocolId>,
    /// How often.
    schedule: Schedule,
}

async fn set_schedule(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(NewSchedule { protocol, schedule }): JsonBody<NewSchedule>,
) -> Result<WithHeaders<Created<EquipmentJson>>, HttpError> {
    let tag = read_path_tag(&tag)?;
    let command = Command::SetSchedule { tag, protocol, schedule, seen: None };
    let version = act_over(&state, tag, key, &if_match, command).await?;
    with_etag(Some(version), Created::at(&format!("/api/v1/equipment/{tag}"), find_item(&state, tag)?)?)
}
