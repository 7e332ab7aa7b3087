//! The facility and its box: today, the box, its settings, alarms, the audit of access.

pub(crate) mod access_log;
pub(crate) mod access_words;
pub(crate) mod alarms;
pub(crate) mod today;

use axum::Router;

use crate::web::context::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().merge(today::routes()).merge(alarms::routes()).merge(access_log::routes())
}
