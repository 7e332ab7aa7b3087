//! The API of the print room: printers, jobs, doubts, previews and sheets.

use std::collections::BTreeMap;
use std::time::Duration;

use ::labels::sheet::{Nudge, Start};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use record::ids::JobId;
use record::tag::Tag;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::printing::{AnswerError, JobView, Names, Printing, ReprintRequest};
use crate::web::access::program::{MayRead, MayWrite};
use crate::web::context::AppState;
use crate::web::http_error::{Problem, bad};
use crate::web::request::form::{nothing, read_json};
use crate::web::request::idempotency::idempotency_key;
use crate::web::request::query::Exactly;
use crate::web::view_models::label_fields::Ask;
use crate::web::view_models::labels;
use crate::web::view_models::sheets::{Paper, SHEET, sheet};

/// Labels of one request; more go in further requests.
const TAGS_MAX: usize = 1_000;
/// How long a look at the printers waits for those that have to be asked.
pub(super) const LOOK: Duration = Duration::from_millis(1_200);
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/labels", get(labels_list).post(labels_print))
        .route("/api/v1/labels/preview.png", get(labels_preview))
        .route("/api/v1/labels/sheet", post(labels_sheet))
        .route("/api/v1/labels/{id}", get(labels_job))
        .route("/api/v1/labels/{id}/cancel", post(labels_cancel))
        .route("/api/v1/labels/{id}/reprint", post(labels_reprint))
        .route("/api/v1/labels/{id}/answer", post(labels_answer_all))
        .route("/api/v1/labels/{id}/labels/{n}/answer", post(labels_answer))
}

/// Work that waits for a disk or a printer, away from the threads that answer phones.
pub(super) async fn aside<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&Printing) -> T + Send + 'static,
) -> Result<T, Problem> {
    let printing = state.printing.clone();
    tokio::task::spawn_blocking(move || work(&printing)).await.map_err(|e| Problem::internal(&e))
}

/// A job that prints when it can, and where to look for it.
pub(super) fn accepted(job: JobView) -> Response {
    let location = crate::web::answer::header_value(&format!("/api/v1/labels/{}", job.summary.id));
    (StatusCode::ACCEPTED, [(LOCATION, location)], Json(job)).into_response()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLabels {
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default = "one")]
    copies: u32,
    #[serde(default)]
    blank: u32,
    #[serde(default)]
    printer: Option<String>,
    #[serde(default)]
    template: Option<String>,
    #[serde(default)]
    names: Names,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

fn one() -> u32 {
    1
}

fn read_tags(tags: &[String]) -> Result<Vec<Tag>, Problem> {
    if tags.len() > TAGS_MAX {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "range",
            "That is more than one job takes",
        )
        .detail("A job takes up to 1,000 tags and 1 to 50 copies of each.")
        .field("tags"));
    }
    tags.iter().map(|t| Tag::read(t)).collect::<Result<_, _>>().map_err(|e| bad("tags", &format!("{e}.")))
}

async fn labels_print(
    State(state): State<AppState>,
    _: MayWrite,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(request.headers());
    let NewLabels { tags, copies, blank, printer, template, names, fields } = read_json(request).await?;
    let tags = read_tags(&tags)?;
    let ask = Ask { tags, copies, blank, printer, template, names, fields, key };
    Ok(accepted(labels::submit(&state, ask).await?))
}

async fn labels_list(State(state): State<AppState>, _: MayRead) -> Result<Json<Value>, Problem> {
    let jobs = aside(&state, Printing::jobs).await?.map_err(|e| Problem::internal(&e))?;
    Ok(Json(json!({ "items": jobs, "next": null })))
}

async fn labels_job(
    State(state): State<AppState>,
    _: MayRead,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    Ok(Json(labels::find(&state, &id).await?).into_response())
}

/// The job of an address.
fn job_id(text: &str) -> Result<JobId, Problem> {
    text.parse().map_err(|_| Problem::not_found().detail("There is no print job with this number."))
}

async fn settle(
    state: &AppState,
    work: impl FnOnce(&Printing) -> Result<JobView, AnswerError> + Send + 'static,
) -> Result<Json<JobView>, Problem> {
    aside(state, work).await?.map(Json).map_err(|error| labels::not_answered(&error))
}

async fn labels_cancel(
    State(state): State<AppState>,
    _: MayWrite,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<JobView>, Problem> {
    nothing(request).await?;
    let id = job_id(&id)?;
    settle(&state, move |printing| printing.cancel(id)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    printed: bool,
}

async fn labels_answer(
    State(state): State<AppState>,
    _: MayWrite,
    Path((id, n)): Path<(String, String)>,
    request: Request,
) -> Result<Json<JobView>, Problem> {
    let id = job_id(&id)?;
    let n: u32 = n.parse().map_err(|_| Problem::not_found().detail("Labels are counted from 1."))?;
    let Answer { printed } = read_json(request).await?;
    settle(&state, move |printing| printing.answer(id, n, printed)).await
}

/// For all labels of a job that are in doubt: they lie on one sheet.
async fn labels_answer_all(
    State(state): State<AppState>,
    _: MayWrite,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<JobView>, Problem> {
    let id = job_id(&id)?;
    let Answer { printed } = read_json(request).await?;
    settle(&state, move |printing| printing.answer_all(id, printed)).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Again {
    labels: Vec<u32>,
    reason: String,
    #[serde(default)]
    printer: Option<String>,
}

async fn labels_reprint(
    State(state): State<AppState>,
    _: MayWrite,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let of = job_id(&id)?;
    let key = idempotency_key(request.headers());
    let Again { labels, reason, printer } = read_json(request).await?;
    let again = ReprintRequest { id: of, key, of, labels, reason, printer };
    Ok(accepted(labels::reprint(&state, again).await?))
}

#[derive(Debug, Default, Deserialize)]
struct Look {
    tag: Option<String>,
    template: Option<String>,
    printer: Option<String>,
    names: Option<String>,
    blank: Option<String>,
}

async fn labels_preview(
    State(state): State<AppState>,
    _: MayRead,
    Exactly(look): Exactly<Look>,
) -> Result<Response, Problem> {
    let named = |text: Option<String>| text.filter(|t| !t.is_empty());
    let tags = read_tags(&named(look.tag).into_iter().collect::<Vec<_>>())?;
    let names = match look.names.as_deref() {
        None | Some("" | "as-they-are") => Names::AsTheyAre,
        Some("asset-number") => Names::AssetNumber,
        Some(_) => return Err(bad("names", "It is as-they-are or asset-number.")),
    };
    let blank = u32::from(named(look.blank).is_some());
    let (template, printer) = (named(look.template), named(look.printer));
    let ask = Ask { tags, blank, template, printer, names, ..Ask::default() };
    Ok(([(CONTENT_TYPE, "image/png")], labels::preview(&state, ask).await?).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSheet {
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    blank: u32,
    #[serde(default = "one")]
    copies: u32,
    #[serde(default)]
    sheet: Option<String>,
    #[serde(default)]
    template: Option<String>,
    #[serde(default)]
    names: Names,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default = "one")]
    start: u32,
    #[serde(default)]
    nudge_x_mm: f64,
    #[serde(default)]
    nudge_y_mm: f64,
}

async fn labels_sheet(
    State(state): State<AppState>,
    _: MayWrite,
    request: Request,
) -> Result<Response, Problem> {
    let new: NewSheet = read_json(request).await?;
    let NewSheet { blank, copies, template, names, fields, .. } = new;
    let tags = read_tags(&new.tags)?;
    let ask = Ask { tags, blank, copies, template, names, fields, ..Ask::default() };
    let paper = Paper {
        sheet: new.sheet.unwrap_or_else(|| SHEET.to_owned()),
        start: Start::at(new.start),
        nudge: Nudge { x_mm: new.nudge_x_mm, y_mm: new.nudge_y_mm },
    };
    let pdf = sheet(&state, ask, paper).await?;
    Ok(([(CONTENT_TYPE, "application/pdf")], pdf).into_response())
}
