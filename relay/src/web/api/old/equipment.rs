//! `/api/equipment/`: items with whole numbers as ids.

use ::web::answer::Json;
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use record::ids::FacilityId;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::ApiProgram;
use crate::db::ScopedConnection;
use crate::db::facility::facilities;
use crate::db::projection::dashboard::{ItemRow, find_by_tag, load_item};
use crate::db::projection::old_ids::OldKind;
use crate::web::WebContext;
use crate::web::access::{TokenProgram, WritingProgram};
use crate::web::api::old::at_the_box::{AtTheBox, BoxWork, list_addresses};
use crate::web::api::old::numbers::{find_numbered, number_of, number_things};
use crate::web::api::v1::equipment::{EquipmentItem, EquipmentQuery, equipment_json, load_list};
use crate::web::http_error::not_found;
use api::ListJson;

/// An item, as scripts of the app before this one know it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OldEquipment {
    id: i64,
    /// The number of its facility.
    facility_id: i64,
    #[serde(flatten)]
    item: EquipmentItem,
}

/// What `old_ids` calls an item.
fn thing_of(item: &EquipmentItem) -> String {
    format!("{}/{}", item.facility, item.item.tag)
}

async fn number_items(
    web: &WebContext,
    program: &ApiProgram,
    items: Vec<EquipmentItem>,
) -> Result<Vec<OldEquipment>, HttpError> {
    let things: Vec<String> = items.iter().map(thing_of).collect();
    let mut sites: Vec<String> = items.iter().map(|item| item.facility.clone()).collect();
    sites.dedup();
    let sites = number_things(web, program, OldKind::Facility, &sites).await?;
    let numbers = number_things(web, program, OldKind::Equipment, &things).await?;
    let numbered = things.iter().zip(items).map(|(thing, item)| {
        let (id, facility_id) = (number_of(&numbers, thing)?, number_of(&sites, &item.facility)?);
        Ok(OldEquipment { id, facility_id, item })
    });
    numbered.collect()
}

pub(crate) async fn list_items(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<EquipmentQuery>,
) -> Result<Json<ListJson<OldEquipment>>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let ListJson { items, next } = load_list(&web, &program, &mut conn, &requested).await?;
    drop(conn);
    let items = number_items(&web, &program, items).await?;
    Ok(Json(ListJson { items, next }))
}

pub(super) async fn find_item(conn: &mut ScopedConnection, id: &str) -> Result<ItemRow, HttpError> {
    if let Ok(tag) = Tag::read(id) {
        return find_by_tag(conn, tag).await?.ok_or_else(not_found);
    }
    let thing = find_numbered(conn, OldKind::Equipment, id).await?;
    let (facility, tag) = thing.split_once('/').ok_or_else(not_found)?;
    let facility: FacilityId = facility.parse().map_err(|_| not_found())?;
    let tag = Tag::read(tag).map_err(|_| not_found())?;
    facilities::get(conn, facility).await?.ok_or_else(not_found)?;
    load_item(conn, facility, tag).await?.ok_or_else(not_found)
}

pub(crate) async fn show_item(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(id): Path<String>,
) -> Result<Json<OldEquipment>, HttpError> {
    let row = find_item(&mut web.db.read(program.reads).await?, &id).await?;
    let items = number_items(&web, &program, vec![equipment_json(&row)?]).await?;
    items.into_iter().next().map(Json).ok_or_else(not_found)
}

pub(crate) async fn add_item(
    program: WritingProgram,
    State(web): State<WebContext>,
) -> Result<AtTheBox, HttpError> {
    let addresses = list_addresses(&mut web.db.read(program.reads).await?, None).await?;
    Ok(AtTheBox::new(&web, BoxWork::ChangeEquipment, &addresses))
}

/// `PUT`, `PATCH` and `DELETE /api/equipment/{id}/`.
pub(crate) async fn change_item(
    program: WritingProgram,
    State(web): State<WebContext>,
    Path(id): Path<String>,
) -> Result<AtTheBox, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let row = find_item(&mut conn, &id).await?;
    let facility = row.facility.parse().map_err(|_| not_found())?;
    let addresses = list_addresses(&mut conn, Some(facility)).await?;
    Ok(AtTheBox::new(&web, BoxWork::ChangeEquipment, &addresses))
}
