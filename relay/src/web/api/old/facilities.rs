//! `/api/facilities/`: facilities with whole numbers as ids, and the numbers of one.

use ::web::answer::Json;
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::ApiProgram;
use crate::db::facility::listed_facilities::find_listed;
use crate::db::projection::old_ids::OldKind;
use crate::web::WebContext;
use crate::web::access::TokenProgram;
use crate::web::api::old::numbers::{find_facility, number_of, number_things};
use crate::web::api::v1::compliance::{FacilityCompliance, find_compliance};
use crate::web::api::v1::facilities::{FacilityItem, FacilityParams, load_list};
use crate::web::http_error::not_found;
use api::ListJson;

/// A facility, as scripts of the app before this one know it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OldFacility {
    id: i64,
    #[serde(flatten)]
    facility: FacilityItem,
}

async fn number_facilities(
    web: &WebContext,
    program: &ApiProgram,
    facilities: Vec<FacilityItem>,
) -> Result<Vec<OldFacility>, HttpError> {
    let things: Vec<String> = facilities.iter().map(|facility| facility.facility.clone()).collect();
    let numbers = number_things(web, program, OldKind::Facility, &things).await?;
    let numbered = things.iter().zip(facilities);
    numbered.map(|(thing, facility)| Ok(OldFacility { id: number_of(&numbers, thing)?, facility })).collect()
}

pub(crate) async fn list_facilities(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<FacilityParams>,
) -> Result<Json<ListJson<OldFacility>>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let (ListJson { items, next }, _) = load_list(&web, &program, &mut conn, &requested).await?;
    drop(conn);
    let items = number_facilities(&web, &program, items).await?;
    Ok(Json(ListJson { items, next }))
}

pub(crate) async fn show_facility(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(facility): Path<String>,
) -> Result<Json<OldFacility>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let facility = find_facility(&mut conn, &facility).await?;
    let row = find_listed(&mut conn, facility).await?.ok_or_else(not_found)?;
    drop(conn);
    let facilities = number_facilities(&web, &program, vec![FacilityItem::of(row)]).await?;
    facilities.into_iter().next().map(Json).ok_or_else(not_found)
}

/// What the app before this one answered for one facility: its number, and its windows.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OldCompliance {
    /// The facility's number.
    facility_id: i64,
    #[serde(flatten)]
    facility: FacilityCompliance,
}

pub(crate) async fn show_compliance(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(facility): Path<String>,
) -> Result<Json<OldCompliance>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let id = find_facility(&mut conn, &facility).await?;
    let facility = find_compliance(&mut conn, id, web.now_ms()).await?;
    drop(conn);
    let numbers = number_things(&web, &program, OldKind::Facility, &[id.to_string()]).await?;
    Ok(Json(OldCompliance { facility_id: number_of(&numbers, &id.to_string())?, facility }))
}
