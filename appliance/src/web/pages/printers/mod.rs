//! Printers: found, set up, tested.

pub(crate) mod list;
pub(crate) mod setup;

use axum::Router;

use crate::web::context::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().merge(list::routes())
}
