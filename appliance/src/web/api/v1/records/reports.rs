//! Reports, for programs: at once, or made while the program does something else.

use axum::extract::State;
use http::{Method, StatusCode};
use record::ids::ReportId;
use report::build::ReportRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, FileDownload, Json, MediaType, NoContent};
use web::argument::{JsonBody, Path, Query};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::web::access::permissions::Read;
use crate::web::access::program::ProgramCaller;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::request::client::language::facility_locale;
use crate::web::request::lists::report_query::{ReportQuery, query_error};
use crate::web::view_models::equipment::rates::facility_calendar;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::reports::made::{
    ReportFormat, ReportState, begin_report, cancel_report, find_report, make_now, read_file,
};
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
            .refusals(refusals::FINDING)
            .example(stored()),
        row(Method::DELETE, "/api/v1/reports/{id}", "report.cancel", RouteKind::Api, cancel_making)
            .summary("Cancels a report that is not made yet, or takes one away")
            .refusals(refusals::FINDING)
            .example(stored()),
    ]
}

macro_rules! media {
    ($($name:ident = $media:literal;)*) => {$(
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name;
        impl MediaType for $name {
            const NAME: &'static str = $media;
        }
    )*};
}

media! {
    PdfMedia = "application/pdf";
    CsvMedia = "text/csv; charset=utf-8";
    XlsxMedia = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    RowsMedia = "application/json";
    AnyMedia = "application/octet-stream";
}

/// The request that a query is, made by nobody in the facility's own language.
pub(crate) fn read_request(state: &AppState, query: &ReportQuery) -> Result<ReportRequest, HttpError> {
    let facility = state.store.snapshot();
    let snapshot = Snapshot::of(state, &facility);
    let calendar = facility_calendar(&facility.settings);
    let period = query.period(&calendar, snapshot.now_ms()).map_err(query_error)?;
    Ok(ReportRequest {
        scope: query.scope(&facility).map_err(query_error)?,
        from_ms: period.start,
        to_ms: period.end,
        now_ms: snapshot.now_ms(),
        known_ms: None,
        lacks_history: state.lacks_any(),
        is_certain: snapshot.now.state != record::entry::ClockState::Uncertain,
        locale: facility_locale(&facility.settings),
        made_by: None,
    })
}

pub(crate) fn file_name(state: &AppState, request: &ReportRequest, format: ReportFormat) -> String {
    let calendar = facility_calendar(&state.store.snapshot().settings);
    let [from, to] = [request.from_ms, request.to_ms - 1].map(|ms| {
        record::kinds::CivilDay::of_number(calendar.day_of(ms)).map(|day| day.to_string()).unwrap_or_default()
    });
    format!("cleantrack-{from}-{to}.{}", format.ending())
}

async fn make_file<M: MediaType>(
    state: &AppState,
    query: &ReportQuery,
    format: ReportFormat,
) -> Result<FileDownload<M>, HttpError> {
    let request = read_request(state, query)?;
    let name = file_name(state, &request, format);
    FileDownload::new(&name, make_now(state, request, format).await?)
}

async fn make_pdf(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<PdfMedia>, HttpError> {
    make_file(&state, &query, ReportFormat::Pdf).await
}

async fn make_csv(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<CsvMedia>, HttpError> {
    make_file(&state, &query, ReportFormat::Csv).await
}

async fn make_xlsx(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<XlsxMedia>, HttpError> {
    make_file(&state, &query, ReportFormat::Xlsx).await
}

async fn make_json(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<RowsMedia>, HttpError> {
    make_file(&state, &query, ReportFormat::Json).await
}

/// A report that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
struct NewReport {
    /// How it is written.
    format: ReportFormat,
    #[serde(flatten)]
    query: ReportQuery,
}

/// How far a report is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Report")]
struct ReportJson {
    /// Names it.
    id: ReportId,
    /// How it is written.
    format: ReportFormat,
    /// How far it is.
    state: ReportState,
    /// Per cent of the work that is done.
    percent: u8,
    /// Bytes of its file, once it is ready.
    bytes: u64,
}

fn report_json(state: &AppState, id: ReportId) -> Result<ReportJson, HttpError> {
    let (stored, progress) = find_report(state, id)?;
    let percent = match stored.state {
        ReportState::Ready => 100,
        _ => progress.percent(),
    };
    Ok(ReportJson { id, format: stored.format, state: stored.state, percent, bytes: stored.bytes })
}

async fn begin_making(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    JsonBody(NewReport { format, query }): JsonBody<NewReport>,
) -> Result<Created<ReportJson>, HttpError> {
    let request = read_request(&state, &query)?;
    let title = file_name(&state, &request, format);
    let id = begin_report(&state, request, format, title, None)?;
    Created::at(&format!("/api/v1/reports/{id}"), report_json(&state, id)?)
}

async fn show_progress(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Path(id): Path<ReportId>,
) -> Result<Json<ReportJson>, HttpError> {
    report_json(&state, id).map(Json)
}

async fn fetch_file(
    _: ProgramCaller<Read>,
    State(state): State<AppState>,
    Path(id): Path<ReportId>,
) -> Result<FileDownload<AnyMedia>, HttpError> {
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
