//! `GET /api/docs`: the description of the API, for people.

use std::sync::Arc;

use ::web::answer::Page;
use ::web::error::HttpError;
use ::web::route::Anyone;
use ::web::table::Table;
use askama::Template;
use axum::extract::State;

use crate::web::Web;
use crate::web::layout::Shell;

/// A row of the table for programs.
#[derive(Debug)]
pub(crate) struct DocumentedEndpoint {
    path: &'static str,
    method: String,
    summary: &'static str,
}

/// Those that the description has, in its order.
pub(crate) fn list_endpoints(table: &Table<Web>) -> Arc<[DocumentedEndpoint]> {
    let routes = table.rows().iter().map(|row| &row.route).filter(|route| route.kind.is_documented());
    let endpoint = |path, method: String, summary| DocumentedEndpoint { path, method, summary };
    routes.map(|route| endpoint(route.path, route.method.to_string(), route.summary)).collect()
}

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    shell: Shell,
    endpoints: &'a [DocumentedEndpoint],
}

/// The page.
pub(crate) async fn show(_: Anyone, State(web): State<Web>) -> Result<Page, HttpError> {
    Page::draw(&DocsPage { shell: Shell::open("API"), endpoints: &web.endpoints })
}
