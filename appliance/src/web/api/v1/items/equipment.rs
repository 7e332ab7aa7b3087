//! Equipment and its schedules, for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use http::Method;
use record::anchor::TimeCertainty;
use record::compliance::{DueCause, DueReason, ItemStatus};
use record::fold::{Equipment, FacilityState, RowVersion, ServiceState};
use record::ids::ProtocolId;
use record::kinds::{CivilDay, EquipmentFacts, EquipmentPatch, Event, Schedule};
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
use crate::web::api::list::ListJson;
use crate::web::api::v1::versions::run_over;
use crate::web::commands::run::{read_event, run_command};
use crate::web::context::AppState;
use crate::web::http_error::{invalid_parameter, not_found};
use crate::web::request::lists::listing::ListParams;
use crate::web::request::lists::page_cursor::{PageCursor, bad_cursor};
use crate::web::view_models::equipment::item_status::ItemRow;
use crate::web::view_models::equipment::items::find_outage;
use crate::web::view_models::equipment::status_board::{StatusBoards, status_board};
use crate::web::view_models::page::formats::utc_text;
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

/// How an item stands.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ItemState {
    /// It has no schedule.
    NoSchedule,
    /// It is out of service.
    OutOfService,
    /// Nothing is due yet.
    NotDue,
    /// It is clean.
    Clean,
    /// It is due.
    Due,
    /// It was used since it was cleaned.
    DueAfterUse,
    /// It is overdue.
    Overdue,
}

/// A schedule for one of an item's protocols, or for any.
#[derive(Debug, Serialize, JsonSchema)]
struct ItemSchedule {
    /// Which protocol; null: any.
    protocol: Option<ProtocolId>,
    /// How often.
    schedule: Schedule,
}

impl ItemSchedule {
    fn all_of(item: &Equipment) -> Vec<Self> {
        let schedules = item.schedules().into_iter();
        schedules.map(|(protocol, schedule)| Self { protocol, schedule: schedule.clone() }).collect()
    }
}

/// A recorded cleaning that leaves its item due.
#[derive(Debug, Serialize, JsonSchema)]
struct DueBecause {
    /// `incomplete`, `voided`, `too_late` (recorded more than 72 hours after it was done), or `before` (a late entry of what
    /// was done before that which is due now began).
    reason: DueReason,
    /// When it was done (RFC 3339, UTC).
    cleaned_at: String,
    /// What it lacks, in the words of a cleaning’s `missing`.
    missing: Vec<&'static str>,
}

impl DueBecause {
    fn of(cause: &DueCause) -> Self {
        let missing = cause.missing.iter().map(|part| part.word()).collect();
        Self { reason: cause.reason, cleaned_at: utc_text(cause.performed_ms), missing }
    }
}

/// An item.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Equipment")]
pub(crate) struct EquipmentJson {
    /// Its first tag, which names it for good.
    tag: Tag,
    #[serde(flatten)]
    facts: EquipmentFacts,
    /// Whether it is used.
    service: ServiceState,
    /// When it is expected back in service; null where nobody has said.
    back: Option<CivilDay>,
    /// How it stands.
    status: ItemState,
    /// Until when it is to be cleaned (RFC 3339, UTC); null where it is not due.
    due_by: Option<String>,
    /// Since when it stands so (RFC 3339, UTC), where that has a beginning.
    status_since: Option<String>,
    /// The recorded cleaning that leaves it due, and why; null where it is not due, or none was recorded that could count.
    due_because: Option<DueBecause>,
    /// The schedule that a cleaning by any protocol meets.
    schedule: Option<Schedule>,
    /// All its schedules.
    schedules: Vec<ItemSchedule>,
    /// When it was cleaned last (RFC 3339, UTC); null where it never was.
    last_cleaned_at: Option<String>,
    /// Whether that is a guess: the box's clock was not set, and nobody has said since what the time was.
    time_uncertain: bool,
    /// Whether somebody cleans it at this moment: its contact time was started, and nothing is recorded yet.
    being_cleaned: bool,
    /// When it was added (RFC 3339, UTC).
    added_at: String,
}

impl EquipmentJson {
    pub(crate) fn tag(&self) -> Tag {
        self.tag
    }

    fn of(facility: &FacilityState, row: &ItemRow, being_cleaned: &BTreeSet<Tag>) -> Self {
        let item = &row.item;
        let (status, by_ms, since_ms) = match row.status {
            ItemStatus::NoSchedule => (ItemState::NoSchedule, None, None),
            ItemStatus::OutOfService { since_ms } => (ItemState::OutOfService, None, Some(since_ms)),
            ItemStatus::NotDue => (ItemState::NotDue, None, None),
            ItemStatus::Clean { until_ms } => (ItemState::Clean, until_ms, None),
            ItemStatus::Due { by_ms } => (ItemState::Due, Some(by_ms), None),
            ItemStatus::DueAfterUse { since_ms, by_ms } => {
                (ItemState::DueAfterUse, Some(by_ms), Some(since_ms))
            }
            ItemStatus::Overdue { since_ms } => (ItemState::Overdue, None, Some(since_ms)),
        };
        let last = row.activity.as_ref().and_then(|a| a.last);
        Self {
            tag: item.tag,
            facts: item.facts.clone(),
            service: item.service,
            back: find_outage(item).and_then(|outage| outage.back),
            status,
            due_by: by_ms.map(utc_text),
            status_since: since_ms.map(utc_text),
            due_because: row.cause.as_ref().map(DueBecause::of),
            schedule: item.schedule(None).cloned(),
            schedules: ItemSchedule::all_of(item),
            last_cleaned_at: last.map(|l| utc_text(l.performed_ms)),
            time_uncertain: last.is_some_and(|l| l.certainty(&facility.boots) == TimeCertainty::Uncertain),
            being_cleaned: being_cleaned.contains(&item.tag),
            added_at: utc_text(item.added_ms),
        }
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
) -> Result<Json<ListJson<ItemSchedule>>, HttpError> {
    let tag = read_path_tag(&tag)?;
    let facility = state.store.snapshot();
    let item = find_named_item(&facility, tag).ok_or_else(|| state.unknown_tag(tag))?;
    Ok(Json(ListJson::whole(ItemSchedule::all_of(item))))
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
    Created::at(&format!("/api/v1/equipment/{}", added.tag), added)
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
