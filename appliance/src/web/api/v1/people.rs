//! People at the facility, for programs: who a record names, never a PIN.

use axum::extract::State;
use http::Method;
use record::ids::StaffId;
use record::kinds::StaffRole;
use schemars::JsonSchema;
use serde::Serialize;
use web::answer::Json;
use web::error::HttpError;
use web::route::{Route, RouteKind, row};

use crate::store::ReadLane;
use crate::web::access::permissions::{Read, SeePeople};
use crate::web::access::program::StaffOrProgram;
use crate::web::api::list::ListJson;
use crate::web::context::AppState;
use crate::web::log_reads::{StoredText, read_text};
use crate::web::refusals;
use crate::web::view_models::formats::utc_text;

pub(crate) fn people_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::GET, "/api/v1/people", "person.list", RouteKind::Api, list)
            .summary("Everybody who works or has worked here, in the order in which they came")
            .refusals(refusals::READING),
    ]
}

/// A person at the facility.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Person")]
struct PersonJson {
    /// Names them for good.
    id: StaffId,
    /// Their name; null where it was erased or cannot be read.
    name: Option<String>,
    /// What they may do.
    role: StaffRole,
    /// Whether they work here no more.
    left: bool,
    /// Since when they are known (RFC 3339, UTC).
    added_at: String,
}

async fn list(
    _: StaffOrProgram<SeePeople, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<PersonJson>>, HttpError> {
    let lane = ReadLane::of_rows(state.store.snapshot().staff.len());
    let people = read_text(&state, lane, move |state, reader| {
        let facility = state.store.snapshot();
        let people = facility.staff.iter().map(|(id, person)| PersonJson {
            id: *id,
            name: StoredText::read(reader, person.name).readable(),
            role: person.role,
            left: person.left,
            added_at: utc_text(id.made_ms()),
        });
        Ok(people.collect())
    });
    people.await.map(|people| Json(ListJson::whole(people)))
}
