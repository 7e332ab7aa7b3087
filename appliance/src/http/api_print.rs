//! The API of the print room: printers, jobs, doubts, previews and sheets.

use std::collections::BTreeMap;
use std::time::Duration;

use ::labels::pdf;
use ::labels::sheet::{Nudge, Sheet, Start};
use ::labels::{Dpi, template};
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

use super::api::{MayRead, MayWrite, bad, idempotency_key};
use super::form::{nothing, read_json};
use super::label_fields::{self, Ask};
use super::labels::{self, sentence};
use super::problem::Problem;
use super::query::Exactly;
use super::{AppState, guard};
use crate::print::{
    AnswerError, JobView, Names, PrinterRefusal, PrinterSettings, PrinterView, Printing, ReprintRequest,
};

/// Labels of one request; more go in further requests.
const TAGS_MAX: usize = 1_000;
/// How long a look at the printers waits for those that have to be asked.
const LOOK: Duration = Duration::from_millis(1_200);
/// What a label of a sheet is laid out for: finer than any office printer's toner.
const SHEET_DPI: u16 = 600;
/// The sheet that is in most cupboards.
const SHEET: &str = "5160";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/printers", get(printers_list).post(printers_add))
        .route("/api/v1/printers/{name}", get(printers_one).put(printers_change).delete(printers_remove))
        .route("/api/v1/printers/{name}/test", post(printers_test))
        .route("/api/v1/labels", get(labels_list).post(labels_print))
        .route("/api/v1/labels/preview.png", get(labels_preview))
        .route("/api/v1/labels/sheet", post(labels_sheet))
        .route("/api/v1/labels/{id}", get(labels_job))
        .route("/api/v1/labels/{id}/cancel", post(labels_cancel))
        .route("/api/v1/labels/{id}/reprint", post(labels_reprint))
        .route("/api/v1/labels/{id}/answer", post(labels_answer_all))
        .route("/api/v1/labels/{id}/labels/{n}/answer", post(labels_answer))
}

/// Why a printer is not set up so, as people and programs are told it.
pub(super) fn printer_refused(refusal: &PrinterRefusal) -> Problem {
    let (status, code) = match refusal {
        PrinterRefusal::SameName(_) => (StatusCode::CONFLICT, "same-name"),
        PrinterRefusal::SameAddress { .. } => (StatusCode::CONFLICT, "same-address"),
        PrinterRefusal::Fixed(_) => (StatusCode::CONFLICT, "fixed"),
        PrinterRefusal::TooMany => (StatusCode::CONFLICT, "printers"),
        PrinterRefusal::Unknown(_) => (StatusCode::NOT_FOUND, "not-found"),
        PrinterRefusal::Ledger(_)
        | PrinterRefusal::Queue(_)
        | PrinterRefusal::Worker(_)
        | PrinterRefusal::Fonts(_) => {
            return Problem::internal(refusal).safe("Nothing was changed.");
        }
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "printer"),
    };
    let problem = Problem::new(status, code, "The printer was not set up so")
        .detail(sentence(&refusal.to_string()))
        .safe("Nothing was changed, and no label was printed.")
        .next("Correct it and send it again.");
    match refusal.field() {
        Some(field) => problem.field(field),
        None => problem,
    }
}

/// Work that waits for a disk or a printer, away from the threads that answer phones.
async fn aside<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&Printing) -> T + Send + 'static,
) -> Result<T, Problem> {
    let printing = state.printing.clone();
    tokio::task::spawn_blocking(move || work(&printing)).await.map_err(|e| Problem::internal(&e))
}

async fn printers_list(State(state): State<AppState>, _: MayRead) -> Result<Json<Value>, Problem> {
    let printers = aside(&state, |printing| printing.look(LOOK)).await?;
    Ok(Json(json!({ "items": printers, "next": null })))
}

async fn printers_one(
    State(state): State<AppState>,
    _: MayRead,
    Path(name): Path<String>,
) -> Result<Json<PrinterView>, Problem> {
    let printers = aside(&state, |printing| printing.look(LOOK)).await?;
    let found = printers.into_iter().find(|printer| printer.name == name);
    found.map(Json).ok_or_else(|| printer_refused(&PrinterRefusal::Unknown(name.chars().take(60).collect())))
}

async fn printers_add(
    State(state): State<AppState>,
    _: MayWrite,
    request: Request,
) -> Result<Response, Problem> {
    let settings: PrinterSettings = read_json(request).await?;
    let added = aside(&state, move |printing| printing.add(&settings)).await?;
    let added = added.map_err(|refusal| printer_refused(&refusal))?;
    Ok((StatusCode::CREATED, Json(added)).into_response())
}

async fn printers_change(
    State(state): State<AppState>,
    _: MayWrite,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<PrinterView>, Problem> {
    let settings: PrinterSettings = read_json(request).await?;
    let changed = aside(&state, move |printing| printing.change(&name, &settings)).await?;
    changed.map(Json).map_err(|refusal| printer_refused(&refusal))
}

async fn printers_remove(
    State(state): State<AppState>,
    _: MayWrite,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let removed = aside(&state, move |printing| printing.remove(&name)).await?;
    removed.map(|()| StatusCode::NO_CONTENT).map_err(|refusal| printer_refused(&refusal))
}

async fn printers_test(
    State(state): State<AppState>,
    _: MayWrite,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(request.headers());
    nothing(request).await?;
    let known = state.printing.printers().iter().any(|printer| printer.name == name);
    if !known {
        return Err(printer_refused(&PrinterRefusal::Unknown(name.chars().take(60).collect())));
    }
    Ok(accepted(labels::test(&state, name, key).await?))
}

/// A job that prints when it can, and where to look for it.
fn accepted(job: JobView) -> Response {
    let location = guard::header_value(&format!("/api/v1/labels/{}", job.summary.id));
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

/// A sheet of labels, where it is begun, and how far the print is moved.
#[derive(Debug, Clone)]
pub(super) struct Paper {
    /// Its name, such as `5160`.
    pub(super) sheet: String,
    /// The first label that is still there.
    pub(super) start: Start,
    /// By how much the printer draws its paper in wrongly.
    pub(super) nudge: Nudge,
}

/// Labels on sheets, as PDF. A tag that is printed so is in nobody's ledger: paper sheets are a person's business.
pub(super) async fn sheet(state: &AppState, ask: Ask, paper: Paper) -> Result<Vec<u8>, Problem> {
    let asked = state.clone();
    let _turn = state.inner.sheets.acquire().await.map_err(|e| Problem::internal(&e))?;
    let made = tokio::task::spawn_blocking(move || {
        let labels = label_fields::requests(&asked, &ask)?;
        if labels.is_empty() {
            return Err(labels::refused(&crate::print::PrintRefusal::NoLabels));
        }
        let sheet = Sheet::named(&paper.sheet).map_err(|e| sheet_refused("sheet", &e))?;
        let dpi = Dpi::new(SHEET_DPI).unwrap_or(Dpi::D203);
        let fits = |t: &&template::Template| match t.height {
            template::Height::Mm(mm) => t.width_mm <= sheet.label_mm.0 && mm <= sheet.label_mm.1,
            template::Height::Continuous => false,
        };
        let drawings = asked
            .printing
            .draw_for_paper(ask.template.as_deref(), ask.names, &labels, dpi, |t| fits(&t))
            .map_err(|e| labels::refused(&e))?;
        pdf::sheets(sheet, paper.start, paper.nudge, drawings.into_iter())
            .map_err(|e| sheet_refused("sheet", &e))
    });
    made.await.map_err(|e| Problem::internal(&e))?
}

fn sheet_refused(field: &'static str, why: &dyn std::fmt::Display) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "sheet", "That does not go onto the sheet")
        .detail(sentence(&why.to_string()))
        .field(field)
        .safe("Nothing was printed.")
        .next("Correct it and print again.")
}
