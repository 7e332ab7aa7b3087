//! The operations of the program before this one, for the scripts that still call them; docs/old-app.md says what differs.

mod cleanings;
mod equipment;
mod facilities;
mod qr_code;
mod register;

use web::route::Route;

use crate::web::context::AppState;

pub(crate) fn routes() -> Vec<Route<AppState>> {
    [equipment::routes(), qr_code::routes(), cleanings::routes(), register::routes(), facilities::routes()]
        .into_iter()
        .flatten()
        .collect()
}
