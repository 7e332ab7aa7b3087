//! The API for programs: equipment, cleanings, compliance and labels, with a bearer token over HTTPS.

pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod v1;

use axum::Router;

use crate::web::context::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().merge(docs::routes()).merge(health::routes()).merge(v1::routes())
}
