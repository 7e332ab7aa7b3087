//! What somebody does about an alarm.

use http::StatusCode;
use web::error::HttpError;

use crate::alarms::{AcknowledgeError, AlarmReader};
use crate::web::context::AppState;
use crate::web::http_error::new_error;

/// Waits for the disk away from the threads that answer phones. `false` where somebody had seen it before.
pub(crate) async fn acknowledge_alarm(
    state: &AppState,
    id: &str,
    by: AlarmReader,
) -> Result<bool, HttpError> {
    let (alarms, id) = (state.alarms.clone(), id.to_owned());
    let noted = tokio::task::spawn_blocking(move || alarms.acknowledge(&id, by)).await;
    match noted.map_err(|e| HttpError::internal(&e))? {
        Ok(first) => Ok(first),
        Err(error @ AcknowledgeError::Unknown(_)) => {
            Err(new_error(StatusCode::NOT_FOUND, "no-alarm", "There is no such alarm")
                .detail(format!("{error}."))
                .safe("Nothing was changed.")
                .next("Look at the list of alarms again.")
                .link(PAGE, "Show the alarms"))
        }
        Err(error) => Err(HttpError::internal(&error).safe("The alarm stays as it was.")),
    }
}

/// Where staff see all of them.
pub(crate) const PAGE: &str = "/staff/box";
