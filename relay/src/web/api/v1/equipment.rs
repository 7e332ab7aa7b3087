//! `GET /api/v1/equipment`: every item of the account with its state.

use ::web::answer::OneOf;
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use axum::http::HeaderMap;
use record::fold::Equipment;
use record::ids::FacilityId;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounts::ApiProgram;
use crate::db::facility::facility_now::FacilityPart;
use crate::db::projection::dashboard::ItemRow;
use crate::db::{DbError, ScopedConnection};
use crate::web::WebContext;
use crate::web::access::TokenProgram;
use crate::web::api::cursor::CursorSeal;
use crate::web::api::revision::{CachedJson, find_revision};
use crate::web::api::{cut_list, read_limit};
use crate::web::http_error::not_found;
use crate::web::program_errors::foreign_cursor;
use api::{EquipmentDueState, EquipmentStatus, ListJson, NewestCleaning};

/// Which items.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "EquipmentParams")]
pub(crate) struct EquipmentQuery {
    /// Only this facility.
    facility: Option<String>,
    /// Things in the list, 1 to 1,000.
    #[schemars(with = "Option<u64>", range(min = 1, max = 999_999_999_999_999_999_u64))]
    limit: Option<String>,
    /// The `next` of the part before.
    cursor: Option<String>,
}

/// An item, and how it stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Equipment")]
pub(crate) struct EquipmentItem {
    /// The facility's id.
    pub(crate) facility: String,
    #[serde(flatten)]
    pub(crate) item: api::Equipment,
}

/// The row of the list, as cursors know it.
const LIST: &str = "equipment";

fn read_place(key: &str) -> Option<(FacilityId, Tag)> {
    let (facility, tag) = key.split_once('.')?;
    Some((facility.parse().ok()?, tag.parse().ok()?))
}

pub(crate) async fn list(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<EquipmentQuery>,
    headers: HeaderMap,
) -> Result<CachedJson<ListJson<EquipmentItem>>, HttpError> {
    let only = read_facility(requested.facility.as_deref())?;
    let mut conn = web.db.read(program.reads).await?;
    let revision = find_revision(&mut conn, &program, only, &[FacilityPart::Counts]).await?;
    // Checked before anything is said to be known: the list of a facility that is not seen is not there.
    if let Some(only) = only {
        crate::db::facility::facilities::get(&mut conn, only).await?.ok_or_else(not_found)?;
    }
    if let Some(known) = revision.known_to(&headers) {
        return Ok(OneOf::Second(known));
    }
    load_list(&web, &program, &mut conn, &requested).await.map(|list| revision.mark(list))
}

pub(crate) async fn load_list(
    web: &WebContext,
    program: &ApiProgram,
    conn: &mut ScopedConnection,
    requested: &EquipmentQuery,
) -> Result<ListJson<EquipmentItem>, HttpError> {
    let expected = read_limit(requested.limit.as_deref())?;
    let only = read_facility(requested.facility.as_deref())?;
    let seal = CursorSeal::new(web, program, LIST, &[requested.facility.as_deref()]);
    let (from, mut after) = match seal.read(requested.cursor.as_deref())? {
        None => (None, String::new()),
        Some(key) => {
            let (facility, tag) = read_place(&key).ok_or_else(foreign_cursor)?;
            (Some(facility), tag.to_string())
        }
    };
    let mut ids: Vec<FacilityId> = Vec::new();
    for row in crate::db::facility::facilities::list_facilities(conn).await? {
        ids.push(row.facility.parse().map_err(|e| DbError::stored("facility id", e))?);
    }
    if only.is_some_and(|only| !ids.contains(&only)) {
        return Err(not_found());
    }
    ids.sort_unstable();
    ids.retain(|&id| only.is_none_or(|only| only == id) && from.is_none_or(|from| id >= from));
    let mut items = Vec::new();
    for id in ids {
        let missing = expected + 1 - i64::try_from(items.len()).unwrap_or(i64::MAX);
        if missing <= 0 {
            break;
        }
        if from != Some(id) {
            after.clear();
        }
        for row in crate::db::projection::dashboard::load_items(conn, id, &after, missing).await? {
            items.push(equipment_json(&row)?);
        }
    }
    cut_list(items, expected, &seal, |item| format!("{}.{}", item.facility, item.item.tag))
}

pub(crate) async fn show_item(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path((facility, tag)): Path<(FacilityId, Tag)>,
    headers: HeaderMap,
) -> Result<CachedJson<EquipmentItem>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    crate::db::facility::facilities::get(&mut conn, facility).await?.ok_or_else(not_found)?;
    let revision = find_revision(&mut conn, &program, Some(facility), &[FacilityPart::Counts]).await?;
    let row =
        crate::db::projection::dashboard::load_item(&mut conn, facility, tag).await?.ok_or_else(not_found)?;
    if let Some(known) = revision.known_to(&headers) {
        return Ok(OneOf::Second(known));
    }
    Ok(revision.mark(equipment_json(&row)?))
}

pub(crate) fn read_facility(requested: Option<&str>) -> Result<Option<FacilityId>, HttpError> {
    // What has not the form of an id names nothing, as an id that nobody has.
    requested.map(|id| id.parse().map_err(|_| not_found())).transpose()
}

pub(crate) fn equipment_json(row: &ItemRow) -> Result<EquipmentItem, DbError> {
    let item: Equipment = serde_json::from_str(&row.body).map_err(|e| DbError::stored("equipment", e))?;
    let status = match row.state.as_deref() {
        Some("overdue") => EquipmentStatus::Overdue,
        Some("due") => EquipmentStatus::Due,
        Some("used") => EquipmentStatus::DueAfterUse,
        Some("clean") => EquipmentStatus::Clean,
        Some("out") => EquipmentStatus::OutOfService,
        Some("idle") => EquipmentStatus::NotDue,
        _ => EquipmentStatus::NoSchedule,
    };
    let newest =
        row.last_ms.map(|performed_ms| NewestCleaning { performed_ms, is_uncertain: row.last_uncertain });
    let due = EquipmentDueState {
        status,
        by_ms: row.by_ms,
        since_ms: row.since_ms,
        cause: row.due_cause()?,
        newest,
    };
    Ok(EquipmentItem { facility: row.facility.clone(), item: api::Equipment::of(&item, &due) })
}
