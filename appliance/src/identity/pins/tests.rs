//! Tries at PINs, on a disk that is opened again in between.

use redb::Database;
use service::random::SystemRandom;

use super::*;
use crate::counted_disk::CountedDisk;

const NOW: i64 = 1_763_610_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const PIN: &str = "471147";

fn pins(dir: &std::path::Path) -> PinStore {
    let db = Arc::new(Database::create(dir.join("state.redb")).unwrap());
    PinStore::open(db, Arc::new(SystemRandom)).unwrap()
}

fn person(n: u8) -> StaffId {
    StaffId::new(0, [n; 10])
}

fn device(n: u8) -> DeviceId {
    DeviceId::of_secret(&[n; 32])
}

/// Never seen before, and never again.
fn new_device() -> DeviceId {
    let random: &dyn RandomSource = &SystemRandom;
    DeviceId::of_secret(&random.bytes())
}

fn address(n: u32) -> IpAddr {
    std::net::Ipv4Addr::from(0x0a00_0000 + n).into()
}

/// A box on which Tom has signed in with his first device.
fn toms(dir: &std::path::Path) -> PinStore {
    let pins = pins(dir);
    pins.set(person(1), StaffRole::FacilityAdmin, PIN).unwrap().unwrap();
    assert_eq!(own(&pins, 1, PIN, NOW), PinOutcome::Right);
    pins
}

/// Tom's try on a device of his.
fn own(pins: &PinStore, which: u8, pin: &str, now_ms: i64) -> PinOutcome {
    let (staff, device, address) = (person(1), device(which), address(1));
    pins.check(&PinAttempt { staff, pin: pin.into(), device, address, now_ms }).unwrap()
}

fn strange(pins: &PinStore, staff: StaffId, pin: &str, from: u32, now_ms: i64) -> PinOutcome {
    let (device, address) = (new_device(), address(from));
    pins.check(&PinAttempt { staff, pin: pin.into(), device, address, now_ms }).unwrap()
}

fn was_looked_at(outcome: PinOutcome) -> bool {
    matches!(outcome, PinOutcome::Right | PinOutcome::Wrong { .. })
}

#[test]
fn a_thousand_strangers_keep_no_known_device_out() {
    let dir = tempfile::tempdir().unwrap();
    let pins = toms(dir.path());
    let tries = (0..1_000).map(|n| strange(&pins, person(1), "000000", n, NOW));
    assert_eq!(tries.filter(|outcome| was_looked_at(*outcome)).count(), 10);
    assert_eq!(own(&pins, 1, PIN, NOW), PinOutcome::Right);
    let new = strange(&pins, person(1), PIN, 7_000, NOW);
    assert_eq!(
        new,
        PinOutcome::Locked { until_ms: NOW + 20 * MINUTE },
        "even the right one, on a new device"
    );
    drop(pins);
    let pins = self::pins(dir.path());
    assert_eq!(own(&pins, 1, PIN, NOW), PinOutcome::Right);
    let after = strange(&pins, person(1), "000000", 8_000, NOW + 1);
    assert_eq!(after, PinOutcome::Locked { until_ms: NOW + 20 * MINUTE }, "a restart wins nothing");
    assert_eq!(strange(&pins, person(1), PIN, 9_000, NOW + 20 * MINUTE), PinOutcome::Right);
}

#[test]
fn five_wrong_ones_on_a_known_device_lock_that_device_alone() {
    let dir = tempfile::tempdir().unwrap();
    let tom = person(1);
    {
        let pins = toms(dir.path());
        assert_eq!(own(&pins, 2, PIN, NOW), PinOutcome::Right);
        for left in (0..5).rev() {
            assert_eq!(own(&pins, 1, "000000", NOW), PinOutcome::Wrong { left });
        }
    }
    let pins = pins(dir.path());
    let locked = PinOutcome::Locked { until_ms: NOW + 5 * MINUTE };
    assert_eq!(
        own(&pins, 1, PIN, NOW + 1),
        locked,
        "a restart wins nothing, and the right one is not looked at"
    );
    assert_eq!(own(&pins, 2, PIN, NOW + 1), PinOutcome::Right);
    assert_eq!(strange(&pins, tom, PIN, 5, NOW + 1), PinOutcome::Right);
    let until = LockedUntil { own_device_ms: Some(NOW + 5 * MINUTE), ..LockedUntil::default() };
    assert_eq!(pins.locked(tom, NOW + 1).unwrap(), until);
    assert_eq!(own(&pins, 1, "000000", NOW + 5 * MINUTE), PinOutcome::Wrong { left: 0 });
    assert_eq!(own(&pins, 1, PIN, NOW + 10 * MINUTE), PinOutcome::Right);
    assert_eq!(own(&pins, 1, "000000", NOW + 10 * MINUTE), PinOutcome::Wrong { left: 4 }, "all are back");
}

#[test]
fn ten_thousand_tries_of_an_hour() {
    let dir = tempfile::tempdir().unwrap();
    let tom = person(1);
    for addresses in [1, 1_000] {
        let pins = toms(tempfile::tempdir_in(dir.path()).unwrap().path());
        let mut looked_at = 0;
        for n in 0..10_000_u32 {
            let now_ms = NOW + i64::from(n) * HOUR / 10_000;
            looked_at += u32::from(was_looked_at(strange(&pins, tom, "000000", 50 + n % addresses, now_ms)));
            if n % 2_500 == 1_250 {
                assert_eq!(own(&pins, 1, PIN, now_ms), PinOutcome::Right, "{addresses} addresses, try {n}");
            }
        }
        assert!((1..=20).contains(&looked_at), "{looked_at} from {addresses} addresses");
    }
}

#[test]
fn strangers_at_everybody_keep_no_known_device_out() {
    let dir = tempfile::tempdir().unwrap();
    let pins = toms(dir.path());
    for n in 2..30 {
        pins.set(person(n), StaffRole::Technician, "4711").unwrap().unwrap();
    }
    let mut looked_at = 0;
    for n in 2..30 {
        looked_at += (0..10)
            .filter(|try_n| was_looked_at(strange(&pins, person(n), "0000", u32::from(n) * 100 + try_n, NOW)))
            .count();
    }
    assert_eq!(looked_at, 100, "the whole program's");
    assert_eq!(own(&pins, 1, PIN, NOW), PinOutcome::Right);
    assert!(matches!(strange(&pins, person(1), PIN, 1, NOW), PinOutcome::Locked { .. }));
    assert!(pins.new_devices_locked(NOW).unwrap().is_some_and(|until_ms| until_ms > NOW));
    pins.unlock(person(1)).unwrap();
    assert_eq!(pins.new_devices_locked(NOW).unwrap(), None);
    assert_eq!(strange(&pins, person(1), PIN, 1, NOW), PinOutcome::Right);
}

#[test]
fn a_clock_that_is_set_back_adds_no_try_and_no_wait() {
    let dir = tempfile::tempdir().unwrap();
    let pins = toms(dir.path());
    for _ in 0..5 {
        own(&pins, 1, "000000", NOW);
    }
    for n in 0..10 {
        strange(&pins, person(1), "000000", 100 + n, NOW);
    }
    let back = NOW - 400 * DAY;
    assert_eq!(own(&pins, 1, PIN, back), PinOutcome::Locked { until_ms: back + 5 * MINUTE });
    assert_eq!(
        strange(&pins, person(1), PIN, 300, back),
        PinOutcome::Locked { until_ms: back + 20 * MINUTE }
    );
    // The reported wait is the whole wait.
    assert!(matches!(own(&pins, 1, PIN, back + 5 * MINUTE - 1), PinOutcome::Locked { .. }));
    assert_eq!(own(&pins, 1, PIN, back + 5 * MINUTE), PinOutcome::Right);
    assert_eq!(strange(&pins, person(1), PIN, 400, back + 20 * MINUTE), PinOutcome::Right);
    // When it is set right, nothing is won and nothing is lost either.
    assert_eq!(own(&pins, 1, PIN, NOW), PinOutcome::Right);
}

#[test]
fn nobody_is_tried_like_somebody_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let pins = pins(dir.path());
    for n in 0..20 {
        assert_eq!(strange(&pins, person(n), "0000", u32::from(n), NOW), PinOutcome::None);
    }
    assert_eq!(pins.attempts.rows().unwrap(), []);
    assert!(!pins.is_known(person(1), device(1), NOW).unwrap());
}

#[test]
fn made_up_people_keep_no_new_device_out() {
    let dir = tempfile::tempdir().unwrap();
    let pins = toms(dir.path());
    for n in 0..120 {
        let nobody = StaffId::new(i64::from(n), [9; 10]);
        assert_eq!(strange(&pins, nobody, "0000", 1_000 + n, NOW), PinOutcome::None);
    }
    assert_eq!(pins.new_devices_locked(NOW).unwrap(), None);
    assert_eq!(strange(&pins, person(1), PIN, 9_000, NOW), PinOutcome::Right);
}

#[test]
fn a_device_is_known_for_180_days_and_fifty_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let pins = toms(dir.path());
    let known = |which: u8, now_ms: i64| pins.is_known(person(1), device(which), now_ms).unwrap();
    assert!(known(1, NOW + 180 * DAY - 1) && !known(1, NOW + 180 * DAY));
    assert!(known(1, NOW - 400 * DAY), "a clock that was set back forgets nobody");
    assert!(!pins.is_known(person(2), device(1), NOW).unwrap(), "it is known as one person's");
    for which in 2..=51 {
        assert_eq!(own(&pins, which, PIN, NOW + i64::from(which)), PinOutcome::Right);
    }
    assert!(!known(1, NOW) && known(2, NOW) && known(51, NOW), "the one that was used longest ago goes");
    pins.remove(person(1), EntryAuthor::BOX).unwrap();
    assert!(!known(51, NOW), "whoever has no PIN has no devices");
    assert_eq!(own(&pins, 51, PIN, NOW), PinOutcome::None);
}

#[test]
fn what_strangers_typed_is_told_once_to_the_person_and_for_a_day_to_the_box() {
    let dir = tempfile::tempdir().unwrap();
    let pins = toms(dir.path());
    let tom = person(1);
    let mut now_ms = NOW;
    let mut wrong = |many: u32, from: u32| {
        for n in 0..many {
            now_ms += 20 * MINUTE;
            assert!(matches!(strange(&pins, tom, "000000", from + n, now_ms), PinOutcome::Wrong { .. }));
        }
        now_ms
    };
    let now_ms = wrong(4, 100);
    own(&pins, 1, PIN, now_ms);
    assert_eq!(pins.wrong_pins(tom).unwrap(), None, "so few are their own");
    let now_ms = wrong(12, 200);
    assert_eq!(pins.wrong_pins(tom).unwrap(), None, "it is told to whoever knows the PIN");
    // On a new device: that right try is none of the wrong ones.
    assert_eq!(strange(&pins, tom, PIN, 300, now_ms), PinOutcome::Right);
    let reported = WrongPins { count: 12, since_ms: NOW + 5 * 20 * MINUTE };
    assert_eq!(pins.wrong_pins(tom).unwrap(), Some(reported));
    own(&pins, 1, PIN, now_ms);
    assert_eq!(pins.wrong_pins(tom).unwrap(), None, "until the next time");
    assert_eq!(pins.alarms(now_ms).unwrap(), []);
    let now_ms = wrong(4, 400);
    let since_ms = NOW + 20 * MINUTE;
    assert_eq!(pins.alarms(now_ms).unwrap(), [(tom, WrongPins { count: 20, since_ms })]);
    assert_eq!(strange(&pins, tom, PIN, 500, now_ms), PinOutcome::Right);
    assert_eq!(pins.alarms(now_ms).unwrap().len(), 1, "a sign-in does not end it");
    assert_eq!(pins.alarms(since_ms + DAY).unwrap(), [], "a day does");
}

#[test]
fn another_pin_ends_all_waits() {
    let dir = tempfile::tempdir().unwrap();
    let pins = toms(dir.path());
    for n in 0..10 {
        own(&pins, 1, "000000", NOW);
        strange(&pins, person(1), "000000", 100 + n, NOW);
    }
    assert!(matches!(own(&pins, 1, PIN, NOW), PinOutcome::Locked { .. }));
    pins.set(person(1), StaffRole::FacilityAdmin, "83920471").unwrap().unwrap();
    assert_eq!(own(&pins, 1, "83920471", NOW), PinOutcome::Right);
    assert_eq!(strange(&pins, person(1), "83920471", 300, NOW), PinOutcome::Right);
    assert_eq!(own(&pins, 1, PIN, NOW), PinOutcome::Wrong { left: 4 });
    assert_eq!(pins.holders().unwrap(), [person(1)]);
}

#[test]
fn what_is_no_pin() {
    let dir = tempfile::tempdir().unwrap();
    let pins = pins(dir.path());
    let set = |role, pin: &str| pins.set(person(1), role, pin).unwrap();
    for (role, digits_min) in [
        (StaffRole::Technician, 4),
        (StaffRole::Auditor, 4),
        (StaffRole::Biomed, 6),
        (StaffRole::FacilityAdmin, 6),
    ] {
        for wrong in ["", "123", "123456789", "12a456", "１２３４５６", " 123456"] {
            assert_eq!(set(role, wrong), Err(PinForm { digits_min }), "{wrong}");
        }
        assert_eq!(set(role, "1234").is_ok(), digits_min == 4);
        assert_eq!(set(role, "12345").is_ok(), digits_min == 4);
        assert_eq!((set(role, "123456"), set(role, "12345678")), (Ok(()), Ok(())));
    }
    assert_eq!(PinForm::of(StaffRole::Auditor).to_string(), "A PIN has 4 to 8 digits");
    let long = PinForm::of(StaffRole::Biomed).to_string();
    assert_eq!(long, "The PIN of biomed and of a facility admin has 6 to 8 digits");
}

#[test]
fn a_right_pin_is_two_commits_on_any_device() {
    let (db, syncs) = CountedDisk::open();
    let pins = PinStore::open(db, Arc::new(SystemRandom)).unwrap();
    pins.set(person(1), StaffRole::FacilityAdmin, PIN).unwrap().unwrap();
    let counted = |work: &dyn Fn()| {
        let before = syncs.count();
        work();
        syncs.count() - before
    };
    let commit = counted(&|| pins.pins.put("one", &1).unwrap());
    assert!(commit > 0);
    // The try, before the PIN is looked at; and that it was right, with the device on which it was typed.
    for _ in 0..2 {
        assert_eq!(counted(&|| assert_eq!(own(&pins, 1, PIN, NOW), PinOutcome::Right)), 2 * commit);
    }
}
