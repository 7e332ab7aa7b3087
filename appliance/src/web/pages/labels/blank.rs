//! Blank tags by the roll: stuck on first and named by the first scan; each is printed once and never again.

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;

use crate::web::access::staff_session::{Signed, only_changers};
use crate::web::answer::see_other;
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::layout::{Frame, Place, page_with};
use crate::web::pages::labels::choices::Chosen;
use crate::web::request::choice::Choice;
use crate::web::request::field_error::Wrong;
use crate::web::view_models::label_fields::{Ask, BLANK_MAX};
use crate::web::view_models::snapshot::Snapshot;

/// Templates of blank tags.
const TEMPLATES: &[&str] = &["blank-tag", "blank-tag-62x29", "blank-tag-47x22", "micro", "micro-scanner"];

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/staff/labels/blank", get(ask).post(print))
}

#[derive(Template)]
#[template(path = "blank.html")]
struct BlankPage {
    frame: Frame,
    problems: Vec<Wrong>,
    form_token: String,
    submission: String,
    count: String,
    printers: Vec<Choice>,
    templates: Vec<Choice>,
}

async fn ask(State(state): State<AppState>, signed: Signed) -> Result<Response, Problem> {
    only_changers(&signed)?;
    form_page(&state, &signed, "20", &Chosen::default(), Vec::new())
}

fn form_page(
    state: &AppState,
    signed: &Signed,
    count: &str,
    chosen: &Chosen,
    problems: Vec<Wrong>,
) -> Result<Response, Problem> {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let snapshot = Snapshot::now(state);
    let frame = Frame::staff(state, &snapshot, "Blank tags", signed, Place::Labels).with_script();
    let template = BlankPage {
        frame,
        problems,
        form_token: signed.form_token(),
        submission: crate::web::pages::labels::choices::submission(state),
        count: count.to_owned(),
        printers: crate::web::pages::labels::choices::printers(&state.printing.printers(), &chosen.printer),
        templates: crate::web::pages::labels::choices::of(
            &state.printing,
            |name| TEMPLATES.contains(&name),
            &chosen.template,
        ),
    };
    page_with(status, &template)
}

async fn print(State(state): State<AppState>, signed: Signed, request: Request) -> Result<Response, Problem> {
    only_changers(&signed)?;
    let form = signed.form(request).await?;
    let (chosen, typed) = (Chosen::of(&form), form.text("count").trim().to_owned());
    let blank: u32 = typed.parse().unwrap_or(0);
    let refused = match chosen.ask() {
        Err(wrong) => wrong,
        Ok(_) if !(1..=BLANK_MAX).contains(&blank) => {
            Wrong { at: "count".into(), words: "Give a number from 1 to 1,000".into() }
        }
        Ok(ask) => match crate::web::view_models::labels::submit(&state, Ask { blank, ..ask }).await {
            Ok(job) => return Ok(see_other(&format!("/staff/labels/{}", job.summary.id))),
            Err(problem) => crate::web::pages::labels::choices::wrong(problem, "count")?,
        },
    };
    form_page(&state, &signed, &typed, &chosen, vec![refused])
}
