//! Setting the box up in a browser: before anybody can sign in by the set-up code, after that by a facility admin; and what
//! phones ask a Wi-Fi that the box itself is.

mod first;
mod form;
mod page;
mod probes;
mod staff;

use http::Method;
use web::route::{Example, Route, RouteKind, row};

use crate::web::context::AppState;
use crate::web::refusals;

pub use self::first::close_left_network;

const SETUP: &str = "/setup";
const STAFF_SETUP: &str = "/staff/box/setup";

pub(crate) fn setup_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let first = Example::default()
        .field("code", "AAAAA-AAAAA")
        .field("admin", "Ada Lovelace")
        .field("pin", "471147")
        .field("again", "471147")
        .field("submission", "example")
        .secret("471147");
    let later = Example::default().field("facility", "Linden Creek").field("submission", "example");
    let mut routes = vec![
        row(Method::GET, SETUP, "setup.ask", Page, first::ask_first).refusals(refusals::READING),
        row(Method::POST, SETUP, "setup.begin", Form, first::begin_setup)
            .commands(&["AddStaff", "ChangeAccess", "ChangeFacility"])
            .refusals(refusals::COMMANDING)
            .example(first),
        row(Method::GET, STAFF_SETUP, "setup.show", Page, staff::ask_changes).refusals(refusals::READING),
        row(Method::POST, STAFF_SETUP, "setup.save", Form, staff::save_changes)
            .commands(&["ChangeFacility"])
            .refusals(refusals::COMMANDING)
            .example(later),
    ];
    routes.extend(probes::probe_routes());
    routes
}

#[cfg(test)]
pub(crate) const FORMS: &[&web::form::FormDefinition] =
    &[&form::FIRST, &form::FIRST_IMAGE, &form::LATER, &form::LATER_IMAGE];
