//! Pages, by what they are about. None knows another folder's.

pub(crate) mod equipment;
pub(crate) mod facility;
pub(crate) mod labels;
pub(crate) mod people;
pub(crate) mod phone;
pub(crate) mod printers;

use web::route::Route;

use crate::web::context::AppState;

pub(crate) fn routes() -> Vec<Route<AppState>> {
    [
        phone::routes(),
        equipment::routes(),
        people::routes(),
        labels::routes(),
        printers::routes(),
        facility::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
