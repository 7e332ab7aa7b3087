//! Pages, by what they are about. None knows another folder's.

pub(crate) mod equipment;
pub(crate) mod facility;
pub(crate) mod labels;
pub(crate) mod people;
pub(crate) mod phone;
pub(crate) mod printers;

use axum::Router;

use crate::web::context::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .merge(phone::routes())
        .merge(equipment::routes())
        .merge(people::routes())
        .merge(labels::routes())
        .merge(printers::routes())
        .merge(facility::routes())
}
