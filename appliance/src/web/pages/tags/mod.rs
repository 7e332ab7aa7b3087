//! What opens an item: codes that are on it beside its label.

mod codes;
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
    ]
}

/// The forms of these pages.
#[cfg(test)]
pub(crate) const FORMS: &[&web::form::FormDefinition] = &[&codes::CODE];

/// How its forms word a refusal beside a field.
#[cfg(test)]
pub(crate) const REFUSED_FIELDS: &[crate::web::form_page::RefusedField] =
    &[(&codes::CODE, codes::refused_field)];
