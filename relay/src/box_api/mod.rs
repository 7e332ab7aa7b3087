//! What boxes ask by HTTPS: claims and renewals without a certificate, and logs, runs and photos with one, and what MQTT carries
//! where that does not get through. One table of routes for each of both listeners.

mod access;
mod claims;
mod errors;
mod log;
mod message_slots;
mod messages;
mod photos;
pub(crate) mod routes;
mod run_intake;
mod run_limits;
mod run_slots;
mod runs;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use ::web::error::answer_panic;
use ::web::present::present_errors;
use ::web::table::{TableError, mount};
use axum::Router;
use axum::middleware::from_fn_with_state;
use record::ids::BoxId;
use service::clock::Clock;
use service::limit::RateLimiter;
use service::random::RandomSource;
use tower_http::catch_panic::CatchPanicLayer;

use self::errors::BoxErrorWords;
use self::message_slots::LinePlaces;
use self::run_slots::RunPlaces;
use crate::db::Db;
use crate::fleet::Fleet;
use crate::ingest::Ingest;
use crate::objects::{PartialUploads, PhotoStore};

pub use self::run_limits::RunLimits;

/// How often a box that has sent as many photos as come at once may begin another.
const PHOTO_EVERY: Duration = Duration::from_secs(2);
/// Boxes that this process distinguishes by what they sent.
const BOXES_MAX: usize = 100_000;

#[derive(Clone)]
pub struct BoxApiParts {
    pub db: Db,
    pub ingest: Arc<Ingest>,
    pub photos: PhotoStore,
    pub unfinished: PartialUploads,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub limits: RunLimits,
}

#[derive(Clone)]
pub(crate) struct BoxApi {
    parts: Arc<BoxApiParts>,
    places: Arc<RunPlaces>,
    line_places: Arc<LinePlaces>,
    photos_begun: Arc<RateLimiter<BoxId>>,
}

impl Deref for BoxApi {
    type Target = BoxApiParts;
    fn deref(&self) -> &BoxApiParts {
        &self.parts
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ClaimApi {
    fleet: Arc<Fleet>,
}

/// Logs, runs, photos and messages, for the listener that requires client certificates and says whose with each request.
pub fn box_router(parts: BoxApiParts) -> Result<Router, TableError> {
    let words = BoxErrorWords { random: Arc::clone(&parts.random) };
    let places = Arc::new(RunPlaces::new(parts.limits.places));
    let photos_begun = RateLimiter::new(1, PHOTO_EVERY, parts.limits.photos, BOXES_MAX);
    let photos_begun = Arc::new(photos_begun);
    let api = BoxApi { parts: Arc::new(parts), places, line_places: Arc::default(), photos_begun };
    let router = mount(&routes::build_box_table()?);
    let presented = from_fn_with_state(words, present_errors::<BoxErrorWords>);
    Ok(router.layer((presented, CatchPanicLayer::custom(answer_panic))).with_state(api))
}

/// Claims and renewals, for the public listener; other paths are another router's.
pub fn claim_router(fleet: Arc<Fleet>, random: Arc<dyn RandomSource>) -> Result<Router, TableError> {
    let router = mount(&routes::build_claim_table()?).reset_fallback();
    let presented = from_fn_with_state(BoxErrorWords { random }, present_errors::<BoxErrorWords>);
    Ok(router.layer((presented, CatchPanicLayer::custom(answer_panic))).with_state(ClaimApi { fleet }))
}
