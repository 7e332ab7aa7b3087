//! The backups of a running box: what is reported, what is stored, and that a key is created once.

use std::sync::mpsc;
use std::time::Duration;

use record::alarm::AlarmCode;

use super::*;
use crate::alarms::AlarmStore;
use crate::backup::medium::SameDisk;
use crate::backup::record::BackupRecord;
use crate::backup::service::{BackupContext, BackupService};
use crate::backup::status::{BackupWork, RelayCopy, StopOutcome};
use crate::settings::BackupSettings;

struct ServiceWorld {
    world: World,
    clock: Arc<FakeClock>,
    alarms: Arc<AlarmStore>,
    backups: BackupService,
}

impl ServiceWorld {
    async fn new(settings: BackupSettings, relay: Option<RelayCopy>) -> Self {
        let world = World::new(20, 1).await;
        let clock = Arc::new(FakeClock::at_ms(NOW_MS));
        let alarms = Arc::new(AlarmStore::open(world.store.disk(), clock.clone()));
        let backups = open_service(&world, &clock, &alarms, settings, relay);
        backups.look_round();
        Self { world, clock, alarms, backups }
    }

    fn active(&self) -> Vec<(AlarmCode, Option<String>)> {
        let all = self.alarms.all();
        let active = all.iter().filter(|alarm| alarm.is_active());
        active.map(|alarm| (alarm.cause.code, alarm.cause.subject.clone())).collect()
    }

    fn ends(&self) {
        for _ in 0..100_000_000_u64 {
            if self.backups.status().work.is_none() {
                return;
            }
            std::thread::yield_now();
        }
        panic!("it never ends");
    }
}

fn open_service(
    world: &World,
    clock: &Arc<FakeClock>,
    alarms: &Arc<AlarmStore>,
    settings: BackupSettings,
    relay: Option<RelayCopy>,
) -> BackupService {
    BackupService::open(BackupContext {
        store: world.store.clone(),
        photos: world.photos.clone(),
        alarms: Arc::clone(alarms),
        clock: clock.clone(),
        random: Arc::new(SeededRandom::new(11)),
        data: world.data(),
        settings,
        settings_text: world.settings.clone(),
        relay: Arc::new(move || relay),
    })
}

fn to_stick(world: &Path) -> BackupSettings {
    BackupSettings { to: Some(world.to_owned()), same_disk: true, ..BackupSettings::default() }
}

#[tokio::test]
async fn without_a_key_no_backup_is_made_and_somebody_is_told() {
    let stick = tempfile::tempdir().unwrap();
    let own = ServiceWorld::new(to_stick(stick.path()), None).await;
    let no_key = (AlarmCode::BackupFailed, Some("no-key".to_owned()));
    assert_eq!(own.active(), [no_key]);
    assert!(matches!(own.backups.start_backup(), Err(BackupError::NoKey)));
    let secret = own.backups.make_key_after("").unwrap().unwrap().0;
    assert_eq!(own.active(), []);
    assert!(own.backups.make_key_after("").unwrap().is_none(), "a form that was sent twice makes no other");
    own.backups.start_backup().unwrap();
    assert!(matches!(own.backups.start_backup(), Err(BackupError::Busy)));
    own.ends();
    let status = own.backups.status();
    let last = status.record.last.unwrap();
    assert_eq!((last.entries, last.photos, status.failure), (21, 1, None));
    own.backups.start_test(None, secret).unwrap();
    own.ends();
    let status = own.backups.status();
    assert!(status.result.unwrap().words.unwrap().contains("can be restored"));
    assert_eq!((status.record.tests, status.record.tested.unwrap().photos), (1, 1));
    own.backups.start_test(None, BackupSecret::generate(&SeededRandom::new(77))).unwrap();
    own.ends();
    let result = own.backups.status().result.unwrap();
    assert!(result.words.unwrap_err().contains("this key does not open it"));
    // All of it survives a restart.
    let again = open_service(&own.world, &own.clock, &own.alarms, to_stick(stick.path()), None).status();
    assert_eq!((again.record.last.unwrap().name, again.record.tests), (last.name, 1));
    assert!(again.key.is_some());
}

#[tokio::test]
async fn a_backup_that_is_old_is_told_and_the_next_one_ends_it() {
    let stick = tempfile::tempdir().unwrap();
    let own = ServiceWorld::new(to_stick(stick.path()), None).await;
    own.backups.make_key().unwrap();
    own.backups.start_backup().unwrap();
    own.ends();
    std::fs::remove_dir_all(stick.path()).unwrap();
    own.clock.advance_ms(1);
    for _ in 1..=4 {
        own.clock.advance_ms(DAY_MS);
        own.backups.look_round();
        own.ends();
    }
    own.backups.look_round();
    own.ends();
    let missing = (AlarmCode::BackupFailed, Some("missing".to_owned()));
    let old = (AlarmCode::BackupOld, Some("earlier".to_owned()));
    let mut all = own.active();
    all.sort();
    assert_eq!(all, [old, missing]);
    std::fs::create_dir(stick.path()).unwrap();
    own.clock.set_ms(NOW_MS + 5 * DAY_MS);
    own.backups.look_round();
    own.ends();
    assert_eq!(own.active(), []);
}

#[tokio::test]
async fn a_backup_that_is_due_at_the_start_waits_for_its_stick() {
    let place = tempfile::tempdir().unwrap();
    let stick = place.path().join("stick");
    let own = ServiceWorld::new(to_stick(&stick), None).await;
    own.backups.make_key().unwrap();
    own.clock.advance_ms(2 * DAY_MS);
    // It was off at the time of the backup, and is switched on.
    let backups = open_service(&own.world, &own.clock, &own.alarms, to_stick(&stick), None);
    let own = ServiceWorld { backups, ..own };
    for _ in 0..5 {
        own.backups.look_round();
        own.ends();
        let status = own.backups.status();
        assert_eq!((own.active(), status.failure, status.record.tried_ms), (vec![], None, None));
        own.clock.advance_ms(60_000);
    }
    own.backups.look_round();
    own.ends();
    let missing = [(AlarmCode::BackupFailed, Some("missing".to_owned()))];
    assert_eq!(own.active(), missing, "whoever has not come by now is told of");
    // Who presses the button right after a start is answered at once.
    let backups = open_service(&own.world, &own.clock, &own.alarms, to_stick(&stick), None);
    let own = ServiceWorld { backups, ..own };
    own.alarms.end(|_| true);
    own.backups.start_shown_backup().unwrap();
    own.ends();
    assert_eq!(own.active(), missing);
    // One that comes a minute after the start is not missed.
    own.clock.advance_ms(DAY_MS);
    let backups = open_service(&own.world, &own.clock, &own.alarms, to_stick(&stick), None);
    let own = ServiceWorld { backups, ..own };
    own.backups.look_round();
    own.ends();
    assert!(own.backups.status().record.last.is_none());
    std::fs::create_dir(&stick).unwrap();
    own.clock.advance_ms(60_000);
    own.backups.look_round();
    own.ends();
    assert!(own.backups.status().record.last.is_some());
    assert_eq!(own.active(), []);
}

#[tokio::test]
async fn the_relays_copy_counts_as_a_backup() {
    let copy = RelayCopy { entries: 21, of_entries: 21, photos: 1, of_photos: 1 };
    for (relay, reported) in
        [(None, true), (Some(RelayCopy { entries: 20, ..copy }), true), (Some(copy), false)]
    {
        let own = ServiceWorld::new(BackupSettings::default(), relay).await;
        // A user who opens the page before the first minute is over sees it too.
        let fresh = open_service(&own.world, &own.clock, &own.alarms, BackupSettings::default(), relay);
        assert_eq!(fresh.status().relay, None);
        fresh.look_at_relay();
        assert_eq!(fresh.status().relay, relay);
        own.clock.set_ms(NOW_MS + 4 * DAY_MS);
        own.backups.look_round();
        let never = (AlarmCode::BackupOld, None);
        assert_eq!(own.active() == [never], reported, "{relay:?}");
        assert_eq!(own.backups.status().relay, relay);
    }
}

fn clock_at(wall_ms: i64, state: ClockState) -> Now {
    Now { wall_ms, boot: BootId::new(1, [1; 10]), up_ms: 9, state }
}

#[tokio::test]
async fn a_clock_that_was_never_right_makes_no_backup_old() {
    let own = ServiceWorld::new(BackupSettings::default(), None).await;
    // A board without a clock begins its life in another year.
    std::fs::remove_dir_all(own.world.data().join("backup")).unwrap();
    own.clock.set(clock_at(86_400_000, ClockState::Uncertain));
    let open = |clock: &Arc<FakeClock>| {
        open_service(&own.world, clock, &own.alarms, BackupSettings::default(), None)
    };
    let backups = open(&own.clock);
    backups.look_round();
    assert!(backups.status().record.first_unsure);
    // The next start is the one at which the time comes.
    let backups = open(&own.clock);
    own.clock.set(clock_at(NOW_MS, ClockState::Synced));
    backups.look_round();
    let record = backups.status().record;
    assert_eq!((own.active(), record.first_ms, record.first_unsure), (vec![], NOW_MS, false));
    own.clock.set(clock_at(NOW_MS + 3 * DAY_MS, ClockState::Synced));
    backups.look_round();
    assert_eq!(own.active(), []);
    // From the time that holds three days are counted, over a restart too.
    let backups = open(&own.clock);
    own.clock.set(clock_at(NOW_MS + 3 * DAY_MS + 1, ClockState::Synced));
    backups.look_round();
    assert_eq!(own.active(), [(AlarmCode::BackupOld, None)]);
}

#[tokio::test]
async fn a_stick_that_hangs_keeps_nobody_from_ending_the_box() {
    let own = ServiceWorld::new(BackupSettings::default(), None).await;
    let (go_on, hangs) = mpsc::channel::<()>();
    // The call to the stick does not come back.
    own.backups.start_work(BackupWork::Backup, move |_| Err(format!("{:?}", hangs.recv()))).unwrap();
    assert_eq!(own.backups.stop(Duration::from_millis(1)), StopOutcome::LeftBehind);
    assert!(matches!(
        own.backups.start_work(BackupWork::Backup, |_| Ok(String::new())),
        Err(BackupError::Busy)
    ));
    go_on.send(()).unwrap();
    assert_eq!(own.backups.stop(Duration::MAX), StopOutcome::Ended);
    // The end of a restore test is not waited for: it changes nothing.
    let (go_on, hangs) = mpsc::channel::<()>();
    own.backups.start_work(BackupWork::Test, move |_| Err(format!("{:?}", hangs.recv()))).unwrap();
    assert_eq!(own.backups.stop(Duration::MAX), StopOutcome::Ended);
    drop(go_on);
    own.ends();
}

#[tokio::test]
async fn a_piece_of_work_that_fails_keeps_no_other_from_beginning() {
    let own = ServiceWorld::new(BackupSettings::default(), None).await;
    own.backups.start_work(BackupWork::Backup, |_| std::panic::resume_unwind(Box::new("it failed"))).unwrap();
    own.ends();
    own.backups.start_work(BackupWork::Backup, |_| Ok("done".to_owned())).unwrap();
    own.ends();
    assert_eq!(own.backups.status().result.unwrap().words, Ok("done".to_owned()));
}

#[tokio::test]
async fn backups_of_a_wrong_clock_make_room_in_the_order_of_writing() {
    let world = World::new(3, 0).await;
    // A year ahead, then right, then at 1970, then right again. Two stay.
    let days = [400, 401, 0, 1, -20_000, 2];
    let made = days.map(|days| (world.back_up(days).label, world.found().backups));
    for n in 1..days.len() {
        let stay: Vec<&str> = made[n].1.iter().map(|backup| &*backup.file.name).collect();
        assert_eq!(stay, [&*made[n].0.file.name, &*made[n - 1].0.file.name], "day {}", days[n]);
    }
}

/// A day later the box starts again with this stick, on which two backups stay, and makes one.
fn back_up_onto(stick: &Path, own: ServiceWorld) -> ServiceWorld {
    own.clock.advance_ms(DAY_MS);
    let settings = BackupSettings { keep: 2, ..to_stick(stick) };
    let backups = open_service(&own.world, &own.clock, &own.alarms, settings, None);
    let own = ServiceWorld { backups, ..own };
    own.backups.start_backup().unwrap();
    own.ends();
    own
}

fn numbers_on(stick: &Path, world: &World) -> Vec<u64> {
    let medium = FolderMedium::new(stick);
    let found = FoundFiles::look(&medium, world.store.origin().box_id, world.label_key).unwrap();
    found.backups.iter().map(|backup| backup.number).collect()
}

#[tokio::test]
async fn files_that_were_copied_from_another_stick_push_out_none_that_were_written_after_them() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut own = ServiceWorld::new(BackupSettings::default(), None).await;
    let secret = own.backups.make_key().unwrap();
    for stick in [&first, &first, &first, &first, &second, &second] {
        own = back_up_onto(stick.path(), own);
    }
    assert_eq!(numbers_on(first.path(), &own.world), [4, 3]);
    assert_eq!(numbers_on(second.path(), &own.world), [6, 5]);
    for entry in std::fs::read_dir(first.path()).unwrap() {
        let from = entry.unwrap().path();
        std::fs::copy(&from, second.path().join(from.file_name().unwrap())).unwrap();
    }
    own = back_up_onto(second.path(), own);
    assert_eq!(numbers_on(second.path(), &own.world), [7, 6]);
    // A box that is restored from it counts on from there, and is looked after from now on.
    let newest = second.path().join(own.backups.status().record.last.unwrap().name);
    let data = own.world.dir.path().join("new");
    restore_backup(&newest, &data, Some(&secret), MissingPhotos::Refused, &NoSeam).unwrap();
    let (restored, _) = open_store(&data, 9);
    let record = BackupRecord::load(&*restored.disk(), NOW_MS);
    assert_eq!((record.last_number, record.first_ms, record.first_unsure), (7, NOW_MS, true));
}

#[tokio::test]
async fn where_no_stick_is_mounted_below_run_it_is_missing_and_memory_is_no_place() {
    let world = World::new(3, 0).await;
    let find = |folder: &str, same_disk| FolderMedium::find(Path::new(folder), &world.data(), same_disk);
    for same_disk in [SameDisk::Refused, SameDisk::Allowed] {
        assert!(matches!(find("/run", same_disk), Err(BackupError::Missing(_))), "{same_disk:?}");
        assert!(matches!(find("/run/no such stick", same_disk), Err(BackupError::Missing(_))));
        // Under another name, too.
        let link = world.dir.path().join("link");
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink("/run", &link).unwrap();
        assert!(matches!(find(link.to_str().unwrap(), same_disk), Err(BackupError::Missing(_))));
    }
    let stick = world.stick();
    let stick = stick.to_str().unwrap();
    assert!(matches!(find(stick, SameDisk::Refused), Err(BackupError::SameDisk(_))));
    find(stick, SameDisk::Allowed).unwrap();
}
