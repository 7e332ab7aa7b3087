//! The table of routes: what is not in it does not exist.

use web::route::Route;
use web::table::ApiInfo;

use crate::web::api::docs::docs_row;
use crate::web::api::{health, v1};
use crate::web::context::AppState;
use crate::web::request::client::cookies::SESSION;
use crate::web::{assets, legacy_api, live, pages};

pub(crate) const API_INFO: ApiInfo = ApiInfo {
    title: "CleanTrack box",
    version: "1",
    description: "Times are RFC 3339. Lists answer {items, next}; give `next` back as `cursor`. An `Idempotency-Key` header \
                  makes a repeat harmless. Problems are RFC 9457.",
    path: "/api/openapi.json",
    session_cookie: SESSION,
};

/// All rows; the row of the API's description is added by the table.
pub(crate) fn all_routes() -> Vec<Route<AppState>> {
    let mut routes: Vec<Route<AppState>> = [
        assets::asset_routes(),
        pages::page_routes(),
        health::health_routes(),
        v1::v1_routes(),
        legacy_api::legacy_routes(),
        live::live_routes(),
    ]
    .into_iter()
    .flatten()
    .collect();
    routes.push(docs_row(&routes));
    routes
}
