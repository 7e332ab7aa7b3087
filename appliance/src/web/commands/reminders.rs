//! What somebody does about what waits for them.

use http::StatusCode;
use web::error::HttpError;

use crate::alarms::reminders::{OpenReminder, ReminderError, ReminderTable};
use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::words::ErrorWords;

pub(crate) fn list_reminders(state: &AppState) -> Vec<OpenReminder> {
    state.alarms.reminders().map_or_else(Vec::new, |table| table.all(state.clock.now().wall_ms))
}

/// Waits for the disk on a blocking thread.
pub(crate) async fn change_reminder(
    state: &AppState,
    id: &str,
    change: impl FnOnce(&ReminderTable, &str) -> Result<(), ReminderError> + Send + 'static,
) -> Result<(), HttpError> {
    let (alarms, named) = (state.alarms.clone(), id.to_owned());
    let changed = tokio::task::spawn_blocking(move || match alarms.reminders() {
        Some(table) => change(table, &named),
        None => Err(ReminderError::Unknown),
    });
    match changed.await.map_err(|e| HttpError::internal(&e))? {
        Ok(()) => Ok(()),
        Err(ReminderError::Unknown) => {
            let id = id.chars().take(64).collect::<String>();
            Err(new_error(StatusCode::NOT_FOUND, "no-alarm", worded(ErrorWords::error_alarm))
                .detail(worded(move |w: ErrorWords| w.error_alarm_detail(&id)))
                .safe(worded(ErrorWords::error_nothing_changed))
                .next(worded(ErrorWords::error_alarm_next)))
        }
        Err(error @ ReminderError::Unsaved(_)) => Err(HttpError::internal(&error)),
    }
}
