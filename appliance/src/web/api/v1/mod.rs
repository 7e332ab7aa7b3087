//! The API of this version, one file for each noun.

pub(crate) mod alarms;
pub(crate) mod cleanings;
pub(crate) mod compliance;
pub(crate) mod discovery;
pub(crate) mod equipment;
pub(crate) mod labels;
pub(crate) mod log;
pub(crate) mod printers;
pub(crate) mod protocols;
pub(crate) mod templates;

use axum::Router;

use crate::web::context::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .merge(equipment::routes())
        .merge(protocols::routes())
        .merge(cleanings::routes())
        .merge(compliance::routes())
        .merge(log::routes())
        .merge(discovery::routes())
        .merge(printers::routes())
        .merge(labels::routes())
        .merge(templates::routes())
        .merge(alarms::routes())
}
