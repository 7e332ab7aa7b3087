//! Printers that are looked for: how long, and how many searches at a time.

use std::time::Duration;

use http::StatusCode;
use tokio::sync::Semaphore;

use crate::web::http_error::Problem;

/// How long printers are listened for: those that are awake answer within a second.
pub(crate) const LISTEN: Duration = Duration::from_millis(2_500);

/// Looks at the network at one time; further ones are told to wait.
pub(crate) static LOOKS: Semaphore = Semaphore::const_new(2);

pub(crate) fn busy() -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", "The box is looking for printers already")
        .detail("Others asked for it a moment ago.")
        .safe("Nothing was changed.")
        .next("Try again in ten seconds.")
}
