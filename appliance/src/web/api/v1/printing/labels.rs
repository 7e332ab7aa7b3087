//! The API of the printing module: jobs, doubts, previews and sheets.

use api::ListJson;
use std::collections::BTreeMap;
use std::time::Duration;

use ::labels::sheet::{FirstLabel, PrintOffset};
use axum::extract::State;
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use record::ids::JobId;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use web::answer::{Accepted, Json, MediaBytes, WithHeaders, media};
use web::argument::{IdempotencyKey, JsonBody, Path, Query};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};
use words::WordSet as _;

use crate::printing::{AnswerError, JobView, NameStyle, PrintService, ReprintRequest};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::api::API_LOCALE;
use crate::web::api::v1::printing::print_bodies::{JobJson, JobSummaryJson};
use crate::web::context::AppState;
use crate::web::http_error::{invalid_parameter, new_error, not_found, worded};
use crate::web::request::bodies::uploaded_file::IgnoredBody;
use crate::web::view_models::printing::label_fields::LabelOrder;
use crate::web::view_models::printing::labels;
use crate::web::view_models::printing::sheets::{SHEET, SheetPlacement, render_sheets};
use crate::web::words::PrintingWords;
use crate::web::{examples, refusals};

/// Labels of one request; more go in further requests.
const TAGS_MAX: usize = 1_000;
/// How long a status read waits for those that have to be asked.
pub(in crate::web::api::v1) const LOOK: Duration = Duration::from_millis(1_200);

pub(crate) fn label_routes() -> Vec<Route<AppState>> {
    use RouteKind::Api;
    let job = Example::default().part("id", examples::JOB);
    let answer = json!({ "printed": true });
    let tags = json!({ "tags": [examples::TAG] });
    let look = format!("tag={}&names=asset-number", examples::TAG);
    vec![
        row(Method::GET, "/api/v1/labels", "job.list", Api, list).summary("Print jobs, newest first"),
        row(Method::POST, "/api/v1/labels", "job.add", Api, print)
            .summary("Prints labels: of items, or blank tags")
            .refusals(refusals::PRINTING)
            .example(Example::default().json(tags.clone())),
        row(Method::GET, "/api/v1/labels/preview.png", "label.preview", Api, preview)
            .summary("The very dots of a label")
            .refusals(refusals::PRINTING)
            .example(Example::default().query(look)),
        row(Method::POST, "/api/v1/labels/sheet", "sheet.make", Api, make_sheet)
            .summary("Labels on sheets of an office printer, as PDF")
            .refusals(refusals::PRINTING)
            .example(Example::default().json(tags)),
        row(Method::GET, "/api/v1/labels/{id}", "job.find", Api, find)
            .summary("A print job with its labels")
            .example(job.clone()),
        row(Method::POST, "/api/v1/labels/{id}/cancel", "job.cancel", Api, cancel)
            .summary("Cancels what of a job was not sent yet")
            .refusals(refusals::PRINTING)
            .example(job.clone()),
        row(Method::POST, "/api/v1/labels/{id}/reprint", "job.reprint", Api, reprint)
            .summary("Prints labels of a job once more")
            .refusals(refusals::PRINTING)
            .example(job.clone().json(json!({ "labels": [1], "reason": "Torn or smudged" }))),
        row(Method::POST, "/api/v1/labels/{id}/answer", "job.answer", Api, answer_all)
            .summary("Says of all labels of a job that are in doubt whether they came out")
            .refusals(refusals::PRINTING)
            .example(job.clone().json(answer.clone())),
        row(Method::POST, "/api/v1/labels/{id}/labels/{n}/answer", "label.answer", Api, answer_one)
            .summary("Says of a label that is in doubt whether it came out")
            .refusals(refusals::PRINTING)
            .example(job.part("n", "1").json(answer)),
    ]
}

/// Work that waits for a disk or a printer, away from the threads that answer phones.
pub(in crate::web::api::v1) async fn run_blocking<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&PrintService) -> T + Send + 'static,
) -> Result<T, HttpError> {
    let printing = state.printing.clone();
    tokio::task::spawn_blocking(move || work(&printing)).await.map_err(|e| HttpError::internal(&e))
}

pub(in crate::web::api::v1) type JobAccepted = WithHeaders<Accepted<JobJson>>;

pub(in crate::web::api::v1) fn accept_job(job: JobView) -> Result<JobAccepted, HttpError> {
    let location = format!("/api/v1/labels/{}", job.summary.id);
    let location = HeaderValue::from_str(&location).map_err(|e| HttpError::internal(&e))?;
    let headers = HeaderMap::from_iter([(LOCATION, location)]);
    Ok(WithHeaders(headers, Json(show_job(job))))
}

fn show_job(job: JobView) -> JobJson {
    JobJson::of(PrintingWords::in_locale(API_LOCALE), job)
}

/// Labels to print.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewLabels {
    /// Whose, by any of their tags.
    #[serde(default)]
    tags: Vec<String>,
    /// Of each, 1 to 50.
    #[serde(default = "default_copies")]
    copies: u32,
    /// Blank tags, in the place of those of items.
    #[serde(default)]
    blank: u32,
    /// On which printer; the first where it is absent.
    #[serde(default)]
    printer: Option<String>,
    /// With which template; the usual one that fits the roll where it is absent.
    #[serde(default)]
    template: Option<String>,
    /// What stands for a name that cannot be printed.
    #[serde(default)]
    names: NameStyle,
    /// Further fields of the template.
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

fn default_copies() -> u32 {
    1
}

fn read_tags(tags: &[String]) -> Result<Vec<Tag>, HttpError> {
    if tags.len() > TAGS_MAX {
        let title = worded(PrintingWords::order_too_many_tags);
        return Err(new_error(StatusCode::UNPROCESSABLE_ENTITY, "range", title)
            .detail(worded(PrintingWords::order_too_many_tags_detail))
            .field("tags"));
    }
    let read: Result<Vec<Tag>, _> = tags.iter().map(|t| Tag::read(t)).collect();
    read.map_err(|e| invalid_parameter("tags", format!("{e}.")))
}

async fn print(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(new): JsonBody<NewLabels>,
) -> Result<JobAccepted, HttpError> {
    let NewLabels { tags, copies, blank, printer, template, names, fields } = new;
    let tags = read_tags(&tags)?;
    let order = LabelOrder { tags, copies, blank, printer, template, names, fields, key };
    accept_job(labels::submit_job(&state, order).await?)
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<JobSummaryJson>>, HttpError> {
    let jobs = run_blocking(&state, PrintService::jobs).await?.map_err(|e| HttpError::internal(&e))?;
    let w = PrintingWords::in_locale(API_LOCALE);
    Ok(Json(ListJson::whole(jobs.into_iter().map(|job| JobSummaryJson::of(w, job)).collect())))
}

async fn find(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<JobJson>, HttpError> {
    labels::find_job(&state, &id).await.map(|job| Json(show_job(job)))
}

fn job_id(text: &str) -> Result<JobId, HttpError> {
    text.parse().map_err(|_| not_found().detail(worded(PrintingWords::job_forgotten_unknown)))
}

async fn settle_job(
    state: &AppState,
    work: impl FnOnce(&PrintService) -> Result<JobView, AnswerError> + Send + 'static,
) -> Result<Json<JobJson>, HttpError> {
    let settled = run_blocking(state, work).await?;
    settled.map(|job| Json(show_job(job))).map_err(labels::answer_refused)
}

async fn cancel(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    _: IgnoredBody,
) -> Result<Json<JobJson>, HttpError> {
    let id = job_id(&id)?;
    settle_job(&state, move |printing| printing.cancel(id)).await
}

/// What somebody saw who looked for a label.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OutcomeBody {
    /// Whether it came out.
    printed: bool,
}

async fn answer_one(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path((id, n)): Path<(String, String)>,
    JsonBody(OutcomeBody { printed }): JsonBody<OutcomeBody>,
) -> Result<Json<JobJson>, HttpError> {
    let id = job_id(&id)?;
    let n: u32 = n.parse().map_err(|_| not_found().detail(worded(PrintingWords::job_forgotten_label)))?;
    settle_job(&state, move |printing| printing.answer(id, n, printed)).await
}

/// For all labels of a job that are in doubt: they are on one sheet.
async fn answer_all(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(OutcomeBody { printed }): JsonBody<OutcomeBody>,
) -> Result<Json<JobJson>, HttpError> {
    let id = job_id(&id)?;
    settle_job(&state, move |printing| printing.answer_all(id, printed)).await
}

/// Labels of a job to print once more.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReprintBody {
    /// Which, from 1.
    labels: Vec<u32>,
    /// Why.
    reason: String,
    /// On which printer; the same where it is absent.
    #[serde(default)]
    printer: Option<String>,
}

async fn reprint(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(ReprintBody { labels, reason, printer }): JsonBody<ReprintBody>,
) -> Result<JobAccepted, HttpError> {
    let of = job_id(&id)?;
    let again = ReprintRequest { id: of, key, of, labels, reason, printer };
    accept_job(labels::reprint_label(&state, again).await?)
}

/// Which label is to be shown.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "PreviewParams")]
struct PreviewQuery {
    /// Of this item.
    tag: Option<String>,
    /// With this template; the usual one where it is absent.
    template: Option<String>,
    /// For this printer; the first where it is absent.
    printer: Option<String>,
    /// `as-they-are` or `asset-number`: what stands for a name that cannot be printed.
    names: Option<String>,
    /// Anything: a blank tag in the place of an item's.
    blank: Option<String>,
}

async fn preview(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Query(params): Query<PreviewQuery>,
) -> Result<MediaBytes<media::Png>, HttpError> {
    let tags = read_tags(&drop_empty(params.tag).into_iter().collect::<Vec<_>>())?;
    let names = match params.names.as_deref() {
        None | Some("" | "as-they-are") => NameStyle::AsTheyAre,
        Some("asset-number") => NameStyle::AssetNumber,
        Some(_) => return Err(invalid_parameter("names", worded(PrintingWords::order_names))),
    };
    let blank = u32::from(drop_empty(params.blank).is_some());
    let (template, printer) = (drop_empty(params.template), drop_empty(params.printer));
    let order = LabelOrder { tags, blank, template, printer, names, ..LabelOrder::default() };
    labels::preview_job(&state, order).await.map(MediaBytes::new)
}

fn drop_empty(text: Option<String>) -> Option<String> {
    text.filter(|t| !t.is_empty())
}

/// Labels on sheets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SheetBody {
    /// Whose, by any of their tags.
    #[serde(default)]
    tags: Vec<String>,
    /// Blank tags, in the place of those of items.
    #[serde(default)]
    blank: u32,
    /// Of each, 1 to 50.
    #[serde(default = "default_copies")]
    copies: u32,
    /// The sheet's name; `5160` where it is absent.
    #[serde(default)]
    sheet: Option<String>,
    /// With which template; the usual one that fits the sheet where it is absent.
    #[serde(default)]
    template: Option<String>,
    /// What stands for a name that cannot be printed.
    #[serde(default)]
    names: NameStyle,
    /// Further fields of the template.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    /// The first label of the first sheet that is still there, from 1.
    #[serde(default = "default_copies")]
    start: u32,
    /// How far the print is moved to the right, millimetres.
    #[serde(default)]
    nudge_x_mm: f64,
    /// How far it is moved down, millimetres.
    #[serde(default)]
    nudge_y_mm: f64,
}

async fn make_sheet(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    JsonBody(new): JsonBody<SheetBody>,
) -> Result<MediaBytes<media::Pdf>, HttpError> {
    let SheetBody { blank, copies, template, names, fields, .. } = new;
    let tags = read_tags(&new.tags)?;
    let order = LabelOrder { tags, blank, copies, template, names, fields, ..LabelOrder::default() };
    let paper = SheetPlacement {
        sheet: new.sheet.unwrap_or_else(|| SHEET.to_owned()),
        start: FirstLabel::at(new.start),
        nudge: PrintOffset { x_mm: new.nudge_x_mm, y_mm: new.nudge_y_mm },
    };
    render_sheets(&state, order, paper).await.map(MediaBytes::new)
}
