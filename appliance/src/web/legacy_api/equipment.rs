//! The old app's equipment; the `{id}` of an item is its tag, or the number that it had there.

use api::ListJson;
use axum::extract::State;
use http::Method;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json, NoContent, WithHeaders, with_etag};
use web::argument::{IdempotencyKey, IfMatch, JsonBody, Path, Query};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::api::v1::items::equipment::{
    EquipmentJson, NewItem, add_item, find_item_version, list_equipment,
};
use crate::web::api::v1::items::equipment_changes::{ItemChanges, change_item, retire_item};
use crate::web::context::AppState;
use crate::web::legacy_api::old_ids::read_old_id;
use crate::web::request::bodies::optional_json::OptionalJson;
use crate::web::request::lists::listing::ListParams;
use crate::web::{examples, refusals};

const ITEMS: &str = "/api/equipment/";
const ITEM: &str = "/api/equipment/{id}/";

pub(super) fn old_equipment_routes() -> Vec<Route<AppState>> {
    use RouteKind::Old;
    let item = json!({ "name": "Infusion pump 21", "location": "ICU East" });
    let id = Example::default().part("id", examples::TAG);
    let change = id.clone().json(json!({ "location": "ICU West" }));
    let changed = "Changes the facts that it names, and leaves the others as they are";
    vec![
        row(Method::GET, ITEMS, "old.list-equipment", Old, list)
            .summary("Items, newest first")
            .refusals(refusals::READING),
        row(Method::POST, ITEMS, "old.add-equipment", Old, add)
            .summary("Adds an item")
            .commands(&["AddEquipment"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(item)),
        row(Method::GET, ITEM, "old.find-equipment", Old, find)
            .summary("One item; `{id}` is any of its tags, or the number that it had in the old app")
            .refusals(refusals::READING)
            .example(id.clone()),
        row(Method::PUT, ITEM, "old.replace-equipment", Old, change_equipment)
            .summary(changed)
            .commands(&["ChangeEquipment"])
            .refusals(refusals::COMMANDING)
            .example(change.clone()),
        row(Method::PATCH, ITEM, "old.change-equipment", Old, change_equipment)
            .summary(changed)
            .commands(&["ChangeEquipment"])
            .refusals(refusals::COMMANDING)
            .example(change),
        row(Method::DELETE, ITEM, "old.retire-equipment", Old, retire)
            .summary("Retires an item for good; its history stays")
            .commands(&["RetireEquipment"])
            .refusals(refusals::COMMANDING)
            .example(id.query("reason=sold")),
    ]
}

/// An item, and its tag once more under the name that old scripts know.
#[derive(Debug, Serialize, JsonSchema)]
struct OldEquipment {
    /// Its first tag, which is the `{id}` of its paths.
    id: Tag,
    #[serde(flatten)]
    item: EquipmentJson,
}

impl From<EquipmentJson> for OldEquipment {
    fn from(item: EquipmentJson) -> Self {
        Self { id: item.tag(), item }
    }
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Query(params): Query<ListParams>,
) -> Result<Json<ListJson<OldEquipment>>, HttpError> {
    let ListJson { items, next } = list_equipment(&state, &params).await?;
    Ok(Json(ListJson { items: items.into_iter().map(OldEquipment::from).collect(), next }))
}

async fn add(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(new): JsonBody<NewItem>,
) -> Result<Created<OldEquipment>, HttpError> {
    let added = OldEquipment::from(add_item(&state, key, new).await?);
    Created::at(&format!("{ITEMS}{}/", added.id), added)
}

async fn find(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<WithHeaders<Json<OldEquipment>>, HttpError> {
    let (item, version) = find_item_version(&state, read_old_id(&state, &id)?)?;
    with_etag(Some(version), Json(item.into()))
}

async fn change_equipment(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(changes): JsonBody<ItemChanges>,
) -> Result<WithHeaders<Json<OldEquipment>>, HttpError> {
    let (item, version) = change_item(&state, read_old_id(&state, &id)?, key, &if_match, changes).await?;
    with_etag(Some(version), Json(item.into()))
}

/// Why an item is retired; in the query where a client sends no body with DELETE.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct OldRetirement {
    /// At most 1,000 characters; people read it.
    #[serde(default)]
    reason: String,
}

async fn retire(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    Query(requested): Query<OldRetirement>,
    OptionalJson(body): OptionalJson<OldRetirement>,
) -> Result<NoContent, HttpError> {
    let reason = if body.reason.is_empty() { requested.reason } else { body.reason };
    retire_item(&state, read_old_id(&state, &id)?, key, &if_match, reason).await
}
