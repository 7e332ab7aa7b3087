//! Runs the relay: opens what the role needs, says where, works until it is told to stop, ends within 5 s.

mod certificates;

use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use record::ids::ConnectionId;
use sd_notify::NotifyState;
use serde_json::json;
use service::clock::Clock;
use service::listener::ConnectionLimits;
use service::random::{Random, SystemRandom};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::accounts::counters::StrangerCounters;
use crate::accounts::retention::{FORGET_EVERY, ForgetRounds};
use crate::admin::{Office, Socket};
use crate::changes::Changes;
use crate::cli::Role;
use crate::config::{Config, ConfigError, Limits};
use crate::db::{Db, DbError};
use crate::fleet::{self, Fleet, KeyError, Urls};
use crate::health::{self, Pulse};
use crate::ingest::Ingest;
use crate::listen::{self, Door, Listener};
use crate::mqtt::{self, Outbox};
use crate::objects::{self, Boxes, Parts, PhotoError, Photos};
use crate::web::{self, WebState};
use crate::{limit, lookout, rollup};

/// How often windows that close by time are looked for.
const ROUND_EVERY: Duration = Duration::from_secs(10);
/// How often the listeners' certificates are looked at; SIGHUP looks at once.
const CERTIFICATES_EVERY: Duration = Duration::from_secs(60);
/// Connections of the health listener, which only this machine reaches.
const HEALTH_CONNECTIONS: ConnectionLimits = ConnectionLimits { together: 32, per_address: 0 };

/// Why the relay did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Photos.
    #[error(transparent)]
    Photos(#[from] PhotoError),
    /// TLS.
    #[error("certificate and key do not fit: {0}")]
    Tls(#[from] rustls::Error),
    /// TLS of the MQTT listener.
    #[error(transparent)]
    MqttTls(#[from] mqtt::TlsError),
    /// A socket.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// Where.
        addr: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A file or signal.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

/// What every part of a process works with.
pub(crate) struct Workshop {
    pub(crate) db: Db,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) cosigner: record::sign::Signer,
    pub(crate) changes: Changes,
    pub(crate) outbox: Outbox,
    pub(crate) strangers: Arc<StrangerCounters>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
}

impl Workshop {
    /// Opens data folder, database and keys.
    pub(crate) async fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, ServeError> {
        let data = config.data()?;
        make_private(data).map_err(|source| ServeError::Io { what: "make the data folder", source })?;
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let db = Db::open(&config.database()?).await?;
        db.migrate(clock.now_ms()).await?;
        let changes = Changes::default();
        let seams = (Arc::clone(&clock), Arc::clone(&random));
        let keys = data.join("keys");
        let public = config.public_identity();
        let (fleet, cosigner) = Fleet::open(db.clone(), keys, config.host(), public, changes.clone(), seams)?;
        let (fleet, outbox) = (Arc::new(fleet), Outbox::new());
        let strangers = Arc::default();
        Ok(Self { db, fleet, cosigner, changes, outbox, strangers, clock, random })
    }

    pub(crate) fn office(&self) -> Office {
        let (db, fleet, outbox) = (self.db.clone(), Arc::clone(&self.fleet), self.outbox.clone());
        Office { db, fleet, outbox, clock: Arc::clone(&self.clock), random: Arc::clone(&self.random) }
    }
}

fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// What a role has open.
#[derive(Default)]
struct Open {
    https: Option<Listener>,
    photos: Option<Listener>,
    mqtt: Option<mqtt::Listener>,
    health: Option<Listener>,
    ingest: Option<Arc<Ingest>>,
    certificate_refused: Arc<AtomicBool>,
}

async fn bind(addr: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(addr).await.map_err(|source| ServeError::Listen { addr, source })
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// It did not start.
pub(crate) async fn serve(config: &Config, role: Role, clock: Arc<dyn Clock>) -> Result<(), ServeError> {
    let io = |what| move |source| ServeError::Io { what, source };
    let mut term = signal(SignalKind::terminate()).map_err(io("hear SIGTERM"))?;
    let mut int = signal(SignalKind::interrupt()).map_err(io("hear SIGINT"))?;
    let mut hup = signal(SignalKind::hangup()).map_err(io("hear SIGHUP"))?;
    let parts = Workshop::open(config, Arc::clone(&clock)).await?;
    let (db, changes) = (parts.db.clone(), parts.changes.clone());
    let data = config.data()?;
    let socket = Socket::open(data, parts.office()).map_err(io("open the administration socket"))?;
    let fleet = Arc::clone(&parts.fleet);
    let open = open(config, role, parts).await?;
    let alarm = Arc::clone(&open.certificate_refused);
    let mut certificates = certificates::Certificates::shown(Arc::clone(&fleet), config.own_names(), alarm);
    let mut looks = tokio::time::interval(CERTIFICATES_EVERY);
    say(config, &fleet, &open).map_err(io("say where it listens"))?;
    // Not under systemd: nobody to tell.
    let _ = sd_notify::notify(&[NotifyState::Ready]);
    let watchdog = sd_notify::watchdog_enabled().map_or(Duration::from_secs(3_600), |limit| limit / 2);
    let mut alive = tokio::time::interval(watchdog);
    let forgetting = ForgetRounds::begin(db.clone(), clock.now_ms()).await?;
    let work = role.works().then(|| tokio::spawn(work(db.clone(), changes.clone(), clock, forgetting)));
    // Where others commit as well: boxes' batches elsewhere, or a server that several processes share.
    let is_shared = !role.ingests() || db.is_shared();
    let lookout = (role.serves_pages() && is_shared)
        .then(|| tokio::spawn(lookout::look_out(db.clone(), changes.clone())));
    loop {
        tokio::select! {
            _ = term.recv() => break,
            _ = int.recv() => break,
            _ = hup.recv() => certificates.look(&open),
            _ = looks.tick() => certificates.look(&open),
            _ = alive.tick() => drop(sd_notify::notify(&[NotifyState::Watchdog])),
        }
    }
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
    tracing::info!("stopping");
    // Open pages listen for as long as they are told: without this they would hold the process to its deadline.
    changes.end();
    drop(socket);
    if let Some(work) = work {
        // A rebuild may take minutes; cut off, it leaves nothing behind and is begun again.
        work.abort();
    }
    if let Some(lookout) = lookout {
        lookout.abort();
    }
    stop(open).await;
    db.close().await;
    Ok(())
}

/// The job: in a task of its own, so that a long rebuild holds up neither the watchdog nor the end.
async fn work(db: Db, changes: Changes, clock: Arc<dyn Clock>, mut forgetting: ForgetRounds) {
    let mut rounds = tokio::time::interval(ROUND_EVERY);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut forgets = tokio::time::interval_at(tokio::time::Instant::now() + FORGET_EVERY, FORGET_EVERY);
    forgets.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut rollups = rollup::RollupRounds::default();
    loop {
        tokio::select! {
            _ = rounds.tick() => {
                if let Err(error) = rollups.round(&db, &changes, &*clock).await {
                    tracing::error!(%error, "a round of the rollup job failed; it is tried again");
                }
            }
            _ = forgets.tick() => {
                match forgetting.round(clock.now_ms()).await {
                    Ok(Some(_)) => {}
                    Ok(None) => tracing::warn!(
                        "nothing is forgotten: the clock reads over 30 days after the newest thing that is known"
                    ),
                    Err(error) => tracing::error!(
                        %error,
                        "cannot forget sessions, devices and tokens that are over; it is tried again"
                    ),
                }
            }
        }
    }
}

/// All listeners at once, so that the slowest decides.
async fn stop(open: Open) {
    let end = async |listener: Option<Listener>| {
        if let Some(listener) = listener {
            listener.stop().await;
        }
    };
    let mqtt = async {
        if let Some(listener) = open.mqtt {
            listener.stop().await;
        }
    };
    tokio::join!(end(open.https), end(open.photos), end(open.health), mqtt);
}

async fn open(config: &Config, role: Role, parts: Workshop) -> Result<Open, ServeError> {
    let mut open = Open::default();
    let names = config.own_names();
    let photos = Photos::in_folder(&config.objects()?)?;
    let Limits { connections: together, connections_per_address: per_address, .. } = config.limits;
    let connections = ConnectionLimits { together, per_address };
    let start = |tcp: TcpListener, door: Door, router: axum::Router, limits: ConnectionLimits| {
        let addr = config.https.listen;
        Listener::start(tcp, door, router, limits).map_err(|source| ServeError::Listen { addr, source })
    };
    let roots = parts.fleet.client_roots()?;
    let fleet = Arc::clone(&parts.fleet);
    if role.serves_pages() {
        let tcp = bind(config.https.listen).await?;
        let router = for_people(config, &parts, photos.clone(), &tcp)?;
        let door = listen::public_tls(fleet.public_identity(&names)?)?;
        open.https = Some(start(tcp, door, router, connections)?);
    }
    if role.ingests() {
        let tcp = bind(config.photos.listen).await?;
        let door = listen::box_tls(fleet.own_identity(&names)?, roots.clone())?;
        let unfinished = Parts::new(config.data()?.join("uploads"));
        let (db, changes, clock) = (parts.db.clone(), parts.changes.clone(), Arc::clone(&parts.clock));
        let runs = fleet::RunDoors {
            db: db.clone(),
            changes: changes.clone(),
            clock: Arc::clone(&clock),
            random: Arc::clone(&parts.random),
            limits: fleet::RunLimits::default(),
        };
        let boxes = Boxes { db, photos: photos.clone(), parts: unfinished, changes, clock };
        let router = objects::doors(boxes).merge(fleet::old_entries(parts.db.clone()));
        let router = router.merge(fleet::run_doors(runs));
        open.photos = Some(start(tcp, door, router, connections)?);
        let tcp = bind(config.mqtt.listen).await?;
        let identity = fleet.own_identity(&names)?;
        let tls = mqtt::server_config(identity.chain, identity.key, roots)?;
        let seams = (Arc::clone(&parts.clock), Arc::clone(&parts.random));
        let (db, changes) = (parts.db.clone(), parts.changes.clone());
        let ingest =
            Arc::new(Ingest::new(db, parts.cosigner, Vec::new(), seams, changes, parts.outbox.clone()));
        let (clock, random) = (Arc::clone(&parts.clock), Arc::clone(&parts.random));
        let mint = move || ConnectionId::new(clock.now_ms(), random.bytes());
        let settings = mqtt::Settings::default();
        let listener =
            mqtt::Listener::start(tcp, tls, settings, parts.outbox.clone(), Arc::clone(&ingest), mint);
        let addr = config.mqtt.listen;
        open.mqtt = Some(listener.map_err(|source| ServeError::Listen { addr, source })?);
        open.ingest = Some(ingest);
    }
    fleet.open_at(urls(config, &open));
    let pulse = Pulse {
        db: parts.db.clone(),
        ingest: open.ingest.clone(),
        outbox: parts.outbox.clone(),
        strangers: Arc::clone(&parts.strangers),
        certificate_refused: Arc::clone(&open.certificate_refused),
    };
    let tcp = bind(config.health.listen).await?;
    open.health = Some(start(tcp, Door::Plain, health::router(pulse), HEALTH_CONNECTIONS)?);
    Ok(open)
}

/// Pages, API, and what boxes may ask that have no certificate yet.
fn for_people(
    config: &Config,
    parts: &Workshop,
    photos: Photos,
    tcp: &TcpListener,
) -> Result<axum::Router, ServeError> {
    let listen = |source| ServeError::Listen { addr: config.https.listen, source };
    let bound = tcp.local_addr().map_err(listen)?;
    let public_url = config.public_url.clone().unwrap_or_else(|| local("https", bound));
    let state = WebState {
        db: parts.db.clone(),
        photos,
        fleet: Arc::clone(&parts.fleet),
        changes: parts.changes.clone(),
        clock: Arc::clone(&parts.clock),
        random: Arc::clone(&parts.random),
        strangers: Arc::clone(&parts.strangers),
        settings: web::Settings { public_url },
    };
    let gate = limit::Gate::per_minute(config.limits.claims_per_address, Arc::clone(&parts.clock));
    let strangers = axum::middleware::from_fn_with_state(gate, limit::counted);
    Ok(fleet::doors(Arc::clone(&parts.fleet)).layer(strangers).merge(web::router(state)))
}

/// An address on this machine, by the name that is in the relay's own certificate.
fn local(scheme: &str, bound: SocketAddr) -> String {
    format!("{scheme}://localhost:{}", bound.port())
}

/// Where boxes reach this relay: as configured, else on this machine.
fn urls(config: &Config, open: &Open) -> Urls {
    let here = |configured: &Option<String>, scheme: &str, bound: Option<SocketAddr>, listen: SocketAddr| {
        configured.clone().unwrap_or_else(|| local(scheme, bound.unwrap_or(listen)))
    };
    let https = open.https.as_ref().map(Listener::local_addr);
    let photos = open.photos.as_ref().map(Listener::local_addr);
    let mqtt = open.mqtt.as_ref().map(mqtt::Listener::local_addr);
    Urls {
        relay: here(&config.public_url, "https", https, config.https.listen),
        mqtt: here(&config.mqtt_url, "mqtts", mqtt, config.mqtt.listen),
        photos: here(&config.photos_url, "https", photos, config.photos.listen),
    }
}

/// Before anything is open: what orders to a stopped relay can say of its addresses.
pub(crate) fn configured_urls(config: &Config) -> Option<Urls> {
    let given = |url: &Option<String>, scheme: &str, listen: SocketAddr| {
        url.clone().or_else(|| (listen.port() != 0).then(|| local(scheme, listen)))
    };
    Some(Urls {
        relay: given(&config.public_url, "https", config.https.listen)?,
        mqtt: given(&config.mqtt_url, "mqtts", config.mqtt.listen)?,
        photos: given(&config.photos_url, "https", config.photos.listen)?,
    })
}

/// The first line of standard output: the addresses really bound, for whoever started this process.
fn say(config: &Config, fleet: &Fleet, open: &Open) -> io::Result<()> {
    let https = open.https.as_ref().map(|l| local("https", l.local_addr()));
    let photos = open.photos.as_ref().map(|l| local("https", l.local_addr()));
    let mqtt = open.mqtt.as_ref().map(|l| local("mqtts", l.local_addr()));
    let health = open.health.as_ref().map(|l| format!("http://{}", l.local_addr()));
    let line = json!({
        "relay": 1, "pid": std::process::id(), "https": https, "photos": photos, "mqtt": mqtt, "metrics": health,
        "public_url": config.public_url, "ca": fleet.ca_file(),
    });
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Pretty on a terminal, JSON under systemd; on standard error, so that standard output stays for programs.
pub(crate) fn log(filter: &str) {
    // Unlike `EnvFilter` it needs no engine of regular expressions; what it cannot say, spans and fields, we do not filter by.
    let targets = filter.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let log = tracing_subscriber::registry().with(targets);
    // A second start within one process (tests) keeps the first log.
    let _ = if io::stderr().is_terminal() {
        log.with(lines).try_init()
    } else {
        log.with(lines.json()).try_init()
    };
}
