//! Reports, for programs: at once, or made while the program does something else.

use axum::extract::State;
use http::{Method, StatusCode};
use record::ids::ReportId;
use report::build::ReportRequest;
use report::query::{ReportFormat, ReportItem, ReportQuery, ReportState, days_text};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use web::answer::{Created, FileDownload, Json, MediaType, NoContent, media};
use web::argument::{JsonBody, Path, Query};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};
use words::Locale;

use crate::web::access::permissions::Read;
use crate::web::access::program::ProgramCaller;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::request::client::language::facility_locale;
use crate::web::view_models::equipment::rates::facility_calendar;
use crate::web::view_models::reports::made::{begin_report, cancel_report, find_report, make_now, read_file};
use crate::web::view_models::reports::request::read_request;
use crate::web::{examples, refusals};

pub(crate) fn report_routes() -> Vec<Route<AppState>> {
    let month = || Example::default().query("days=7");
    let finding = &[StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE];
    let stored = || Example::default().part("id", examples::REPORT);
    vec![
        row(Method::GET, "/api/v1/report.pdf", "report.pdf", RouteKind::Api, make_pdf)
            .summary("A report on paper, with every record and its proof attached")
            .refusals(finding)
            .example(month()),
        row(Method::GET, "/api/v1/report.csv", "report.csv", RouteKind::Api, make_csv)
            .summary("Cleanings as a table (RFC 4180)")
            .refusals(finding)
            .example(month()),
        row(Method::GET, "/api/v1/report.xlsx", "report.xlsx", RouteKind::Api, make_xlsx)
            .summary("Cleanings as a spreadsheet")
            .refusals(finding)
            .example(month()),
        row(Method::GET, "/api/v1/report.json", "report.json", RouteKind::Api, make_json)
            .summary("Cleanings as an array of objects, with the columns of the tables")
            .refusals(finding)
            .example(month()),
        row(Method::POST, "/api/v1/reports", "report.begin", RouteKind::Api, begin_making)
            .summary("Has a report made, which is fetched later and kept for 90 days")
            .refusals(finding)
            .example(Example::default().json(json!({ "format": "pdf", "days": "7" }))),
        row(Method::GET, "/api/v1/reports/{id}", "report.show", RouteKind::Api, show_progress)
            .summary("How far a report is")
            .refusals(refusals::FINDING)
            .example(stored()),
        row(Method::GET, "/api/v1/reports/{id}/file", "report.fetch", RouteKind::Api, fetch_file)
            .summary("A report that was made")
            .refusals(refusals::FINDING_OPEN)
            .example(stored()),
        row(Method::DELETE, "/api/v1/reports/{id}", "report.cancel", RouteKind::Api, cancel_making)
            .summary("Cancels a report that is not made yet, or takes one away")
            .refusals(refusals::FINDING)
            .example(stored()),
    ]
}

/// Of what nobody's browser asks for.
fn own_locale(state: &AppState) -> Locale {
    facility_locale(&state.store.snapshot().settings)
}

fn file_name(state: &AppState, request: &ReportRequest, format: ReportFormat) -> String {
    let calendar = facility_calendar(&state.store.snapshot().settings);
    let days = [request.from_ms, request.to_ms - 1].map(|ms| calendar.day_of(ms));
    format!("cleantrack-{}.{}", days_text(days), format.ending())
}

async fn make_file<M: MediaType>(
    state: &AppState,
    query: &ReportQuery,
    format: ReportFormat,
) -> Result<FileDownload<M>, HttpError> {
    let request = read_request(state, query, own_locale(state))?;
    let name = file_name(state, &request, format);
    FileDownload::new(&name, make_now(state, request, format).await?)
}

async fn make_pdf(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<media::Pdf>, HttpError> {
    make_file(&state, &query, ReportFormat::Pdf).await
}

async fn make_csv(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<media::Csv>, HttpError> {
    make_file(&state, &query, ReportFormat::Csv).await
}

async fn make_xlsx(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<media::Xlsx>, HttpError> {
    make_file(&state, &query, ReportFormat::Xlsx).await
}

async fn make_json(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<media::JsonText>, HttpError> {
    make_file(&state, &query, ReportFormat::Json).await
}

/// A report that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewReport {
    /// How it is written.
    format: ReportFormat,
    #[serde(flatten)]
    query: ReportQuery,
}

fn report_json(state: &AppState, id: ReportId) -> Result<ReportItem, HttpError> {
    let (stored, progress) = find_report(state, id)?;
    let percent = match stored.state {
        ReportState::Ready => 100,
        _ => progress.percent(),
    };
    Ok(ReportItem {
        id,
        format: stored.format,
        state: stored.state,
        percent,
        bytes: stored.bytes,
        fault: None,
    })
}

async fn begin_making(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    JsonBody(NewReport { format, query }): JsonBody<NewReport>,
) -> Result<Created<ReportItem>, HttpError> {
    let request = read_request(&state, &query, own_locale(&state))?;
    let title = file_name(&state, &request, format);
    let id = begin_report(&state, request, format, title, None)?;
    Created::at(&format!("/api/v1/reports/{id}"), report_json(&state, id)?)
}

async fn show_progress(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Path(id): Path<ReportId>,
) -> Result<Json<ReportItem>, HttpError> {
    report_json(&state, id).map(Json)
}

async fn fetch_file(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Path(id): Path<ReportId>,
) -> Result<FileDownload<media::AnyBytes>, HttpError> {
    let (stored, bytes) = read_file(&state, id).await?;
    FileDownload::new(&stored.title, bytes)
}

async fn cancel_making(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Path(id): Path<ReportId>,
) -> Result<NoContent, HttpError> {
    // What people made is theirs.
    if find_report(&state, id)?.0.by.is_some() {
        return Err(not_found());
    }
    cancel_report(&state, id)?;
    Ok(NoContent)
}
