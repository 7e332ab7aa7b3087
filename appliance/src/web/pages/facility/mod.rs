//! The facility and its box: today, the box, its settings, alarms, the audit of access.

mod access_log;
mod access_words;
mod alarms;
mod backup;
mod box_page;
mod bundle;
mod clock;
mod figures;
mod health;
mod inspection;
mod passes;
mod phone_records;
mod reminders;
mod reports;
mod settings;
mod today;
mod verify;

use http::{Method, StatusCode};
use web::route::{Example, Route, RouteKind, row};

use crate::web::context::AppState;
use crate::web::request::client::next_page::HOME;
use crate::web::{examples, refusals};

pub(crate) fn facility_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let find = refusals::FINDING;
    let facts = Example::default()
        .field("name", "Linden Valley Hospital")
        .field("zone", "America/Chicago")
        .field("label_host", "HTTP://10.0.0.5")
        .field("contact", "biomed, ext. 4417")
        .field("undo_min", "15")
        .field("pin_proof_min", "5")
        .field("retain_years", "7");
    let key = examples::BACKUP_KEY;
    let alarm = Example::default().part("id", examples::ALARM).field("submission", "");
    vec![
        row(Method::GET, "/staff", "today.open", Page, today::open),
        row(Method::GET, HOME, "today.show", Page, today::show).refusals(find),
        row(Method::GET, figures::FIGURES, "figures.show", Page, figures::show_figures).refusals(find),
        row(Method::GET, "/staff/box", "box.show", Page, box_page::show_box).refusals(find),
        row(Method::GET, "/staff/box/settings", "settings.ask", Page, settings::ask).refusals(find),
        row(Method::POST, "/staff/box/settings", "settings.save", Form, settings::save)
            .commands(&["ChangeFacility"])
            .refusals(refusals::COMMANDING)
            .example(facts),
        row(Method::POST, "/staff/box/alarms/{id}/seen", "alarm.dismiss", Form, alarms::acknowledge)
            .refusals(find)
            .example(alarm),
        row(Method::GET, "/staff/box/health", "health.open", Page, health::open_health).refusals(find),
        row(Method::POST, "/staff/box/health", "health.probe", Form, health::probe_health)
            .refusals(find)
            .example(examples::button_example()),
        row(Method::GET, "/staff/box/bundle", "bundle.list", Page, bundle::list_files).refusals(find),
        row(Method::POST, "/staff/box/bundle", "bundle.save", Form, bundle::save_bundle)
            .refusals(find)
            .example(examples::button_example()),
        row(Method::GET, backup::BACKUP, "backup.show", Page, backup::show).refusals(find),
        row(Method::POST, "/staff/backup/now", "backup.begin", Form, backup::begin_backup)
            .refusals(find)
            .example(examples::button_example()),
        row(Method::POST, "/staff/backup/key", "backup-key.add", Form, backup::make_key)
            .refusals(find)
            .example(Example::default().field("present", "another")),
        row(Method::POST, "/staff/backup/archive", "backup.archive", Form, backup::take_archive)
            .refusals(find)
            .example(examples::button_example()),
        row(Method::POST, "/staff/backup/test", "backup.test", Form, backup::test_restore)
            .refusals(find)
            .example(Example::default().field("key", key).secret(key)),
        row(Method::GET, clock::CLOCK_PATH, "clock.ask", Page, clock::ask_time),
        row(Method::POST, clock::CLOCK_PATH, "clock.say", Form, clock::set_time)
            .commands(&["AnchorClock"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().field("day", "2026-11-20").field("time", "14:04")),
        row(Method::GET, "/staff/box/audit", "audit.show", Page, access_log::show).refusals(find),
    ]
}

/// Reports, the page of an inspection, and passes for auditors.
pub(crate) fn report_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let find = refusals::FINDING;
    vec![
        row(Method::GET, passes::INSPECTION, "inspection.show", Page, inspection::show_inspection)
            .refusals(find),
        row(Method::POST, "/staff/inspection/passes", "pass.make", Form, passes::make_pass)
            .commands(&["AddStaff"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().field("name", "State survey").field("hours", "24")),
        row(Method::POST, "/staff/inspection/passes/{staff}/end", "pass.end", Form, passes::end_pass)
            .commands(&["StaffLeft", "ChangeAccess"])
            .refusals(refusals::COMMANDING)
            .example(examples::button_example().part("staff", examples::STAFF)),
        row(Method::GET, passes::PASS, "pass.ask", Page, passes::ask_code),
        row(Method::POST, passes::PASS, "pass.use", Form, passes::use_pass)
            .refusals(&[StatusCode::TOO_MANY_REQUESTS])
            .example(Example::default().field("code", "k3m9-x2w7-qd40")),
        row(Method::GET, verify::VERIFY, "report-check.ask", Page, verify::ask_report),
        row(Method::POST, verify::VERIFY, "report-check.make", Form, verify::check_report)
            .refusals(&[StatusCode::SERVICE_UNAVAILABLE])
            .example(examples::button_example()),
        row(Method::GET, reports::REPORTS, "report.list", Page, reports::show_reports).refusals(find),
        row(Method::POST, reports::REPORTS, "report.make", Form, reports::make_report)
            .refusals(find)
            .example(
                Example::default()
                    .field("from", "2026-11-01")
                    .field("to", "2026-11-20")
                    .field("format", "csv"),
            ),
        row(Method::GET, "/staff/reports/{id}", "report.open", Page, reports::fetch_report)
            .refusals(find)
            .example(Example::default().part("id", examples::REPORT)),
        row(Method::POST, "/staff/reports/{id}/cancel", "report.end", Form, reports::end_report)
            .refusals(find)
            .example(examples::button_example().part("id", examples::REPORT)),
    ]
}

pub(crate) fn waiting_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let find = refusals::FINDING;
    let reminder = || Example::default().part("id", examples::REMINDER).field("submission", "");
    let record = || Example::default().part("id", examples::REFUSED);
    vec![
        row(Method::GET, reminders::REMINDERS, "reminder.show", Page, reminders::show_reminders)
            .refusals(refusals::READING),
        row(
            Method::POST,
            "/staff/alarms/{id}/seen",
            "reminder.dismiss",
            Form,
            reminders::acknowledge_reminder,
        )
        .refusals(find)
        .example(reminder()),
        row(Method::POST, "/staff/alarms/{id}/later", "reminder.delay", Form, reminders::snooze_reminder)
            .refusals(&[StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY])
            .example(reminder().field("hours", "4")),
        row(
            Method::GET,
            phone_records::PHONE_RECORDS,
            "phone-record.list",
            Page,
            phone_records::list_records,
        ),
        row(Method::GET, "/staff/phone-records/{id}", "phone-record.ask", Page, phone_records::ask_late)
            .refusals(find)
            .example(record()),
        row(Method::POST, "/staff/phone-records/{id}", "phone-record.enter", Form, phone_records::enter_late)
            .commands(&["RecordQueued", "ReportProblem"])
            .refusals(refusals::COMMANDING)
            .example(record().field("tag", examples::TAG).field("cleaned_by", "Ada").field("notes", "")),
        row(
            Method::POST,
            "/staff/phone-records/{id}/dismiss",
            "phone-record.dismiss",
            Form,
            phone_records::close_record,
        )
        .refusals(find)
        .example(record().field("submission", "")),
        row(
            Method::POST,
            "/staff/phone-records/{id}/dismiss-all",
            "phone-record.dismiss-sender",
            Form,
            phone_records::close_all_of_sender,
        )
        .refusals(find)
        .example(record().field("submission", "")),
        row(Method::POST, "/staff/phone-records/copy", "phone-record.copy", Form, phone_records::take_copy)
            .commands(&["RecordQueued", "ReportProblem"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().field("submission", "")),
        row(
            Method::POST,
            "/staff/phone-records/phones/{device}/gone",
            "waiting-phone.close",
            Form,
            phone_records::close_phone,
        )
        .refusals(find)
        .example(Example::default().part("device", examples::WAITING_PHONE).field("submission", "")),
    ]
}

#[cfg(test)]
pub(crate) const FORMS: &[&web::form::FormDefinition] =
    &[&settings::SETTINGS, &clock::CLOCK, &phone_records::PHONE_RECORD, &reports::REPORT];

#[cfg(test)]
pub(crate) const REFUSED_FIELDS: &[crate::web::form_page::RefusedField] = &[
    (&settings::SETTINGS, settings::refused_field),
    (&clock::CLOCK, clock::refused_field),
    (&phone_records::PHONE_RECORD, phone_records::refused_field),
];
