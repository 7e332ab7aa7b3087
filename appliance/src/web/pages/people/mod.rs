//! Signing in, one's own account, staff and programs.

mod access_changes;
mod add;
mod badges;
mod own_pin;
mod person;
mod programs;
mod sign_in;
mod sign_offs;
mod tablet;

use http::Method;
use web::route::{Example, Route, RouteKind, row};

use self::person::PEOPLE;
use self::programs::PROGRAMS;
use self::sign_offs::SIGN_OFFS;
use crate::web::context::AppState;
use crate::web::request::client::next_page::{OWN_PIN, SIGN_IN};
use crate::web::{examples, refusals};

pub(crate) fn people_page_routes() -> Vec<Route<AppState>> {
    [own_routes(), staff_routes(), badge_routes(), sign_off_routes(), program_routes()]
        .into_iter()
        .flatten()
        .collect()
}

fn own_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let find = refusals::FINDING;
    let pin = examples::PIN;
    let sign_in = Example::default().field("staff", examples::STAFF).field("pin", pin).secret(pin);
    let new_pin = examples::NEW_PIN;
    let own_pin = Example::default().field("present", pin).field("pin", new_pin).field("again", new_pin);
    vec![
        row(Method::GET, SIGN_IN, "session.ask", Page, sign_in::ask).refusals(find),
        row(Method::POST, SIGN_IN, "session.begin", Form, sign_in::sign_in).refusals(find).example(sign_in),
        row(Method::POST, "/staff/sign-out", "session.end", Form, sign_in::sign_out)
            .refusals(find)
            .example(examples::button_example()),
        row(Method::GET, "/staff/me", "profile.show", Page, sign_in::show_me).refusals(find),
        row(Method::POST, "/staff/me/tablet", "tablet.mark", Form, tablet::mark_tablet)
            .refusals(find)
            .example(examples::button_example().field("use", "shared")),
        row(Method::GET, OWN_PIN, "own-pin.ask", Page, own_pin::ask).refusals(find),
        row(Method::POST, OWN_PIN, "own-pin.change", Form, own_pin::change)
            .commands(&["ChangeAccess"])
            .refusals(refusals::COMMANDING)
            .example(own_pin.secret(pin).secret(new_pin)),
    ]
}

fn person_example(example: Example, name: &'static str) -> Example {
    let example = example.field("name", name).field("role", "technician");
    example.field("locale", "es").field("number", "4410-7")
}

fn staff_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let (find, command) = (refusals::FINDING, refusals::COMMANDING);
    let new_pin = examples::NEW_PIN;
    let pin = examples::staff_example().field("pin", new_pin).field("again", new_pin).secret(new_pin);
    let button = || examples::staff_example().field("submission", "");
    vec![
        row(Method::GET, PEOPLE, "people.list", Page, person::list).refusals(find),
        row(Method::POST, "/staff/people/sign-out", "people.sign-out", Form, person::sign_all_out)
            .commands(&["ChangeAccess"])
            .refusals(command)
            .example(examples::button_example()),
        row(Method::GET, "/staff/people/new", "person.ask-new", Page, add::ask).refusals(find),
        row(Method::POST, "/staff/people/new", "person.add", Form, add::add)
            .commands(&["AddStaff"])
            .refusals(command)
            .example(person_example(Example::default(), "Grace Okafor")),
        row(Method::GET, "/staff/people/{staff}", "person.show", Page, person::ask_change)
            .refusals(find)
            .example(examples::staff_example()),
        row(Method::POST, "/staff/people/{staff}", "person.change", Form, person::change)
            .commands(&["ChangeStaff"])
            .refusals(command)
            .example(person_example(examples::staff_example(), "Ada King")),
        row(Method::POST, "/staff/people/{staff}/pin", "pin.set", Form, person::set_pin)
            .commands(&["ChangeAccess"])
            .refusals(command)
            .example(pin),
        row(Method::POST, "/staff/people/{staff}/pin/clear", "pin.clear", Form, person::clear_pin)
            .commands(&["ChangeAccess"])
            .refusals(command)
            .example(button()),
        row(Method::POST, "/staff/people/{staff}/sign-out", "person.sign-out", Form, person::sign_out)
            .commands(&["ChangeAccess"])
            .refusals(command)
            .example(button()),
        row(Method::GET, "/staff/people/{staff}/leave", "person.ask-leave", Page, person::ask_leave)
            .refusals(find)
            .example(examples::staff_example()),
        row(Method::POST, "/staff/people/{staff}/leave", "person.leave", Form, person::leave)
            .commands(&["ChangeAccess", "StaffLeft"])
            .refusals(command)
            .example(button()),
    ]
}

fn badge_routes() -> Vec<Route<AppState>> {
    let scanned = examples::staff_example().field("badge", examples::NEW_BADGE).secret(examples::NEW_BADGE);
    let button = examples::staff_example().part("badge", examples::BADGE).field("submission", "");
    vec![
        row(
            Method::POST,
            "/staff/people/{staff}/badges",
            "person.add-badge",
            RouteKind::Form,
            badges::submit_badge,
        )
        .refusals(refusals::FINDING)
        .example(scanned),
        row(
            Method::POST,
            "/staff/people/{staff}/badges/print",
            "person.print-badge",
            RouteKind::Form,
            badges::print_badge,
        )
        .refusals(refusals::FINDING)
        .example(examples::staff_example().field("submission", "")),
        row(
            Method::POST,
            "/staff/people/{staff}/badges/{badge}/remove",
            "person.remove-badge",
            RouteKind::Form,
            badges::submit_removal,
        )
        .refusals(refusals::REMOVING)
        .example(button),
    ]
}

fn sign_off_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let (find, command) = (refusals::FINDING, refusals::COMMANDING);
    let pair = || examples::staff_example().part("protocol", examples::PROTOCOL);
    let until = pair().field("until", "2027-11-24").field("notes", "Watched twice");
    let one = "/staff/sign-offs/{staff}/{protocol}";
    let end = "/staff/sign-offs/{staff}/{protocol}/end";
    vec![
        row(Method::GET, SIGN_OFFS, "sign-off.browse", Page, sign_offs::show_matrix).refusals(find),
        row(Method::GET, one, "sign-off.ask", Page, sign_offs::ask_sign_off).refusals(find).example(pair()),
        row(Method::POST, one, "sign-off.grant", Form, sign_offs::sign_off)
            .commands(&["GrantCompetency"])
            .refusals(command)
            .example(until),
        row(Method::GET, end, "sign-off.ask-end", Page, sign_offs::ask_end).refusals(find).example(pair()),
        row(Method::POST, end, "sign-off.end", Form, sign_offs::end_sign_off)
            .commands(&["EndCompetency"])
            .refusals(command)
            .example(pair().field("reason", "Skipped the leak test")),
    ]
}

fn program_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let find = refusals::FINDING;
    let token = || Example::default().part("id", examples::TOKEN);
    let new = Example::default().field("name", "CMMS").field("scope", "read").field("days", "30");
    vec![
        row(Method::GET, PROGRAMS, "program.list", Page, programs::list).refusals(find),
        row(Method::GET, "/staff/programs/new", "program.ask-new", Page, programs::ask_new).refusals(find),
        row(Method::POST, "/staff/programs/new", "program.add", Form, programs::make)
            .commands(&["ChangeAccess"])
            .refusals(refusals::COMMANDING)
            .example(new),
        row(Method::GET, "/staff/programs/{id}/revoke", "program.ask-revoke", Page, programs::ask_revoke)
            .refusals(find)
            .example(token()),
        row(Method::POST, "/staff/programs/{id}/revoke", "program.revoke", Form, programs::revoke)
            .commands(&["ChangeAccess"])
            .refusals(refusals::COMMANDING)
            .example(token().field("submission", "")),
    ]
}

#[cfg(test)]
pub(crate) const FORMS: &[&web::form::FormDefinition] = &[&person::PERSON, &sign_offs::SIGN_OFF];

#[cfg(test)]
pub(crate) const REFUSED_FIELDS: &[crate::web::form_page::RefusedField] =
    &[(&person::PERSON, person::refused_field), (&sign_offs::SIGN_OFF, sign_offs::refused_field)];
