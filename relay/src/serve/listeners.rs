//! What a role listens at: the public port, the boxes' own, MQTT, and what an operator's monitor asks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use record::ids::ConnectionId;
use serde_json::json;
use service::clock::Clock;
use service::listener::ConnectionLimits;
use service::proxy_header::ProxyHeaders;
use service::random::RandomSource;
use tokio::net::TcpListener;

use super::billing::open_billing;
use super::{RelayContext, ServeError};
use crate::box_api::{BoxApiParts, RunLimits};
use crate::cli::ProcessRole;
use crate::db::Db;
use crate::fleet::{Fleet, RelayUrls};
use crate::forwarded::{RequestNaming, TrustedProxies, believe_proxies, name_request};
use crate::health::HealthContext;
use crate::ingest::Ingest;
use crate::listen::{BoxHost, Listener, ListenerExtras, ListenerSecurity};
use crate::objects::{PartialUploads, PhotoStore};
use crate::outgoing::guarded::{GuardedClient, SystemResolver};
use crate::outgoing::texts::SystemTexts;
use crate::readiness::ProcessReadiness;
use crate::settings::{RelayLimits, RelaySettings};
use crate::web::{OutsideHosts, WebState};
use crate::{box_api, health, limit, listen, mqtt, web};

/// Connections of the health listener, which only this machine reaches.
const HEALTH_CONNECTIONS: ConnectionLimits = ConnectionLimits { together: 32, per_address: 0 };

#[derive(Default)]
pub(super) struct OpenListeners {
    pub(super) https: Option<Listener>,
    pub(super) photos: Option<Listener>,
    pub(super) mqtt: Option<mqtt::MqttListener>,
    pub(super) health: Option<Listener>,
    pub(super) ingest: Option<Arc<Ingest>>,
    pub(super) certificate_refused: Arc<AtomicBool>,
    pub(super) readiness: Option<ProcessReadiness>,
}

async fn bind_listeners(addr: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(addr).await.map_err(|source| ServeError::Listen { addr, source })
}

/// All listeners at once, so that the slowest decides.
pub(super) async fn stop_tasks(open: OpenListeners) {
    async fn stop_listener(listener: Option<Listener>) {
        if let Some(listener) = listener {
            listener.stop().await;
        }
    }
    let mqtt = async {
        if let Some(listener) = open.mqtt {
            listener.stop().await;
        }
    };
    tokio::join!(stop_listener(open.https), stop_listener(open.photos), stop_listener(open.health), mqtt);
}

pub(super) async fn open_relay(
    settings: &RelaySettings,
    role: ProcessRole,
    parts: RelayContext,
) -> Result<OpenListeners, ServeError> {
    let mut open = OpenListeners::default();
    let names = settings.own_names();
    let photos = PhotoStore::in_folder(&settings.objects()?)?;
    let RelayLimits { connections: together, connections_per_address: per_address, .. } = settings.limits;
    let connections = ConnectionLimits { together, per_address };
    let roots = parts.fleet.client_roots()?;
    let fleet = Arc::clone(&parts.fleet);
    let keys = role.ingests().then(|| parts.keys.shared());
    let readiness = ProcessReadiness::new(parts.db.clone(), photos.clone(), keys, Arc::clone(&parts.clock));
    open.readiness = Some(readiness.clone());
    let shown = PageParts { photos: photos.clone(), readiness: readiness.clone() };
    let mut public = None;
    if role.serves_pages() || role.ingests() {
        let tcp = bind_listeners(settings.https.listen).await?;
        public = Some((for_public(settings, role, &parts, &shown, &tcp)?, tcp));
    }
    let (db, clock, random) = (parts.ingest_db.clone(), Arc::clone(&parts.clock), Arc::clone(&parts.random));
    let mut ingest = None;
    if role.ingests() {
        let seams = (Arc::clone(&clock), Arc::clone(&random));
        let publisher = parts.publisher.clone();
        ingest = Some(Arc::new(Ingest::new(db.clone(), parts.keys.shared(), seams, publisher).with_pace()));
    }
    let boxes = ingest.as_ref().map(|ingest| for_boxes(settings, &db, &photos, ingest, &clock, &random));
    let boxes = boxes.transpose()?;
    if let Some((router, tcp)) = public {
        let security = listen::public_tls(fleet.public_identity(&names)?)?;
        let boxes_here = name_boxes(settings, &fleet, boxes.as_ref())?;
        let extras = ListenerExtras { boxes_here, proxies: trusted_headers(settings) };
        let listener = Listener::start_with(tcp, security, router, connections, extras);
        let addr = settings.https.listen;
        open.https = Some(listener.map_err(|source| ServeError::Listen { addr, source })?);
    }
    if let (Some(ingest), Some(router)) = (ingest, boxes) {
        let tcp = bind_listeners(settings.photos.listen).await?;
        let extras = ListenerExtras { boxes_here: None, proxies: trusted_headers(settings) };
        let listener = Listener::start_with(tcp, box_security(&fleet, &names)?, router, connections, extras);
        let addr = settings.photos.listen;
        open.photos = Some(listener.map_err(|source| ServeError::Listen { addr, source })?);
        let tcp = bind_listeners(settings.mqtt.listen).await?;
        let identity = fleet.own_identity(&names)?;
        let tls = mqtt::server_config(identity.chain, identity.key, roots)?;
        let of_mqtt = mqtt::MqttSettings { proxies: trusted_headers(settings), ..Default::default() };
        let (publisher, inbox) = (parts.publisher.clone(), Arc::clone(&ingest));
        let listener = mqtt::MqttListener::start(tcp, tls, of_mqtt, publisher, inbox, move || {
            ConnectionId::new(clock.now_ms(), random.bytes())
        });
        let addr = settings.mqtt.listen;
        open.mqtt = Some(listener.map_err(|source| ServeError::Listen { addr, source })?);
        open.ingest = Some(ingest);
    }
    fleet.open_at(relay_urls(settings, &open));
    open.health = Some(open_health(settings, &parts, &open, readiness).await?);
    Ok(open)
}

/// What an operator's monitor asks, of this machine only.
async fn open_health(
    settings: &RelaySettings,
    parts: &RelayContext,
    open: &OpenListeners,
    readiness: ProcessReadiness,
) -> Result<Listener, ServeError> {
    let health_context = HealthContext {
        db: parts.db.clone(),
        readiness,
        ingest: open.ingest.clone(),
        publisher: parts.publisher.clone(),
        strangers: Arc::clone(&parts.strangers),
        certificate_refused: Arc::clone(&open.certificate_refused),
        clock: Arc::clone(&parts.clock),
    };
    let addr = settings.health.listen;
    let tcp = bind_listeners(addr).await?;
    let router = health::health_router(health_context);
    let listener = Listener::start(tcp, ListenerSecurity::Plain, router, HEALTH_CONNECTIONS);
    listener.map_err(|source| ServeError::Listen { addr, source })
}

fn trusted_headers(settings: &RelaySettings) -> Option<ProxyHeaders> {
    let networks = TrustedProxies::new(&settings.https.trusted_proxies);
    settings.https.proxy_protocol.then(|| networks.to_headers())
}

fn box_security(fleet: &Fleet, names: &[String]) -> Result<ListenerSecurity, ServeError> {
    Ok(listen::box_tls(fleet.own_identity(names)?, fleet.client_roots()?)?)
}

fn name_boxes(
    settings: &RelaySettings,
    fleet: &Fleet,
    router: Option<&axum::Router>,
) -> Result<Option<BoxHost>, ServeError> {
    let (Some(name), Some(router)) = (settings.box_host(), router) else { return Ok(None) };
    let security = box_security(fleet, &settings.own_names())?;
    Ok(Some(BoxHost { name: name.to_owned(), security, router: router.clone() }))
}

fn for_boxes(
    settings: &RelaySettings,
    db: &Db,
    photos: &PhotoStore,
    ingest: &Arc<Ingest>,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn RandomSource>,
) -> Result<axum::Router, ServeError> {
    let boxes = BoxApiParts {
        db: db.clone(),
        ingest: Arc::clone(ingest),
        photos: photos.clone(),
        unfinished: PartialUploads::new(settings.data()?.join("uploads")),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
        limits: RunLimits::default(),
    };
    // There is no balancer before it that could have named anything: a box shows its certificate here.
    let naming = RequestNaming { proxies: TrustedProxies::default(), random: Arc::clone(random) };
    let named = axum::middleware::from_fn_with_state(naming, name_request);
    Ok(box_api::box_router(boxes)?.layer(named))
}

struct PageParts {
    photos: PhotoStore,
    readiness: ProcessReadiness,
}

/// What the public listener serves: pages and API, and what boxes may ask that have no certificate yet. That is answered where boxes
/// are heard, so that no host needs the authority's private half for pages alone; a balancer sends `/box/` there.
fn for_public(
    settings: &RelaySettings,
    role: ProcessRole,
    parts: &RelayContext,
    shown: &PageParts,
    tcp: &TcpListener,
) -> Result<axum::Router, ServeError> {
    let mut router = axum::Router::new();
    if role.ingests() {
        let per_minute = settings.limits.claims_per_address;
        let gate = limit::RequestGate::per_minute(per_minute, Arc::clone(&parts.clock));
        let strangers = axum::middleware::from_fn_with_state(gate, limit::count_request);
        let claims = box_api::claim_router(Arc::clone(&parts.fleet), Arc::clone(&parts.random))?;
        router = router.merge(claims.layer(strangers));
    }
    if role.serves_pages() {
        router = router.merge(for_people(settings, parts, shown, tcp)?);
    }
    let proxies = TrustedProxies::new(&settings.https.trusted_proxies);
    let naming = RequestNaming { proxies: proxies.clone(), random: Arc::clone(&parts.random) };
    Ok(router
        .layer(axum::middleware::from_fn_with_state(proxies, believe_proxies))
        .layer(axum::middleware::from_fn_with_state(naming, name_request)))
}

fn for_people(
    settings: &RelaySettings,
    parts: &RelayContext,
    shown: &PageParts,
    tcp: &TcpListener,
) -> Result<axum::Router, ServeError> {
    let bound =
        tcp.local_addr().map_err(|source| ServeError::Listen { addr: settings.https.listen, source })?;
    let public_url = settings.public_url.clone().unwrap_or_else(|| local_url("https", bound));
    let http = guarded_client(settings)?;
    let texts = Arc::new(SystemTexts::new(Arc::clone(&parts.random)));
    let state = WebState {
        db: parts.db.clone(),
        photos: shown.photos.clone(),
        readiness: shown.readiness.clone(),
        fleet: Arc::clone(&parts.fleet),
        clock: Arc::clone(&parts.clock),
        random: Arc::clone(&parts.random),
        strangers: Arc::clone(&parts.strangers),
        mail: parts.mail.clone(),
        rules: parts.rules.clone(),
        outside: OutsideHosts { http: Arc::new(http), texts },
        billing: open_billing(settings)?,
        settings: web::WebSettings {
            public_url,
            open_sign_up: settings.open_sign_up,
            quota: web::QuotaPolicy::Limited,
            resend_secrets: settings.resend_secrets()?,
            stripe_secrets: settings.stripe_secrets()?,
        },
    };
    Ok(web::build_router(state)?)
}

pub(super) fn guarded_client(settings: &RelaySettings) -> Result<GuardedClient, ServeError> {
    let (allow, roots) = (&settings.outgoing.allow, settings.outgoing.roots.as_deref());
    let client = GuardedClient::new(allow, roots, Arc::new(SystemResolver))?;
    Ok(client.keeping_from(&settings.own_hosts()))
}

/// An address on this machine, by the name that is in the relay's own certificate.
fn local_url(scheme: &str, bound: SocketAddr) -> String {
    format!("{scheme}://localhost:{}", bound.port())
}

/// Where boxes reach this relay: as configured, else on this machine.
fn relay_urls(settings: &RelaySettings, open: &OpenListeners) -> RelayUrls {
    let https = open.https.as_ref().map_or(settings.https.listen, Listener::local_addr);
    let photos = open.photos.as_ref().map_or(settings.photos.listen, Listener::local_addr);
    let mqtt = open.mqtt.as_ref().map_or(settings.mqtt.listen, mqtt::MqttListener::local_addr);
    RelayUrls {
        relay: settings.public_url.clone().unwrap_or_else(|| local_url("https", https)),
        mqtt: settings.mqtt_url.clone().unwrap_or_else(|| local_url("mqtts", mqtt)),
        photos: settings.photos_url.clone().unwrap_or_else(|| local_url("https", photos)),
    }
}

/// Before anything is open: what orders to a stopped relay can say of its addresses.
pub(crate) fn configured_urls(settings: &RelaySettings) -> Option<RelayUrls> {
    Some(RelayUrls {
        relay: settings.public_url.clone().or_else(|| known_url("https", settings.https.listen))?,
        mqtt: settings.mqtt_url.clone().or_else(|| known_url("mqtts", settings.mqtt.listen))?,
        photos: settings.photos_url.clone().or_else(|| known_url("https", settings.photos.listen))?,
    })
}

fn known_url(scheme: &str, listen: SocketAddr) -> Option<String> {
    (listen.port() != 0).then(|| local_url(scheme, listen))
}

/// The first line of standard output: the addresses really bound, for whoever started this process.
pub(super) fn ready_announcement(
    settings: &RelaySettings,
    fleet: &Fleet,
    open: &OpenListeners,
) -> serde_json::Value {
    let https = open.https.as_ref().map(|l| local_url("https", l.local_addr()));
    let photos = open.photos.as_ref().map(|l| local_url("https", l.local_addr()));
    let mqtt = open.mqtt.as_ref().map(|l| local_url("mqtts", l.local_addr()));
    let health = open.health.as_ref().map(|l| format!("http://{}", l.local_addr()));
    json!({
        "relay": 1, "pid": std::process::id(), "https": https, "photos": photos, "mqtt": mqtt, "metrics": health,
        "public_url": settings.public_url, "ca": fleet.ca_file(),
    })
}
