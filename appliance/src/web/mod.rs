//! The box's pages and its API: one router for both listeners.
//!
//! It reads from the ground up: [`context`] is what every handler has, [`http_error`] what can go wrong, [`request`] the readers
//! of what a request says, [`access`] who asks, [`commands`] the way to the log, [`view_models`] what pages show, [`layout`]
//! what surrounds them, [`pages`] and [`api`] the handlers, [`middleware`] what is in front of and behind them all.

mod access;
mod access_note;
mod answer;
mod api;
mod assets;
mod commands;
mod confirm_pin;
mod context;
mod http_error;
mod layout;
mod legacy_api;
mod live;
mod log_reads;
mod middleware;
mod pages;
mod request;
mod starting;
mod view_models;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

pub use self::commands::photo_follow::attach_left_photos;
pub use self::context::{AppState, Cosigners, Link, OwnFacility, Parts, Settings};
pub use self::starting::starting_router;

/// All pages and the API. Requests must carry [`crate::listen::Peer`] as an extension; without it they count as plain
/// HTTP from nowhere.
pub fn router(state: AppState) -> Router {
    Router::new()
        .merge(assets::routes())
        .merge(pages::routes())
        .merge(api::routes())
        .merge(legacy_api::routes())
        .merge(live::routes())
        .fallback(middleware::no_page)
        // The outermost first, all as one: each further call of `layer` would cost each request a box of its own. The
        // bound of bodies is off because each form reader has its own.
        .layer((
            from_fn_with_state(state.clone(), middleware::guard),
            CatchPanicLayer::custom(middleware::panicked),
            CompressionLayer::new(),
            DefaultBodyLimit::disable(),
        ))
        .with_state(state)
}

#[cfg(test)]
mod tests;
