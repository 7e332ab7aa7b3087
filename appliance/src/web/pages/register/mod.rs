//! Places and categories: the lists from which people pick when they enter equipment.

mod categories;
mod field_words;
mod places;

use http::Method;
use web::route::{Example, Route, RouteKind, row};

use crate::web::context::AppState;
use crate::web::{examples, refusals};

pub(crate) fn register_page_routes() -> Vec<Route<AppState>> {
    use RouteKind::{Form, Page};
    let (find, command) = (refusals::FINDING, refusals::COMMANDING);
    let place = || Example::default().part("id", examples::LOCATION);
    let category = || Example::default().part("id", examples::CATEGORY);
    let facts = |example: Example| {
        example
            .field("fields", "Bed side | choice | left, right")
            .field("class", "any")
            .field("every", "never")
    };
    vec![
        row(Method::GET, places::PLACES, "location.browse", Page, places::list_places).refusals(find),
        row(Method::GET, "/staff/places/new", "location.ask-new", Page, places::ask_new).refusals(find),
        row(Method::POST, "/staff/places/new", "location.create", Form, places::add_place)
            .commands(&["SetLocation"])
            .refusals(command)
            .example(Example::default().field("name", "ICU West")),
        row(Method::GET, "/staff/places/{id}", "location.ask", Page, places::ask_place)
            .refusals(find)
            .example(place()),
        row(Method::POST, "/staff/places/{id}", "location.save", Form, places::save_place)
            .commands(&["SetLocation"])
            .refusals(command)
            .example(place().field("name", "ICU West").field("order", "7")),
        row(Method::GET, categories::CATEGORIES, "category.browse", Page, categories::list_categories)
            .refusals(find),
        row(Method::GET, "/staff/categories/new", "category.ask-new", Page, categories::ask_new)
            .refusals(find),
        row(Method::POST, "/staff/categories/new", "category.create", Form, categories::add_category)
            .commands(&["SetCategory"])
            .refusals(command)
            .example(facts(Example::default().field("name", "Ventilator")).field("photo", "any")),
        row(Method::GET, "/staff/categories/{id}", "category.ask", Page, categories::ask_category)
            .refusals(find)
            .example(category()),
        row(Method::POST, "/staff/categories/{id}", "category.save", Form, categories::save_category)
            .commands(&["SetCategory"])
            .refusals(command)
            .example(facts(category()).field("name", "Ventilator").field("photo", "any")),
    ]
}

#[cfg(test)]
pub(crate) const FORMS: &[&web::form::FormDefinition] =
    &[&places::PLACE_NEW, &places::PLACE, &categories::CATEGORY_NEW, &categories::CATEGORY];

#[cfg(test)]
pub(crate) const REFUSED_FIELDS: &[crate::web::form_page::RefusedField] = &[
    (&places::PLACE_NEW, |refusal| crate::web::form_page::find_refused(&places::PLACE_NEW, refusal)),
    (&places::PLACE, |refusal| crate::web::form_page::find_refused(&places::PLACE, refusal)),
    (&categories::CATEGORY_NEW, |refusal| categories::refused_field(&categories::CATEGORY_NEW, refusal)),
    (&categories::CATEGORY, |refusal| categories::refused_field(&categories::CATEGORY, refusal)),
];
