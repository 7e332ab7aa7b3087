//! Which report is asked for.

use web::error::HttpError;

pub(crate) use report::query::{QueryFault, ReportQuery};

use crate::web::http_error::{invalid_parameter, not_found};

pub(crate) fn query_error(fault: QueryFault) -> HttpError {
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
