//! The description of the API, as OpenAPI and as a page.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::layout::Frame;
use crate::web::view_models::snapshot::Snapshot;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/openapi.json", get(async || ([(CONTENT_TYPE, "application/json")], OPENAPI)))
        .route("/api/docs", get(docs))
}

pub(crate) const OPENAPI: &str = include_str!("openapi.json");

#[derive(askama::Template)]
#[template(path = "docs.html")]
pub(crate) struct DocsPage {
    frame: Frame,
    operations: Vec<Operation>,
}

pub(crate) struct Operation {
    method: String,
    path: String,
    summary: String,
}

/// The description, for people.
pub(crate) async fn docs(State(state): State<AppState>) -> Result<Response, Problem> {
    let frame = Frame::new(&state, &Snapshot::now(&state), "API");
    let page = DocsPage { frame, operations: operations() };
    askama::Template::render(&page).map(|html| Html(html).into_response()).map_err(|e| Problem::internal(&e))
}

/// Every operation that the description names.
pub(crate) fn operations() -> Vec<Operation> {
    let described: Value = serde_json::from_str(OPENAPI).unwrap_or_default();
    let paths = described["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().map(move |(method, operation)| Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                summary: operation["summary"].as_str().unwrap_or_default().to_owned(),
            })
        })
        .collect()
}
