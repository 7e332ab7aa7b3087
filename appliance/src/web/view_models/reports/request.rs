//! Which report is asked for.

use web::error::HttpError;

use report::build::ReportRequest;
use report::query::{QueryFault, ReportQuery};
use words::Locale;

use crate::web::context::AppState;
use crate::web::http_error::{invalid_parameter, not_found};
use crate::web::view_models::equipment::rates::facility_calendar;
use crate::web::view_models::page::snapshot::Snapshot;

fn query_error(fault: QueryFault) -> HttpError {
    match fault {
        QueryFault::Unknown => not_found(),
        QueryFault::Parameter(name @ "days") => invalid_parameter(name, "A report has 1 to 3,660 days."),
        QueryFault::Parameter(name @ "tag") => {
            invalid_parameter(name, "A report is of one item, one person or one protocol.")
        }
        QueryFault::Parameter(name) => invalid_parameter(
            name,
            "Days read 2026-11-20; the first one is no later than the last one and today, and there are at most 3,660.",
        ),
    }
}

/// The request that a query is, made by nobody.
pub(crate) fn read_request(
    state: &AppState,
    query: &ReportQuery,
    locale: Locale,
) -> Result<ReportRequest, HttpError> {
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
        locale,
        made_by: None,
    })
}
