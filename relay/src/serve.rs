//! Runs the relay: opens what the role needs, says where, works until it is asked to stop, ends within 6 s.

mod billing;
mod certificates;
mod drain;
mod error_reports;
mod file_lock;
mod listeners;
mod process_row;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::web::table::TableError;
use service::clock::Clock;
use service::ownership::make_private_folder;
use service::process;
use service::process::StopSignals;
use service::random::{RandomSource, SystemRandom};
use service::settings::SettingsError;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::accounts::counters::StrangerCounters;
use crate::accounts::credentials::password_rules::{LeakedList, PasswordRules};
use crate::admin::AdminHandler;
use crate::cli::ProcessRole;
use crate::db::{Db, DbError, PoolUse};
use crate::doctor::{BRING_BACK, LOST_PHOTOS, MOUNT_PHOTOS, find_earlier_relay, has_lost_photos};
use crate::fleet::Fleet;
use crate::ingest::{FLUSH_EVERY, Ingest};
use crate::jobs::handlers::RelayHandlers;
use crate::jobs::queue::JobQueue;
use crate::jobs::runner::{JobRunner, JobWorkers, RENEW_EVERY};
use crate::keys::{AuthorityKeys, KeyError, KeyNeeds, SharedKeySet};
use crate::leftovers::{RemovedFiles, WorkFolders, remove_leftovers};
use crate::mail::MailOutbox;
use crate::mqtt::BoxPublisher;
use crate::objects::{NoteStore, PhotoError};
use crate::outgoing::guarded::GuardError;
use crate::readiness::DrainSignal;
use crate::serve::billing::open_billing;
pub(crate) use crate::serve::certificates::check_public;
use crate::serve::drain::drain_process;
use crate::serve::file_lock::{FileLock, LockError, find_socket_obstacle, lock_database};
pub(crate) use crate::serve::listeners::configured_urls;
use crate::serve::listeners::{guarded_client, open_relay, ready_announcement, stop_tasks};
use crate::serve::process_row::LocalProcess;
use crate::settings::RelaySettings;
use crate::webhooks::WebhookLine;
use crate::{admin, mqtt, projections};

/// How long the end waits for what was stored last to be folded.
const FOLD_WITHIN: Duration = Duration::from_secs(1);
/// How long the end waits for all that it writes, where a database takes no more.
const LAST_WRITES_WITHIN: Duration = Duration::from_secs(2);
/// How often boxes are informed of what waits for them.
const ROUND_EVERY: Duration = Duration::from_secs(10);
/// Jobs that run at a time where the database is a file.
const WORKERS_OF_FILE: usize = 2;
/// How often files of work that was cut off are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(86_400);
/// How often the listeners' certificates are looked at; SIGHUP looks at once.
const CERTIFICATES_EVERY: Duration = Duration::from_secs(60);

/// Why the relay did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Photos(#[from] PhotoError),
    #[error("certificate and key do not match: {0}")]
    Tls(#[from] rustls::Error),
    #[error(transparent)]
    Outgoing(#[from] GuardError),
    #[error(transparent)]
    MqttTls(#[from] mqtt::TlsError),
    /// The database is a file, and another process serves it.
    #[error("another relay serves this database: {} is held. Stop that one first; several need PostgreSQL", .0.display())]
    Running(PathBuf),
    /// Something else is where the relay makes a file of its own.
    #[error("{} is a place of the relay's own, and something else is there. Move it away, then start again", .0.display())]
    Occupied(PathBuf),
    #[error("the table of routes is wrong: {0}")]
    Routes(#[from] TableError),
    #[error("cannot listen on {addr}: {source}")]
    Listen { addr: SocketAddr, source: io::Error },
    #[error("cannot {what}: {source}")]
    Io { what: &'static str, source: io::Error },
}

impl ServeError {
    /// Whether another start would find the same, so that a person must come first.
    pub(crate) fn needs_person(&self) -> bool {
        match self {
            Self::Settings(_)
            | Self::Db(
                DbError::WeakTls { .. }
                | DbError::UnfinishedRestore
                | DbError::Newer { .. }
                | DbError::Unreleased
                | DbError::Headless { .. },
            )
            | Self::Occupied(_) => true,
            Self::Key(error) => error.needs_person(),
            _ => false,
        }
    }
}

pub(crate) struct RelayContext {
    pub(crate) db: Db,
    ingest_db: Db,
    work_db: Db,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) keys: Arc<AuthorityKeys>,
    pub(crate) publisher: BoxPublisher,
    pub(crate) strangers: Arc<StrangerCounters>,
    rules: PasswordRules,
    mail: MailOutbox,
    public_url: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn RandomSource>,
}

impl RelayContext {
    pub(crate) async fn open(
        settings: &RelaySettings,
        needs: KeyNeeds,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ServeError> {
        let data = settings.data()?;
        make_private_folder(data)
            .map_err(|source| ServeError::Io { what: "make the data folder", source })?;
        let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
        let db = Db::open_with(&settings.database()?, settings.tls_policy()).await?;
        db.migrate(clock.now_ms()).await?;
        // Before the keys are taken over, which then look like its own.
        if let Some(earlier) = find_earlier_relay(&db, data, &settings.objects()?).await? {
            tracing::warn!(then = BRING_BACK, "the database: {earlier}");
        }
        if has_lost_photos(&db, &settings.objects()?).await? {
            tracing::error!(then = MOUNT_PHOTOS, "{LOST_PHOTOS}");
        }
        let seams = (Arc::clone(&clock), Arc::clone(&random));
        let folder = data.join("keys");
        let keys =
            AuthorityKeys::open(&db, folder, settings.host(), needs, Arc::clone(&clock), Arc::clone(&random))
                .await?;
        let keys = Arc::new(keys);
        let publisher = BoxPublisher::new();
        let fleet = Fleet::open(db.clone(), Arc::clone(&keys), settings.public_identity(), seams)?;
        let fleet = Arc::new(fleet.with_publisher(publisher.clone()));
        let strangers = Arc::default();
        let rules = match &settings.passwords.leaked {
            // Nothing else waits for it; the doctor says that it is not there.
            Some(path) => match LeakedList::open(path) {
                Ok(list) => PasswordRules::with_leaked(list),
                Err(error) => {
                    tracing::error!(%error, "leaked passwords are not refused");
                    PasswordRules::default()
                }
            },
            None => PasswordRules::default(),
        };
        let ingest_db = db.with_pool(PoolUse::Ingest);
        let work_db = db.with_pool(PoolUse::Work { workers: settings.work.workers });
        let way = settings.mail_way().map_err(|fault| SettingsError::Value(fault.rule()))?;
        let mail = MailOutbox::new(Arc::clone(&clock), Arc::clone(&random), way.as_ref());
        let public_url = settings.pages_url();
        Ok(Self {
            db,
            ingest_db,
            work_db,
            fleet,
            keys,
            publisher,
            strangers,
            rules,
            mail,
            public_url,
            clock,
            random,
        })
    }

    pub(crate) fn office(&self) -> AdminHandler {
        let (db, fleet) = (self.db.clone(), Arc::clone(&self.fleet));
        let (rules, clock, random) = (self.rules.clone(), Arc::clone(&self.clock), Arc::clone(&self.random));
        let (mail, public_url) = (self.mail.clone(), self.public_url.clone());
        AdminHandler { db, fleet, rules, mail, public_url, clock, random }
    }
}

/// Runs until SIGTERM or SIGINT.
pub(crate) async fn serve_relay(
    settings: &RelaySettings,
    role: ProcessRole,
    clock: Arc<dyn Clock>,
) -> Result<(), ServeError> {
    check_public(settings, role)?;
    let file_lock = lock_own_database(settings)?;
    let served = run_relay(settings, role, clock).await;
    drop(file_lock);
    served
}

/// The same, where no other process serves a database that is a file.
async fn run_relay(
    settings: &RelaySettings,
    role: ProcessRole,
    clock: Arc<dyn Clock>,
) -> Result<(), ServeError> {
    let mut stop_signals = StopSignals::catch().map_err(io_failure("hear SIGTERM and SIGINT"))?;
    let mut hup = signal(SignalKind::hangup()).map_err(io_failure("hear SIGHUP"))?;
    let reporting = error_reports::start_reports(settings, &clock)?;
    let parts = RelayContext::open(settings, key_needs(settings, role), Arc::clone(&clock)).await?;
    let address = settings.database()?;
    let own = LocalProcess::new(parts.work_db.clone(), &address, role, Arc::clone(&clock), &*parts.random);
    let (own, drain) = (Arc::new(own), DrainSignal::default());
    let work_db = parts.work_db.clone();
    let databases = [work_db.clone(), parts.ingest_db.clone(), parts.db.clone()];
    let socket = admin::serve_admin_socket(settings.data()?, parts.office(), drain.clone())
        .map_err(io_failure("open the administration socket"))?;
    let fleet = Arc::clone(&parts.fleet);
    let open = open_relay(settings, role, parts).await?;
    let alarm = Arc::clone(&open.certificate_refused);
    let mut certificates =
        certificates::CertificateWatcher::shown(Arc::clone(&fleet), settings.own_names(), alarm);
    let mut looks = tokio::time::interval(CERTIFICATES_EVERY);
    process::announce_ready(&ready_announcement(settings, &fleet, &open))
        .map_err(io_failure("say where it listens"))?;
    let mut alive = tokio::time::interval(process::alive_interval());
    let ingest = open.ingest.clone();
    let steps = ingest.as_ref().map(|ingest| Arc::clone(ingest.steps())).unwrap_or_default();
    let stepping = tokio::spawn(projections::run_steps(work_db.clone(), steps, Arc::clone(&clock)));
    let mut rounds = spawn_ingest_rounds(ingest.as_ref());
    rounds.extend(role.works().then(|| tokio::spawn(run_announcements(Arc::clone(&fleet)))));
    rounds.push(tokio::spawn(run_sweeps(settings.work_folders()?, Arc::clone(&clock))));
    rounds.push(tokio::spawn(Arc::clone(&own).run_reports(open.readiness.clone())));
    let workers = start_workers(settings, role, &work_db, clock, fleet.keys().shared()).await?;
    loop {
        tokio::select! {
            () = stop_signals.wait() => break,
            () = drain.wait() => break,
            _ = hup.recv() => certificates.look(&open),
            _ = looks.tick() => {
                reload_keys(&fleet).await;
                certificates.look(&open);
            }
            _ = alive.tick() => process::notify_alive(),
        }
    }
    process::notify_stopping();
    drain_process(open.readiness.as_ref(), settings.drain_length(), &mut stop_signals, &mut alive).await;
    tracing::info!("stopping");
    drop(socket);
    // Cut off, a step leaves nothing behind, and what was announced to some is announced to the rest later.
    stepping.abort();
    rounds.into_iter().chain(reporting).for_each(|task| task.abort());
    let end_work = async {
        if let Some(workers) = workers {
            workers.stop().await;
        }
    };
    tokio::join!(end_work, stop_tasks(open));
    end_writing(ingest.as_deref(), &own, &databases).await;
    Ok(())
}

fn io_failure(what: &'static str) -> impl Fn(io::Error) -> ServeError {
    move |source| ServeError::Io { what, source }
}

/// What continues beside the boxes' messages, where this process takes them.
fn spawn_ingest_rounds(ingest: Option<&Arc<Ingest>>) -> Vec<JoinHandle<()>> {
    let Some(ingest) = ingest else { return Vec::new() };
    vec![tokio::spawn(run_directives(Arc::clone(ingest))), tokio::spawn(run_reports(Arc::clone(ingest)))]
}

pub(crate) fn lock_own_database(settings: &RelaySettings) -> Result<Option<FileLock>, ServeError> {
    make_private_folder(settings.data()?)
        .map_err(|source| ServeError::Io { what: "make the data folder", source })?;
    if let Some(obstacle) = find_socket_obstacle(settings.data()?) {
        return Err(ServeError::Occupied(obstacle));
    }
    lock_database(&settings.database()?).map_err(|error| match error {
        LockError::Held(path) => ServeError::Running(path),
        LockError::Occupied(path) => ServeError::Occupied(path),
        LockError::Io(source) => ServeError::Io { what: "lock the database's file", source },
    })
}

/// Another process may have rotated a key; and a next one becomes current in the process whose folder holds it, which need not be one
/// that works.
async fn reload_keys(fleet: &Fleet) {
    settle_keys(fleet).await;
    if let Err(error) = fleet.keys().reload().await {
        tracing::error!(%error, "cannot look at the keys again; those known before go on");
    }
}

/// The last that is written. A database that does not answer keeps no process from its end.
async fn end_writing(ingest: Option<&Ingest>, own: &LocalProcess, databases: &[Db]) {
    let written = async {
        if let Some(ingest) = ingest {
            end_ingest(ingest).await;
        }
        own.end().await;
        for db in databases {
            db.close().await;
        }
    };
    if tokio::time::timeout(LAST_WRITES_WITHIN, written).await.is_err() {
        tracing::warn!(
            "the database does not answer: what boxes said of themselves last is not written, they say it again"
        );
    }
}

/// Writes what boxes sent last, once none sends any more.
async fn end_ingest(ingest: &Ingest) {
    if let Err(error) = ingest.flush_reports().await {
        tracing::warn!(%error, "what boxes said of themselves last is not written: they say it again");
    }
    if let Ok(Err(error)) = tokio::time::timeout(FOLD_WITHIN, ingest.fold_waiting()).await {
        tracing::warn!(%error, "what was stored last is folded after the next start");
    }
}

async fn run_announcements(fleet: Arc<Fleet>) {
    let mut rounds = tokio::time::interval(ROUND_EVERY);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        announce_keys(&fleet).await;
    }
}

/// Jobs run in tasks of their own, so that a long rebuild holds up neither the watchdog nor the end.
async fn start_workers(
    settings: &RelaySettings,
    role: ProcessRole,
    db: &Db,
    clock: Arc<dyn Clock>,
    keys: SharedKeySet,
) -> Result<Option<JobWorkers>, ServeError> {
    if !role.works() {
        return Ok(None);
    }
    let (mail, notes) = (settings.mail_transport()?, NoteStore::in_folder(&settings.objects()?)?);
    let way = settings.mail_way().map_err(|fault| SettingsError::Value(fault.rule()))?;
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let webhooks = WebhookLine {
        http: Arc::new(guarded_client(settings)?),
        random: Arc::clone(&random),
        mail: MailOutbox::new(Arc::clone(&clock), Arc::clone(&random), way.as_ref()),
        public_url: settings.pages_url(),
    };
    let handlers = RelayHandlers::begin(db.clone(), Arc::clone(&clock), mail, keys, notes, webhooks).await?;
    let handlers = handlers.with_billing(open_billing(settings)?);
    let queue = JobQueue::new(db.clone(), clock, random);
    let runner = Arc::new(JobRunner::new(queue, handlers, RENEW_EVERY));
    // All that write to a file write one after the other.
    let workers = if matches!(db, Db::Sqlite { .. }) { WORKERS_OF_FILE } else { settings.work.workers };
    Ok(Some(JobWorkers::start(&runner, workers)))
}

/// Boxes are informed of the current keys; a next one becomes current when its time has come.
async fn announce_keys(fleet: &Fleet) {
    if let Err(error) = fleet.announce_keys().await {
        tracing::error!(%error, "cannot tell boxes of the keys; it is tried again");
    }
    settle_keys(fleet).await;
}

async fn settle_keys(fleet: &Fleet) {
    if let Err(error) = fleet.keys().settle().await {
        tracing::error!(%error, "cannot see whether a next key is due; it is tried again");
    }
}

/// Removes what work left that was cut off, at the start and once a day.
async fn run_sweeps(folders: WorkFolders, clock: Arc<dyn Clock>) {
    let mut days = tokio::time::interval(SWEEP_EVERY);
    days.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        days.tick().await;
        let (folders, now_ms) = (folders.clone(), clock.now_ms());
        let swept = tokio::task::spawn_blocking(move || remove_leftovers(&folders, now_ms)).await;
        let RemovedFiles { removed, failed } = swept.unwrap_or_default();
        if !removed.is_empty() {
            tracing::info!(files = ?removed, "files of work that was cut off were removed");
        }
        if !failed.is_empty() {
            tracing::warn!(files = ?failed, "files of work that was cut off stay: remove them by hand");
        }
    }
}

/// Sends what waits for boxes that are connected here, and ends the connections of revoked ones.
async fn run_directives(ingest: Arc<Ingest>) {
    let mut rounds = tokio::time::interval(ROUND_EVERY);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        if let Err(error) = ingest.send_waiting().await {
            tracing::error!(%error, "cannot send directives; it is tried again");
        }
        if let Err(error) = ingest.end_revoked().await {
            tracing::error!(%error, "cannot ask which boxes were revoked; it is tried again");
        }
    }
}

/// Writes what boxes say of themselves, for all of them at once.
async fn run_reports(ingest: Arc<Ingest>) {
    let mut rounds = tokio::time::interval(FLUSH_EVERY);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        if let Err(error) = ingest.flush_reports().await {
            tracing::error!(%error, "cannot write what boxes say of themselves; it is tried again");
        }
    }
}

/// Which private halves a role needs. A public listener without a certificate of the operator's shows one of the relay's own authority.
fn key_needs(settings: &RelaySettings, role: ProcessRole) -> KeyNeeds {
    match role {
        ProcessRole::All => KeyNeeds::ALL,
        ProcessRole::Ingest => KeyNeeds::INGEST,
        ProcessRole::Web if settings.public_identity().is_some() => KeyNeeds::PAGES,
        ProcessRole::Web => KeyNeeds::WEB,
        ProcessRole::Work => KeyNeeds::WORK,
    }
}
