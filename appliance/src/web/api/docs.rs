//! The description of the API as a page; `/api/openapi.json` has all of it.

use axum::extract::State;
use http::Method;
use web::answer::Page;
use web::route::{AnyCaller, Route, RouteKind, row};
use words::{Locale, WordSet as _};

use crate::web::context::AppState;
use crate::web::layout::PageLayout;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::PageWords;

#[derive(askama::Template)]
#[template(path = "docs.html")]
struct DocsPage {
    frame: PageLayout,
    operations: Vec<ApiOperation>,
}

#[derive(Debug, Clone)]
struct ApiOperation {
    method: Method,
    path: &'static str,
    summary: &'static str,
}

pub(crate) fn docs_row(routes: &[Route<AppState>]) -> Route<AppState> {
    let documented = routes.iter().filter(|route| route.kind.is_documented());
    let mut operations: Vec<ApiOperation> = documented
        .map(|route| ApiOperation { method: route.method.clone(), path: route.path, summary: route.summary })
        .collect();
    operations.sort_by_key(|operation| (operation.path, operation.method.to_string()));
    let show = move |_: AnyCaller, State(state): State<AppState>| {
        let operations = operations.clone();
        async move {
            // The summaries of rows is in English.
            let words = PageWords::in_locale(Locale::EnUs);
            let frame = PageLayout::open(&state, &Snapshot::now(&state), words, "API").without_languages();
            Page::draw(&DocsPage { frame, operations })
        }
    };
    row(Method::GET, "/api/docs", "docs.show", RouteKind::Page, show)
}
