//! Pages without sign-in: scan, record, receipt, board.

mod app;
mod board;
mod find_tag;
mod home;
mod language;
mod problem;
mod receipt;
mod same_again;
mod scan;
mod tag_answer;
mod trust;
mod undo;
mod used;

use http::header::COOKIE;
use http::{HeaderValue, Method, StatusCode};
use web::route::{Example, Route, RouteKind, row};

use crate::web::commands::photo_upload::show_photo;
use crate::web::context::AppState;
use crate::web::{examples, refusals};

pub(crate) fn phone_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Api, Asset, Form, Page};
    let record = examples::tag_example().field("cleaned_by", "Ada").field("notes", "left wheel squeaks");
    let cookie = HeaderValue::from_static(examples::PHONE_COOKIE);
    let undo = examples::receipt_example().header(COOKIE, cookie).field("reason", "Wrong item");
    let report = examples::tag_example().field("what", "broken").field("notes", "screen cracked");
    let protocol = Example::default().part("id", examples::PROTOCOL);
    let photo = Example::default().part("file", examples::PHOTO_FILE);
    vec![
        row(Method::GET, "/", "home.show", Page, home::show).refusals(refusals::READING),
        row(Method::GET, "/{tag}", "label.open", Page, find_tag::open_label).example(examples::tag_example()),
        row(Method::GET, "/t", "tag.find", Page, find_tag::open_entered_tag)
            .example(Example::default().query(format!("tag={}", examples::TAG))),
        row(Method::GET, "/t/", "tag.find-slash", Page, find_tag::open_entered_tag)
            .example(Example::default().query(format!("tag={}", examples::TAG))),
        row(Method::GET, "/t/{tag}", "scan.show", Page, scan::submit::show)
            .refusals(refusals::FINDING)
            .example(examples::tag_example()),
        row(Method::POST, "/t/{tag}", "scan.submit", Form, scan::submit::submit)
            .commands(&["RecordCleaning"])
            .refusals(refusals::COMMANDING)
            .example(record),
        row(
            Method::GET,
            "/t/{tag}/contact-time",
            "scan.contact-time",
            Api,
            scan::contact_time::show_contact_time,
        )
        .summary("How much of an item’s contact time is left")
        .refusals(refusals::FINDING)
        .example(examples::tag_example()),
        row(Method::GET, "/t/{tag}/problem", "problem.ask", Page, problem::ask_problem)
            .refusals(refusals::FINDING)
            .example(examples::tag_example()),
        row(Method::POST, "/t/{tag}/problem", "problem.report", Form, problem::submit_problem)
            .commands(&["ReportProblem"])
            .refusals(refusals::COMMANDING)
            .example(report),
        row(Method::GET, "/t/{tag}/used", "use.ask", Page, used::ask_used)
            .refusals(refusals::FINDING)
            .example(examples::tag_example()),
        row(Method::POST, "/t/{tag}/used", "use.record", Form, used::submit_used)
            .commands(&["RecordUse"])
            .refusals(refusals::COMMANDING)
            .example(examples::tag_example().field("submission", "example")),
        row(Method::GET, "/photos/{file}", "photo.show", Asset, show_photo).example(photo),
        row(Method::GET, "/protocols/{id}", "protocol.show", Page, scan::instructions::show)
            .example(protocol),
        row(Method::GET, "/r/{receipt}", "receipt.show", Page, receipt::show)
            .refusals(refusals::FINDING)
            .example(examples::receipt_example()),
        row(Method::GET, "/r/{receipt}/proof", "receipt.prove", Api, receipt::prove)
            .summary("That a record stands in the log")
            .refusals(refusals::FINDING)
            .example(examples::receipt_example()),
        row(Method::GET, "/r/{receipt}/undo", "receipt.ask-undo", Page, undo::ask)
            .refusals(refusals::FINDING)
            .example(examples::receipt_example()),
        row(Method::POST, "/r/{receipt}/undo", "receipt.undo", Form, undo::submit)
            .commands(&["VoidCleaning"])
            .refusals(refusals::COMMANDING)
            .example(undo),
        row(Method::GET, "/board", "board.show", Page, board::show).refusals(refusals::READING),
        row(Method::POST, language::CHOICE, "language.choose", Form, language::choose)
            .refusals(&[StatusCode::UNPROCESSABLE_ENTITY])
            .example(Example::default().field("language", "es")),
    ]
}

pub(crate) fn trust_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Asset, Page};
    vec![
        row(Method::GET, trust::TRUST, "trust.show", Page, trust::show_trust),
        row(Method::GET, trust::CERTIFICATE, "trust-certificate.show", Asset, trust::download_certificate)
            .refusals(refusals::FINDING),
        row(Method::GET, trust::PROFILE, "trust-profile.show", Asset, trust::show_profile)
            .refusals(refusals::FINDING),
    ]
}

pub(crate) fn app_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Asset, Page};
    vec![
        row(Method::GET, app::SHELL, "app.show", Page, app::show_app),
        row(Method::GET, "/app/queue", "app-queue.show", Page, app::show_app),
        row(Method::GET, "/app.webmanifest", "app-manifest.show", Asset, app::show_manifest),
        row(Method::GET, "/app/icon-192.png", "app-icon.show", Asset, app::show_icon),
        row(Method::GET, "/app/icon-512.png", "app-large-icon.show", Asset, app::show_large_icon),
        row(Method::GET, "/sw.js", "app-worker.show", Asset, app::show_worker),
    ]
}
