//! What opens an item: its labels, and codes that are on it beside them.

mod codes;
mod labels;
mod merge;
mod prompt;

use http::Method;
use web::route::{Example, Route, RouteKind, row};

use crate::web::context::AppState;
use crate::web::{examples, refusals};

pub(crate) fn tag_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let (find, command) = (refusals::FINDING, refusals::COMMANDING);
    let code = Example::default().field("code", "BME-004712").field("item", examples::TAG);
    vec![
        row(Method::GET, codes::NEW, "code.ask-new", Page, codes::ask_new).refusals(find),
        row(Method::POST, codes::NEW, "code.create", Form, codes::add_code)
            .commands(&["AddAlias"])
            .refusals(command)
            .example(code),
        row(Method::POST, "/staff/equipment/{tag}/codes/{code}", "code.take-off", Form, codes::take_off_code)
            .commands(&["RemoveAlias"])
            .refusals(command)
            .example(examples::code_example().field("submission", "example")),
        row(Method::GET, "/staff/equipment/{tag}/merge", "equipment.ask-merge", Page, merge::ask_merge)
            .refusals(find)
            .example(examples::tag_example()),
        row(Method::POST, "/staff/equipment/{tag}/merge", "equipment.merge", Form, merge::merge_item)
            .commands(&["MergeEquipment"])
            .refusals(command)
            .example(
                examples::tag_example()
                    .field("item", examples::SUSPENDED_TAG)
                    .field("shown", examples::SUSPENDED_TAG),
            ),
        row(Method::GET, labels::NEW, "tag.ask-new", Page, labels::ask_new).refusals(find),
        row(Method::POST, labels::NEW, "tag.create", Form, labels::add_label)
            .commands(&["AssignTag"])
            .refusals(command)
            .example(Example::default().field("item", examples::TAG).field("why", "lost")),
        row(Method::GET, "/staff/tags/{tag}/revoke", "tag.ask-revoke", Page, labels::ask_revoke)
            .refusals(find)
            .example(Example::default().part("tag", examples::SPARE_TAG)),
        row(Method::POST, "/staff/tags/{tag}/revoke", "tag.revoke", Form, labels::revoke_label)
            .commands(&["RevokeTag"])
            .refusals(command)
            .example(Example::default().part("tag", examples::SPARE_TAG).field("why", "worn")),
    ]
}

#[cfg(test)]
pub(crate) const FORMS: &[&web::form::FormDefinition] =
    &[&codes::CODE, &codes::CODE_CONFIRMED, &labels::LABEL, &labels::LABEL_END, &merge::MERGE];

#[cfg(test)]
pub(crate) const REFUSED_FIELDS: &[crate::web::form_page::RefusedField] = &[
    (&codes::CODE, codes::refused_field),
    (&codes::CODE_CONFIRMED, codes::refused_field),
    (&labels::LABEL, labels::refused_field),
    (&labels::LABEL_END, labels::refused_end_field),
    (&merge::MERGE, merge::refused_field),
];
