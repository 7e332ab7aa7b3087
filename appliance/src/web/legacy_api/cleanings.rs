//! The old app's cleaning logs.

use api::ListJson;
use axum::extract::State;
use http::Method;
use serde_json::json;
use web::answer::{Created, Json};
use web::argument::{IdempotencyKey, JsonBody, Path, Query};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::web::access::permissions::{Read, Record, View};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::api::v1::records::cleanings::{
    CleaningJson, NewCleaning, RecordedCleaning, add_cleaning, list_cleanings, show_cleaning,
};
use crate::web::context::AppState;
use crate::web::request::lists::listing::ListParams;
use crate::web::{examples, refusals};

pub(super) fn old_cleaning_routes() -> Vec<Route<AppState>> {
    let cleaning = json!({ "tag": examples::TAG, "cleaned_by": "Ada", "notes": "left wheel squeaks" });
    vec![
        row(Method::GET, "/api/cleaning-logs/", "old.list-cleanings", RouteKind::Old, list)
            .summary("Cleanings, newest first")
            .refusals(refusals::READING),
        row(Method::POST, "/api/cleaning-logs/", "old.add-cleaning", RouteKind::Old, add)
            .summary("Records a cleaning")
            .commands(&["RecordCleaning"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(cleaning)),
        row(Method::GET, "/api/cleaning-logs/{id}/", "old.find-cleaning", RouteKind::Old, find)
            .summary("One cleaning")
            .refusals(refusals::READING)
            .example(examples::cleaning_example()),
    ]
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Query(params): Query<ListParams>,
) -> Result<Json<ListJson<CleaningJson>>, HttpError> {
    list_cleanings(&state, &params).await.map(Json)
}

async fn add(
    _: ProgramCaller<Record>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(new): JsonBody<NewCleaning>,
) -> Result<Created<CleaningJson>, HttpError> {
    let RecordedCleaning { cleaning, .. } = add_cleaning(&state, key, new).await?;
    Created::at(&format!("/api/cleaning-logs/{}/", cleaning.id()), cleaning)
}

async fn find(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<CleaningJson>, HttpError> {
    show_cleaning(&state, id).await.map(Json)
}
