//! What every handler sees: the parts of the box that pages need, and what pages keep in memory between requests.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use service::attempts::ClientNetwork;
use service::clock::{Clock, Now};
use service::limit::RateLimiter;
use service::random::RandomSource;
use tokio::sync::{Semaphore, watch};
use web::error::HttpError;

use crate::alarms::AlarmStore;
use crate::anchors::{known_now, known_now_ms};
use crate::backup::BackupService;
use crate::doctor::live_facts::has_admin;
use crate::doctor::machine::MachineRoot;
use crate::identity::IdentityStores;
use crate::panel::PanelView;
use crate::phones::{ContactTimers, LabelScans};
use crate::photo::PhotoStore;
use crate::printing::PrintService;
use crate::setup::SetupCode;
use crate::store::Store;
use crate::uplink::transport::proxy::HttpsRoute;
use crate::uplink::{TransportReport, UplinkStatus};

/// Sign-in attempts per second from one address, in bursts of ten times as many. No setting: it keeps people with PINs
/// from waiting behind a flood, whatever the facility's phones send.
pub(crate) const SIGN_INS_PER_ADDRESS: u32 = 1;

/// Attempts at the set-up code per minute from one address; addresses beyond the table's size share one bucket.
const CODE_TRIES: u32 = 10;
const CODE_SPAN: Duration = Duration::from_secs(60);
const CODE_ADDRESSES_MAX: usize = 1_024;
/// Fewer for IPv6, where one machine has many addresses: it may try no faster than a whole small IPv4 network.
const CODE_ADDRESSES_V6_MAX: usize = 256;
/// Set-up forms that are read at a time.
const OPEN_FORMS_MAX: usize = 8;

/// Addresses that are tracked separately at a time; a building has fewer phones.
pub(crate) const ADDRESSES_MAX: usize = 4_096;

/// Bursts are this many seconds' worth: a shift change behind one address.
pub(crate) const BURST_S: u32 = 10;

/// So many a second for each address; 0: no limit.
pub(crate) fn address_limiter(per_second: u32) -> RateLimiter<ClientNetwork> {
    RateLimiter::new(per_second, Duration::from_secs(1), per_second.saturating_mul(BURST_S), ADDRESSES_MAX)
}

/// State of the connection to the relay, for the status line below a page's band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RelayLinkState {
    /// Never claimed: the box works alone.
    #[default]
    Alone,
    Up {
        /// Entries of ended logs that the relay lacks.
        ended_backlog: u64,
    },
    Down {
        /// Milliseconds since 1970; `None`: since the start.
        since_ms: Option<i64>,
    },
}

#[derive(Debug, Clone, Default)]
pub struct WebSettings {
    /// Host names and addresses under which staff pages and the API answer, beside localhost, the address that was asked
    /// and the label host.
    pub hosts: Vec<String>,
    /// Submissions a second from one address, in bursts of ten times as many; 0: any number.
    pub submits_per_address: u32,
    /// The port of the HTTPS listener, for links from plain pages to staff pages; absent: there is none.
    pub https_port: Option<u16>,
    pub http_port: Option<u16>,
    pub panel: Option<watch::Receiver<PanelView>>,
}

pub struct WebParts {
    pub store: Store,
    pub identity: IdentityStores,
    pub photos: PhotoStore,
    pub printing: Arc<PrintService>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub link: watch::Receiver<RelayLinkState>,
    /// State of each transport to the relay; `None` before the box is claimed.
    pub transports: watch::Receiver<Option<TransportReport>>,
    pub contact_timers: Arc<ContactTimers>,
    pub label_scans: Arc<LabelScans>,
    pub alarms: Arc<AlarmStore>,
    pub backups: BackupService,
    /// The relay's keys for cosignatures, as far as the box knows them.
    pub cosigners: CosignerKeys,
    pub facility_id: LocalFacility,
    /// What set-up, health page and support bundle need.
    pub field: FieldParts,
    pub settings: WebSettings,
}

/// What set-up, health page and support bundle need of the rest of the box.
#[derive(Clone)]
pub struct FieldParts {
    pub data: PathBuf,
    /// Where the machine's own files are.
    pub root: MachineRoot,
    /// Where the image's first boot stores its state; absent: a system that the facility set up itself.
    pub setup_folder: Option<PathBuf>,
    pub code: SetupCode,
    /// Whether the box is a Wi-Fi of its own.
    pub access_point: bool,
    pub uplink: watch::Receiver<UplinkStatus>,
    pub route: HttpsRoute,
    pub settings_list: String,
    pub take_claim: ClaimTaker,
    /// The box's addresses; none: they cannot be read.
    pub own_addresses: Arc<dyn Fn() -> Vec<IpAddr> + Send + Sync>,
}

pub type ClaimTaker = Arc<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// Returns the relay's cosigning keys; none before the box is claimed.
pub type CosignerKeys = Arc<dyn Fn() -> Vec<record::sign::VerifierKey> + Send + Sync>;

pub type LocalFacility = Arc<dyn Fn() -> Option<record::ids::FacilityId> + Send + Sync>;

/// Whether somebody can sign in who can set the box up.
pub(crate) async fn is_set_up(state: &AppState) -> Result<bool, HttpError> {
    run_blocking(state, |state| Ok(has_admin(&state.store, &state.identity))).await
}

#[derive(Clone)]
pub struct AppState {
    pub(super) inner: Arc<ContextInner>,
}

pub(super) struct ContextInner {
    parts: WebParts,
    pub(super) submissions: RateLimiter<ClientNetwork>,
    /// Sign-in attempts from devices that are new to the person named.
    pub(super) sign_ins: RateLimiter<ClientNetwork>,
    /// Serialises set-ups: one code makes one admin.
    pub(super) setup_turn: tokio::sync::Mutex<()>,
    code_tries: RateLimiter<IpAddr>,
    /// By IPv6. All phones of a building are in one /64: counted by address, so that one phone cannot lock out another.
    code_tries_v6: RateLimiter<IpAddr>,
    /// Label sheets that are drawn at a time: one of 5,000 labels takes a core and megabytes for seconds.
    pub(super) sheets: Semaphore,
    /// Set-up forms that are read at a time: strangers can send them, and each takes memory until it is whole.
    pub(super) open_forms: Semaphore,
    pub(super) brought_reports: Arc<Semaphore>,
    stored: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl ContextInner {
    pub(super) fn code_limiter(&self, address: IpAddr) -> &RateLimiter<IpAddr> {
        match address {
            IpAddr::V4(_) => &self.code_tries,
            IpAddr::V6(_) => &self.code_tries_v6,
        }
    }
}

fn find_stored<T: Send + Sync + 'static>(
    all: &HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
) -> Option<Arc<T>> {
    all.get(&TypeId::of::<T>()).and_then(|one| Arc::clone(one).downcast().ok())
}

impl AppState {
    /// The clock's reading with the time as far as it is known: what somebody says of a time is judged by it.
    pub(crate) fn known_now(&self) -> Now {
        known_now(self.clock.now(), &self.store.facility())
    }

    /// The time now as far as it is known, milliseconds since 1970: what lasts until a time is judged by it.
    pub(crate) fn known_now_ms(&self) -> i64 {
        known_now_ms(&self.clock.now(), &self.store.facility())
    }

    pub fn new(parts: WebParts) -> Self {
        let submissions = address_limiter(parts.settings.submits_per_address);
        Self {
            inner: Arc::new(ContextInner {
                parts,
                submissions,
                sign_ins: address_limiter(SIGN_INS_PER_ADDRESS),
                setup_turn: tokio::sync::Mutex::default(),
                code_tries: RateLimiter::new(CODE_TRIES, CODE_SPAN, CODE_TRIES, CODE_ADDRESSES_MAX),
                code_tries_v6: RateLimiter::new(CODE_TRIES, CODE_SPAN, CODE_TRIES, CODE_ADDRESSES_V6_MAX),
                sheets: Semaphore::new(1),
                open_forms: Semaphore::new(OPEN_FORMS_MAX),
                brought_reports: Arc::new(Semaphore::new(1)),
                stored: RwLock::default(),
            }),
        }
    }

    /// State that a page holds in memory between requests, one value per type, created on first use. So no page's type
    /// has to be known here.
    pub(super) fn stored<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let stored = &self.inner.stored;
        if let Some(one) = find_stored(&stored.read().unwrap_or_else(PoisonError::into_inner)) {
            return one;
        }
        let mut all = stored.write().unwrap_or_else(PoisonError::into_inner);
        // Another request may have made it meanwhile.
        find_stored(&all).unwrap_or_else(|| {
            let one = Arc::new(T::default());
            all.insert(TypeId::of::<T>(), one.clone());
            one
        })
    }
}

impl std::ops::Deref for AppState {
    type Target = WebParts;
    fn deref(&self) -> &WebParts {
        &self.inner.parts
    }
}

/// Runs disk access or rendering on a blocking thread.
pub(crate) async fn run_blocking<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&AppState) -> Result<T, HttpError> + Send + 'static,
) -> Result<T, HttpError> {
    let state = state.clone();
    tokio::task::spawn_blocking(move || work(&state)).await.map_err(|e| HttpError::internal(&e))?
}
