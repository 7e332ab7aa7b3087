//! Pages, by what they are about. None imports from another folder.

pub(crate) mod equipment;
pub(crate) mod facility;
pub(crate) mod labels;
pub(crate) mod people;
pub(crate) mod phone;
pub(crate) mod printers;
pub(crate) mod protocols;
pub(crate) mod register;
pub(crate) mod setup;
pub(crate) mod tags;

use web::route::Route;

use crate::web::context::AppState;

pub(crate) fn page_routes() -> Vec<Route<AppState>> {
    [
        phone::phone_page_routes(),
        phone::trust_page_routes(),
        phone::app_page_routes(),
        equipment::equipment_page_routes(),
        protocols::protocol_page_routes(),
        register::register_page_routes(),
        people::people_page_routes(),
        labels::label_page_routes(),
        printers::printer_page_routes(),
        facility::facility_page_routes(),
        facility::report_page_routes(),
        facility::waiting_page_routes(),
        setup::setup_page_routes(),
        tags::tag_page_routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
