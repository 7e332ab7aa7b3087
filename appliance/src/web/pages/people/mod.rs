//! Signing in, one's own account, staff and programs.

pub(crate) mod add;
pub(crate) mod own_pin;
pub(crate) mod person;
pub(crate) mod programs;
pub(crate) mod sign_in;

use axum::Router;

use crate::web::context::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .merge(sign_in::routes())
        .merge(own_pin::routes())
        .merge(person::routes())
        .merge(add::routes())
        .merge(programs::routes())
}
