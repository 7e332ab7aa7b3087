//! The box's pages and its API: one router for both listeners, one file for each noun.

mod access;
mod act;
mod alarms;
mod ancestor;
mod api;
mod api_found;
mod api_log;
mod api_print;
mod api_templates;
mod assets;
mod board;
mod cookies;
mod device;
mod equipment;
mod equipment_form;
mod form;
mod frame;
mod guard;
mod health;
mod history;
mod home;
mod label_fields;
mod labels;
mod live;
mod missing;
mod multipart;
mod next_page;
mod own_pin;
mod page_cursor;
mod people;
mod photo_follow;
mod printers;
mod problem;
mod programs;
mod query;
mod receipt;
mod scan;
mod scan_draft;
mod scan_page;
mod scan_who;
mod schedule;
mod service;
mod sign_in;
mod staff;
mod standing;
mod standing_board;
mod starting;
mod station;
mod tags;
mod tally;
mod token;
mod trust;
mod typed_pin;
mod view;
mod words;

use std::sync::Arc;
use std::time::Duration;

use ::service::attempts::Network;
use ::service::clock::Clock;
use ::service::limit::RateLimiter;
use ::service::random::Random;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

pub use self::photo_follow::attach_left_photos;
pub use self::starting::starting_router;
use crate::alarms::AlarmStore;
use crate::identity::Identity;
use crate::photo::Photos;
use crate::print::Printing;
use crate::store::Store;

/// Browsers that can listen for news at a time: a hundred phones, and boards; past that a page asks every minute. Each
/// holds a connection, so this is half of what `limits.connections` allows by default: as many are left to send with.
const LIVE_CLIENTS_MAX: usize = 128;

/// Tries to sign in a second from one address, in bursts of ten times as many. No setting: it keeps people with PINs from
/// waiting behind a flood, whatever the facility's phones send.
const SIGN_INS_PER_ADDRESS: u32 = 1;

/// Addresses that are told apart at a time; a building has fewer phones.
const ADDRESSES_MAX: usize = 4_096;
/// Bursts are this many seconds' worth: a shift change behind one address.
const BURST_S: u32 = 10;

/// So many a second for each address; 0: no limit.
fn address_limiter(per_second: u32) -> RateLimiter<Network> {
    RateLimiter::new(per_second, Duration::from_secs(1), per_second.saturating_mul(BURST_S), ADDRESSES_MAX)
}

/// How the box stands with the relay, for the line under a page's band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// It was never claimed: it works alone.
    #[default]
    Alone,
    /// There is a line.
    Up {
        /// Entries of logs that have ended which the relay lacks.
        ended_backlog: u64,
    },
    /// There is none.
    Down {
        /// Since when, milliseconds since 1970; absent: since the start.
        since_ms: Option<i64>,
    },
}

/// Settings of the pages.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Host names and addresses under which staff pages and the API answer, beside localhost, the address that was asked
    /// and the label host.
    pub hosts: Vec<String>,
    /// Submissions a second from one address, in bursts of ten times as many; 0: any number.
    pub submits_per_address: u32,
    /// The port of the HTTPS listener, for links from plain pages to staff pages; absent: there is none.
    pub https_port: Option<u16>,
}

/// What the pages need of the rest of the box.
pub struct Parts {
    /// The log.
    pub store: Store,
    /// Who somebody is.
    pub identity: Identity,
    /// Photos.
    pub photos: Photos,
    /// The print room.
    pub printing: Arc<Printing>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The uplink's state.
    pub link: watch::Receiver<Link>,
    /// What somebody must know.
    pub alarms: Arc<AlarmStore>,
    /// The relay's keys for cosignatures, as far as the box knows them.
    pub cosigners: Cosigners,
    /// The facility to which the box belongs.
    pub facility_id: OwnFacility,
    /// Settings.
    pub settings: Settings,
}

/// Tells the relay's cosigning keys; none before the box is claimed.
pub type Cosigners = Arc<dyn Fn() -> Vec<record::sign::Verifier> + Send + Sync>;

/// Tells the id that the relay gave the facility; none before the box is claimed.
pub type OwnFacility = Arc<dyn Fn() -> Option<record::ids::FacilityId> + Send + Sync>;

/// What every handler sees.
#[derive(Clone)]
pub struct AppState {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    submissions: RateLimiter<Network>,
    drafts: scan_draft::ScanDrafts,
    /// Tries to sign in from devices that are new to whom they name.
    sign_ins: RateLimiter<Network>,
    live: Arc<Semaphore>,
    /// Label sheets that are drawn at a time: one of 5,000 labels takes a core and megabytes for seconds.
    sheets: Semaphore,
    tallies: tally::TallyCache,
    boards: standing_board::StandingBoards,
    picks: station::PickLists,
    assets: assets::Assets,
}

impl AppState {
    /// For both listeners.
    pub fn new(parts: Parts) -> Self {
        let submissions = address_limiter(parts.settings.submits_per_address);
        let live = Arc::new(Semaphore::new(LIVE_CLIENTS_MAX));
        Self {
            inner: Arc::new(Inner {
                parts,
                submissions,
                drafts: scan_draft::ScanDrafts::default(),
                sign_ins: address_limiter(SIGN_INS_PER_ADDRESS),
                live,
                sheets: Semaphore::new(1),
                tallies: tally::TallyCache::default(),
                boards: standing_board::StandingBoards::default(),
                picks: station::PickLists::default(),
                assets: assets::Assets::new(),
            }),
        }
    }
}

impl std::ops::Deref for AppState {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.inner.parts
    }
}

/// All pages and the API. Requests must carry [`crate::listen::Peer`] as an extension; without it they count as plain
/// HTTP from nowhere.
pub fn router(state: AppState) -> Router {
    Router::new()
        .merge(assets::routes(&state))
        .merge(home::routes())
        .merge(tags::routes())
        .merge(scan::routes())
        .merge(receipt::routes())
        .merge(board::routes())
        .merge(health::routes())
        .merge(alarms::routes())
        .merge(live::routes())
        .merge(sign_in::routes())
        .merge(own_pin::routes())
        .merge(staff::routes())
        .merge(equipment::routes())
        .merge(equipment_form::routes())
        .merge(schedule::routes())
        .merge(people::routes())
        .merge(programs::routes())
        .merge(access::routes())
        .merge(service::routes())
        .merge(station::routes())
        .merge(printers::routes())
        .merge(api::routes())
        .merge(api_log::routes())
        .merge(api_found::routes())
        .merge(api_print::routes())
        .merge(api_templates::routes())
        .merge(ancestor::routes())
        .fallback(guard::no_page)
        // The outermost first, all as one: each further call of `layer` would cost each request a box of its own. The
        // bound of bodies is off because each form reader has its own.
        .layer((
            from_fn_with_state(state.clone(), guard::guard),
            CatchPanicLayer::custom(guard::panicked),
            CompressionLayer::new(),
            DefaultBodyLimit::disable(),
        ))
        .with_state(state)
}

#[cfg(test)]
mod tests;
