//! Printer discovery: how long, and how many searches at a time.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use web::error::HttpError;

use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::words::PrintingWords;

/// How long to listen for printers: those that are awake answer within a second.
pub(crate) const LISTEN: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 2_500 });

const LOOKS_MAX: usize = 2;

/// Permits for scans of the network; without one the caller is asked to retry later.
struct LookPlaces(Arc<Semaphore>);

impl Default for LookPlaces {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOKS_MAX)))
    }
}

pub(crate) fn begin_look(state: &AppState) -> Result<OwnedSemaphorePermit, HttpError> {
    state.stored::<LookPlaces>().0.clone().try_acquire_owned().map_err(|_| discovery_busy())
}

fn discovery_busy() -> HttpError {
    new_error(StatusCode::TOO_MANY_REQUESTS, "busy", worded(PrintingWords::search_busy))
        .detail(worded(PrintingWords::search_busy_detail))
        .safe(worded(PrintingWords::printers_unchanged))
        .next(worded(PrintingWords::search_busy_next))
}
