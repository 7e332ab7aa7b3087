//! The transfer of the log to the relay: `way` chooses between MQTT and HTTPS and `exchange` decides what is sent;
//! `link` and `https_link` transmit it, `photos` follow by HTTPS, and `reach` finds out where a transport fails.

pub mod exchange;
pub mod logs;
mod photos;
pub mod plan;
pub mod reach;
mod refused;
pub mod relation;
mod session;
#[cfg(test)]
mod test_shared;
pub mod transport;
mod zone_check;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use record::alarm::AlarmCode;
use record::claim::ClaimAnswer;
use record::fold::FacilitySettings;
use record::ids::Epoch;
use record::kinds::{BoxClaimed, Event};
use record::messages::PrinterHealth;
use service::clock::Clock;
use service::random::RandomSource;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use self::logs::run_refusals::RunRefusals;
pub use self::refused::at_relay as photos_at_relay;
use self::relation::claim::{ClaimError, ClaimIdentity, ClaimStore};
use self::relation::evidence::EvidenceNotes;
pub use self::transport::choice::UplinkTransport;
use self::transport::choice::{NextTry, TransportPlan};
use self::transport::config::TransportConfig;
pub use self::transport::fault::TransportFault;
use self::transport::http_client::RelayHttpClient;
use crate::alarms::sources::{OptionalPart, is_of_fetch_space, no_space_to_fetch};
use crate::alarms::{AlarmCause, AlarmStore, AlarmWorder};
use crate::intake::{Command, SettingsChange};
use crate::store::Store;

/// The first wait after a failure; doubled up to [`BACK_OFF_MAX`].
const BACK_OFF_MIN: Duration = Duration::from_secs(1);
/// The longest wait between two tries.
const BACK_OFF_MAX: Duration = Duration::from_secs(60);
/// How long to wait when trying again cannot help until somebody brings another claim file.
const HOPELESS: Duration = Duration::from_secs(3_600);

/// The state of the box's relation to its relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UplinkState {
    /// Never claimed: the box works alone and loses nothing.
    Alone,
    /// A claim file waits; why the claim has not succeeded yet.
    Claiming {
        /// In words for the person at the box.
        trouble: Option<String>,
    },
    Up,
    /// Claimed and not connected.
    Down {
        /// Since when, milliseconds since 1970; absent: since the start.
        since_ms: Option<i64>,
        why: String,
    },
}

/// The uplink as pages and the health report see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UplinkStatus {
    pub state: UplinkState,
    /// Entries that wait, of all logs.
    pub backlog: u64,
    pub ended_backlog: u64,
    /// The transports, and where each of them failed when it was tried last.
    pub transports: TransportReport,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportReport {
    /// The one in use, or tried next.
    pub transport: UplinkTransport,
    /// Transports that did not reach the relay, and where they failed.
    pub faults: BTreeMap<UplinkTransport, TransportFault>,
    /// Whether HTTPS goes by a proxy: host and port.
    pub proxy: Option<String>,
    /// The release of the relay's zone data, as it last said.
    pub relay_tzdb: Option<String>,
}

/// What the uplink needs of the rest of the box.
pub struct UplinkContext {
    pub store: Store,
    /// The data folder's `keys/`.
    pub files: ClaimStore,
    pub photo_path: Arc<dyn Fn(record::tree::Hash) -> PathBuf + Send + Sync>,
    pub printers: Arc<dyn Fn() -> Vec<PrinterHealth> + Send + Sync>,
    /// The data folder, whose disk's fill is reported.
    pub data: PathBuf,
    /// `host:port` at which the box answers in its building.
    pub addresses: Vec<String>,
    pub model: String,
    pub transports: TransportConfig,
    /// Where it reports what does not fit.
    pub alarms: Arc<AlarmStore>,
    pub alarm_words: AlarmWorder,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    /// Asks for an orderly end and a new start of the box, with the reason: only a start begins another epoch.
    pub restart: Arc<dyn Fn(&str) + Send + Sync>,
}

pub struct Uplink {
    shared: Arc<UplinkShared>,
    task: Mutex<Option<JoinHandle<()>>>,
}

pub(super) struct UplinkShared {
    parts: UplinkContext,
    status: watch::Sender<UplinkStatus>,
    claim: Notify,
    stop: watch::Sender<bool>,
    evidence: EvidenceNotes,
    transports: Mutex<TransportPlan>,
    /// Gives photos while it is reached.
    photo_source: Mutex<Option<RelayHttpClient>>,
    /// Held while old entries are fetched.
    refilling: Mutex<()>,
    /// Held while the relay's answers about ended logs are processed.
    claim_lock: Arc<tokio::sync::Mutex<()>>,
    /// Runs that one side does not take from the other.
    run_refusals: Mutex<RunRefusals>,
    batch_refused: AtomicBool,
    /// Whether the box is about to restart because of the relay's answers.
    restarting: AtomicBool,
    /// Whether the ended logs of both sides were compared since the start.
    compared: AtomicBool,
    /// Whether it is known since the start that this box continues the log that the relay has.
    followed: AtomicBool,
    /// Whether the next start begins another log, behind the relay's newest.
    rebased: AtomicBool,
}

impl Uplink {
    /// Starts it. It never ends by itself.
    pub fn start(parts: UplinkContext) -> Self {
        let shared = Arc::new(UplinkShared::new(parts));
        let task = tokio::spawn(run_uplink(Arc::clone(&shared)));
        Self { shared, task: Mutex::new(Some(task)) }
    }

    pub fn status(&self) -> watch::Receiver<UplinkStatus> {
        self.shared.status.subscribe()
    }

    /// Takes up a claim file and tries it at once.
    ///
    /// # Errors
    /// The file does not fit.
    pub fn take_up(&self, claim_file: &str) -> Result<(), ClaimError> {
        self.shared.parts.files.take_up(claim_file)?;
        self.shared.claim.notify_one();
        Ok(())
    }

    /// Asks for an orderly end and a new start of the box, which looks at the relay's logs again.
    pub fn restart_box(&self, why: &str) {
        (self.shared.parts.restart)(why);
    }

    /// Ends it; what was not sent stays in the log.
    pub async fn stop(&self) {
        self.shared.stop.send_replace(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut task) = task else { return };
        if tokio::time::timeout(Duration::from_secs(3), &mut task).await.is_err() {
            task.abort();
        }
    }
}

impl UplinkShared {
    fn new(parts: UplinkContext) -> Self {
        let transports = TransportPlan::new(parts.transports.choice, parts.transports.mqtt_again_ms);
        let proxy = parts.transports.https.proxy.as_ref().map(ToString::to_string);
        let report = TransportReport {
            transport: transports.transport(),
            faults: BTreeMap::new(),
            proxy,
            relay_tzdb: None,
        };
        let status =
            UplinkStatus { state: UplinkState::Alone, backlog: 0, ended_backlog: 0, transports: report };
        Self {
            evidence: EvidenceNotes::new(&parts.data),
            transports: Mutex::new(transports),
            parts,
            status: watch::channel(status).0,
            claim: Notify::new(),
            stop: watch::channel(false).0,
            photo_source: Mutex::default(),
            refilling: Mutex::default(),
            claim_lock: Arc::default(),
            run_refusals: Mutex::default(),
            batch_refused: AtomicBool::new(false),
            restarting: AtomicBool::new(false),
            compared: AtomicBool::new(false),
            followed: AtomicBool::new(false),
            rebased: AtomicBool::new(false),
        }
    }

    fn say(&self, state: UplinkState) {
        self.status.send_if_modified(|status| {
            let changed = status.state != state;
            status.state = state;
            changed
        });
    }

    fn transports(&self) -> MutexGuard<'_, TransportPlan> {
        self.transports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn photo_source(&self) -> MutexGuard<'_, Option<RelayHttpClient>> {
        self.photo_source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn transport(&self) -> UplinkTransport {
        self.transports().transport()
    }

    fn mqtt_due_ms(&self) -> Option<u64> {
        self.transports().mqtt_due_ms()
    }

    /// Notes where a transport failed, or that it reaches the relay.
    fn note_fault(&self, transport: UplinkTransport, fault: Option<TransportFault>) {
        self.status.send_if_modified(|status| {
            // A fault found of a transport that works by now is out of date.
            let serves = status.state == UplinkState::Up && status.transports.transport == transport;
            let faults = &mut status.transports.faults;
            match fault.filter(|_| !serves) {
                None => faults.remove(&transport).is_some(),
                Some(fault) => faults.insert(transport, fault.clone()) != Some(fault),
            }
        });
    }

    /// A transport works. Once MQTT does, nothing is known of HTTPS any more: it is not tried beside it.
    fn clear_faults(&self, transport: UplinkTransport) {
        self.status.send_if_modified(|status| {
            let before = status.transports.faults.len();
            status.transports.faults.retain(|of, _| *of < transport);
            status.transports.faults.len() != before
        });
    }

    fn report_transport(&self, transport: UplinkTransport) {
        self.status.send_if_modified(|status| {
            std::mem::replace(&mut status.transports.transport, transport) != transport
        });
    }

    fn down(&self, why: String) {
        let since_ms = match &self.status.borrow().state {
            UplinkState::Down { since_ms, .. } => *since_ms,
            UplinkState::Up => Some(self.parts.clock.now().wall_ms),
            UplinkState::Alone | UplinkState::Claiming { .. } => None,
        };
        self.say(UplinkState::Down { since_ms, why });
    }

    fn backlog(&self, backlog: u64, ended_backlog: u64) {
        self.status.send_if_modified(|status| {
            let before = (status.backlog, status.ended_backlog);
            (status.backlog, status.ended_backlog) = (backlog, ended_backlog);
            before != (backlog, ended_backlog)
        });
    }

    /// Raises an alarm, durably; `note` is what the relay signed of which log, and over how many entries.
    async fn alarm(self: &Arc<Self>, cause: AlarmCause, note: Option<(Epoch, String, u64)>) {
        tracing::error!(?cause, "the relay and the box do not fit together");
        let shared = Arc::clone(self);
        let stored = tokio::task::spawn_blocking(move || {
            if let Some((epoch, note, size)) = note {
                shared.evidence.keep(epoch, size, &note);
            }
            shared.parts.alarms.raise(cause);
        });
        if let Err(error) = stored.await {
            tracing::error!(%error, "an alarm was not raised");
        }
    }

    /// Reports that another machine has taken this one's place.
    fn report_replaced(&self) {
        if !self.parts.alarms.stands(|cause| cause.code == AlarmCode::BoxReplaced) {
            self.parts.alarms.raise(AlarmCause::new(AlarmCode::BoxReplaced));
        }
    }

    /// Reports whether there is space for what the relay returns.
    fn report_disk_space(&self, has_room: bool) {
        if has_room {
            self.clear(is_of_fetch_space);
        } else if !self.parts.alarms.stands(is_of_fetch_space) {
            self.parts.alarms.raise(no_space_to_fetch());
        }
    }

    fn clear(&self, over: impl Fn(&AlarmCause) -> bool) {
        self.parts.alarms.end(over);
    }

    /// What the relay gave this box, or the key to it, cannot be used, and waiting does not help.
    async fn credentials_bad(self: &Arc<Self>, why: &str) {
        if !self.parts.alarms.stands(|cause| OptionalPart::Uplink.is_of(cause)) {
            self.alarm(OptionalPart::Uplink.off(why), None).await;
        }
    }

    /// A wait with full jitter, so that boxes that lost one relay do not come back at one moment.
    fn jitter(&self, back_off: Duration) -> Duration {
        let ms = u64::try_from(back_off.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(100 + self.parts.random.below(ms))
    }
}

/// Ends when it is asked to; an open session says goodbye first, so that the relay knows that the box left on purpose.
async fn run_uplink(shared: Arc<UplinkShared>) {
    let mut stopped = shared.stop.subscribe();
    tokio::select! {
        () = run_forever(&shared) => {}
        () = async {
            if stopped.wait_for(|stop| *stop).await.is_ok() {
                let mut status = shared.status.subscribe();
                // Either error means that there is nothing left to wait for.
                let _ = status.wait_for(|s| s.state != UplinkState::Up).await;
            }
        } => {}
    }
}

async fn run_forever(shared: &Arc<UplinkShared>) {
    let mut back_off = BACK_OFF_MIN;
    loop {
        let relation = match claim_answer(shared).await {
            Ok(relation) => relation,
            Err(wait) => {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = shared.claim.notified() => {}
                }
                continue;
            }
        };
        shared.report_transport(shared.transport());
        let ended = session::run_connections(shared, &relation).await;
        tracing::info!(why = %ended.why, transport = ?shared.transport(), "no line to the relay");
        if ended.credentials {
            shared.credentials_bad(&ended.why).await;
        }
        shared.down(ended.why);
        // Only now: for a transport that works no fault is noted. One interruption alone says nothing about the transport.
        let is_blocked = shared.transports().is_blocked_by(ended.end);
        if let Some(fault) = ended.fault.filter(|_| is_blocked) {
            shared.note_fault(shared.transport(), Some(fault));
        }
        // A relay that refuses what it is sent and closes the connection would be sent the same at once.
        let refused = shared.batch_refused.swap(false, Ordering::Relaxed);
        if ended.has_served && !refused {
            back_off = BACK_OFF_MIN;
        }
        if shared.transports().on_end(ended.end, shared.parts.clock.now().up_ms) == NextTry::AtOnce
            && !refused
        {
            continue;
        }
        tokio::time::sleep(shared.jitter(back_off)).await;
        back_off = (back_off * 2).min(BACK_OFF_MAX);
    }
}

/// How long to wait before a claim that failed is tried again. For a person at the relay it may wait for days.
fn wait_after(error: &ClaimError, jitter: impl Fn(Duration) -> Duration) -> Duration {
    match error {
        ClaimError::Waits { .. } => BACK_OFF_MAX + jitter(BACK_OFF_MAX),
        error if error.is_permanent() => HOPELESS,
        _ => jitter(BACK_OFF_MAX / 4),
    }
}

/// What the relay gave; claims or renews first where that is due. An `Err` is how long to wait before the next try.
async fn claim_answer(shared: &Arc<UplinkShared>) -> Result<ClaimAnswer, Duration> {
    let parts = &shared.parts;
    let claimant = ClaimIdentity {
        origin: parts.store.origin(),
        log_key: parts.store.verifier_keys().first().map(ToString::to_string).unwrap_or_default(),
        sign: &|domain: &str, bytes: &[u8]| parts.store.sign_bytes(domain, bytes),
        model: parts.model.clone(),
        clock: Arc::clone(&parts.clock),
        route: parts.transports.https.clone(),
    };
    match relation::claim::claim_box(&parts.files, &claimant).await {
        Ok(Some(answer)) => {
            tracing::info!(facility = %answer.facility.id, "claimed");
            shared.note_fault(UplinkTransport::Https, None);
            if answer.replaces.is_none() {
                accept_claim(shared, &answer).await;
            }
        }
        Ok(None) => {}
        Err(error) => {
            if matches!(error, ClaimError::File { .. } | ClaimError::Permissions { .. }) {
                shared.credentials_bad(&error.to_string()).await;
            }
            return Err(note_claim_trouble(shared, &error));
        }
    }
    match parts.files.relation() {
        Ok(Some(known)) if known.replaces.as_ref().is_some_and(|old| old.r#box != claimant.origin.box_id) => {
            Err(take_place(shared, &known).await)
        }
        Ok(Some(known)) => match relation::claim::renew_certificate(&parts.files, &claimant).await {
            Ok(Some(renewed)) => Ok(renewed),
            Ok(None) => Ok(known),
            Err(error) => {
                tracing::warn!(%error, "the certificate was not renewed");
                Ok(known)
            }
        },
        Ok(None) => {
            if parts.files.was_claimed() {
                shared.credentials_bad("keys/relay.json is gone").await;
            }
            shared.say(UplinkState::Alone);
            Err(HOPELESS)
        }
        Err(error) => {
            shared.credentials_bad(&error.to_string()).await;
            Err(note_claim_trouble(shared, &error))
        }
    }
}

/// Has this box go on as the one that it replaces, as its claim was answered; how long to wait until the restart.
async fn take_place(shared: &Arc<UplinkShared>, answer: &ClaimAnswer) -> Duration {
    match logs::takeover::take_over(shared, answer).await {
        Ok(has_space) => {
            shared.report_disk_space(has_space);
            shared.restart("this machine takes the place of another one");
        }
        Err(error) => {
            tracing::error!(%error, "the place of the other box is not taken");
            shared.credentials_bad(&error.to_string()).await;
            shared.say(UplinkState::Claiming { trouble: Some(error.to_string()) });
        }
    }
    HOPELESS
}

fn note_claim_trouble(shared: &UplinkShared, error: &ClaimError) -> Duration {
    tracing::warn!(%error, "not claimed");
    if let ClaimError::Way(fault) = error {
        shared.note_fault(UplinkTransport::Https, Some(fault.clone()));
    }
    shared.say(UplinkState::Claiming { trouble: Some(error.to_string()) });
    wait_after(error, |back_off| shared.jitter(back_off))
}

/// The claim becomes part of the log.
async fn accept_claim(shared: &Arc<UplinkShared>, answer: &ClaimAnswer) {
    let known = shared.parts.store.facility().settings.clone();
    for command in list_claim_commands(&known, answer) {
        if let Err(error) =
            crate::command::execute_as_box(&shared.parts.store, Arc::clone(&shared.parts.random), command)
                .await
        {
            tracing::error!(%error, "the claim could not be written to the log");
        }
    }
}

/// What a claim writes: itself, and the facility's name and zone where nobody at the box has set them.
pub(crate) fn list_claim_commands(known: &FacilitySettings, answer: &ClaimAnswer) -> Vec<Command> {
    let facility = &answer.facility;
    let event = Event::from(BoxClaimed {
        account: answer.account,
        facility: facility.id,
        relay: answer.relay_url.clone(),
    });
    let settings = SettingsChange {
        name: known.name.is_empty().then(|| facility.name.clone()),
        zone: known.zones.is_empty().then(|| facility.zone.clone()),
        ..SettingsChange::default()
    };
    let mut commands = vec![Command::Note(Box::new(event))];
    if settings != SettingsChange::default() {
        commands.push(Command::ChangeFacility(Box::new(settings)));
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_that_waits_for_a_person_tries_seldom() {
        let waits = ClaimError::Waits { epoch: Epoch { n: 2, key: [0xab, 1, 1, 2] } };
        let at_once = |_: Duration| Duration::ZERO;
        assert_eq!(wait_after(&waits, at_once), BACK_OFF_MAX);
        assert_eq!(wait_after(&waits, |back_off| back_off), BACK_OFF_MAX * 2, "within two minutes");
        let unclear = ClaimError::Answer(String::new());
        assert_eq!(wait_after(&unclear, |back_off| back_off), BACK_OFF_MAX / 4);
        let refused = ClaimError::Refused { status: 409, words: "" };
        assert_eq!(wait_after(&refused, at_once), HOPELESS);
    }
}
