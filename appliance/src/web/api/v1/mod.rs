//! The API of this version, one file for each noun.

pub(crate) mod alarms;
pub(crate) mod cleanings;
pub(crate) mod compliance;
pub(crate) mod discovery;
pub(crate) mod equipment;
pub(crate) mod equipment_changes;
pub(crate) mod labels;
pub(crate) mod log;
pub(crate) mod people;
pub(crate) mod print_bodies;
pub(crate) mod printers;
pub(crate) mod protocols;
pub(crate) mod templates;

use web::route::Route;

use crate::web::context::AppState;

pub(crate) fn routes() -> Vec<Route<AppState>> {
    [
        equipment::routes(),
        equipment_changes::routes(),
        protocols::routes(),
        cleanings::routes(),
        compliance::routes(),
        people::routes(),
        log::routes(),
        discovery::routes(),
        printers::routes(),
        labels::routes(),
        templates::routes(),
        alarms::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
