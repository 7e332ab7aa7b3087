//! Reports that are made while whoever asks waits, files of those that were made, and why there is none.

use std::sync::Arc;
use std::time::Duration;

use ::web::answer::{FileDownload, media};
use ::web::error::HttpError;
use record::ids::{FacilityId, ReportId};
use report::query::{QueryFault, ReportFormat, ReportQuery, days_text};
use tokio::time::timeout;
use words::Locale;

use crate::db::ReadScope;
use crate::db::facility::facilities::get;
use crate::reports::ReportFault;
use crate::reports::make::{MadeReport, ReportMaker};
use crate::reports::order::{ReportOffice, ReportOwner, read_order};
use crate::web::WebContext;
use crate::web::http_error::{
    busy_error, internal_error, not_found, parameter_error, report_not_ready, too_many_reports,
};
use crate::web::words::ErrorWords;

/// How long somebody waits for their turn.
const TURN_WITHIN: Duration = Duration::from_secs(20);

impl From<ReportFault> for HttpError {
    fn from(fault: ReportFault) -> Self {
        match fault {
            ReportFault::Db(error) => error.into(),
            ReportFault::NotFound => not_found(),
            ReportFault::Query(QueryFault::Parameter(name)) => {
                parameter_error(name, ErrorWords::parameter_report)
            }
            ReportFault::TooLong => parameter_error("from", ErrorWords::parameter_report_long),
            ReportFault::Facilities => parameter_error("facilities", ErrorWords::parameter_report_facilities),
            ReportFault::Crowded => too_many_reports(),
            ReportFault::NotReady => report_not_ready(),
            fault => internal_error(fault),
        }
    }
}

/// Makes a report; one at a time of this process.
pub(crate) async fn make_report(
    web: &WebContext,
    reads: ReadScope,
    facility: FacilityId,
    query: &ReportQuery,
    locale: Locale,
    format: ReportFormat,
) -> Result<MadeReport, HttpError> {
    // What is not there waits for no turn.
    get(&mut web.db.read(reads).await?, facility).await?.ok_or_else(not_found)?;
    let turn = timeout(TURN_WITHIN, Arc::clone(&web.reports).acquire_owned()).await;
    let turn = turn.map_err(|_| busy_error())?.map_err(internal_error)?;
    let keys = web.fleet.keys().now();
    let (db, now_ms) = (&web.db, web.now_ms());
    let maker = ReportMaker { db, keys: &keys, reads, query, locale, format, begins_by_ms: now_ms, now_ms };
    Ok(maker.make_report(facility, Some(turn), None).await?)
}

impl WebContext {
    pub(crate) fn report_office(&self) -> ReportOffice<'_> {
        let (db, random, files) = (&self.db, &*self.random, self.photos.reports());
        ReportOffice { db, files, random, now_ms: self.now_ms() }
    }
}

/// The file of a report that is ready, for whoever asked for it.
pub(crate) async fn download_report(
    web: &WebContext,
    reads: ReadScope,
    owner: ReportOwner<'_>,
    report: ReportId,
) -> Result<FileDownload<media::AnyBytes>, HttpError> {
    let office = web.report_office();
    let stored = office.find_ready(reads, owner, report).await?;
    let bytes = office.files.get(reads.account(), &stored.report).await.map_err(internal_error)?;
    let days = [stored.from_day, stored.to_day].map(|day| i32::try_from(day).unwrap_or_default());
    let ending = if read_order(&stored)?.is_single() { &stored.format } else { "zip" };
    let name = format!("cleantrack-{}.{ending}", days_text(days));
    FileDownload::from_chunks(&name, bytes.ok_or_else(not_found)?)
}
