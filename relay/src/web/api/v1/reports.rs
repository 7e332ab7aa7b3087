//! `GET /api/v1/facilities/{facility}/report.pdf` and its tables: the same as the box makes. And `/api/v1/reports`: made while the program
//! does something else.

use ::web::answer::{Created, FileDownload, Json, MediaType, NoContent, media};
use ::web::argument::{JsonBody, Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use record::ids::{FacilityId, ReportId};
use report::query::{ReportFormat, ReportItem, ReportQuery};
use schemars::JsonSchema;
use serde::Deserialize;
use words::Locale;

use crate::reports::order::{NewReport, ReportOrder, ReportOwner, report_item};
use crate::web::WebContext;
use crate::web::access::TokenProgram;
use crate::web::view_models::reports::{download_report, make_report};

async fn make_file<M: MediaType>(
    program: &TokenProgram,
    web: &WebContext,
    facility: FacilityId,
    query: &ReportQuery,
    format: ReportFormat,
) -> Result<FileDownload<M>, HttpError> {
    let made = make_report(web, program.reads, facility, query, Locale::EnUs, format).await?;
    FileDownload::new(&made.file_name(format), made.bytes)
}

pub(crate) async fn make_pdf(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<media::Pdf>, HttpError> {
    make_file(&program, &web, facility, &query, ReportFormat::Pdf).await
}

pub(crate) async fn make_csv(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<media::Csv>, HttpError> {
    make_file(&program, &web, facility, &query, ReportFormat::Csv).await
}

pub(crate) async fn make_xlsx(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<media::Xlsx>, HttpError> {
    make_file(&program, &web, facility, &query, ReportFormat::Xlsx).await
}

pub(crate) async fn make_json(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<media::JsonText>, HttpError> {
    make_file(&program, &web, facility, &query, ReportFormat::Json).await
}

/// A report that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportBody {
    /// How it is written.
    format: ReportFormat,
    /// Ids of facilities, at most 500; none: all that the token sees. One by name: its report; otherwise a ZIP archive with one of each.
    #[serde(default)]
    facilities: Vec<FacilityId>,
    #[serde(flatten)]
    query: ReportQuery,
}

/// As a report belongs to whoever asked for it, another token finds none of it.
fn owner_of(program: &TokenProgram) -> ReportOwner<'_> {
    ReportOwner::Program(&program.token_id)
}

pub(crate) async fn begin_making(
    program: TokenProgram,
    State(web): State<WebContext>,
    JsonBody(ReportBody { format, facilities, query }): JsonBody<ReportBody>,
) -> Result<Created<ReportItem>, HttpError> {
    let order = ReportOrder { facilities, query, ..ReportOrder::default() };
    let new = NewReport { owner: owner_of(&program), schedule: "", format, locale: Locale::EnUs, order };
    let stored = web.report_office().begin_report(program.reads, new).await?;
    Created::at(&format!("/api/v1/reports/{}", stored.report), report_item(&stored)?)
}

pub(crate) async fn show_progress(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(report): Path<ReportId>,
) -> Result<Json<ReportItem>, HttpError> {
    let stored = web.report_office().find_own(program.account, owner_of(&program), report).await?;
    Ok(Json(report_item(&stored)?))
}

pub(crate) async fn fetch_file(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(report): Path<ReportId>,
) -> Result<FileDownload<media::AnyBytes>, HttpError> {
    download_report(&web, program.reads, owner_of(&program), report).await
}

pub(crate) async fn end_making(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(report): Path<ReportId>,
) -> Result<NoContent, HttpError> {
    web.report_office().end_own(program.account, owner_of(&program), report).await?;
    Ok(NoContent)
}
