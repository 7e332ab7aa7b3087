//! The API of this version, one file for each noun.

pub(crate) mod alarms;
pub(crate) mod clock;
pub(crate) mod facility;
pub(crate) mod items;
pub(crate) mod packs;
pub(crate) mod printing;
pub(crate) mod protocols;
pub(crate) mod records;
pub(crate) mod reminders;
pub(crate) mod staff;
pub(crate) mod versions;

use web::route::Route;

use crate::web::context::AppState;

pub(crate) fn v1_routes() -> Vec<Route<AppState>> {
    [
        items::equipment::equipment_routes(),
        items::equipment_changes::equipment_change_routes(),
        protocols::protocol_routes(),
        packs::pack_routes(),
        records::cleanings::cleaning_routes(),
        records::submissions::submission_routes(),
        records::refused_submissions::refused_submission_routes(),
        records::app_cards::app_card_routes(),
        records::photos::photo_routes(),
        items::problems::problem_routes(),
        records::compliance::compliance_routes(),
        records::reports::report_routes(),
        staff::badges::badge_routes(),
        staff::people::people_routes(),
        facility::facility_routes(),
        staff::sign_offs::sign_off_routes(),
        records::log::log_routes(),
        printing::discovery::discovery_routes(),
        printing::printers::printer_routes(),
        printing::labels::label_routes(),
        printing::slips::slip_routes(),
        printing::templates::template_routes(),
        alarms::alarm_routes(),
        reminders::reminder_routes(),
        clock::clock_routes(),
        items::upkeep::upkeep_routes(),
        items::lists::list_routes(),
        items::codes::code_routes(),
        items::tags::tag_routes(),
        items::uses::use_routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
