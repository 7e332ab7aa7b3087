//! The report of a facility, made while whoever asks waits.

use ::web::answer::{FileDownload, Page, media};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::ids::FacilityId;
use report::query::{ReportFormat, ReportQuery};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::web::WebContext;
use crate::web::access::{MemberCaller, ReadNames};
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::pages::facilities::facility::facility_layout;
use crate::web::view_models::facility_state::{day_date, find_overview};
use crate::web::view_models::formats::LocalTime;
use crate::web::view_models::reports::make_report;
use crate::web::words::{PageWords, ReportsWords};

#[derive(Template)]
#[template(path = "facilities/report.html")]
struct ReportPage {
    shell: PageLayout,
    w: ReportsWords,
    name: String,
    href: String,
    from: String,
    to: String,
}

pub(crate) async fn ask_report(
    visitor: MemberCaller<ReadNames>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read(visitor.reads).await?;
    let site = find_overview(&mut conn, facility, now_ms).await?.ok_or_else(not_found)?;
    let wall = LocalTime::new(now_ms, &site.zone);
    let w: ReportsWords = wall.words();
    let title = w.reports_title(&site.name);
    let first = i32::try_from(site.first_day()).unwrap_or_default();
    Page::draw(&ReportPage {
        shell: PageLayout { title, section: NavSection::Gaps, ..facility_layout(&visitor, &site, &wall) },
        w,
        href: format!("/app/f/{facility}"),
        from: day_date(first).to_string(),
        to: day_date(first + 29).to_string(),
        name: site.name,
    })
}

/// Which report.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ReportFileParams {
    /// The first day.
    from: String,
    /// The last day.
    to: String,
    /// `pdf`, `csv`, `xlsx` or `json`.
    format: String,
}

pub(crate) async fn fetch_report(
    visitor: MemberCaller<ReadNames>,
    State(web): State<WebContext>,
    Path(facility): Path<FacilityId>,
    LenientQuery(params): LenientQuery<ReportFileParams>,
) -> Result<FileDownload<media::AnyBytes>, HttpError> {
    let format = ReportFormat::of(&params.format).unwrap_or(ReportFormat::Pdf);
    let query = ReportQuery { from: Some(params.from), to: Some(params.to), ..ReportQuery::default() };
    let words: PageWords = LocalTime::of_reader(web.now_ms()).words();
    let locale = words.catalog().locale();
    let made = make_report(&web, visitor.reads, facility, &query, locale, format).await?;
    FileDownload::new(&made.file_name(format), made.bytes)
}
