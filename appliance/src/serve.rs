//! The running box: what starts in which order, what it reports to the process that started it, and how it ends.

mod early;
mod field;
mod optional_parts;
pub(crate) mod panel;
mod pooled_random;
mod progress;
mod relay_photos;
mod sockets;
mod upkeep;

pub(crate) use self::optional_parts::route_sources;
use self::optional_parts::{open_printing, start_uplink};
#[cfg(test)]
pub(crate) use self::upkeep::save_contact_timers;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use record::alarm::AlarmCode;
use service::activation::{ActivatedSockets, ActivationError};
use service::admin_socket::AdminSocket;
use service::clock::{Clock, boot_id};
use service::exit::ProgramExit;
use service::process;
use service::process::StopSignals;
use service::random::RandomSource;
use service::settings::SettingsError;
use tokio::sync::{mpsc, watch};

use self::early::EarlyListener;
use self::panel::{BoxPanel, PanelSources};
use self::pooled_random::PooledRandom;
use self::progress::StartProgress;
use self::sockets::{BoxListeners, HTTP_SOCKET, HTTPS_SOCKET, SecureSockets};
use crate::alarms::AlarmStore;
use crate::alarms::sources::{is_of_missing, report_past, report_start};
use crate::anchors::{corrected_time, newest_time};
use crate::backup::{BackupService, StopOutcome};
use crate::clock::{FloorClock, system_clock};
use crate::disk_space::RECORDS_PERCENT;
use crate::identity::{BoxAuthority, IdentityError, IdentityStores, own_addresses};
use crate::listen::Listener;
use crate::panel::PanelView;
use crate::panel::owner::PanelOwner;
use crate::phones::PhoneTables;
use crate::photo::{PhotoSettings, PhotoStore, UploadLimits};
use crate::printing::{PrintError, PrintService};
use crate::settings::BoxSettings;
use crate::store::system_disk::SystemDisk;
use crate::store::{Store, StoreError, box_store};
use crate::uplink::Uplink;
use crate::uplink::relation::claim::ClaimStore;
use crate::web::AppState;
use crate::{ProgramSetup, admin, prints, scrub, uplink, web};

/// Everything that runs has this long to end after SIGTERM.
const DRAIN: Duration = Duration::from_secs(5);
/// Of that, photos that are to follow their records have this long; the rest is opened at the next start.
const PHOTOS_DRAIN: Duration = Duration::from_secs(3);
const BACKUP_DRAIN: Duration = Duration::from_secs(3);

/// How much longer systemd is to wait each time that a long start reports progress.
const START_STEP: Duration = Duration::from_secs(30);

/// Why the box did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Sockets(#[from] ActivationError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// PINs, sessions, tokens.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Print(#[from] PrintError),
    #[error("the rows of the table of routes do not fit together: {0}")]
    Routes(#[from] ::web::table::TableError),
    #[error("cannot listen on {addr}: {source}. Is another program there, or another box?")]
    Listen { addr: SocketAddr, source: std::io::Error },
    /// The log is not open, and there is no progress.
    #[error(
        "opening the log did not go on for ten minutes: the box ends. Started again, it does without what it was reading"
    )]
    StartHangs,
    /// Threads, signals, the own program's path.
    #[error("the operating system refused: {0}")]
    System(std::io::Error),
}

/// Runs the box until it is asked to end.
///
/// # Errors
/// Why it did not start.
pub fn serve_box(
    program: &ProgramSetup,
    settings: BoxSettings,
    environment: &BTreeMap<String, String>,
) -> Result<ProgramExit, ServeError> {
    let sockets = ActivatedSockets::take(environment, &[HTTP_SOCKET, HTTPS_SOCKET])?;
    service::logging::start_logging(&settings.log);
    // Another crate of this process may have installed it first; both mean the same provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    if !sockets.names().is_empty() {
        tracing::info!(names = ?sockets.names(), "sockets come from systemd: their addresses count, not those of the settings");
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::System)?;
    let ended = runtime.block_on(run_box(program, settings, &sockets));
    runtime.shutdown_timeout(Duration::from_secs(1));
    match ended? {
        RunEnd::With(status) => Ok(status),
        RunEnd::Restart => Ok(request_restart(&sockets)),
    }
}

enum RunEnd {
    With(ProgramExit),
    /// In order; the same program continues from what is on the disk.
    Restart,
}

/// Executes the same program again, under the same process id: systemd or another parent does not notice it. Where
/// that does not work it ends with a status after which it is started again.
fn request_restart(sockets: &ActivatedSockets) -> ProgramExit {
    let Err(failed) = exec_again(sockets);
    tracing::error!(error = %failed, "the box could not start itself anew");
    ProgramExit::Again
}

fn exec_again(sockets: &ActivatedSockets) -> std::io::Result<std::convert::Infallible> {
    use std::os::unix::process::CommandExt as _;
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command.args(std::env::args_os().skip(1));
    sockets.keep_for(&mut command)?;
    Err(command.exec())
}

struct RunningServices {
    listeners: Vec<Listener>,
    admin: Option<AdminSocket>,
    uplink: Arc<Uplink>,
    printing: Arc<PrintService>,
    photos: PhotoStore,
    backups: BackupService,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    identity: IdentityStores,
    phones: PhoneTables,
    store: Store,
    /// Its lights go out last.
    panel: Option<PanelOwner>,
    /// An orderly end and a new start are requested.
    restart_request: watch::Sender<bool>,
}

#[derive(Clone)]
struct Seams {
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    alarms: Arc<AlarmStore>,
}

async fn run_box(
    program: &ProgramSetup,
    settings: BoxSettings,
    sockets: &ActivatedSockets,
) -> Result<RunEnd, ServeError> {
    let random: Arc<dyn RandomSource> = Arc::new(PooledRandom::default());
    let floor = Arc::new(FloorClock::new(system_clock(boot_id(random.bytes()))));
    let clock: Arc<dyn Clock> = floor.clone();
    let data = settings.data()?.to_owned();
    let activated = sockets.listeners(HTTP_SOCKET).map_err(ServeError::System)?;
    let panel = BoxPanel::start(&settings, &data, &clock);
    let early = EarlyListener::start(&settings, activated).await;
    let secure = sockets.listeners(HTTPS_SOCKET).map_err(ServeError::System)?;
    let store = open_box(&data, &clock, &random).await?;
    if let Some(newest) = newest_time(&store, store.size()) {
        floor.stand_on(&corrected_time(newest, &store.facility()));
    }
    let mut fatal = store.fatal_watch();
    let alarms = Arc::new(AlarmStore::open(store.disk(), Arc::clone(&clock)));
    report_findings(&alarms, &store);
    panel.report_to(&alarms);
    let seams = Seams { clock, random, alarms };
    let (running, line) = start_box(program, &settings, &data, (store, early, secure), &seams, panel).await?;
    let mut restart_request = running.restart_request.subscribe();
    // A parent that reads that it is ready may ask it to end at once, and then it ends in order.
    let mut stop = StopSignals::catch().map_err(ServeError::System)?;
    if let Err(error) = process::announce_ready(&line) {
        tracing::warn!(%error, "nobody reads where the box listens");
    }
    let ended = tokio::select! {
        () = stop.wait() => RunEnd::With(ProgramExit::Success),
        _ = restart_request.wait_for(|restart_request| *restart_request) => RunEnd::Restart,
        failed = fatal.wait_for(Option::is_some) => {
            let why = failed.ok().and_then(|f| f.clone()).map_or_else(String::new, |f| f.0);
            tracing::error!(why, "the disk can no longer be trusted: the box ends and must start anew");
            return Ok(RunEnd::With(ProgramExit::Disk));
        }
    };
    if matches!(ended, RunEnd::With(_)) {
        process::notify_stopping();
    }
    Ok(end_tasks(running).await.map_or(ended, RunEnd::With))
}

/// Opens the log; a long repair asks systemd to extend its wait, for as long as it makes progress.
async fn open_box(
    data: &Path,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn RandomSource>,
) -> Result<Store, ServeError> {
    let (config, clock, random) = (box_store(data), Arc::clone(clock), Arc::clone(random));
    let disk = SystemDisk::take(&config.dir).map_err(StoreError::from)?;
    let mut progress = StartProgress::new(disk.calls());
    let mut opening =
        tokio::task::spawn_blocking(move || Store::open_on(Arc::new(disk), config.sizes, clock, &*random));
    let opened = loop {
        tokio::select! {
            opened = &mut opening => break opened,
            () = tokio::time::sleep(Duration::from_secs(5)) => {
                if !progress.is_progressing() {
                    return Err(ServeError::StartHangs);
                }
                tracing::info!("the records are being checked");
                process::notify_starting(START_STEP);
            }
        }
    };
    let (store, report) = opened.map_err(|e| ServeError::System(std::io::Error::other(e)))??;
    tracing::info!(?report, origin = %store.origin(), "the log is open");
    Ok(store)
}

fn report_findings(alarms: &AlarmStore, store: &Store) {
    let start = store.health().start;
    let past = store.past();
    report_start(alarms, &start, store.origin().epoch, past.as_deref().unwrap_or_default());
    if start.state_lost
        && alarms.is_saved()
        && let Err(error) = store.mark_state_loss_reported()
    {
        tracing::error!(%error, "it will be told once more that PINs and sessions were lost");
    }
    match past {
        Ok(past) => {
            report_past(alarms, &past);
            if start.missing.is_empty() && past.iter().all(|past| past.whole) {
                alarms.end(|cause| is_of_missing(cause) && cause.code != AlarmCode::RelayOther);
            }
        }
        Err(error) => tracing::error!(%error, "it is not known whether earlier logs are whole"),
    }
    if alarms.is_saved()
        && let Err(error) = store.mark_repairs_reported()
    {
        tracing::error!(%error, "it will be told once more what was set right");
    }
}

fn open_reminders(seams: &Seams, store: &Store) -> PhoneTables {
    if let Err(error) = seams.alarms.open_reminders(store.state()) {
        tracing::error!(%error, "what waits for somebody is not told until the next start");
    }
    PhoneTables::open(store.state())
}

async fn start_box(
    program: &ProgramSetup,
    settings: &BoxSettings,
    data: &Path,
    (store, early, secure): (Store, Option<EarlyListener>, SecureSockets),
    seams: &Seams,
    panel: BoxPanel,
) -> Result<(RunningServices, serde_json::Value), ServeError> {
    let identity = optional_parts::open_identity(seams, &store)?;
    optional_parts::report_badges(&seams.alarms, &identity);
    let phones = open_reminders(seams, &store);
    let photos = optional_parts::open_photos(seams, &store, photo_settings(program, settings, data)?);
    let (outcomes, printed) = mpsc::channel(64);
    let printing = Arc::new(open_printing(seams, settings, data, &store, &identity, &outcomes)?);
    let results = prints::record_results(store.clone(), printing.clone(), seams.random.clone(), printed);
    let mut tasks = vec![tokio::spawn(results)];
    let plain = sockets::take_plain(settings, early).await?;
    let authority = optional_parts::open_authority(seams, data, &host_names(settings));
    let tls = authority.as_ref().map(|authority| authority.tls());
    let secure = sockets::take_secure(settings, secure, tls.as_ref()).await?;
    let bound = BoxListeners { plain, secure, tls };
    let (plain_addr, secure_addr) = (bound.plain_addr()?, bound.secure_addr()?);
    let restart_request = watch::Sender::new(false);
    let parts = (&store, &photos, &printing);
    let uplink = start_uplink(seams, settings, data, parts, (plain_addr, &restart_request));
    let (link, follow) = upkeep::follow_link(&uplink);
    tasks.push(follow);
    let parts = optional_parts::PrintingParts { store: &store, photos: &photos };
    let backups = optional_parts::open_backups(seams, settings, data, parts, &uplink);
    tasks.push(tokio::spawn(upkeep::look_after_backups(backups.clone())));
    tasks.push(start_sweep(settings, &seams.clock, &store, &photos));
    tasks.push(start_scrub(&store, &photos, &seams.clock, &restart_request));
    let of_pages = page_settings(settings, [Some(plain_addr), secure_addr], panel.view());
    field::record_setup(seams, settings, &store).await;
    let field = field::field_parts(seams, settings, data, &uplink);
    let services = PageServices {
        store: &store,
        identity: &identity,
        photos: &photos,
        printing: &printing,
        backups: &backups,
        phones: &phones,
    };
    let state = page_state(seams, data, services, (link, of_pages), field);
    tasks.push(upkeep::start_page_upkeep(&state));
    let reports = field::box_reports(&state);
    let sources = PanelSources::new(seams, settings, data, services, uplink.status());
    let (panel, panel_tasks) = panel.run(sources, state.clone());
    tasks.extend(panel_tasks);
    optional_parts::print_first_slip(settings, &state);
    let listeners = bound.start(&settings.limits, &web::build_router(state)?)?;
    let admin = optional_parts::listen_admin(data, admin_context(seams, services, &uplink, reports));
    tasks.extend(upkeep::start_upkeep(seams, authority.as_ref(), settings, services));
    let line = describe_box(&store, data, plain_addr, secure_addr);
    let running = RunningServices {
        listeners,
        admin,
        uplink,
        printing,
        photos,
        backups,
        tasks,
        identity: identity.clone(),
        phones,
        store,
        panel,
        restart_request,
    };
    Ok((running, line))
}

fn describe_box(
    store: &Store,
    data: &Path,
    plain: SocketAddr,
    secure: Option<SocketAddr>,
) -> serde_json::Value {
    serde_json::json!({
        "box": store.origin().box_id, "pid": std::process::id(), "data": data,
        "http": format!("http://{plain}"),
        "https": secure.map(|addr| format!("https://localhost:{}", addr.port())),
        "https_addr": secure, "ca": BoxAuthority::ca_file(&data.join("keys")),
    })
}

fn admin_context(
    seams: &Seams,
    services: PageServices<'_>,
    uplink: &Arc<Uplink>,
    reports: admin::BoxReports,
) -> admin::AdminContext {
    admin::AdminContext {
        store: services.store.clone(),
        identity: services.identity.clone(),
        uplink: Arc::clone(uplink),
        alarms: Arc::clone(&seams.alarms),
        alarm_words: web::word_alarm_line,
        reports,
        backups: services.backups.clone(),
        clock: Arc::clone(&seams.clock),
        random: Arc::clone(&seams.random),
    }
}

/// Settings of the pages; `ports` are those of plain HTTP and of HTTPS.
fn page_settings(
    settings: &BoxSettings,
    listening: [Option<SocketAddr>; 2],
    panel: Option<watch::Receiver<PanelView>>,
) -> web::WebSettings {
    let [http_port, https_port] = listening.map(|addr| addr.map(|addr| addr.port()));
    web::WebSettings {
        hosts: settings.hosts.clone(),
        submits_per_address: settings.limits.submits_per_address,
        https_port,
        http_port,
        panel,
    }
}

#[derive(Clone, Copy)]
struct PageServices<'a> {
    store: &'a Store,
    identity: &'a IdentityStores,
    photos: &'a PhotoStore,
    printing: &'a Arc<PrintService>,
    backups: &'a BackupService,
    phones: &'a PhoneTables,
}

fn page_state(
    seams: &Seams,
    data: &Path,
    services: PageServices<'_>,
    (view, settings): (upkeep::LinkView, web::WebSettings),
    field: web::FieldParts,
) -> AppState {
    field::end_code(seams, &field.code, services.store, services.identity);
    let state = AppState::new(web::WebParts {
        field,
        cosigners: load_cosigners(data),
        facility_id: facility_id(data),
        store: services.store.clone(),
        identity: services.identity.clone(),
        photos: services.photos.clone(),
        printing: Arc::clone(services.printing),
        backups: services.backups.clone(),
        clock: Arc::clone(&seams.clock),
        random: Arc::clone(&seams.random),
        link: view.link,
        transports: view.transports,
        contact_timers: Arc::clone(&services.phones.contact_timers),
        label_scans: Arc::clone(&services.phones.label_scans),
        alarms: Arc::clone(&seams.alarms),
        settings,
    });
    field::close_network(&state);
    state
}

fn start_sweep(
    settings: &BoxSettings,
    clock: &Arc<dyn Clock>,
    store: &Store,
    photos: &PhotoStore,
) -> tokio::task::JoinHandle<()> {
    let (percent, at_relay) = (settings.limits.photo_percent, relay_photos(store));
    tokio::spawn(crate::sweep::run_eviction(
        store.clone(),
        photos.clone(),
        Arc::clone(clock),
        percent,
        at_relay,
    ))
}

fn relay_photos(store: &Store) -> crate::sweep::RelayPhotoSource {
    let store = store.clone();
    Arc::new(move || uplink::photos_at_relay(&store))
}

fn photo_settings(
    program: &ProgramSetup,
    settings: &BoxSettings,
    data: &Path,
) -> Result<PhotoSettings, ServeError> {
    let own = std::env::current_exe().map_err(ServeError::System)?;
    let child = OsString::from(crate::photo::CHILD_SUBCOMMAND);
    let command =
        std::iter::once(own.into_os_string()).chain(program.prefix.iter().cloned()).chain([child]).collect();
    Ok(PhotoSettings {
        dir: data.join("photos"),
        command,
        free_percent_min: RECORDS_PERCENT.min(100 - u64::from(settings.limits.photo_percent)),
        limits: UploadLimits::default(),
        card: Arc::new(crate::photo::RealCard),
    })
}

/// Asks [`run_box`] for an orderly end and a new start.
fn restart_program(restart_request: &watch::Sender<bool>) -> Arc<dyn Fn(&str) + Send + Sync> {
    let restart_request = restart_request.clone();
    Arc::new(move |why| {
        tracing::warn!(why, "the box starts itself anew");
        restart_request.send_replace(true);
    })
}

fn start_scrub(
    store: &Store,
    photos: &PhotoStore,
    clock: &Arc<dyn Clock>,
    restart_request: &watch::Sender<bool>,
) -> tokio::task::JoinHandle<()> {
    let photos = photos.clone();
    tokio::spawn(scrub::run_scrub(scrub::IntegrityContext {
        store: store.clone(),
        photo_path: Arc::new(move |hash| photos.path(hash)),
        clock: Arc::clone(clock),
        restart: restart_program(restart_request),
    }))
}

fn load_cosigners(data: &Path) -> web::CosignerKeys {
    let files = ClaimStore::new(&data.join("keys"));
    Arc::new(move || {
        let relation = files.relation().ok().flatten();
        relation
            .and_then(|r| uplink::relation::claim::parse_verifiers(&r.cosign_keys).ok())
            .unwrap_or_default()
    })
}

fn facility_id(data: &Path) -> web::LocalFacility {
    let files = ClaimStore::new(&data.join("keys"));
    Arc::new(move || files.relation().ok().flatten().map(|relation| relation.facility.id))
}

fn machine_model() -> String {
    let board = std::fs::read_to_string("/proc/device-tree/model").unwrap_or_default();
    let board = board.trim_matches(['\0', '\n', ' ']);
    if board.is_empty() { std::env::consts::ARCH.to_owned() } else { board.to_owned() }
}

fn host_names(settings: &BoxSettings) -> Vec<String> {
    let own = own_addresses().into_iter().map(|ip| ip.to_string());
    let mut names: Vec<String> =
        ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter().chain(own).collect();
    names.extend(settings.hosts.iter().map(|host| host.split(':').next().unwrap_or(host).to_owned()));
    names.sort();
    names.dedup();
    names
}

/// Ends everything within [`DRAIN`]; the log last, with its closing group. `Some` is another status than success.
async fn end_tasks(running: RunningServices) -> Option<ProgramExit> {
    let drain = async {
        // All at once: one that ends after another would take records meanwhile.
        futures_util::future::join_all(running.listeners.into_iter().map(Listener::stop)).await;
        // Those that began to follow until now are all that there are.
        let (left, ()) = tokio::join!(running.photos.wait_for_promised(PHOTOS_DRAIN), running.uplink.stop());
        if left > 0 {
            tracing::warn!(photos = left, "photos that follow are opened at the next start");
        }
    };
    drop(running.admin);
    for task in &running.tasks {
        task.abort();
    }
    if tokio::time::timeout(DRAIN, drain).await.is_err() {
        tracing::warn!("not everything ended in time");
    }
    let backups = running.backups;
    match tokio::task::spawn_blocking(move || backups.stop(BACKUP_DRAIN)).await {
        Ok(StopOutcome::Ended) => {}
        Ok(StopOutcome::LeftBehind) => tracing::warn!("a backup waits for its folder and is left behind"),
        Err(error) => tracing::warn!(%error, "a backup did not end"),
    }
    let printing = running.printing;
    if let Err(error) = tokio::task::spawn_blocking(move || printing.stop(Duration::from_secs(1))).await {
        tracing::warn!(%error, "the print room did not end");
    }
    let phones = running.phones;
    match tokio::task::spawn_blocking(move || phones.save()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the last contact times and scans were not written"),
        Err(error) => tracing::warn!(%error, "the contact times did not end"),
    }
    let identity = running.identity;
    match tokio::task::spawn_blocking(move || identity.access.write().and(identity.save_uses())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the last access was not written"),
        Err(error) => tracing::warn!(%error, "the audit of access did not end"),
    }
    let ended = running.store.stop().await;
    drop(running.panel);
    match ended {
        Ok(()) => None,
        Err(fatal) => {
            tracing::error!(why = fatal.0, "the log did not close");
            Some(ProgramExit::Disk)
        }
    }
}
