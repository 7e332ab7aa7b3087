//! The rows of how an account looks, and of the page at which its people sign in.

use ::web::route::{Example, Route, RouteKind, row};
use axum::http::{Method, StatusCode};

use crate::web::WebContext;
use crate::web::pages::administration::brand;
use crate::web::pages::authentication::entrance;

/// A picture's address, as far as its form goes.
const SOME_LOGO: &str = "0000000000000000000000000000000000000000000000000000000000000000.png";
pub(crate) fn brand_rows() -> Vec<Route<WebContext>> {
    use RouteKind::{Form, Page};
    vec![
        row(Method::GET, "/o/{slug}", "entrance.show", Page, entrance::show_entrance)
            .example(Example::default().part("slug", "linden-health-partners")),
        row(Method::GET, "/app/brand", "brand.show", Page, brand::show_form),
        row(Method::POST, "/app/brand", "brand.save", Form, brand::save_brand)
            .example(Example::default().field("name", "Linden Health").field("accent", "#0c3a2d")),
        row(Method::POST, "/app/brand/logo", "logo.save", Form, brand::save_logo)
            .example(Example::default().field("act", "remove")),
        row(Method::GET, "/logo/{organisation}/{logo}", "logo.show", Page, brand::show_logo)
            .refusals(&[StatusCode::NOT_FOUND])
            .example(
                Example::default().part("organisation", "01JD0000000000000000000000").part("logo", SOME_LOGO),
            ),
        row(Method::GET, "/brand/{colour}", "brand-sheet.show", Page, brand::show_sheet)
            .example(Example::default().part("colour", "0c3a2d.css")),
    ]
}
