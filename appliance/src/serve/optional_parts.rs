//! What the box can record without: each part is opened by itself, and one that cannot be is off, reported, and no
//! obstacle to the others.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use record::alarm::AlarmCode;
use record::ids::JobId;
use record::messages::PrinterHealth;
use service::admin_socket::AdminSocket;
use tokio::sync::{mpsc, watch};

use super::{Seams, ServeError, restart_program};
use crate::alarms::sources::OptionalPart;
use crate::alarms::{AlarmCause, AlarmStore};
use crate::backup::{BackupContext, BackupService, RelayCopy};
use crate::doctor::live_facts::has_admin;
use crate::identity::{BoxAuthority, IdentityStores, OpenedAuthority, own_addresses};
use crate::photo::{PhotoSettings, PhotoStore};
use crate::printing::{
    JobKind, JobOutcome, PrintError, PrintService, PrinterConfig, PrinterSettings, SetupCodeReader,
    SlipRequest,
};
use crate::settings::{BoxSettings, UplinkSelection, UplinkSettings};
use crate::setup::{SetupCode, read_passphrase};
use crate::store::disk::set_aside_hint;
use crate::store::{StateDb, Store, TAKEN_OVER};
use crate::sweep::PhotoCounts;
use crate::uplink::relation::claim::{ClaimError, ClaimStore};
use crate::uplink::transport::choice::{TransportChoice, UplinkTransport};
use crate::uplink::transport::config::{RouteSources, TransportConfig};
use crate::uplink::{Uplink, UplinkState, UplinkStatus};
use crate::web::word_settings_refusal;
use crate::{admin, uplink, web};

const FIRST_SLIP: &str = "setup-slip/first-start";

/// PINs, sessions and tokens. Where their tables cannot be used, the file is put aside: no user could sign in to set
/// them again. An error of the disk is no damage: it ends the start, and the next one finds what was there.
pub(in crate::serve) fn open_identity(seams: &Seams, store: &Store) -> Result<IdentityStores, ServeError> {
    // A damaged page can make redb panic.
    let opened =
        catch_unwind(AssertUnwindSafe(|| IdentityStores::open(store.state(), store.disk(), &seams.random)));
    let why = match opened {
        Ok(Ok(identity)) => {
            store.note_sound_state();
            return Ok(identity);
        }
        Ok(Err(error)) if error.is_full() || error.is_of_disk() && !store.note_failed_state() => {
            return Err(error.into());
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "a table could not be read".to_owned(),
    };
    tracing::error!(why, "state.redb cannot be used and is begun anew");
    let has_space = store.renew_state_db(TAKEN_OVER)?;
    if has_space {
        seams.alarms.report(OptionalPart::State.off(&why));
    }
    if has_space && seams.alarms.is_saved() {
        store.mark_state_loss_reported()?;
    }
    let identity = IdentityStores::open(store.state(), store.disk(), &seams.random)?;
    store.note_sound_state();
    Ok(identity)
}

pub(in crate::serve) fn report_badges(alarms: &AlarmStore, identity: &IdentityStores) {
    match identity.badges.key_trouble() {
        Ok(None) => alarms.end(|cause| OptionalPart::Badges.is_of(cause)),
        Ok(Some(trouble)) => alarms.raise(OptionalPart::Badges.off(&trouble.to_string())),
        Err(error) => tracing::error!(%error, "it is not known whether badges prove anything"),
    }
}

fn make_way_for_folder(alarms: &AlarmStore, store: &Store, name: &str, path: &Path) {
    if path.symlink_metadata().is_ok() && !path.is_dir() {
        // Reported first: afterwards nothing shows any more that something was wrong.
        alarms.report(AlarmCause::new(AlarmCode::HintBad).about(name));
        if let Err(error) = set_aside_hint(&*store.disk(), name) {
            tracing::error!(%error, name, "what lies in a folder's place could not be put aside");
        }
    }
}

pub(in crate::serve) fn open_photos(seams: &Seams, store: &Store, settings: PhotoSettings) -> PhotoStore {
    make_way_for_folder(&seams.alarms, store, "photos", &settings.dir);
    make_way_for_folder(&seams.alarms, store, "photos/incoming", &settings.dir.join("incoming"));
    match PhotoStore::open(settings.clone(), Arc::clone(&seams.random)) {
        Ok(photos) => {
            seams.alarms.end(|cause| OptionalPart::Photos.is_of(cause));
            photos
        }
        Err(error) => {
            seams.alarms.raise(OptionalPart::Photos.off(&error.to_string()));
            PhotoStore::without_folder(settings, Arc::clone(&seams.random))
        }
    }
}

fn read_printer(settings: &toml::Table) -> Result<PrinterConfig, String> {
    let name = settings.get("name").and_then(|n| n.as_str()).unwrap_or_default();
    let read: Result<PrinterSettings, _> = settings.clone().try_into();
    let read = read.map_err(|error| error.message().to_owned());
    read.and_then(|read| read.checked().map_err(|refusal| word_settings_refusal(&refusal)))
        .map_err(|why| format!("the printer “{name}” of the settings file: {why}"))
}

/// The print service. A printer of the settings that does not fit is left out; where the list of label jobs cannot be
/// used, jobs are held in memory until the box ends.
pub(in crate::serve) fn open_printing(
    seams: &Seams,
    settings: &BoxSettings,
    data: &Path,
    store: &Store,
    identity: &IdentityStores,
    outcomes: &mpsc::Sender<JobOutcome>,
) -> Result<PrintService, ServeError> {
    let (printers, bad): (Vec<_>, Vec<_>) =
        settings.printers.iter().map(read_printer).partition(Result::is_ok);
    let printers: Vec<PrinterConfig> = printers.into_iter().flatten().collect();
    let mut trouble: Vec<String> = bad.into_iter().filter_map(Result::err).collect();
    let opened = catch_unwind(AssertUnwindSafe(|| open_service(store.state(), &printers, seams, outcomes)));
    let printing = match opened {
        Ok(Ok(printing)) => printing,
        failed => {
            let why = match failed {
                Ok(Err(error)) => error.to_string(),
                _ => "a table could not be read".to_owned(),
            };
            trouble.push(format!("the list of label jobs: {why}; jobs are kept until the box ends"));
            open_service(PrintService::passing_ledger()?.into(), &printers, seams, outcomes)?
        }
    };
    printing.set_setup_code(setup_code_reader(settings, data, store, identity));
    let folder = settings.setup.folder.clone();
    printing.set_passphrase(Box::new(move || read_passphrase(folder.as_deref())));
    match trouble.is_empty() {
        true => seams.alarms.end(|cause| OptionalPart::Printers.is_of(cause)),
        false => seams.alarms.raise(OptionalPart::Printers.off(&trouble.join("; "))),
    }
    Ok(printing)
}

fn open_service(
    db: StateDb,
    printers: &[PrinterConfig],
    seams: &Seams,
    outcomes: &mpsc::Sender<JobOutcome>,
) -> Result<PrintService, PrintError> {
    PrintService::open(db, printers.to_vec(), Arc::clone(&seams.clock), &seams.random, outcomes.clone())
}

/// Reads the set-up code for as long as it opens something: until it was used, or a facility admin can sign in without it, as the
/// set-up page asks.
fn setup_code_reader(
    settings: &BoxSettings,
    data: &Path,
    store: &Store,
    identity: &IdentityStores,
) -> SetupCodeReader {
    let code = SetupCode::find(settings.setup.folder.as_deref(), data);
    let (store, identity) = (store.clone(), identity.clone());
    Box::new(move || if has_admin(&store, &identity) { None } else { code.read() })
}

/// The set-up slip of a new box, once, where the settings name a printer for it: new is a box at which nobody can sign in yet.
pub(in crate::serve) fn print_first_slip(settings: &BoxSettings, state: &web::AppState) {
    let Some(printer) = settings.setup_slip.clone() else { return };
    if !state.store.snapshot().facility.staff.is_empty() {
        return;
    }
    let content = web::compose_first_slip(state);
    let id = JobId::new(state.clock.now().wall_ms, state.random.bytes());
    let key = Some(FIRST_SLIP.to_owned());
    let slip = SlipRequest { id, key, printer: Some(printer), kind: JobKind::SetupSlip, content };
    if let Err(error) = state.printing.submit_slip(slip) {
        tracing::error!(%error, "the set-up slip is not printed; print it on the printer’s page");
    }
}

/// HTTPS; `None` where nothing of it can be used.
pub(in crate::serve) fn open_authority(
    seams: &Seams,
    data: &Path,
    names: &[String],
) -> Option<Arc<BoxAuthority>> {
    let keys = data.join("keys");
    // Reported first: once it is created again nothing shows that there had been another one.
    if BoxAuthority::was_lost(&keys) {
        seams.alarms.report(OptionalPart::HttpsRenewed.off(""));
    }
    let opened = BoxAuthority::open(&keys, names, seams.clock.now().wall_ms);
    let trouble = match &opened {
        Ok(OpenedAuthority { trouble, .. }) => trouble.as_ref(),
        Err(error) => Some(error),
    };
    match trouble {
        Some(error) => seams.alarms.raise(OptionalPart::Https.off(&error.to_string())),
        None => seams.alarms.end(|cause| OptionalPart::Https.is_of(cause)),
    }
    let OpenedAuthority { authority, .. } = opened.ok()?;
    Some(Arc::new(authority))
}

fn take_up_claim(settings: &BoxSettings, files: &ClaimStore) -> Result<(), String> {
    let Some(path) = &settings.claim else { return Ok(()) };
    let read = std::fs::read_to_string(path);
    let read = read.map_err(|source| ClaimError::File { path: path.clone(), source });
    let taken = read.and_then(|text| files.take_up(&text));
    taken.map_err(|error| format!("the claim file {}: {error}", path.display()))
}

/// Where the settings say that HTTPS leaves the building.
pub(crate) fn route_sources(settings: &UplinkSettings) -> RouteSources {
    RouteSources {
        proxy: settings.proxy_endpoint(),
        credentials: settings.proxy_user.clone().zip(settings.proxy_password_file.clone()),
        ca: settings.ca.clone(),
    }
}

/// The transports to the relay. Where a file of the settings is of no use, HTTPS connects directly and trusts the relay alone.
fn configure_transports(alarms: &AlarmStore, settings: &UplinkSettings) -> TransportConfig {
    let choice = match settings.way {
        UplinkSelection::Auto => TransportChoice::Any,
        UplinkSelection::Mqtt => TransportChoice::Only(UplinkTransport::Mqtt),
        UplinkSelection::Https => TransportChoice::Only(UplinkTransport::Https),
    };
    let https = route_sources(settings).load().unwrap_or_else(|error| {
        alarms.raise(OptionalPart::Uplink.off(&error.to_string()));
        Default::default()
    });
    TransportConfig { choice, mqtt_again_ms: u64::from(settings.mqtt_again_s) * 1_000, https }
}

/// The connection to the relay, with what it needs of the other modules.
pub(in crate::serve) fn start_uplink(
    seams: &Seams,
    settings: &BoxSettings,
    data: &Path,
    (store, photos, printing): (&Store, &PhotoStore, &Arc<PrintService>),
    (http, restart_request): (SocketAddr, &watch::Sender<bool>),
) -> Arc<Uplink> {
    let files = ClaimStore::new(&data.join("keys"));
    if let Err(why) = take_up_claim(settings, &files) {
        seams.alarms.raise(OptionalPart::Uplink.off(&why));
    }
    let (paths, printing) = (photos.clone(), Arc::clone(printing));
    let addresses = own_addresses().into_iter().map(|ip| SocketAddr::new(ip, http.port()).to_string());
    let uplink = Arc::new(Uplink::start(uplink::UplinkContext {
        store: store.clone(),
        files,
        photo_path: Arc::new(move |hash| paths.path(hash)),
        printers: Arc::new(move || {
            printing
                .printers()
                .into_iter()
                .map(|p: crate::printing::PrinterView| PrinterHealth {
                    name: p.name,
                    state: p.state.word().to_owned(),
                })
                .collect()
        }),
        data: data.to_owned(),
        addresses: addresses.take(16).collect(),
        model: super::machine_model(),
        transports: configure_transports(&seams.alarms, &settings.uplink),
        alarms: Arc::clone(&seams.alarms),
        alarm_words: crate::web::word_alarm_line,
        clock: Arc::clone(&seams.clock),
        random: Arc::clone(&seams.random),
        restart: restart_program(restart_request),
    }));
    photos.set_remote(super::relay_photos::ask_relay(&uplink, store));
    uplink
}

/// Backups, with what they must know of the relay's copy.
pub(in crate::serve) fn open_backups(
    seams: &Seams,
    settings: &BoxSettings,
    data: &Path,
    parts: PrintingParts<'_>,
    uplink: &Uplink,
) -> BackupService {
    let settings_text = toml::Table::try_from(settings).and_then(|table| toml::to_string(&table));
    BackupService::open(BackupContext {
        store: parts.store.clone(),
        photos: parts.photos.clone(),
        alarms: Arc::clone(&seams.alarms),
        clock: Arc::clone(&seams.clock),
        random: Arc::clone(&seams.random),
        data: data.to_owned(),
        settings: settings.backup.clone(),
        settings_text: settings_text.unwrap_or_default(),
        relay: relay_copy(parts.store.clone(), uplink.status()),
    })
}

#[derive(Clone, Copy)]
pub(in crate::serve) struct PrintingParts<'a> {
    pub(in crate::serve) store: &'a Store,
    pub(in crate::serve) photos: &'a PhotoStore,
}

fn relay_copy(
    store: Store,
    status: watch::Receiver<UplinkStatus>,
) -> Arc<dyn Fn() -> Option<RelayCopy> + Send + Sync> {
    Arc::new(move || {
        let (link, ended_backlog) = {
            let status = status.borrow();
            (status.state.clone(), status.ended_backlog)
        };
        let ended = store.ended_entries();
        let held = match link {
            UplinkState::Alone | UplinkState::Claiming { .. } => return None,
            // Since the start it has not said what it has of earlier logs.
            UplinkState::Down { since_ms: None, .. } => 0,
            UplinkState::Up | UplinkState::Down { .. } => ended.saturating_sub(ended_backlog),
        };
        let photos = crate::sweep::count_photos(&store.state_db(), &uplink::photos_at_relay(&store));
        let photos = photos.unwrap_or_else(|error| {
            tracing::warn!(%error, "it is not known how many photos the relay has");
            PhotoCounts::default()
        });
        Some(RelayCopy {
            entries: store.cursor_size() + held,
            of_entries: store.size() + ended,
            photos: photos.at_relay,
            of_photos: photos.named,
        })
    })
}

/// The administration socket; without it the box does all but what its command line asks for.
pub(in crate::serve) fn listen_admin(data: &Path, context: admin::AdminContext) -> Option<AdminSocket> {
    let alarms = Arc::clone(&context.alarms);
    match admin::serve_admin_socket(data, context) {
        Ok(listening) => {
            alarms.end(|cause| OptionalPart::Admin.is_of(cause));
            Some(listening)
        }
        Err(error) => {
            alarms.raise(OptionalPart::Admin.off(&error.to_string()));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use record::entry::{ClockState, EntryAuthor};
    use record::ids::BootId;
    use record::kinds::StaffRole;
    use service::clock::{FakeClock, Now};
    use service::random::{RandomSource, SystemRandom};

    use super::*;
    use crate::intake::{Command, NewStaff};
    use crate::setup::CODE_FILE;
    use crate::store::configure_test_store;

    #[tokio::test]
    async fn a_slip_has_the_code_until_an_admin_can_sign_in() {
        let dir = tempfile::tempdir().unwrap();
        let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
        let now = Now {
            wall_ms: 1_763_610_000_000,
            boot: BootId::new(0, [6; 10]),
            up_ms: 5,
            state: ClockState::Synced,
        };
        let clock = Arc::new(FakeClock::new(now));
        let (store, _) = Store::open(configure_test_store(dir.path()), clock, Arc::clone(&random)).unwrap();
        let identity = IdentityStores::open(store.state(), store.disk(), &random).unwrap();
        std::fs::write(dir.path().join(CODE_FILE), "AAAAA-AAAAA\n").unwrap();
        let read_code = setup_code_reader(&BoxSettings::default(), dir.path(), &store, &identity);
        let role = StaffRole::FacilityAdmin;
        let added = Command::AddStaff(NewStaff::named("Tom Nguyen", role));
        crate::command::execute_as_box(&store, Arc::clone(&random), added).await.unwrap();
        assert_eq!(read_code().as_deref(), Some("AAAAA-AAAAA"), "the page asks for it: no PIN is set");
        let facility = store.facility();
        let (staff, _) = facility.staff.iter().next().unwrap();
        identity.pins.set(*staff, role, "839204").unwrap().unwrap();
        assert_eq!(read_code(), None);
        identity.pins.remove(*staff, EntryAuthor::BOX).unwrap();
        assert_eq!(read_code().as_deref(), Some("AAAAA-AAAAA"), "it opens the page again");
        store.stop().await.unwrap();
    }

    #[tokio::test]
    async fn a_loss_counts_as_reported_once_the_alarm_is_on_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
        let clock = Arc::new(FakeClock::at_ms(1_763_610_000_000));
        let open =
            || Store::open(configure_test_store(dir.path()), clock.clone(), Arc::clone(&random)).unwrap();
        let (store, _) = open();
        store.renew_state_db(TAKEN_OVER).unwrap();
        store.stop().await.unwrap();
        drop(store);
        // Nothing can be written in the place of the alarms.
        let in_the_way = dir.path().join("evidence/alarms.json.new/full");
        std::fs::create_dir_all(&in_the_way).unwrap();
        for (is_lost, is_saved) in [(true, false), (true, true), (false, true)] {
            let (store, _) = open();
            assert_eq!(store.health().start.state_lost, is_lost);
            if is_saved && in_the_way.exists() {
                std::fs::remove_dir_all(in_the_way.parent().unwrap()).unwrap();
            }
            let alarms = AlarmStore::open(store.disk(), clock.clone());
            crate::serve::report_findings(&alarms, &store);
            assert_eq!(alarms.is_saved(), is_saved);
            store.stop().await.unwrap();
        }
    }
}
