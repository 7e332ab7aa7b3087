//! Changes of equipment and of its service, for programs.

use std::collections::BTreeMap;

use axum::extract::State;
use http::Method;
use record::fold::RowVersion;
use record::kinds::{CivilDay, EquipmentPatch, ProblemOutcome, Schedule};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use web::answer::{Json, NoContent, with_etag};
use web::argument::{IdempotencyKey, IfMatch, JsonBody, OtherVersion, Path};
use web::error::HttpError;
use web::route::{Route, RouteKind, row};

use crate::intake::{Command, CommandRefusal, EquipmentMerge, ProblemClosing, RefusalCause};
use crate::web::access::permissions::Write;
use crate::web::access::program::ProgramCaller;
use crate::web::api::v1::items::equipment::{
    EquipmentJson, VersionedItem, act_over, find_item, find_item_version, read_facts, read_path_tag,
};
use crate::web::context::AppState;
use crate::web::http_error::changed_since;
use crate::web::{examples, refusals};

pub(crate) fn equipment_change_routes() -> Vec<Route<AppState>> {
    let change = json!({ "location": "ICU West", "custom": { "Cost centre": "4410" } });
    let out = json!({ "service": "out", "reason": "Flow sensor fails its self-test" });
    vec![
        row(Method::PATCH, "/api/v1/equipment/{tag}", "equipment.change", RouteKind::Api, change_equipment)
            .summary("Changes the facts that it names, and leaves the others as they are")
            .commands(&["ChangeEquipment"])
            .refusals(refusals::COMMANDING)
            .example(examples::tag_example().json(change)),
        row(Method::DELETE, "/api/v1/equipment/{tag}", "equipment.remove", RouteKind::Api, retire_equipment)
            .summary("Retires an item for good, with the reason; its history stays")
            .commands(&["RetireEquipment"])
            .refusals(refusals::COMMANDING)
            .example(examples::tag_example().json(json!({ "reason": "Sent back to the manufacturer" }))),
        row(
            Method::POST,
            "/api/v1/equipment/{tag}/merged",
            "equipment.join",
            RouteKind::Api,
            merge_equipment,
        )
        .summary("Retires an item that is the same thing as another one, which its tags and codes open then")
        .commands(&["MergeEquipment"])
        .refusals(refusals::COMMANDING)
        .example(examples::tag_example().json(json!({ "into": examples::SUSPENDED_TAG }))),
        row(Method::PUT, "/api/v1/equipment/{tag}/service", "service.set", RouteKind::Api, set_service)
            .summary("Takes an item out of service, with the reason, or back into it; of one that is out, over its version, another reason or day")
            .commands(&["SuspendEquipment", "ResumeEquipment"])
            .refusals(refusals::COMMANDING)
            .example(examples::tag_example().json(out)),
    ]
}

/// What is to be changed of an item; what is absent stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ItemChanges {
    /// When it is due by any protocol.
    schedule: Option<Schedule>,
    // Read a second time, so that what does not fit is named.
    #[serde(flatten)]
    #[schemars(with = "EquipmentPatch")]
    fields: BTreeMap<String, Value>,
}

/// Changes an item; the item, and the version that the change made of it. A change that names nothing records nothing.
pub(crate) async fn change_item(
    state: &AppState,
    tag: Tag,
    key: Option<String>,
    if_match: &IfMatch,
    changes: ItemChanges,
) -> Result<(EquipmentJson, RowVersion), HttpError> {
    let (schedule, fields) = (changes.schedule, read_facts(changes.fields)?);
    if schedule.is_none() && fields == EquipmentPatch::default() {
        let (item, now) = find_item_version(state, tag)?;
        if_match.require(Some(now)).map_err(|OtherVersion| changed_since(Some(now)))?;
        return Ok((item, now));
    }
    let command = Command::ChangeEquipment { tag, fields: Box::new(fields), schedule, seen: None };
    let version = act_over(state, tag, key, if_match, command).await?;
    Ok((find_item(state, tag)?, version))
}

async fn change_equipment(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(changes): JsonBody<ItemChanges>,
) -> Result<VersionedItem, HttpError> {
    let (item, version) = change_item(&state, read_path_tag(&tag)?, key, &if_match, changes).await?;
    with_etag(Some(version), Json(item))
}

pub(crate) async fn retire_item(
    state: &AppState,
    tag: Tag,
    key: Option<String>,
    if_match: &IfMatch,
    reason: String,
) -> Result<NoContent, HttpError> {
    act_over(state, tag, key, if_match, Command::RetireEquipment { tag, reason, seen: None }).await?;
    Ok(NoContent)
}

/// Why an item is retired.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Retirement {
    /// At most 1,000 characters; people read it.
    reason: String,
}

async fn retire_equipment(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(Retirement { reason }): JsonBody<Retirement>,
) -> Result<NoContent, HttpError> {
    require_reason(&reason)?;
    retire_item(&state, read_path_tag(&tag)?, key, &if_match, reason).await
}

/// Into which item another one is merged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ItemMerge {
    /// Any tag of the item that stays.
    into: Tag,
    /// Why, at most 1,000 characters.
    #[serde(default)]
    reason: String,
}

async fn merge_equipment(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(ItemMerge { into, reason }): JsonBody<ItemMerge>,
) -> Result<NoContent, HttpError> {
    let from = read_path_tag(&tag)?;
    let command = Command::MergeEquipment(EquipmentMerge { from, into, reason, seen: None });
    act_over(&state, from, key, &if_match, command).await?;
    Ok(NoContent)
}

/// In service or out of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "service", rename_all = "snake_case", deny_unknown_fields)]
enum ServiceChange {
    /// Back in service.
    In {
        /// What came of the open reports about it, where there are some: `fixed`, `no fault`, `retired` or `duplicate`.
        #[serde(default)]
        outcome: Option<ProblemOutcome>,
        /// What was done, at most 1,000 characters.
        #[serde(default)]
        text: String,
    },
    /// Out of service: nothing is due meanwhile, and a scan says not to use it. Of an item that is out already it holds instead of
    /// what was said before, where `If-Match` names the item's version.
    Out {
        /// At most 1,000 characters; whoever scans it reads it.
        reason: String,
        /// When it is expected back, today or later; absent: nobody knows.
        #[serde(default)]
        back: Option<CivilDay>,
    },
}

async fn set_service(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(change): JsonBody<ServiceChange>,
) -> Result<VersionedItem, HttpError> {
    let tag = read_path_tag(&tag)?;
    let command = match change {
        ServiceChange::In { outcome, text } => {
            let closing = ProblemClosing { outcome, text };
            Command::ResumeEquipment { tag, closing, seen: None }
        }
        ServiceChange::Out { reason, back } => {
            require_reason(&reason)?;
            Command::SuspendEquipment { tag, reason, back, seen: None }
        }
    };
    let version = act_over(&state, tag, key, &if_match, command).await?;
    with_etag(Some(version), Json(find_item(&state, tag)?))
}

/// Pages ask for a reason too: whoever meets the item wants to know.
fn require_reason(reason: &str) -> Result<(), HttpError> {
    match reason.trim() {
        "" => Err(CommandRefusal::Needed { field: "reason", cause: RefusalCause::Reason }.into()),
        _ => Ok(()),
    }
}
