//! The box's pages and its API: one table of routes for both listeners.
//!
//! It reads from the ground up: [`context`] is what every handler has, [`http_error`] what can go wrong, [`request`] the readers
//! of what a request says, [`access`] who asks, [`commands`] what writes the log, `words` what pages say, [`view_models`] what
//! they show, [`layout`] what surrounds them, [`pages`] and [`api`] the handlers, [`routes`] the table of them all,
//! [`middleware`] what is in front of and behind them, [`presenter`] errors as they are read.

mod access;
mod access_note;
mod answer;
mod api;
mod app_icons;
mod assets;
mod commands;
mod confirm_pin;
mod context;
mod entered_lines;
mod examples;
mod form_page;
mod http_error;
mod layout;
mod legacy_api;
mod listed_people;
mod live;
mod log_reads;
mod middleware;
mod pages;
mod presenter;
mod protocol_fields;
mod refusals;
mod request;
mod routes;
mod schedule_fields;
mod search_words;
mod starting;
mod view_models;
mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use web::error::answer_panic;
use web::present::present_errors;
use web::table::{Table, TableError, mount};

use self::middleware::RequestGuard;
use self::presenter::BoxPresenter;

pub use self::commands::photo_follow::attach_left_photos;
pub use self::commands::removals::log_left_removals;
pub use self::commands::waiting_access::remind_of_access;
pub use self::commands::waiting_phones::{learn_phones, remind_of_phones};
pub use self::context::{
    AppState, ClaimTaker, CosignerKeys, FieldParts, LocalFacility, RelayLinkState, WebParts, WebSettings,
};
pub use self::pages::setup::close_left_network;
pub use self::starting::starting_router;
pub use self::view_models::alarms::alarm_words::word_alarm_line;
pub use self::view_models::equipment::scanned_tags::{ScannedItem, take_scanned_item};
pub use self::view_models::machine::bundle_files::running_files;
pub use self::view_models::machine::doctor_words::{
    DoctorAdvice, DoctorText, word_doctor_line, word_doctor_report,
};
pub use self::view_models::machine::health::running_facts;
pub use self::view_models::machine::panel_words::panel_reason;
pub use self::view_models::machine::setup_words::{word_card_report, word_provision};
pub(crate) use self::view_models::printing::print_refusals::word_settings_refusal;
pub use self::view_models::printing::slips::compose_first_slip;

/// All pages and the API. Requests must carry [`crate::listen::PeerAddress`] as an extension; without it they
/// count as plain HTTP from nowhere. Fails on rows that contradict each other, which is a programming error.
pub fn build_router(state: AppState) -> Result<Router, TableError> {
    let table = Table::build(routes::API_INFO, routes::all_routes())?;
    Ok(mount_table(&table, state))
}

fn mount_table(table: &Table<AppState>, state: AppState) -> Router {
    let guard = RequestGuard::new(state.clone(), table);
    let presenter = BoxPresenter::new(state.clone());
    // The outermost first, all as one: each further call of `layer` would cost each request another heap allocation.
    // The bound of bodies is off because each reader has its own.
    let layers = (
        from_fn(middleware::add_headers),
        from_fn_with_state(presenter, present_errors::<BoxPresenter>),
        from_fn_with_state(guard, middleware::guard_request),
        CatchPanicLayer::custom(answer_panic),
        // Compression took four tenths of a page's time at the default level; this one takes a third of that, and sends
        // a third more over the local Wi-Fi.
        CompressionLayer::new().quality(CompressionLevel::Fastest),
        DefaultBodyLimit::disable(),
    );
    mount(table).layer(layers).with_state(state)
}

#[cfg(test)]
mod tests;
