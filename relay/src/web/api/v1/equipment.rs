//! `GET /api/v1/equipment`: every item of the account with how it stands.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use record::fold::{Equipment, Service};
use record::ids::{FacilityId, ProtocolId};
use record::kinds::{Class, PhotoPolicy, Schedule};
use record::tag::Tag;
use serde::{Deserialize, Serialize};

use crate::accounts::Program;
use crate::db::DbError;
use crate::db::dashboard::ItemRow;
use crate::web::api::{List, json, limit, stamp};
use crate::web::http_error::Fault;
use crate::web::{Answer, Web};

const NEXT: Fault = Fault::Parameter { field: "cursor", expects: "the `next` of a list" };

/// What the address carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    facility: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct Item {
    tag: String,
    facility: String,
    name: String,
    asset_number: String,
    serial: String,
    maker: String,
    model: String,
    category: String,
    location: String,
    class: Class,
    photo: PhotoPolicy,
    protocols: Vec<ProtocolId>,
    custom: BTreeMap<String, String>,
    service: Service,
    status: &'static str,
    due_by: Option<String>,
    status_since: Option<String>,
    schedule: Option<Schedule>,
    schedules: Vec<Scheduled>,
    last_cleaned_at: Option<String>,
    added_at: String,
}

/// A schedule, of one protocol or for any.
#[derive(Serialize)]
struct Scheduled {
    protocol: Option<ProtocolId>,
    schedule: Schedule,
}

/// The list, by facility and tag.
pub(crate) async fn list(program: Program, State(web): State<Web>, Query(asked): Query<Asked>) -> Answer {
    let wanted = limit(asked.limit.as_deref())?;
    let only = facility(asked.facility.as_deref())?;
    let (from, mut after) = match asked.cursor.as_deref() {
        None => (None, String::new()),
        Some(cursor) => {
            let (facility, tag) = cursor.split_once('.').ok_or(NEXT)?;
            let facility: FacilityId = facility.parse().map_err(|_| NEXT)?;
            (Some(facility), tag.parse::<Tag>().map_err(|_| NEXT)?.to_string())
        }
    };
    let mut conn = web.db.read().await?;
    let mut ids: Vec<FacilityId> = Vec::new();
    for row in crate::db::facilities::list(&mut conn, program.scope).await? {
        ids.push(row.facility.parse().map_err(|e| DbError::stored("facility id", e))?);
    }
    if only.is_some_and(|only| !ids.contains(&only)) {
        return Err(Fault::NotFound);
    }
    ids.sort_unstable();
    ids.retain(|&id| only.is_none_or(|only| only == id) && from.is_none_or(|from| id >= from));
    let mut items = Vec::new();
    for id in ids {
        let missing = wanted + 1 - i64::try_from(items.len()).unwrap_or(i64::MAX);
        if missing <= 0 {
            break;
        }
        if from != Some(id) {
            after.clear();
        }
        for row in crate::db::dashboard::items(&mut conn, program.scope, id, &after, missing).await? {
            items.push(item(&row)?);
        }
    }
    let bound = usize::try_from(wanted).unwrap_or(usize::MAX);
    let more = items.len() > bound;
    items.truncate(bound);
    let next = items.last().filter(|_| more).map(|i| format!("{}.{}", i.facility, i.tag));
    json(&List { items, next })
}

/// Reads `facility`.
pub(crate) fn facility(asked: Option<&str>) -> Result<Option<FacilityId>, Fault> {
    // What has not the form of an id names nothing, as an id that nobody has.
    asked.map(|id| id.parse().map_err(|_| Fault::NotFound)).transpose()
}

fn item(row: &ItemRow) -> Result<Item, DbError> {
    let item: Equipment = serde_json::from_str(&row.body).map_err(|e| DbError::stored("equipment", e))?;
    let status = match row.state.as_deref() {
        Some("overdue") => "overdue",
        Some("due") => "due",
        Some("used") => "due_after_use",
        Some("clean") => "clean",
        Some("out") => "out_of_service",
        Some("idle") => "not_due",
        _ => "no_schedule",
    };
    let schedule = item.schedule(None).cloned();
    let schedules = item.schedules().into_iter();
    let schedules =
        schedules.map(|(protocol, schedule)| Scheduled { protocol, schedule: schedule.clone() }).collect();
    Ok(Item {
        tag: item.tag.to_string(),
        facility: row.facility.clone(),
        name: item.name,
        asset_number: item.asset_number,
        serial: item.serial,
        maker: item.maker,
        model: item.model,
        category: item.category,
        location: item.location,
        class: item.class,
        service: item.service,
        photo: item.photo,
        protocols: item.protocols,
        custom: item.custom,
        status,
        due_by: row.by_ms.map(stamp),
        status_since: row.since_ms.map(stamp),
        schedule,
        schedules,
        last_cleaned_at: row.last_ms.map(stamp),
        added_at: stamp(item.added_ms),
    })
}
