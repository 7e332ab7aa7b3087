//! Alarms over their lives: raised, raised again, over, acknowledged, deleted; and the file that stores them.

use std::path::Path;

use record::entry::ClockState;
use record::ids::BootId;
use service::clock::{FakeClock, Now};

use super::sources::{OptionalPart, report_state, report_unreadable_rows};
use super::*;
use crate::store::StateCondition;
use crate::store::system_disk::SystemDisk;

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);
const EPOCH: Epoch = Epoch { n: 1, key: [1; 4] };

struct Desk {
    dir: tempfile::TempDir,
    clock: Arc<FakeClock>,
    disk: Arc<SystemDisk>,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let disk = Arc::new(SystemDisk::take(dir.path()).unwrap());
        let (boot, state) = (BootId::new(0, [7; 10]), ClockState::Synced);
        let clock = FakeClock::new(Now { wall_ms: 1_795_205_071_000, boot, up_ms: 9, state });
        Self { dir, clock: Arc::new(clock), disk }
    }

    fn open(&self) -> AlarmStore {
        AlarmStore::open(self.disk.clone(), self.clock.clone())
    }

    fn file(&self) -> std::path::PathBuf {
        self.dir.path().join(list::FILE)
    }
}

fn forgot(own: u64, relay: u64) -> AlarmCause {
    AlarmCause::new(AlarmCode::LogForgot).of(EPOCH).from(own).to(relay)
}

fn codes(alarms: &AlarmStore) -> Vec<AlarmCode> {
    alarms.all().iter().map(|alarm| alarm.cause.code).collect()
}

fn see(alarms: &AlarmStore, at: usize) -> bool {
    alarms.acknowledge(&alarms.all()[at].id, AlarmReader::default()).unwrap()
}

#[test]
fn one_stays_over_restarts_until_somebody_has_seen_it() {
    let desk = Desk::new();
    desk.open().raise(forgot(4, 9));
    let alarms = desk.open();
    let first = alarms.all()[0].clone();
    desk.clock.advance(DAY);
    alarms.raise(forgot(4, 9));
    assert_eq!(alarms.all().to_vec(), vec![first.clone()], "it was seen first then");
    alarms.end(|cause| cause.code == AlarmCode::LogForgot);
    desk.clock.advance(DAY * 400);
    alarms.tidy();
    let alarms = desk.open();
    assert_eq!((alarms.unseen(), alarms.all().len()), (1, 1), "over, and nobody has seen it");
    assert!(!alarms.all()[0].is_active());
    let by = AlarmReader { staff: Some(StaffId::new(1, [1; 10])), token: None };
    assert!(alarms.acknowledge(&first.id, by.clone()).unwrap());
    assert!(!alarms.acknowledge(&first.id, AlarmReader::default()).unwrap(), "once is enough");
    let alarms = desk.open();
    assert_eq!((alarms.unseen(), &alarms.all()[0].seen.as_ref().unwrap().by), (0, &by));
    assert!(matches!(alarms.acknowledge("00000000", by), Err(AcknowledgeError::Unknown(_))));
    desk.clock.advance(DAY * 30);
    alarms.tidy();
    assert_eq!(alarms.all().len(), 1);
    desk.clock.advance(DAY);
    alarms.tidy();
    assert_eq!((alarms.all().len(), desk.open().all().len()), (0, 0));
}

#[test]
fn one_that_stands_and_was_seen_stays_seen_and_is_kept() {
    let desk = Desk::new();
    let alarms = desk.open();
    alarms.raise(forgot(4, 9));
    see(&alarms, 0);
    desk.clock.advance(DAY * 400);
    alarms.tidy();
    alarms.raise(forgot(5, 9));
    assert_eq!((alarms.unseen(), alarms.all().len()), (0, 1), "less is missing than was seen");
    alarms.raise(forgot(3, 9));
    assert_eq!((alarms.unseen(), alarms.all().len()), (1, 1), "more is");
}

#[test]
fn what_happens_again_after_it_was_seen_is_another_alarm() {
    let desk = Desk::new();
    let alarms = desk.open();
    let healed = || AlarmCause::new(AlarmCode::LogHealed).of(EPOCH);
    alarms.report(healed());
    alarms.report(healed());
    let old = alarms.all()[0].clone();
    assert_eq!((alarms.all().len(), old.again), (1, 1));
    see(&alarms, 0);
    alarms.report(healed());
    let new = alarms.all()[0].clone();
    assert_eq!((alarms.all().len(), new.again, new.seen), (1, 0, None));
    assert_ne!(new.id, old.id, "who acknowledges the old one does not mean the new one");
    alarms.raise(forgot(4, 9));
    alarms.end(|cause| cause.code == AlarmCode::LogForgot);
    alarms.raise(forgot(4, 9));
    assert!(alarms.all().iter().any(|a| a.cause.code == AlarmCode::LogForgot && a.is_active()));
}

#[test]
fn the_gravest_that_nobody_has_seen_stand_first() {
    let desk = Desk::new();
    let alarms = desk.open();
    for code in [AlarmCode::HintBad, AlarmCode::DiskFull, AlarmCode::LogMissing] {
        alarms.raise(AlarmCause::new(code));
    }
    see(&alarms, 0);
    assert_eq!(codes(&alarms), [AlarmCode::LogMissing, AlarmCode::HintBad, AlarmCode::DiskFull]);
    assert_eq!(codes(&desk.open()), codes(&alarms));
}

type Spoiling = (&'static str, fn(&Path));

#[test]
fn a_list_that_cannot_be_read_is_put_aside_and_told_of() {
    let spoilt: [Spoiling; 5] = [
        ("empty", |path| std::fs::write(path, b"").unwrap()),
        ("cut", |path| std::fs::write(path, b"[{\"id\":").unwrap()),
        ("too long", |path| std::fs::write(path, vec![b' '; 1 << 20]).unwrap()),
        ("a folder", |path| {
            std::fs::remove_file(path).unwrap();
            std::fs::create_dir(path).unwrap();
        }),
        ("no folder around it", |path| {
            let dir = path.parent().unwrap();
            std::fs::remove_dir_all(dir).unwrap();
            std::fs::write(dir, b"no folder").unwrap();
        }),
    ];
    for (what, spoil) in spoilt {
        let desk = Desk::new();
        desk.open().raise(forgot(4, 9));
        spoil(&desk.file());
        let alarms = desk.open();
        assert_eq!(codes(&alarms), [AlarmCode::HintBad], "{what}");
        assert_eq!(alarms.all()[0].cause.subject.as_deref(), Some(list::FILE), "{what}");
        alarms.raise(forgot(4, 9));
        assert_eq!(codes(&desk.open()), [AlarmCode::LogForgot, AlarmCode::HintBad], "{what}: both are kept");
        let aside = std::fs::read_dir(desk.dir.path())
            .unwrap()
            .chain(std::fs::read_dir(desk.file().parent().unwrap()).unwrap());
        let aside = aside.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".bad"));
        assert_eq!(aside.count(), 1, "{what}: what was there is kept for whoever wants to know");
    }
}

#[test]
fn none_is_dropped_that_nobody_has_seen_and_the_file_stays_small() {
    let desk = Desk::new();
    let alarms = desk.open();
    let rooms = AlarmCode::ALL.iter().flat_map(|code| (0..12).map(move |n| (*code, n)));
    for (code, n) in rooms {
        let subject = format!("{n} {}", "é".repeat(100));
        alarms.report(AlarmCause::new(code).about(&subject).detail(&"x\n".repeat(2_000)));
    }
    assert!(std::fs::metadata(desk.file()).unwrap().len() <= 64 << 10);
    let all = desk.open().all();
    for code in AlarmCode::ALL {
        let of_code: Vec<_> = all.iter().filter(|a| a.cause.code == *code).collect();
        let reported: u32 = of_code.iter().map(|a| 1 + a.again).sum();
        assert_eq!(
            (of_code.len(), reported),
            (8, 12),
            "{code}: those that have no row of their own are counted"
        );
    }
    let before = alarms.all().len();
    see(&alarms, 0);
    let code = alarms.all().last().unwrap().cause.code;
    alarms.report(AlarmCause::new(code).about("one more"));
    assert_eq!(alarms.all().len(), before, "one that was seen and is over makes room");
    assert!(alarms.all().iter().any(|a| a.cause.subject.as_deref() == Some("one more")));
}

#[test]
fn what_cannot_be_written_down_is_not_acknowledged_and_written_later() {
    let desk = Desk::new();
    let alarms = desk.open();
    alarms.raise(forgot(4, 9));
    // Nothing can be put under the temporary name.
    let blocked = desk.dir.path().join("evidence/alarms.json.new");
    std::fs::create_dir_all(blocked.join("full")).unwrap();
    let id = alarms.all()[0].id.clone();
    let reported = alarms.acknowledge(&id, AlarmReader::default());
    assert!(matches!(reported, Err(AcknowledgeError::Unsaved(_))), "{reported:?}");
    assert_eq!(alarms.unseen(), 1);
    alarms.raise(AlarmCause::new(AlarmCode::DiskFull));
    assert_eq!(codes(&alarms), [AlarmCode::DiskFull, AlarmCode::LogForgot], "shown all the same");
    std::fs::remove_dir_all(&blocked).unwrap();
    alarms.tidy();
    assert_eq!(codes(&desk.open()), [AlarmCode::DiskFull, AlarmCode::LogForgot]);
}

#[test]
fn whoever_follows_them_hears_of_each_change() {
    let desk = Desk::new();
    let alarms = desk.open();
    let mut news = alarms.watch();
    alarms.end(|_| true);
    assert!(!news.has_changed().unwrap());
    alarms.raise(forgot(4, 9));
    assert!(news.has_changed().unwrap());
    news.borrow_and_update();
    alarms.raise(forgot(4, 9));
    assert!(!news.has_changed().unwrap(), "it was told");
    see(&alarms, 0);
    assert!(news.has_changed().unwrap());
}

#[test]
fn the_relay_hears_what_of_which_log_and_whether_it_was_seen() {
    let desk = Desk::new();
    let alarms = desk.open();
    alarms.raise(forgot(4, 9));
    alarms.report(OptionalPart::Photos.off("no such folder"));
    see(&alarms, 0);
    let reported: Vec<HealthAlarm> = alarms.all().iter().map(ActiveAlarm::reported).collect();
    let alarm = |code: &str, subject: &str, over, seen| HealthAlarm {
        code: code.into(),
        subject: Some(subject.into()),
        since: 1_795_205_071_000,
        over,
        seen,
    };
    let photos = alarm("side-room", "photos", Some(1_795_205_071_000), false);
    assert_eq!(reported, [photos, alarm("log-forgot", "1-01010101 4-9", None, true)]);
}

#[test]
fn a_state_that_takes_no_writes_is_told_of_until_it_does() {
    let desk = Desk::new();
    let alarms = desk.open();
    let failing = StateCondition::Failing("no space".to_owned());
    report_state(&alarms, &StateCondition::Sound);
    assert_eq!(alarms.all().len(), 0);
    report_state(&alarms, &failing);
    report_state(&alarms, &failing);
    let is_active = || alarms.all().iter().map(ActiveAlarm::is_active).collect::<Vec<_>>();
    assert_eq!(is_active(), [true]);
    assert_eq!(alarms.all()[0].cause, OptionalPart::StateDisk.off("no space"));
    report_state(&alarms, &StateCondition::Recovered("no space".to_owned()));
    assert_eq!(is_active(), [false]);
    see(&alarms, 0);
    report_state(&alarms, &StateCondition::Recovered("an error".to_owned()));
    assert_eq!(alarms.unseen(), 1, "it failed, and nobody looked meanwhile");
    assert!(is_active().iter().all(|is_active| !is_active));
}

#[test]
fn tables_with_rows_that_cannot_be_read_are_named() {
    let desk = Desk::new();
    let alarms = desk.open();
    report_unreadable_rows(&alarms, &[("badges", 2), ("packs", 1)]);
    assert_eq!(alarms.all()[0].cause.detail, "badges: 2, packs: 1");
    report_unreadable_rows(&alarms, &[]);
    assert!(!alarms.all()[0].is_active());
}
