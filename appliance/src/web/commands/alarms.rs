//! What somebody does about an alarm.

use http::StatusCode;
use web::error::HttpError;

use crate::alarms::{AcknowledgeError, AlarmReader};
use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::words::ErrorWords;

/// Waits for the disk on a blocking thread. `false` where somebody had acknowledged it before.
pub(crate) async fn acknowledge_alarm(
    state: &AppState,
    id: &str,
    by: AlarmReader,
) -> Result<bool, HttpError> {
    let (alarms, id) = (state.alarms.clone(), id.to_owned());
    let noted = tokio::task::spawn_blocking(move || alarms.acknowledge(&id, by)).await;
    match noted.map_err(|e| HttpError::internal(&e))? {
        Ok(first) => Ok(first),
        Err(AcknowledgeError::Unknown(id)) => {
            Err(new_error(StatusCode::NOT_FOUND, "no-alarm", worded(ErrorWords::error_alarm))
                .detail(worded(move |w: ErrorWords| w.error_alarm_detail(&id)))
                .safe(worded(ErrorWords::error_nothing_changed))
                .next(worded(ErrorWords::error_alarm_next))
                .link(PAGE, worded(ErrorWords::error_links_alarms)))
        }
        Err(error) => Err(HttpError::internal(&error).safe(worded(ErrorWords::error_alarm_safe))),
    }
}

pub(crate) const PAGE: &str = "/staff/box";
