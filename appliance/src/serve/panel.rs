//! The panel within the box: problems are sent to it, and what a press asks for is done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use record::compliance::find_zone;
use record::entry::EntryAuthor;
use record::ids::JobId;
use service::clock::Clock;
use tokio::sync::{mpsc, watch};

use super::{PageServices, Seams};
use crate::alarms::sources::OptionalPart;
use crate::alarms::{ActiveAlarm, AlarmStore};
use crate::command::execute_command;
use crate::disk_space::DiskSpace;
use crate::doctor::live_facts::has_admin;
use crate::identity::IdentityStores;
use crate::intake::{Command, CommandRequest, UseForm};
use crate::panel::button::ButtonPress;
use crate::panel::causes::{
    AlarmView, PanelCause, RelayContact, SetupView, find_alarm_cause, find_disk_cause, find_setup_cause,
};
use crate::panel::devices::open_panel;
use crate::panel::no_panel::NoPanel;
use crate::panel::owner::{OwnerContext, PanelFeed, PanelMessage, PanelOwner, panel_channel};
use crate::panel::{Panel, PanelError, PanelView};
use crate::printing::{JobState, LastLabel, PrintService, ReprintRequest};
use crate::settings::{BoxSettings, PanelKind};
use crate::setup::read_state;
use crate::store::{Recording, Store};
use crate::uplink::{UplinkState, UplinkStatus};
use crate::web::{AppState, ScannedItem, panel_reason, take_scanned_item};

/// How often it is looked at what reports no change: disk, setting up, the time that the relay is quiet.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Changes come in bursts, a label at a time: so long they are collected.
const BURST: Duration = Duration::from_millis(300);

/// The panel from the very beginning: green blinks while the log is being opened.
pub(super) struct BoxPanel {
    owner: Option<PanelOwner>,
    presses: Option<mpsc::Receiver<ButtonPress>>,
    trouble: Option<PanelError>,
    zone: Arc<Mutex<TimeZone>>,
    alarms: Arc<OnceLock<Arc<AlarmStore>>>,
}

impl BoxPanel {
    /// Opens what the settings name; what cannot be opened is not there, and nothing else is hurt.
    pub(super) fn start(settings: &BoxSettings, data: &Path, clock: &Arc<dyn Clock>) -> Self {
        let zone = Arc::new(Mutex::new(TimeZone::UTC));
        let alarms = Arc::new(OnceLock::<Arc<AlarmStore>>::new());
        let channel = panel_channel();
        let opened = open_panel(&settings.panel, data, channel.edges.clone());
        let (panel, kind, trouble) = match opened {
            Ok(panel) => (panel, settings.panel.kind, None),
            Err(error) => {
                tracing::error!(%error, "the box does without its panel");
                (Box::new(NoPanel) as Box<dyn Panel>, PanelKind::None, Some(error))
            }
        };
        let (of_facility, reported) = (Arc::clone(&zone), Arc::clone(&alarms));
        let context = OwnerContext {
            clock: Arc::clone(clock),
            day_minute: Box::new(move |wall_ms| day_minute(&of_facility, wall_ms)),
            report_failure: Box::new(move |error| {
                if let Some(alarms) = reported.get() {
                    alarms.raise(OptionalPart::Panel.off(&error.to_string()));
                }
            }),
        };
        match PanelOwner::start(panel, kind, channel, context) {
            Ok((owner, presses)) => {
                Self { owner: Some(owner), presses: Some(presses), trouble, zone, alarms }
            }
            Err(error) => Self { owner: None, presses: None, trouble: Some(error), zone, alarms },
        }
    }

    /// The alarms are open: what did not work is reported, and what works again is over.
    pub(super) fn report_to(&self, alarms: &Arc<AlarmStore>) {
        match &self.trouble {
            Some(error) => alarms.raise(OptionalPart::Panel.off(&error.to_string())),
            None => alarms.end(|cause| OptionalPart::Panel.is_of(cause)),
        }
        // Only this one is ever set.
        let _ = self.alarms.set(Arc::clone(alarms));
    }

    pub(super) fn view(&self) -> Option<watch::Receiver<PanelView>> {
        self.owner.as_ref().map(PanelOwner::view)
    }

    /// Starts feeding it and doing what presses ask for; returns the panel itself, which goes out last.
    pub(super) fn run(
        self,
        sources: PanelSources,
        state: AppState,
    ) -> (Option<PanelOwner>, Vec<tokio::task::JoinHandle<()>>) {
        let (Some(owner), Some(presses)) = (self.owner, self.presses) else { return (None, Vec::new()) };
        let tasks = vec![
            tokio::spawn(feed_panel(sources, owner.feed(), self.zone)),
            tokio::spawn(take_presses(state, presses, owner.feed())),
        ];
        (Some(owner), tasks)
    }
}

fn day_minute(zone: &Mutex<TimeZone>, wall_ms: i64) -> u16 {
    let zone = zone.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Ok(now) = Timestamp::from_millisecond(wall_ms) else { return 0 };
    let now = now.to_zoned(zone);
    u16::try_from(i16::from(now.hour()) * 60 + i16::from(now.minute())).unwrap_or(0)
}

pub(super) struct PanelSources {
    seams: Seams,
    store: Store,
    identity: IdentityStores,
    printing: Arc<PrintService>,
    uplink: watch::Receiver<UplinkStatus>,
    data: PathBuf,
    setup_folder: Option<PathBuf>,
    begun_ms: i64,
}

impl PanelSources {
    pub(super) fn new(
        seams: &Seams,
        settings: &BoxSettings,
        data: &Path,
        services: PageServices<'_>,
        uplink: watch::Receiver<UplinkStatus>,
    ) -> Self {
        Self {
            begun_ms: seams.clock.now_ms(),
            seams: seams.clone(),
            store: services.store.clone(),
            identity: services.identity.clone(),
            printing: Arc::clone(services.printing),
            uplink,
            data: data.to_owned(),
            setup_folder: settings.setup.folder.clone(),
        }
    }

    /// All present problems. Reads the disk.
    fn find_causes(&self) -> BTreeSet<PanelCause> {
        let mut causes = BTreeSet::new();
        if self.store.health().recording != Recording::Ready {
            causes.insert(PanelCause::NotRecording);
        }
        let alarms = self.seams.alarms.all();
        let of_others = alarms.iter().filter(|alarm| !OptionalPart::Panel.is_of(&alarm.cause));
        causes.extend(
            of_others.filter_map(|alarm| find_alarm_cause(alarm.cause.code.as_str(), view_alarm(alarm))),
        );
        match self.printing.unfinished() {
            Ok(jobs) => causes.extend(jobs.iter().filter_map(|job| match job.state {
                JobState::NeedsAnswer => Some(PanelCause::LabelInDoubt),
                JobState::Paused(_) => Some(PanelCause::PrinterWaits),
                _ => None,
            })),
            Err(error) => tracing::warn!(%error, "the panel does not know how the print jobs stand"),
        }
        let now_ms = self.seams.clock.now_ms();
        causes.extend(relay_contact(&self.uplink.borrow().state).cause(now_ms, self.begun_ms));
        let setup = view_setup(self.setup_folder.as_deref(), &self.store, &self.identity);
        causes.extend(find_setup_cause(setup));
        causes.extend(DiskSpace::read(&self.data).ok().and_then(find_disk_cause));
        causes
    }

    /// The facility's; UTC for one that has none, or one that this program does not know.
    fn find_zone(&self) -> TimeZone {
        find_zone(self.store.snapshot().settings.zone()).unwrap_or(TimeZone::UTC)
    }
}

fn view_setup(folder: Option<&Path>, store: &Store, identity: &IdentityStores) -> SetupView {
    match folder {
        Some(folder) => SetupView::Image(read_state(Some(folder)).stage),
        None if has_admin(store, identity) => SetupView::AdminThere,
        None => SetupView::AdminMissing,
    }
}

fn view_alarm(alarm: &ActiveAlarm) -> AlarmView {
    match (alarm.is_active(), alarm.seen.is_some()) {
        (true, false) => AlarmView::Unseen,
        (false, false) => AlarmView::UnseenAndOver,
        (true, true) => AlarmView::Seen,
        (false, true) => AlarmView::Over,
    }
}

fn relay_contact(state: &UplinkState) -> RelayContact {
    match state {
        UplinkState::Alone => RelayContact::None,
        UplinkState::Claiming { .. } => RelayContact::Claiming,
        UplinkState::Up => RelayContact::Up,
        UplinkState::Down { since_ms, .. } => RelayContact::Down { since_ms: *since_ms },
    }
}

/// Sends the panel the problems whenever they change.
async fn feed_panel(sources: PanelSources, feed: PanelFeed, zone: Arc<Mutex<TimeZone>>) {
    let mut alarms = sources.seams.alarms.watch();
    let mut jobs = sources.printing.news();
    let mut uplink = sources.uplink.clone();
    let sources = Arc::new(sources);
    let mut last = None;
    loop {
        let (of, shared) = (Arc::clone(&sources), Arc::clone(&zone));
        let look = tokio::task::spawn_blocking(move || {
            *shared.lock().unwrap_or_else(PoisonError::into_inner) = of.find_zone();
            of.find_causes()
        });
        match look.await {
            Ok(causes) if last.as_ref() == Some(&causes) => {}
            Ok(causes) => {
                // One that cannot be sent now is sent at the next look.
                last = feed.send_message(PanelMessage::Causes(causes.clone())).then_some(causes);
            }
            Err(error) => tracing::error!(%error, "it was not looked at what the panel shows"),
        }
        tokio::select! {
            changed = alarms.changed() => if changed.is_err() { return },
            changed = jobs.changed() => if changed.is_err() { return },
            changed = uplink.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(LOOK_EVERY) => continue,
        }
        tokio::time::sleep(BURST).await;
    }
}

/// Does what presses ask for; what cannot be done is answered by amber blinking, and by nothing else.
async fn take_presses(state: AppState, mut presses: mpsc::Receiver<ButtonPress>, feed: PanelFeed) {
    while let Some(press) = presses.recv().await {
        let done = match press {
            ButtonPress::Short => reprint_last(&state).await,
            ButtonPress::Held => record_use(&state).await,
        };
        let answer = match done {
            Ok(()) => PanelMessage::PressTaken,
            Err(why) => {
                tracing::info!(?press, why, "the panel’s button was pressed for what cannot be done now");
                PanelMessage::PressRefused
            }
        };
        if !feed.send_message(answer) {
            tracing::warn!("the panel does not answer a press");
        }
    }
}

/// Prints the last label again. Where somebody has to look for one first, nothing is printed.
pub(crate) async fn reprint_last(state: &AppState) -> Result<(), String> {
    let state = state.clone();
    let reprinted = tokio::task::spawn_blocking(move || submit_reprint(&state)).await;
    reprinted.map_err(|error| error.to_string())?
}

fn submit_reprint(state: &AppState) -> Result<(), String> {
    let (of, n) = match state.printing.last_label().map_err(|error| error.to_string())? {
        LastLabel::Printed { job, n } => (job, n),
        LastLabel::None => return Err("there is no label to print again".to_owned()),
        LastLabel::Unsettled => return Err("the last job is not settled".to_owned()),
    };
    let id = JobId::new(state.clock.now().wall_ms, state.random.bytes());
    let reason = panel_reason();
    let request = ReprintRequest { id, key: None, of, labels: vec![n], reason, printer: None };
    state.printing.reprint(request).map(drop).map_err(|refusal| refusal.to_string())
}

/// Records that the item was used which was scanned in the last minute, where it is one and no other.
pub(crate) async fn record_use(state: &AppState) -> Result<(), String> {
    let tag = match take_scanned_item(state) {
        ScannedItem::One(tag) => tag,
        ScannedItem::None => return Err("no item was scanned in the last minute".to_owned()),
        ScannedItem::Several => return Err("several items were scanned in the last minute".to_owned()),
    };
    let command = Command::RecordUse(UseForm::now(tag));
    let request = CommandRequest { by: EntryAuthor::BOX, key: None, sent: None, command };
    let done = execute_command(&state.store, Arc::clone(&state.random), request).await;
    done.map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
