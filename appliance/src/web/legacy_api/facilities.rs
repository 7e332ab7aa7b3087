//! The old app's facilities: a box has one, known by the relay's id for it or by the box's own id.

use api::ListJson;
use axum::extract::State;
use http::Method;
use record::ids::FacilityId;
use schemars::JsonSchema;
use serde::Serialize;
use web::answer::Json;
use web::argument::Path;
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::web::access::permissions::{Read, View};
use crate::web::access::program::StaffOrProgram;
use crate::web::api::v1::records::compliance::{ComplianceJson, count_compliance};
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::legacy_api::old_ids::is_old_facility;
use crate::web::refusals;

pub(super) fn old_facility_routes() -> Vec<Route<AppState>> {
    let facility = Example::default().part("id", "1");
    vec![
        row(Method::GET, "/api/facilities/", "old.list-facilities", RouteKind::Old, list)
            .summary("The facility to which the box belongs"),
        row(Method::GET, "/api/facilities/{id}/", "old.find-facility", RouteKind::Old, find)
            .summary("The facility, by the relay’s id, the box’s own id or its number in the old app")
            .example(facility.clone()),
        row(
            Method::GET,
            "/api/facilities/{id}/compliance/",
            "old.show-compliance",
            RouteKind::Old,
            show_compliance,
        )
        .summary("Compliance rates of the facility and of each item")
        .refusals(refusals::READING)
        .example(facility),
    ]
}

/// A facility.
#[derive(Debug, Serialize, JsonSchema)]
struct OldFacility {
    /// The relay's id for it; the box's own id until the box is claimed.
    id: String,
    /// Its name; empty until somebody says it.
    name: String,
    /// Its IANA time zone.
    zone: String,
    /// Whom technicians call.
    contact: String,
}

impl OldFacility {
    fn of(state: &AppState) -> Self {
        let settings = state.store.snapshot().settings.clone();
        Self {
            id: (state.facility_id)()
                .map_or_else(|| state.store.origin().box_id.to_string(), |id| id.to_string()),
            name: settings.name.clone(),
            zone: settings.zone().to_owned(),
            contact: settings.contact.clone(),
        }
    }
}

/// Before the box is claimed no relay has assigned an id, and whatever id a script was written with means this
/// facility. From then on its number in the old app does where an item has that as a code.
fn require_own(state: &AppState, id: &str) -> Result<(), HttpError> {
    let own = (state.facility_id)();
    if own.is_none_or(|own: FacilityId| {
        id == own.to_string()
            || id == state.store.origin().box_id.to_string()
            || is_old_facility(&state.store.snapshot(), id)
    }) {
        return Ok(());
    }
    Err(not_found()
        .detail("This box belongs to another facility. The relay answers for all of them.")
        .field("id"))
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<OldFacility>>, HttpError> {
    Ok(Json(ListJson::whole(vec![OldFacility::of(&state)])))
}

async fn find(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<OldFacility>, HttpError> {
    require_own(&state, &id)?;
    Ok(Json(OldFacility::of(&state)))
}

/// Compliance rates, with the facility that was asked for.
#[derive(Debug, Serialize, JsonSchema)]
struct OldCompliance {
    /// As it was asked for.
    facility_id: String,
    #[serde(flatten)]
    compliance: ComplianceJson,
}

async fn show_compliance(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<OldCompliance>, HttpError> {
    require_own(&state, &id)?;
    Ok(Json(OldCompliance { facility_id: id, compliance: count_compliance(&state).await? }))
}
