//! The API of this version, one file for each noun.

pub(crate) mod alarms;
pub(crate) mod app_cards;
pub(crate) mod badges;
pub(crate) mod cleanings;
pub(crate) mod clock;
pub(crate) mod codes;
pub(crate) mod compliance;
pub(crate) mod discovery;
pub(crate) mod equipment;
pub(crate) mod equipment_changes;
pub(crate) mod facility;
pub(crate) mod labels;
pub(crate) mod lists;
pub(crate) mod log;
pub(crate) mod packs;
pub(crate) mod people;
pub(crate) mod photos;
pub(crate) mod print_bodies;
pub(crate) mod printers;
pub(crate) mod problems;
pub(crate) mod protocols;
pub(crate) mod refused_submissions;
pub(crate) mod reminders;
pub(crate) mod sign_offs;
pub(crate) mod slips;
pub(crate) mod submissions;
pub(crate) mod tags;
pub(crate) mod templates;
pub(crate) mod upkeep;
pub(crate) mod uses;
pub(crate) mod versions;

use web::route::Route;

use crate::web::context::AppState;

pub(crate) fn v1_routes() -> Vec<Route<AppState>> {
    [
        equipment::equipment_routes(),
        equipment_changes::equipment_change_routes(),
        protocols::protocol_routes(),
        packs::pack_routes(),
        cleanings::cleaning_routes(),
        submissions::submission_routes(),
        refused_submissions::refused_submission_routes(),
        app_cards::app_card_routes(),
        photos::photo_routes(),
        problems::problem_routes(),
        compliance::compliance_routes(),
        badges::badge_routes(),
        people::people_routes(),
        facility::facility_routes(),
        sign_offs::sign_off_routes(),
        log::log_routes(),
        discovery::discovery_routes(),
        printers::printer_routes(),
        labels::label_routes(),
        slips::slip_routes(),
        templates::template_routes(),
        alarms::alarm_routes(),
        reminders::reminder_routes(),
        clock::clock_routes(),
        upkeep::upkeep_routes(),
        lists::list_routes(),
        codes::code_routes(),
        tags::tag_routes(),
        uses::use_routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
