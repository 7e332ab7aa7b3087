//! `GET /api/docs`: the description of the API, for people.

use askama::Template;
use axum::http::StatusCode;

use crate::web::Answer;
use crate::web::api::openapi::{Operation, operations};
use crate::web::layout::{Shell, page};

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    shell: Shell,
    operations: Vec<Operation>,
}

/// The page.
pub(crate) async fn show() -> Answer {
    page(StatusCode::OK, &DocsPage { shell: Shell::open("API"), operations: operations() })
}
