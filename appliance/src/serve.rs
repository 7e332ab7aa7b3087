//! The running box: what starts in which order, what it tells whoever started it, and how it ends.

use std::ffi::OsString;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use record::messages::PrinterHealth;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::clock::{Clock, SystemClock, boot_id};
use crate::config::{Config, ConfigError, Limits};
use crate::http::{self, AppState, Link};
use crate::identity::{AccessAudit, Authority, AuthorityError, Identity, IdentityError, own_addresses};
use crate::listen::{ConnectionLimits, Connections, Listener, ListenerConfig, Tls};
use crate::photo::{PhotoSettings, Photos, UploadLimits};
use crate::print::{PrintError, PrinterConfig, PrinterSettings, Printing};
use crate::random::{PooledRandom, Random};
use crate::store::{Decision, Store, StoreConfig, StoreError};
use crate::uplink::claim::{ClaimError, Files};
use crate::uplink::{self, Raised, State, Uplink};
use crate::{EXIT_AGAIN, EXIT_DISK, Program, admin, prints, scrub};

/// Everything that runs has this long to end after SIGTERM.
const DRAIN: Duration = Duration::from_secs(5);
/// Of that, photos that are to follow their records have this long; the rest is opened at the next start.
const PHOTOS_DRAIN: Duration = Duration::from_secs(3);
/// How often certificates and addresses are looked at again.
const REFRESH: Duration = Duration::from_secs(600);
/// How often what the audit of access has gathered may be written.
const ACCESS_EVERY: Duration = Duration::from_secs(5);

/// Why the box did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The log.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// PINs, sessions, tokens.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The facility's certificates.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// Photos.
    #[error("the folder for photos cannot be used: {0}")]
    Photos(std::io::Error),
    /// The print room.
    #[error(transparent)]
    Print(#[from] PrintError),
    /// A printer in the settings.
    #[error("the printer {name:?} in the settings: {why}")]
    Printer {
        /// Which.
        name: String,
        /// What does not fit, and what to do.
        why: String,
    },
    /// The claim file that the settings name.
    #[error("the claim file {}: {source}", path.display())]
    Claim {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: Box<ClaimError>,
    },
    /// The administration socket.
    #[error(transparent)]
    Admin(#[from] admin::AdminError),
    /// A listener.
    #[error("cannot listen on {addr}: {source}. Is another program there, or another box?")]
    Listen {
        /// Where.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Threads, signals, the own program's path.
    #[error("the operating system refused: {0}")]
    System(std::io::Error),
}

/// Runs the box until it is told to end.
///
/// # Errors
/// Why it did not start.
pub fn serve(program: &Program, config: Config) -> Result<ExitCode, ServeError> {
    tell_log(&config.log);
    // Another crate of this process may have installed it first; both mean the same provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::System)?;
    let ended = runtime.block_on(run(program, config));
    runtime.shutdown_timeout(Duration::from_secs(1));
    match ended? {
        Ended::With(status) => Ok(status),
        Ended::ToStartAnew => Ok(start_anew()),
    }
}

/// How a run ended.
enum Ended {
    With(ExitCode),
    /// In order; the same program goes on from what is on the disk.
    ToStartAnew,
}

/// Becomes the same program anew, under the same process id: systemd and whoever else started it see nothing of it. Where
/// that does not work it ends with a status after which it is started again.
fn start_anew() -> ExitCode {
    use std::os::unix::process::CommandExt as _;
    let failed = match std::env::current_exe() {
        Ok(own) => std::process::Command::new(own).args(std::env::args_os().skip(1)).exec(),
        Err(error) => error,
    };
    tracing::error!(error = %failed, "the box could not start itself anew");
    ExitCode::from(EXIT_AGAIN)
}

fn tell_log(filter: &str) {
    // Unlike `EnvFilter` it needs no engine of regular expressions; what it cannot say, spans and fields, we do not filter by.
    let targets = filter.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = tracing_subscriber::registry().with(targets);
    // systemd sets this where its journal reads us.
    let set = if std::env::var_os("JOURNAL_STREAM").is_some() {
        log.with(lines.json()).try_init()
    } else {
        log.with(lines).try_init()
    };
    if let Err(error) = set {
        tracing::debug!(%error, "a log was there already");
    }
}

/// What runs, in the order in which it ends.
struct Running {
    listeners: Vec<Listener>,
    uplink: Arc<Uplink>,
    printing: Arc<Printing>,
    photos: Photos,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    access: Arc<AccessAudit>,
    store: Store,
    /// Somebody wants an orderly end and a new start.
    anew: watch::Sender<bool>,
}

async fn run(program: &Program, config: Config) -> Result<Ended, ServeError> {
    let random: Arc<dyn Random> = Arc::new(PooledRandom::default());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(boot_id(random.bytes())));
    let data = config.data()?.to_owned();
    let store = open(&data, &clock, &random).await?;
    let mut fatal = store.fatal_watch();
    let (running, line) = start(program, &config, &data, store, &clock, &random).await?;
    let mut anew = running.anew.subscribe();
    announce(&line);
    notify(&[sd_notify::NotifyState::Ready]);
    let ended = tokio::select! {
        () = asked_to_end()? => Ended::With(ExitCode::SUCCESS),
        _ = anew.wait_for(|anew| *anew) => Ended::ToStartAnew,
        failed = fatal.wait_for(Option::is_some) => {
            let why = failed.ok().and_then(|f| f.clone()).map_or_else(String::new, |f| f.0);
            tracing::error!(why, "the disk can no longer be trusted: the box ends and must start anew");
            return Ok(Ended::With(ExitCode::from(EXIT_DISK)));
        }
    };
    if matches!(ended, Ended::With(_)) {
        notify(&[sd_notify::NotifyState::Stopping]);
    }
    Ok(end(running).await.map_or(ended, Ended::With))
}

/// Opens the log; a long repair tells systemd to wait on.
async fn open(data: &Path, clock: &Arc<dyn Clock>, random: &Arc<dyn Random>) -> Result<Store, ServeError> {
    let (config, clock, random) = (StoreConfig::new(data), Arc::clone(clock), Arc::clone(random));
    let mut opening = tokio::task::spawn_blocking(move || Store::open(config, clock, random));
    let opened = loop {
        tokio::select! {
            opened = &mut opening => break opened,
            () = tokio::time::sleep(Duration::from_secs(5)) => {
                tracing::info!("the records are being checked");
                notify(&[sd_notify::NotifyState::ExtendTimeoutUsec(30_000_000), sd_notify::NotifyState::Watchdog]);
            }
        }
    };
    let (store, report) = opened.map_err(|e| ServeError::System(std::io::Error::other(e)))??;
    tracing::info!(?report, origin = %store.origin(), "the log is open");
    Ok(store)
}

async fn start(
    program: &Program,
    config: &Config,
    data: &Path,
    store: Store,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Result<(Running, serde_json::Value), ServeError> {
    let identity = Identity::open(&store.state_db(), random)?;
    let photos = open_photos(program, config, data, random)?;
    let (outcomes, printed) = mpsc::channel(64);
    let printers = config.printers.iter().map(printer).collect::<Result<_, _>>()?;
    let printing = Arc::new(Printing::open(store.state_db(), printers, Arc::clone(clock), random, outcomes)?);
    let mut tasks =
        vec![tokio::spawn(prints::log(store.clone(), Arc::clone(&printing), Arc::clone(random), printed))];

    let plain = bind(config.http.listen).await?;
    let secure = bind(config.https.listen).await?;
    let ports =
        (plain.local_addr().map_err(ServeError::System)?, secure.local_addr().map_err(ServeError::System)?);
    let anew = watch::Sender::new(false);
    let seams = (clock, random, &anew);
    let uplink = Arc::new(start_uplink(config, data, &store, &photos, &printing, ports.0, seams)?);
    let (link, alarms, follow) = follow_link(&uplink);
    tasks.push(follow);
    let sweep = crate::sweep::run(store.clone(), photos.clone(), config.limits.photo_percent, synced(&store));
    tasks.push(tokio::spawn(sweep));
    tasks.push(start_scrub(&store, &photos, clock, &anew));

    let authority = Arc::new(Authority::open(&data.join("keys"), &names(config), clock.now().wall_ms)?);
    let state = AppState::new(http::Parts {
        cosigners: cosigners(data),
        facility_id: facility_id(data),
        store: store.clone(),
        identity: identity.clone(),
        photos: photos.clone(),
        printing: Arc::clone(&printing),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
        link,
        alarms,
        settings: http::Settings {
            hosts: config.hosts.clone(),
            submits_per_address: config.limits.submits_per_address,
            https_port: Some(ports.1.port()),
        },
    });
    http::attach_left_photos(&state);
    let listeners = start_listeners(&config.limits, (plain, secure), &authority, &http::router(state))?;
    let access = Arc::clone(&identity.access);
    let hands = admin::Hands {
        store: store.clone(),
        identity,
        uplink: Arc::clone(&uplink),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
    };
    tasks.push(admin::listen(data, hands)?);
    tasks.extend(start_upkeep(&authority, &access, config, clock, &store));
    let line = serde_json::json!({
        "box": store.origin().box_id, "pid": std::process::id(), "data": data,
        "http": format!("http://{}", ports.0), "https": format!("https://localhost:{}", ports.1.port()),
        "https_addr": ports.1, "ca": authority.ca_file(),
    });
    Ok((Running { listeners, uplink, printing, photos, tasks, access, store, anew }, line))
}

/// Plain HTTP and HTTPS, with one bound for both together.
fn start_listeners(
    limits: &Limits,
    (plain, secure): (TcpListener, TcpListener),
    authority: &Authority,
    router: &axum::Router,
) -> Result<Vec<Listener>, ServeError> {
    let (together, per_address) = (limits.connections, limits.connections_per_address);
    let connections = Connections::new(ConnectionLimits { together, per_address });
    let listen = |tcp: TcpListener, tls: Option<Tls>| {
        let config = ListenerConfig::new(tls, Arc::clone(&connections));
        Listener::start(tcp, config, router.clone()).map_err(ServeError::System)
    };
    Ok(vec![listen(plain, None)?, listen(secure, Some(authority.tls()))?])
}

/// What is looked after again and again while the box runs.
fn start_upkeep(
    authority: &Arc<Authority>,
    access: &Arc<AccessAudit>,
    config: &Config,
    clock: &Arc<dyn Clock>,
    store: &Store,
) -> [tokio::task::JoinHandle<()>; 3] {
    [
        tokio::spawn(write_access(Arc::clone(access), Arc::clone(clock))),
        tokio::spawn(refresh(Arc::clone(authority), config.clone(), Arc::clone(clock))),
        tokio::spawn(watchdog(store.clone())),
    ]
}

/// Which photos the relay has.
fn synced(store: &Store) -> crate::sweep::Synced {
    let state_db = store.state_db();
    Arc::new(move || uplink::photos_at_relay(&state_db))
}

fn open_photos(
    program: &Program,
    config: &Config,
    data: &Path,
    random: &Arc<dyn Random>,
) -> Result<Photos, ServeError> {
    let own = std::env::current_exe().map_err(ServeError::System)?;
    let child = OsString::from(crate::photo::CHILD_SUBCOMMAND);
    let command =
        std::iter::once(own.into_os_string()).chain(program.prefix.iter().cloned()).chain([child]).collect();
    let settings = PhotoSettings {
        dir: data.join("photos"),
        command,
        free_percent_min: 10.min(100 - u64::from(config.limits.photo_percent)),
        limits: UploadLimits::default(),
        card: Arc::new(crate::photo::RealCard),
    };
    Photos::open(settings, Arc::clone(random)).map_err(ServeError::Photos)
}

fn printer(settings: &toml::Table) -> Result<PrinterConfig, ServeError> {
    let name = settings.get("name").and_then(|n| n.as_str()).unwrap_or_default().to_owned();
    let read: Result<PrinterSettings, _> = settings.clone().try_into();
    let read =
        read.map_err(|source| ServeError::Printer { name: name.clone(), why: source.message().to_owned() })?;
    read.checked().map_err(|why| ServeError::Printer { name, why: why.to_string() })
}

async fn bind(addr: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(addr).await.map_err(|source| ServeError::Listen { addr, source })
}

fn start_uplink(
    config: &Config,
    data: &Path,
    store: &Store,
    photos: &Photos,
    printing: &Arc<Printing>,
    http: SocketAddr,
    (clock, random, anew): (&Arc<dyn Clock>, &Arc<dyn Random>, &watch::Sender<bool>),
) -> Result<Uplink, ServeError> {
    let files = Files::new(&data.join("keys"));
    if let Some(path) = &config.claim {
        let at = |source: ClaimError| ServeError::Claim { path: path.clone(), source: Box::new(source) };
        let read =
            std::fs::read_to_string(path).map_err(|source| ClaimError::File { path: path.clone(), source });
        files.take_up(&read.map_err(at)?).map_err(at)?;
    }
    let (photos, printing) = (photos.clone(), Arc::clone(printing));
    let addresses = own_addresses().into_iter().map(|ip| SocketAddr::new(ip, http.port()).to_string());
    Ok(Uplink::start(uplink::Parts {
        store: store.clone(),
        files,
        photo_path: Arc::new(move |hash| photos.path(hash)),
        printers: Arc::new(move || {
            let health = |p: crate::print::PrinterView| PrinterHealth {
                name: p.name,
                state: p.state.word().to_owned(),
            };
            printing.printers().into_iter().map(health).collect()
        }),
        data: data.to_owned(),
        addresses: addresses.take(16).collect(),
        model: model(),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
        restart: restart(anew),
    }))
}

/// Asks [`run`] for an orderly end and a new start.
fn restart(anew: &watch::Sender<bool>) -> Arc<dyn Fn(&str) + Send + Sync> {
    let anew = anew.clone();
    Arc::new(move |why| {
        tracing::warn!(why, "the box starts itself anew");
        anew.send_replace(true);
    })
}

fn start_scrub(
    store: &Store,
    photos: &Photos,
    clock: &Arc<dyn Clock>,
    anew: &watch::Sender<bool>,
) -> tokio::task::JoinHandle<()> {
    let photos = photos.clone();
    tokio::spawn(scrub::run(scrub::Parts {
        store: store.clone(),
        photo_path: Arc::new(move |hash| photos.path(hash)),
        clock: Arc::clone(clock),
        restart: restart(anew),
    }))
}

/// The relay's cosigning keys, as the claim left them.
fn cosigners(data: &Path) -> http::Cosigners {
    let files = Files::new(&data.join("keys"));
    Arc::new(move || {
        let relation = files.relation().ok().flatten();
        relation.and_then(|r| uplink::claim::verifiers(&r.cosign_keys).ok()).unwrap_or_default()
    })
}

/// The facility's id, as the claim left it.
fn facility_id(data: &Path) -> http::OwnFacility {
    let files = Files::new(&data.join("keys"));
    Arc::new(move || files.relation().ok().flatten().map(|relation| relation.facility.id))
}

/// What machine this is, in its own words.
fn model() -> String {
    let board = std::fs::read_to_string("/proc/device-tree/model").unwrap_or_default();
    let board = board.trim_matches(['\0', '\n', ' ']);
    if board.is_empty() { std::env::consts::ARCH.to_owned() } else { board.to_owned() }
}

/// The pages' view of the uplink.
fn follow_link(
    uplink: &Uplink,
) -> (watch::Receiver<Link>, watch::Receiver<Vec<Raised>>, tokio::task::JoinHandle<()>) {
    let mut standing = uplink.standing();
    let (tell, link) = watch::channel(Link::Alone);
    let (raise, alarms) = watch::channel(Vec::new());
    let follow = tokio::spawn(async move {
        loop {
            let (now, raised) = {
                let standing = standing.borrow_and_update();
                let now = match &standing.state {
                    State::Alone | State::Claiming { .. } => Link::Alone,
                    State::Up => Link::Up,
                    State::Down { since_ms, .. } => Link::Down { since_ms: *since_ms },
                };
                (now, standing.alarms.clone())
            };
            tell.send_if_modified(|link| std::mem::replace(link, now) != now);
            raise.send_if_modified(|alarms| {
                let changed = *alarms != raised;
                *alarms = raised;
                changed
            });
            if standing.changed().await.is_err() {
                return;
            }
        }
    });
    (link, alarms, follow)
}

/// Under what the box answers by HTTPS.
fn names(config: &Config) -> Vec<String> {
    let own = own_addresses().into_iter().map(|ip| ip.to_string());
    let mut names: Vec<String> =
        ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter().chain(own).collect();
    names.extend(config.hosts.iter().map(|host| host.split(':').next().unwrap_or(host).to_owned()));
    names.sort();
    names.dedup();
    names
}

/// New addresses and old certificates, without a restart.
async fn refresh(authority: Arc<Authority>, config: Config, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(REFRESH).await;
        let (authority, names, now_ms) = (Arc::clone(&authority), names(&config), clock.now().wall_ms);
        match tokio::task::spawn_blocking(move || authority.refresh(&names, now_ms)).await {
            Ok(Ok(true)) => tracing::info!("the HTTPS certificate was made anew"),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => tracing::error!(%error, "the HTTPS certificate was not made anew"),
            Err(error) => tracing::error!(%error, "the HTTPS certificate was not looked at"),
        }
    }
}

/// What the audit of access gathers goes to the disk now and then.
async fn write_access(access: Arc<AccessAudit>, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(ACCESS_EVERY).await;
        let (access, now) = (Arc::clone(&access), clock.now());
        match tokio::task::spawn_blocking(move || access.write_due(&now)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the audit of access was not written"),
            Err(error) => tracing::error!(%error, "the audit of access was not looked at"),
        }
    }
}

/// The writer itself answers for the box: a timer would go on where it hangs.
async fn watchdog(store: Store) {
    let every = sd_notify::watchdog_enabled().map_or(Duration::from_secs(3_600), |period| period / 3);
    loop {
        tokio::time::sleep(every).await;
        if store.submit(|_| Decision::Answer(())).await.is_ok() {
            notify(&[sd_notify::NotifyState::Watchdog]);
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the first line of standard output tells who started the box where it listens"
)]
fn announce(line: &serde_json::Value) {
    println!("{line}");
    if let Err(error) = std::io::stdout().flush() {
        tracing::warn!(%error, "nobody reads where the box listens");
    }
}

fn notify(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// Ends with SIGTERM or SIGINT.
fn asked_to_end() -> Result<impl Future<Output = ()>, ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).map_err(ServeError::System)?;
    let mut int = signal(SignalKind::interrupt()).map_err(ServeError::System)?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}

/// Ends everything within [`DRAIN`]; the log last, with its closing group. `Some` is another status than success.
async fn end(running: Running) -> Option<ExitCode> {
    let drain = async {
        // All at once: one that ends after another would take records meanwhile.
        futures_util::future::join_all(running.listeners.into_iter().map(Listener::stop)).await;
        // Those that began to follow until now are all that there are.
        let (left, ()) = tokio::join!(running.photos.wait_for_promised(PHOTOS_DRAIN), running.uplink.stop());
        if left > 0 {
            tracing::warn!(photos = left, "photos that follow are opened at the next start");
        }
    };
    for task in &running.tasks {
        task.abort();
    }
    if tokio::time::timeout(DRAIN, drain).await.is_err() {
        tracing::warn!("not everything ended in time");
    }
    let printing = running.printing;
    if let Err(error) = tokio::task::spawn_blocking(move || printing.stop(Duration::from_secs(1))).await {
        tracing::warn!(%error, "the print room did not end");
    }
    let access = running.access;
    match tokio::task::spawn_blocking(move || access.write()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the end of the audit of access was not written"),
        Err(error) => tracing::warn!(%error, "the audit of access did not end"),
    }
    match running.store.stop().await {
        Ok(()) => None,
        Err(fatal) => {
            tracing::error!(why = fatal.0, "the log did not close");
            Some(ExitCode::from(EXIT_DISK))
        }
    }
}
