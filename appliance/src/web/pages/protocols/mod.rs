//! Protocols: the list, the form of a version, taking one out of use, and packs of drafts.

mod fields;
mod form;
mod list;
mod pack_keys;
mod packs;
mod retire;

use http::Method;
use web::route::{Example, Route, RouteKind, row};

use crate::web::context::AppState;
use crate::web::{examples, refusals};

const PROTOCOLS: &str = "/staff/protocols";

pub(crate) fn protocol_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Asset, Form, Page};
    let (find, command) = (refusals::FINDING, refusals::COMMANDING);
    let draft = || Example::default().part("pack", "hospital").part("draft", "low-level-wipe");
    let protocol = || Example::default().part("id", examples::PROTOCOL);
    vec![
        row(Method::GET, PROTOCOLS, "protocol.browse", Page, list::show_protocols).refusals(find),
        row(Method::GET, "/staff/protocols/new", "protocol.ask-new", Page, form::ask_new).refusals(find),
        row(Method::POST, "/staff/protocols/new", "protocol.create", Form, form::create_protocol)
            .commands(&["PublishProtocol"])
            .refusals(command)
            .example(add_facts(Example::default())),
        row(Method::GET, "/staff/protocols/{id}", "protocol.ask", Page, form::ask_protocol)
            .refusals(find)
            .example(protocol()),
        row(Method::POST, "/staff/protocols/{id}", "protocol.save", Form, form::save_protocol)
            .commands(&["PublishProtocol"])
            .refusals(command)
            .example(add_facts(protocol())),
        row(Method::GET, packs::PACKS, "pack.browse", Page, packs::list_packs).refusals(find),
        row(Method::POST, packs::PACKS, "pack.change", Form, packs::change_packs)
            .refusals(find)
            .example(Example::default().field("do", "remove").field("pack", "none")),
        row(Method::GET, "/staff/packs/own", "own-pack.export", Asset, packs::export_own).refusals(command),
        row(Method::POST, "/staff/packs/own", "own-pack.make", Form, packs::sign_own)
            .refusals(command)
            .example(examples::button_example()),
        row(Method::GET, pack_keys::PACK_KEYS, "pack-key.browse", Page, pack_keys::list_keys).refusals(find),
        row(Method::POST, pack_keys::PACK_KEYS, "pack-key.change", Form, pack_keys::change_keys)
            .refusals(find)
            .example(Example::default().field("key", examples::PACK_KEY)),
        row(Method::GET, "/staff/packs/{pack}/{draft}", "pack.ask", Page, packs::ask_pack)
            .refusals(find)
            .example(draft()),
        row(Method::POST, "/staff/packs/{pack}/{draft}", "pack.adopt", Form, packs::adopt_pack)
            .commands(&["PublishProtocol"])
            .refusals(command)
            .example(add_approval(add_facts(draft()))),
        row(Method::GET, "/staff/protocols/{id}/retire", "protocol.ask-retire", Page, retire::ask_retirement)
            .refusals(find)
            .example(protocol()),
        row(Method::POST, "/staff/protocols/{id}/retire", "protocol.retire", Form, retire::retire_protocol)
            .commands(&["RetireProtocol"])
            .refusals(command)
            .example(protocol().field("reason", "Replaced by the wipe with alcohol")),
    ]
}

fn add_facts(example: Example) -> Example {
    let example = example.field("name", "High-level disinfection").field("steps", "Gloves on\nLeak test");
    example.field("class", "semicritical").field("one_press", "by_class").field("photo", "item")
}

fn add_approval(example: Example) -> Example {
    let example = example.field("ifu", "IFU 4711").field("approved", "Dr. Grace Okafor");
    example.field("agents", "Quat wipe | 99120-7").field("contact_s", "3:00")
}

#[cfg(test)]
pub(crate) const FORMS: &[&web::form::FormDefinition] = &[&fields::PROTOCOL];

#[cfg(test)]
pub(crate) const REFUSED_FIELDS: &[crate::web::form_page::RefusedField] =
    &[(&fields::PROTOCOL, fields::refused_field)];
