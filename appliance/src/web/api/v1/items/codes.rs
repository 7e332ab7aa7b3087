//! Codes on items, for programs.

use api::{ListJson, utc_text};
use axum::extract::State;
use http::Method;
use record::entry::Digest16;
use record::fold::FacilityState;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json, NoContent};
use web::argument::{IdempotencyKey, JsonBody, Path, Query};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::intake::{Command, NewAlias, find_named_item, read_code};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::api::v1::items::equipment::{EquipmentJson, find_item, read_path_tag};
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::http_error::{broken_rule, not_found};
use crate::web::view_models::equipment::codes::{code_of_item, codes_of, find_scanned};
use crate::web::view_models::page::entry_times::WrittenTime;
use crate::web::{examples, refusals};

pub(crate) fn code_routes() -> Vec<Route<AppState>> {
    let path = "/api/v1/equipment/{tag}/codes";
    vec![
        row(Method::GET, "/api/v1/codes", "code.find", RouteKind::Api, find_code)
            .summary("The item that a scanned text opens: a tag, a label’s address, or a code that is on it")
            .refusals(refusals::FINDING)
            .example(Example::default().query("code=BME-004711")),
        row(Method::GET, path, "code.list", RouteKind::Api, list_codes)
            .summary("Codes that open an item beside its tags")
            .refusals(refusals::READING)
            .example(examples::tag_example()),
        row(Method::POST, path, "code.add", RouteKind::Api, add_code)
            .summary("Adds a code that is on an item: from then on it opens the item")
            .commands(&["AddAlias"])
            .refusals(refusals::COMMANDING)
            .example(examples::tag_example().json(json!({ "code": "]d201095060001343522112345" }))),
        row(
            Method::DELETE,
            "/api/v1/equipment/{tag}/codes/{code}",
            "code.remove",
            RouteKind::Api,
            remove_code,
        )
        .summary("Takes a code off an item: it opens nothing any more")
        .commands(&["RemoveAlias"])
        .refusals(refusals::COMMANDING)
        .example(examples::code_example()),
    ]
}

/// A code on an item.
#[derive(Debug, Serialize, JsonSchema)]
struct ItemCode {
    /// Names it in addresses.
    id: String,
    /// As it is compared: a GS1 element string as `(01)…(21)…`.
    code: String,
    /// Since when it opens the item (RFC 3339, UTC).
    since: String,
}

fn list_of(facility: &FacilityState, tag: Tag) -> Vec<ItemCode> {
    let codes = codes_of(facility, tag).into_iter();
    codes
        .map(|(id, alias)| ItemCode {
            id: id.to_string(),
            code: alias.code.clone(),
            since: utc_text(alias.set_ms),
        })
        .collect()
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
struct ScannedParams {
    /// What was scanned or typed.
    #[serde(default)]
    code: String,
}

async fn find_code(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Query(params): Query<ScannedParams>,
) -> Result<Json<EquipmentJson>, HttpError> {
    let found = find_scanned(&state.store.snapshot(), &params.code).map(|item| item.tag);
    find_item(&state, found.ok_or_else(not_found)?).map(Json)
}

async fn list_codes(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Json<ListJson<ItemCode>>, HttpError> {
    let tag = read_path_tag(&tag)?;
    let facility = state.store.snapshot();
    let item = find_named_item(&facility, tag).ok_or_else(|| state.unknown_tag(tag))?;
    Ok(Json(ListJson::whole(list_of(&facility, item.tag))))
}

/// A code as scanned.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCode {
    /// With or without the prefix that a scanner puts before it.
    code: String,
    /// Whether it is added although it may be the number of a product, or is on a retired item, which then loses it.
    #[serde(default)]
    confirmed: bool,
}

async fn add_code(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(NewCode { code, confirmed }): JsonBody<NewCode>,
) -> Result<Created<ItemCode>, HttpError> {
    let equipment = read_path_tag(&tag)?;
    let stored = read_code(&state.store.snapshot(), &code);
    let new = NewAlias { code, equipment, confirmed };
    let done = run_command(&state, BY_API, key, Command::AddAlias(new)).await?;
    let code = stored.map_err(|_| broken_rule("a code that was added cannot be read"))?.to_string();
    let facility = state.store.snapshot();
    let first = find_named_item(&facility, equipment).map_or(equipment, |item| item.tag);
    let id = Digest16::of(code.as_bytes()).to_string();
    let since = utc_text(WrittenTime::of(&facility, &done.at).ms);
    Created::at(&format!("/api/v1/equipment/{first}/codes"), ItemCode { id, code, since })
}

async fn remove_code(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path((tag, code)): Path<(String, String)>,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<NoContent, HttpError> {
    let tag = read_path_tag(&tag)?;
    let first = find_named_item(&state.store.snapshot(), tag).map(|item| item.tag);
    let first = first.ok_or_else(|| state.unknown_tag(tag))?;
    let code = code_of_item(&state, first, &code).ok_or_else(not_found)?;
    run_command(&state, BY_API, key, Command::RemoveAlias { code }).await?;
    Ok(NoContent)
}
