//! A box starts whatever its panel is, and the panel's light follows what is the matter.

use record::kinds::StaffRole;
use service::clock::FakeClock;
use service::random::{RandomSource, SystemRandom};

use super::*;
use crate::alarms::AlarmCause;
use crate::command::execute_as_box;
use crate::intake::NewStaff;
use crate::panel::causes::{LightColour, PanelSignal};
use crate::panel::devices::SIM_SOCKET;
use crate::settings::{PanelLine, PanelSettings};
use crate::setup::SetupStage;
use crate::store::configure_test_store;
use crate::store::system_disk::SystemDisk;

/// A data folder with its alarms.
struct BareBox {
    dir: tempfile::TempDir,
    clock: Arc<dyn Clock>,
    alarms: Arc<AlarmStore>,
}

impl BareBox {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(FakeClock::at_ms(1_800_000_000_000));
        let disk = Arc::new(SystemDisk::take(dir.path()).unwrap());
        let alarms = Arc::new(AlarmStore::open(disk, Arc::clone(&clock)));
        Self { dir, clock, alarms }
    }

    fn start(&self, panel: PanelSettings) -> BoxPanel {
        let settings = BoxSettings { panel, ..BoxSettings::default() };
        BoxPanel::start(&settings, self.dir.path(), &self.clock)
    }

    fn has_alarm(&self) -> bool {
        self.alarms.stands(|cause| OptionalPart::Panel.is_of(cause))
    }
}

#[test]
fn wrong_lines_a_busy_line_and_no_board_start_without_a_panel() {
    let number = |number| Some(PanelLine::Number(number));
    let wired = |kind| PanelSettings { kind, green: number(17), red: number(22), ..PanelSettings::default() };
    let cases = [
        ("no board", wired(PanelKind::Rppal)),
        (
            "a line that is not there",
            PanelSettings {
                green: Some(PanelLine::Name("gpiochip99:4".into())),
                ..wired(PanelKind::Gpiochip)
            },
        ),
        ("a number that is none", PanelSettings { green: number(99), ..wired(PanelKind::Rppal) }),
        ("a line for two", PanelSettings { red: number(17), ..wired(PanelKind::Gpiochip) }),
        ("nothing is connected", PanelSettings { kind: PanelKind::Gpiochip, ..PanelSettings::default() }),
    ];
    for (what, settings) in cases {
        let bare = BareBox::new();
        let panel = bare.start(settings);
        panel.report_to(&bare.alarms);
        assert!(bare.has_alarm(), "{what}");
        let view = panel.view().unwrap();
        assert_eq!(view.borrow().kind, PanelKind::None, "{what}");
        let feed = panel.owner.as_ref().unwrap().feed();
        assert!(feed.send_message(PanelMessage::Causes(BTreeSet::new())), "{what}: it is fed all the same");
        // The next start with right settings ends the alarm.
        let mended = bare.start(PanelSettings::default());
        mended.report_to(&bare.alarms);
        assert!(!bare.has_alarm(), "{what}");
    }
}

#[test]
fn a_busy_simulated_panel_is_no_panel() {
    let bare = BareBox::new();
    let sim = || PanelSettings { kind: PanelKind::Sim, ..PanelSettings::default() };
    let first = bare.start(sim());
    assert!(bare.dir.path().join(SIM_SOCKET).exists());
    let second = bare.start(sim());
    second.report_to(&bare.alarms);
    assert!(bare.has_alarm());
    assert_eq!(first.view().unwrap().borrow().kind, PanelKind::Sim);
}

#[test]
fn the_facility_s_zone_says_when_it_is_night() {
    let zone = Mutex::new(TimeZone::get("America/Chicago").unwrap());
    // 2027-01-15T08:00:00Z is two in the morning there.
    assert_eq!(day_minute(&zone, 1_800_000_000_000), 2 * 60);
    *zone.lock().unwrap() = TimeZone::UTC;
    assert_eq!(day_minute(&zone, 1_800_000_000_000), 8 * 60);
}

#[test]
fn an_alarm_is_seen_as_it_stands() {
    let bare = BareBox::new();
    bare.alarms.raise(AlarmCause::new(record::alarm::AlarmCode::DiskFull));
    let view = |bare: &BareBox| view_alarm(&bare.alarms.all()[0]);
    assert_eq!(view(&bare), AlarmView::Unseen);
    let id = bare.alarms.all()[0].id.clone();
    bare.alarms.acknowledge(&id, crate::alarms::AlarmReader::default()).unwrap();
    assert_eq!(view(&bare), AlarmView::Seen);
    bare.alarms.end(|_| true);
    assert_eq!(view(&bare), AlarmView::Over);
}

#[test]
fn a_panel_begins_by_blinking_green() {
    let bare = BareBox::new();
    let panel = bare.start(PanelSettings { kind: PanelKind::Sim, ..PanelSettings::default() });
    let PanelSignal { colour, .. } = panel.view().unwrap().borrow().shown;
    assert_eq!(colour, LightColour::Green);
}

#[tokio::test]
async fn on_a_system_of_ones_own_the_set_up_is_open_until_somebody_can_sign_in() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at_ms(1_800_000_000_000));
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let config = configure_test_store(dir.path().join("box"));
    let (store, _) = Store::open(config, clock, Arc::clone(&random)).unwrap();
    let identity = IdentityStores::open(store.state(), store.disk(), &random).unwrap();
    assert_eq!(view_setup(None, &store, &identity), SetupView::AdminMissing);
    let person = NewStaff::named("Ada Lovelace", StaffRole::FacilityAdmin);
    execute_as_box(&store, random, Command::AddStaff(person)).await.unwrap();
    let staff = *store.facility().staff.keys().next().unwrap();
    assert_eq!(view_setup(None, &store, &identity), SetupView::AdminMissing, "without a PIN");
    identity.pins.set(staff, StaffRole::FacilityAdmin, "471147").unwrap().unwrap();
    assert_eq!(view_setup(None, &store, &identity), SetupView::AdminThere);
    // An image says by itself how far it is.
    let image = SetupView::Image(SetupStage::None);
    assert_eq!(view_setup(Some(dir.path()), &store, &identity), image);
}
