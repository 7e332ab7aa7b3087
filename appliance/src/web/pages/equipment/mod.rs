//! Equipment: the list, an item, its form, its schedule, in and out of service.

pub(crate) mod form;
pub(crate) mod item;
pub(crate) mod list;
pub(crate) mod schedule;
pub(crate) mod service_state;

use axum::Router;

use crate::web::context::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .merge(list::routes())
        .merge(item::routes())
        .merge(form::routes())
        .merge(schedule::routes())
        .merge(service_state::routes())
}
