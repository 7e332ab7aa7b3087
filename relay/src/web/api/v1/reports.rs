//! `GET /api/v1/facilities/{facility}/report.pdf` and its tables: the same as the box makes.

use ::web::answer::{FileDownload, MediaType, media};
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use record::ids::FacilityId;
use report::query::{ReportFormat, ReportQuery};
use words::Locale;

use crate::web::WebContext;
use crate::web::access::TokenProgram;
use crate::web::view_models::reports::make_report;

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
