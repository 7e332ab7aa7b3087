//! The rows of the table that programs ask.

use ::web::route::{Example, Route, RouteKind, row};
use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::web::WebContext;
use crate::web::api::old;
use crate::web::api::v1::{
    alerts, boxes as v1_boxes, cleanings, compliance, equipment, facilities, log, reports,
};

/// The database is asked: it may be away, or have too much to do.
pub(crate) const MAY_BE_UNAVAILABLE: &[StatusCode] = &[StatusCode::SERVICE_UNAVAILABLE];
/// The same, of what only a few may ask for at a time.
pub(crate) const CROWDED: &[StatusCode] = &[StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
pub(crate) const FINDING: &[StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE];
pub(crate) const SEARCHING: &[StatusCode] =
    &[StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE];
/// The same, of something that may not be in the state that it must be in: another change may have come before.
const WRITING: &[StatusCode] =
    &[StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];

const OLD_ITEM_PATH: &str = "/api/equipment/{item}/";
const FACILITY_PATH: &str = "/api/v1/facilities/{facility}";

pub(crate) const SOME_ID: &str = "01JD0000000000000000000000";

pub(crate) fn in_facility() -> Example {
    Example::default().part("facility", SOME_ID)
}

fn of_log(further: &str) -> Example {
    Example::default().query(format!("box={SOME_ID}{further}"))
}

fn of_entry() -> Example {
    Example::default().part("box_id", SOME_ID).part("epoch", "1-00ab0102").part("seq", "4")
}

pub(crate) fn api_rows() -> Vec<Route<WebContext>> {
    [thing_rows(), report_rows(), later_report_rows(), alert_api_rows(), log_rows()].concat()
}

fn report_rows() -> Vec<Route<WebContext>> {
    let week = || in_facility().query("days=7");
    vec![
        row(
            Method::GET,
            "/api/v1/facilities/{facility}/report.pdf",
            "report-api.pdf",
            RouteKind::Api,
            reports::make_pdf,
        )
        .summary("A report on paper, with every record and its proof attached")
        .refusals(SEARCHING)
        .example(week()),
        row(
            Method::GET,
            "/api/v1/facilities/{facility}/report.csv",
            "report-api.csv",
            RouteKind::Api,
            reports::make_csv,
        )
        .summary("Cleanings as a table (RFC 4180)")
        .refusals(SEARCHING)
        .example(week()),
        row(
            Method::GET,
            "/api/v1/facilities/{facility}/report.xlsx",
            "report-api.xlsx",
            RouteKind::Api,
            reports::make_xlsx,
        )
        .summary("Cleanings as a spreadsheet")
        .refusals(SEARCHING)
        .example(week()),
        row(
            Method::GET,
            "/api/v1/facilities/{facility}/report.json",
            "report-api.json",
            RouteKind::Api,
            reports::make_json,
        )
        .summary("Cleanings as an array of objects, with the columns of the tables")
        .refusals(SEARCHING)
        .example(week()),
    ]
}

fn later_report_rows() -> Vec<Route<WebContext>> {
    use RouteKind::Api;
    let stored = || Example::default().part("report", SOME_ID);
    vec![
        row(Method::POST, "/api/v1/reports", "reports-api.begin", Api, reports::begin_making)
            .summary(
                "Has a report made of one facility or several, which is fetched later and kept for 90 days",
            )
            .refusals(SEARCHING)
            .example(Example::default().json(json!({ "format": "csv", "days": 7 }))),
        row(Method::GET, "/api/v1/reports/{report}", "reports-api.show", Api, reports::show_progress)
            .summary("How far a report is")
            .refusals(FINDING)
            .example(stored()),
        row(Method::GET, "/api/v1/reports/{report}/file", "reports-api.fetch", Api, reports::fetch_file)
            .summary("A report that was made")
            .refusals(WRITING)
            .example(stored()),
        row(Method::DELETE, "/api/v1/reports/{report}", "reports-api.end", Api, reports::end_making)
            .summary("Cancels a report that is not made yet, or takes one away")
            .refusals(FINDING)
            .example(stored()),
    ]
}

fn alert_api_rows() -> Vec<Route<WebContext>> {
    use RouteKind::Api;
    vec![
        row(Method::GET, "/api/v1/alerts", "alerts-api.list", Api, alerts::list_alert_items)
            .summary("Alerts with how they stand, newest first")
            .refusals(SEARCHING)
            .example(Example::default().query("closed=false&limit=2")),
        row(Method::GET, "/api/v1/alerts/{alert}", "alerts-api.show", Api, alerts::show_alert_item)
            .summary("An alert with how it stands")
            .refusals(FINDING)
            .example(Example::default().part("alert", SOME_ID)),
        row(Method::POST, "/api/v1/alerts/{alert}", "alerts-api.change", Api, alerts::change_alert_item)
            .summary("Acknowledges an alert, or puts it off")
            .refusals(SEARCHING)
            .example(Example::default().part("alert", SOME_ID).json(json!({ "act": "acknowledge" }))),
    ]
}

fn thing_rows() -> Vec<Route<WebContext>> {
    use RouteKind::Api;
    let new_facility = json!({ "name": "Northgate Clinic", "zone": "America/Chicago" });
    vec![
        row(Method::GET, "/api/v1/facilities", "facilities-api.list", Api, facilities::list_facilities)
            .summary("Facilities with how they stand, by id")
            .refusals(SEARCHING)
            .example(Example::default().query("state=open&limit=2")),
        row(Method::POST, "/api/v1/facilities", "facilities-api.create", Api, facilities::create_facility)
            .summary("Makes a facility")
            .refusals(WRITING)
            .example(Example::default().json(new_facility)),
        row(Method::GET, FACILITY_PATH, "facilities-api.show", Api, facilities::show_facility)
            .summary("A facility with how it stands")
            .refusals(FINDING)
            .example(in_facility()),
        row(Method::PATCH, FACILITY_PATH, "facilities-api.change", Api, facilities::change_facility)
            .summary("Names a facility, puts it into a region, closes or opens it")
            .refusals(WRITING)
            .example(in_facility().json(json!({ "region": null }))),
        row(
            Method::GET,
            "/api/v1/facilities/{facility}/equipment/{tag}",
            "equipment.show",
            Api,
            equipment::show_item,
        )
        .summary("An item with how it stands")
        .refusals(FINDING)
        .example(in_facility().part("tag", "7QK3M9X2W")),
        row(Method::GET, "/api/v1/boxes", "boxes-api.list", Api, v1_boxes::list_boxes)
            .summary("Boxes with how they stand, by id")
            .refusals(SEARCHING)
            .example(Example::default().query("limit=2")),
        row(Method::GET, "/api/v1/boxes/{box_id}", "boxes-api.show", Api, v1_boxes::show_box)
            .summary("A box with how it stands")
            .refusals(FINDING)
            .example(Example::default().part("box_id", SOME_ID)),
        row(Method::GET, "/api/v1/equipment", "equipment.list", Api, equipment::list)
            .summary("Items, by facility and tag")
            .refusals(SEARCHING)
            .example(Example::default().query("limit=2")),
        row(Method::GET, "/api/v1/cleanings", "cleanings.list", Api, cleanings::list)
            .summary("Cleanings, newest first; voided ones stay in the list")
            .refusals(SEARCHING)
            .example(Example::default().query("limit=2")),
        row(
            Method::GET,
            "/api/v1/cleanings/{box_id}/{epoch}/{seq}",
            "cleanings.show",
            Api,
            cleanings::show_cleaning,
        )
        .summary("A cleaning")
        .refusals(FINDING)
        .example(of_entry()),
        row(Method::GET, "/api/v1/compliance", "compliance.list", Api, compliance::list)
            .summary("Met and closed windows by facility")
            .refusals(SEARCHING),
    ]
}

fn log_rows() -> Vec<Route<WebContext>> {
    use RouteKind::Api;
    vec![
        row(Method::GET, "/api/v1/log", "log.list", Api, log::list_lines)
            .summary("Entries as they were signed, one a line")
            .refusals(SEARCHING)
            .example(of_log("&limit=2")),
        row(Method::GET, "/api/v1/checkpoint", "checkpoint.show", Api, log::show_checkpoint)
            .summary("A signed and cosigned checkpoint")
            .refusals(SEARCHING)
            .example(of_log("")),
        row(Method::GET, "/api/v1/key", "keys.list", Api, log::list_keys)
            .summary("Verifier keys: the log’s, then the relay’s")
            .refusals(SEARCHING)
            .example(of_log("")),
        row(Method::GET, "/api/v1/proof/{seq}", "proof.show", Api, log::show_proof)
            .summary("The proof of one entry, for cleantrack-verify")
            .refusals(SEARCHING)
            .example(of_log("").part("seq", "4")),
    ]
}

/// The paths of the app before this one, for the scripts that still call them.
pub(crate) fn old_rows() -> Vec<Route<WebContext>> {
    [old_item_rows(), old_log_rows()].concat()
}

fn old_item_rows() -> Vec<Route<WebContext>> {
    use RouteKind::Old;
    vec![
        row(Method::GET, "/api/equipment/", "old.equipment", Old, old::equipment::list_items)
            .summary("Items, by facility and tag")
            .refusals(SEARCHING),
        row(Method::POST, "/api/equipment/", "old.add-equipment", Old, old::equipment::add_item)
            .summary("Says at which boxes items are added")
            .refusals(MAY_BE_UNAVAILABLE),
        row(Method::GET, OLD_ITEM_PATH, "old.find-equipment", Old, old::equipment::show_item)
            .summary("An item, by its number or its tag")
            .refusals(FINDING)
            .example(old_item_example()),
        old_change_row(Method::PUT, "old.replace-equipment"),
        old_change_row(Method::PATCH, "old.change-equipment"),
        old_change_row(Method::DELETE, "old.retire-equipment"),
        row(
            Method::POST,
            "/api/equipment/{item}/generate-qr/",
            "old.generate-qr",
            Old,
            old::qr_code::make_code,
        )
        .summary("The QR code of an item’s label")
        .refusals(WRITING)
        .example(old_item_example()),
    ]
}

fn old_item_example() -> Example {
    Example::default().part("item", "7QK3M9X2W")
}

fn old_change_row(method: Method, name: &'static str) -> Route<WebContext> {
    row(method, OLD_ITEM_PATH, name, RouteKind::Old, old::equipment::change_item)
        .summary("Says at which box an item is changed")
        .refusals(FINDING)
        .example(old_item_example())
}

fn old_log_rows() -> Vec<Route<WebContext>> {
    use RouteKind::Old;
    vec![
        row(Method::GET, "/api/cleaning-logs/", "old.cleanings", Old, old::cleanings::list_cleanings)
            .summary("Cleanings, newest first; voided ones stay in the list")
            .refusals(SEARCHING),
        row(Method::POST, "/api/cleaning-logs/", "old.add-cleaning", Old, old::cleanings::add_cleaning)
            .summary("Says at which boxes cleanings are recorded")
            .refusals(MAY_BE_UNAVAILABLE),
        row(
            Method::GET,
            "/api/cleaning-logs/{cleaning}/",
            "old.find-cleaning",
            Old,
            old::cleanings::show_cleaning,
        )
        .summary("A cleaning, by its number")
        .refusals(FINDING)
        .example(Example::default().part("cleaning", "1")),
        row(
            Method::POST,
            "/api/register-cleaning/{scanned}/",
            "old.register",
            Old,
            old::cleanings::register_cleaning,
        )
        .summary("Says that cleanings are recorded at the box")
        .example(Example::default().part("scanned", "7QK3M9X2W")),
        row(Method::GET, "/api/facilities/", "old.list-facilities", Old, old::facilities::list_facilities)
            .summary("Facilities, by id")
            .refusals(SEARCHING),
        row(
            Method::GET,
            "/api/facilities/{facility}/",
            "old.find-facility",
            Old,
            old::facilities::show_facility,
        )
        .summary("A facility, by its number or its id")
        .refusals(FINDING)
        .example(in_facility()),
        row(
            Method::GET,
            "/api/facilities/{facility}/compliance/",
            "old.compliance",
            Old,
            old::facilities::show_compliance,
        )
        .summary("Met and closed windows of one facility")
        .refusals(FINDING)
        .example(in_facility()),
    ]
}
