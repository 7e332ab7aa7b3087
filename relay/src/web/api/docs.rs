//! `GET /api/docs`: the description of the API, for people.

use std::sync::Arc;

use ::web::answer::Page;
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use ::web::table::Table;
use askama::Template;
use axum::extract::State;
use words::{S0, SafeHtml, fill_slots};

use crate::web::WebContext;
use crate::web::layout::PageLayout;
use crate::web::words::{ProgramsWords, open_words};

#[derive(Debug)]
pub(crate) struct DocumentedEndpoint {
    path: &'static str,
    method: String,
    summary: &'static str,
}

pub(crate) fn list_endpoints(table: &Table<WebContext>) -> Arc<[DocumentedEndpoint]> {
    let routes = table.rows().iter().map(|row| &row.route).filter(|route| route.kind.is_documented());
    let endpoints = routes.map(|route| DocumentedEndpoint {
        path: route.path,
        method: route.method.to_string(),
        summary: route.summary,
    });
    endpoints.collect()
}

const TOKEN_HEADER: &str = "Authorization: Bearer ct_…";

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    shell: PageLayout,
    w: ProgramsWords,
    lead: SafeHtml,
    endpoints: &'a [DocumentedEndpoint],
}

pub(crate) async fn show(_: AnyCaller, State(web): State<WebContext>) -> Result<Page, HttpError> {
    let w: ProgramsWords = open_words();
    let lead = fill_slots(w.api_lead(S0), [SafeHtml::element("code", &[], TOKEN_HEADER)]);
    Page::draw(&DocsPage { shell: PageLayout::open(w.api_title()), w, lead, endpoints: &web.endpoints })
}
