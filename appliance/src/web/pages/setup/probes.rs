//! Connectivity checks of phones (captive portal detection). A box that is a Wi-Fi of its own answers as the internet would: else
//! phones leave it again, or show a page in a window in which nobody can set anything up. Elsewhere there is no such page.

use axum::extract::State;
use http::Method;
use web::answer::media::{HtmlText, Plain};
use web::answer::{MediaBytes, NoContent};
use web::error::HttpError;
use web::route::{AnyCaller, Route, RouteKind, row};

use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::refusals;

/// Apple's page, letter for letter.
const SUCCESS_PAGE: &str = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>";

pub(super) fn probe_routes() -> Vec<Route<AppState>> {
    let asset = RouteKind::Asset;
    let rows = vec![
        row(Method::GET, "/generate_204", "probe.android", asset, answer_empty),
        row(Method::GET, "/gen_204", "probe.chrome", asset, answer_empty),
        row(Method::GET, "/hotspot-detect.html", "probe.apple", asset, answer_page),
        row(Method::GET, "/library/test/success.html", "probe.apple-old", asset, answer_page),
        row(Method::GET, "/connecttest.txt", "probe.windows", asset, answer_windows),
        row(Method::GET, "/ncsi.txt", "probe.windows-old", asset, answer_windows_old),
        row(Method::GET, "/canonical.html", "probe.firefox", asset, answer_word),
        row(Method::GET, "/success.txt", "probe.firefox-old", asset, answer_word),
    ];
    rows.into_iter().map(|row| row.refusals(refusals::FINDING)).collect()
}

fn require_access_point(state: &AppState) -> Result<(), HttpError> {
    if state.field.access_point { Ok(()) } else { Err(not_found()) }
}

async fn answer_empty(_: AnyCaller, State(state): State<AppState>) -> Result<NoContent, HttpError> {
    require_access_point(&state).map(|()| NoContent)
}

async fn answer_page(_: AnyCaller, State(state): State<AppState>) -> Result<MediaBytes<HtmlText>, HttpError> {
    require_access_point(&state).map(|()| MediaBytes::new(SUCCESS_PAGE))
}

async fn answer_windows(_: AnyCaller, State(state): State<AppState>) -> Result<MediaBytes<Plain>, HttpError> {
    require_access_point(&state).map(|()| MediaBytes::new("Microsoft Connect Test"))
}

async fn answer_windows_old(
    _: AnyCaller,
    State(state): State<AppState>,
) -> Result<MediaBytes<Plain>, HttpError> {
    require_access_point(&state).map(|()| MediaBytes::new("Microsoft NCSI"))
}

async fn answer_word(_: AnyCaller, State(state): State<AppState>) -> Result<MediaBytes<Plain>, HttpError> {
    require_access_point(&state).map(|()| MediaBytes::new("success\n"))
}
