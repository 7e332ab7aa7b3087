//! The operations of the program before this one, for the scripts that still call them; docs/old-app.md says what differs.

mod cleanings;
mod equipment;
mod facilities;
mod old_ids;
mod qr_code;
mod register;

use web::route::Route;

use crate::web::context::AppState;

pub(crate) fn legacy_routes() -> Vec<Route<AppState>> {
    [
        equipment::old_equipment_routes(),
        qr_code::qr_code_routes(),
        cleanings::old_cleaning_routes(),
        register::register_routes(),
        facilities::old_facility_routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
