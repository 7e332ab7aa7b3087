//! `GET /api/v1/facilities/{facility}/report.pdf` and its tables: the same as the box makes.

use ::web::answer::{FileDownload, MediaType};
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use record::ids::FacilityId;
use report::query::ReportQuery;
use report::table::TableFormat;
use words::Locale;

use crate::web::WebContext;
use crate::web::access::TokenProgram;
use crate::web::view_models::reports::{ReportFormat, make_report};

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
}

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
) -> Result<FileDownload<PdfMedia>, HttpError> {
    make_file(&program, &web, facility, &query, ReportFormat::Pdf).await
}

pub(crate) async fn make_csv(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<CsvMedia>, HttpError> {
    make_file(&program, &web, facility, &query, ReportFormat::Table(TableFormat::Csv)).await
}

pub(crate) async fn make_xlsx(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<XlsxMedia>, HttpError> {
    make_file(&program, &web, facility, &query, ReportFormat::Table(TableFormat::Xlsx)).await
}

pub(crate) async fn make_json(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    Query(query): Query<ReportQuery>,
) -> Result<FileDownload<RowsMedia>, HttpError> {
    make_file(&program, &web, facility, &query, ReportFormat::Table(TableFormat::Json)).await
}
