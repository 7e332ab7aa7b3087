//! The print station: what is to be printed, on which printer, and how it goes; each page under `/staff/labels`.
//!
//! [`station`] is the station itself, [`actions`] what is pressed there, [`scans`] what a hand scanner types there, [`pick`]
//! what can be picked, [`picked`] what was, [`preview`] the preview, [`job`] one job, [`blank`], [`spreadsheet`]
//! ([`csv_rows`] reads its file), [`cards`] and [`sheet`] the forms for labels that nobody picks from a list, and [`templates`] the templates and the logo.

mod actions;
mod blank;
pub(crate) mod cards;
mod choices;
mod csv_rows;
mod job;
mod outcome;
mod pick;
mod picked;
mod preview;
mod receipt_strip;
mod scans;
mod sheet;
mod spreadsheet;
mod station;
mod templates;

use http::Method;
use web::route::{Example, Route, RouteKind, row};

use self::templates::LIST;
use crate::web::context::AppState;
use crate::web::{examples, refusals};

pub(crate) fn label_page_routes() -> Vec<Route<AppState>> {
    [station_routes(), job_routes(), form_routes(), template_routes()].into_iter().flatten().collect()
}

fn station_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Asset, Form, Page};
    let print = refusals::PRINTING;
    let look = Example::default().query(format!("tag={}", examples::TAG));
    let press = Example::default().field("do", "picked").field("show", "all").field("submission", "");
    let scans = Example::default().field("op", format!("+{}", examples::TAG)).field("picks", "");
    vec![
        row(Method::GET, "/staff/labels", "station.show", Page, station::show)
            .refusals(print)
            .example(Example::default().query("show=all&page=1")),
        row(Method::POST, "/staff/labels", "station.act", Form, actions::act).refusals(print).example(press),
        row(Method::POST, "/staff/labels/picks", "picks.change", Form, scans::take)
            .refusals(print)
            .example(scans),
        row(Method::GET, "/staff/labels/preview", "preview.show", Page, preview::show)
            .refusals(print)
            .example(look.clone()),
        row(Method::GET, "/staff/labels/preview.png", "preview.show-picture", Asset, preview::show_picture)
            .refusals(print)
            .example(look),
    ]
}

fn job_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let print = refusals::PRINTING;
    let job = Example::default().part("job", examples::JOB);
    vec![
        row(
            Method::POST,
            "/staff/receipts/{receipt}/print",
            "receipt.print-strip",
            Form,
            receipt_strip::print_strip,
        )
        .refusals(print)
        .example(examples::receipt_example().field("submission", "")),
        row(Method::POST, "/staff/equipment/{tag}/label", "equipment.print", Form, job::print_item)
            .refusals(print)
            .example(examples::tag_example().field("submission", "")),
        row(Method::GET, "/staff/labels/{job}", "job.show", Page, job::show)
            .refusals(print)
            .example(job.clone()),
        row(Method::POST, "/staff/labels/{job}/answer", "job.settle", Form, job::answer)
            .refusals(print)
            .example(job.clone().field("n", "1").field("printed", "yes")),
        row(Method::POST, "/staff/labels/{job}/cancel", "job.end", Form, job::cancel)
            .refusals(print)
            .example(job.clone().field("submission", "")),
        row(Method::GET, "/staff/labels/{job}/again", "job.ask-reprint", Page, job::ask_reprint)
            .refusals(print)
            .example(job.clone().query("n=1")),
        row(Method::POST, "/staff/labels/{job}/again", "job.print-again", Form, job::reprint)
            .refusals(print)
            .example(job.field("n", "1").field("reason", "Torn or smudged")),
    ]
}

fn form_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let print = refusals::PRINTING;
    let card = Example::default().field("do", "card").field("protocol", examples::PROTOCOL);
    let rows = Example::default().field("text", format!("tag\n{}\n", examples::TAG));
    let sheet = Example::default().field("list", examples::TAG).field("sheet", "5160").field("start", "1");
    vec![
        row(Method::GET, "/staff/labels/blank", "blank-tags.ask", Page, blank::ask).refusals(print),
        row(Method::POST, "/staff/labels/blank", "blank-tags.print", Form, blank::print)
            .refusals(print)
            .example(Example::default().field("count", "2")),
        row(Method::GET, "/staff/labels/csv", "spreadsheet.ask", Page, spreadsheet::ask).refusals(print),
        row(Method::POST, "/staff/labels/csv", "spreadsheet.check", Form, spreadsheet::look)
            .refusals(print)
            .example(rows),
        row(Method::GET, "/staff/labels/cards", "cards.ask", Page, cards::ask).refusals(print),
        row(Method::POST, "/staff/labels/cards", "cards.print", Form, cards::print)
            .refusals(print)
            .example(card),
        row(Method::GET, "/staff/labels/sheet", "sheet.ask", Page, sheet::ask).refusals(print),
        row(Method::POST, "/staff/labels/sheet", "sheet.draw", Form, sheet::make)
            .refusals(print)
            .example(sheet),
    ]
}

fn template_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Asset, Form, Page};
    let print = refusals::PRINTING;
    let template = Example::default().field("was", "").field("text", examples::TEMPLATE_FILE);
    let name = Example::default().field("name", examples::TEMPLATE);
    let picture = "/staff/labels/templates/{name}/picture.png";
    vec![
        row(Method::GET, LIST, "template.browse", Page, templates::list).refusals(print),
        row(Method::GET, "/staff/labels/templates/edit", "template.ask", Page, templates::edit)
            .refusals(print)
            .example(Example::default().query(format!("from={}", examples::TEMPLATE))),
        row(Method::POST, "/staff/labels/templates/edit", "template.save", Form, templates::save)
            .refusals(print)
            .example(template),
        row(Method::POST, "/staff/labels/templates/remove", "template.delete", Form, templates::remove)
            .refusals(print)
            .example(name),
        row(Method::GET, "/staff/labels/templates/logo", "logo.show-picture", Asset, templates::show_logo)
            .refusals(print),
        row(Method::POST, "/staff/labels/templates/logo", "logo.save", Form, templates::save_logo)
            .refusals(print)
            .example(Example::default().field("do", "remove")),
        row(Method::GET, picture, "template.show-picture", Asset, templates::show_picture)
            .refusals(print)
            .example(Example::default().part("name", examples::TEMPLATE)),
    ]
}

#[cfg(test)]
pub(crate) const FORMS: &[&web::form::FormDefinition] = &[&templates::TEMPLATE];
