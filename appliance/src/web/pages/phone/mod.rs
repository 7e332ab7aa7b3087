//! What needs no sign-in: scan, record, receipt, board.

pub(crate) mod board;
pub(crate) mod find_tag;
pub(crate) mod home;
pub(crate) mod receipt;
pub(crate) mod scan;

use axum::Router;

use crate::web::context::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .merge(home::routes())
        .merge(find_tag::routes())
        .merge(scan::submit::routes())
        .merge(receipt::routes())
        .merge(board::routes())
}
