//! Printers: found, set up, tested.

mod list;
mod setup;

use http::Method;
use web::route::{Example, Route, RouteKind, row};

use crate::web::context::AppState;
use crate::web::{examples, refusals};

pub(crate) fn printer_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let print = refusals::PRINTING;
    let printer = || Example::default().part("name", examples::PRINTER);
    let settings = |example: Example, address| example.field("language", "escpos").field("address", address);
    let added = settings(Example::default().field("name", "Ward 3"), "tcp://127.0.0.1:2");
    vec![
        row(Method::GET, "/staff/printers", "printer.browse", Page, list::list).refusals(print),
        row(Method::POST, "/staff/printers", "printer.create", Form, list::add)
            .refusals(print)
            .example(added),
        row(Method::POST, "/staff/printers/look", "printer.look", Form, list::look)
            .refusals(print)
            .example(Example::default().field("host", "127.0.0.1")),
        row(Method::GET, "/staff/printers/new", "printer.ask-new", Page, list::ask)
            .refusals(print)
            .example(Example::default().query("name=Ward+3&language=escpos")),
        row(Method::GET, "/staff/printers/{name}", "printer.open", Page, list::show)
            .refusals(print)
            .example(printer()),
        row(Method::POST, "/staff/printers/{name}", "printer.save", Form, list::change)
            .refusals(print)
            .example(settings(printer(), "tcp://127.0.0.1:1")),
        row(Method::POST, "/staff/printers/{name}/test", "printer.print-test", Form, list::test)
            .refusals(print)
            .example(printer().field("submission", "")),
        row(
            Method::POST,
            "/staff/printers/{name}/self-test",
            "printer.print-self-test",
            Form,
            list::print_self_test,
        )
        .refusals(print)
        .example(printer().field("submission", "")),
        row(
            Method::POST,
            "/staff/printers/{name}/setup-slip",
            "printer.print-setup-slip",
            Form,
            list::print_setup_slip,
        )
        .refusals(print)
        .example(printer().field("submission", "")),
        row(Method::POST, "/staff/printers/{name}/remove", "printer.delete", Form, list::remove)
            .refusals(print)
            .example(printer().field("submission", "")),
    ]
}

#[cfg(test)]
pub(crate) const FORMS: &[&web::form::FormDefinition] = &[&setup::PRINTER, &setup::OFFICE];
