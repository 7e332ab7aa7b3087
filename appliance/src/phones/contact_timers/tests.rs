//! Contact times over starts, sleeps and many items.

use std::sync::Arc;

use record::entry::ClockState;
use record::fold::EquipmentActivity;

use super::*;

const WALL_MS: i64 = 1_763_000_000_000;

fn at(boot: u8, up_ms: u64) -> Now {
    let wall_ms = WALL_MS.saturating_add_unsigned(up_ms);
    Now { wall_ms, boot: BootId::new(0, [boot; 10]), up_ms, state: ClockState::Synced }
}

fn pump() -> Tag {
    "7QK3M9X2W".parse().unwrap()
}

fn numbered_tag(n: usize) -> Tag {
    let [.., a, b, c, d] = n.to_be_bytes();
    Tag::from_random([0, a, b, c, d])
}

#[test]
fn the_boxs_own_clock_says_how_it_stands() {
    let timers = ContactTimers::default();
    let facility = FacilityState::default();
    timers.start(pump(), ContactTimer::example(&at(1, 5_000)));
    let state = |now: &Now| timers.find(pump(), None, &facility, now).map(|timer| timer.state(now, 180));
    assert_eq!(state(&at(1, 5_000)), Some(ContactState::Running { left_ms: 180_000 }));
    assert_eq!(state(&at(1, 184_999)), Some(ContactState::Running { left_ms: 1 }));
    timers.finish(pump(), None, &at(1, 184_999), 180);
    assert_eq!(state(&at(1, 185_000)), Some(ContactState::Over { wet_ms: 180_000 }), "it was too early");
    timers.finish(pump(), None, &at(1, 190_000), 180);
    timers.finish(pump(), None, &at(1, 999_000), 180);
    assert_eq!(state(&at(1, 999_999)), Some(ContactState::Finished { wet_ms: 185_000 }), "the first counts");
    assert_eq!(state(&at(2, 10_000)), Some(ContactState::Rebooted));
    assert_eq!(state(&at(1, 5_000 + SHOWN_MS)), Some(ContactState::Finished { wet_ms: 185_000 }));
    assert_eq!(state(&at(1, 5_001 + SHOWN_MS)), None);
    assert_eq!(timers.find("ABCDEFGH3".parse().unwrap(), None, &facility, &at(1, 5_000)), None);
}

#[test]
fn a_press_that_is_told_of_later_was_wet_until_then() {
    let timers = ContactTimers::default();
    let mut facility = FacilityState::default();
    let wet = |timers: &ContactTimers, facility: &FacilityState, press_ms, boot| {
        timers.wet_at(pump(), press_ms, facility, at(boot, 0).boot).map(|wet| (wet.wet_ms, wet.is_open))
    };
    assert_eq!(wet(&timers, &facility, 5_000, 1), None);
    timers.start(pump(), ContactTimer::example(&at(1, 5_000)));
    assert_eq!(wet(&timers, &facility, 4_999, 1), None, "it was pressed before");
    assert_eq!(wet(&timers, &facility, 200_000, 1), Some((195_000, true)));
    assert_eq!(wet(&timers, &facility, 200_000, 2), None, "another run of the box");
    timers.finish(pump(), None, &at(1, 190_000), 180);
    assert_eq!(wet(&timers, &facility, 200_000, 1), Some((185_000, false)));
    assert_eq!(wet(&timers, &facility, 189_000, 1), Some((184_000, true)), "it was ended after the press");
    assert_eq!(wet(&timers, &facility, 5_001 + SHOWN_MS, 1), None);
    // It is reported the next day, when the item is being cleaned again.
    timers.tidy(&facility, &at(1, 6_000 + SHOWN_MS));
    timers.start(pump(), ContactTimer::example(&at(1, 7_000 + SHOWN_MS)));
    assert_eq!(wet(&timers, &facility, 200_000, 1), Some((185_000, false)));
    assert_eq!(wet(&timers, &facility, 9_000 + SHOWN_MS, 1), Some((2_000, true)));
    let recorded = EquipmentActivity { cleanings: 1, ..EquipmentActivity::default() };
    facility.activity.insert(pump(), Arc::new(recorded));
    assert_eq!(wet(&timers, &facility, 200_000, 1), None, "a record used it up");
}

#[test]
fn an_item_is_being_cleaned_until_it_is_recorded_or_forgotten() {
    let timers = ContactTimers::default();
    let mut facility = FacilityState::default();
    let at_work = |facility: &FacilityState, now: &Now| timers.being_cleaned(facility, now).contains(&pump());
    assert!(!at_work(&facility, &at(1, 0)));
    timers.start(pump(), ContactTimer::example(&at(1, 0)));
    assert_eq!(timers.starts(), 1);
    assert!(at_work(&facility, &at(1, 0)));
    assert!(at_work(&facility, &at(1, HOUR_MS - 1)));
    assert!(at_work(&facility, &at(2, HOUR_MS - 1)), "the box started anew, and nobody else did");
    assert!(!at_work(&facility, &at(1, HOUR_MS)));
    let recorded = EquipmentActivity { cleanings: 1, ..EquipmentActivity::default() };
    facility.activity.insert(pump(), Arc::new(recorded));
    assert!(!at_work(&facility, &at(1, 1)));
}

#[test]
fn what_counts_is_started_anew_only_by_who_says_so() {
    let timers = ContactTimers::default();
    let mut facility = FacilityState::default();
    let started = |timers: &ContactTimers, facility: &FacilityState, now: &Now| {
        timers.start_first(pump(), ContactTimer::example(now), facility, now);
        timers.find(pump(), None, facility, now).unwrap().started_up_ms
    };
    assert_eq!(started(&timers, &facility, &at(1, 5_000)), 5_000);
    assert_eq!(started(&timers, &facility, &at(1, 6_000)), 5_000);
    assert_eq!(started(&timers, &facility, &at(1, 900_000)), 5_000, "it is over, and still counts");
    timers.start(pump(), ContactTimer::example(&at(1, 900_001)));
    assert_eq!(started(&timers, &facility, &at(1, 900_002)), 900_001);
    assert_eq!(started(&timers, &facility, &at(2, 7_000)), 7_000, "nobody measured the other one");
    let recorded = EquipmentActivity { cleanings: 1, ..EquipmentActivity::default() };
    facility.activity.insert(pump(), Arc::new(recorded));
    timers.start_first(
        pump(),
        ContactTimer { cleanings: 1, ..ContactTimer::example(&at(2, 8_000)) },
        &facility,
        &at(2, 8_000),
    );
    let next = timers.find(pump(), None, &facility, &at(2, 8_000));
    assert_eq!(next.map(|next| next.started_up_ms), Some(8_000), "the first one is used up");
}

#[test]
fn it_is_judged_by_what_it_was_started_with() {
    let protocol = ProtocolId::new(1, [1; 10]);
    let timer = ContactTimer { protocol: Some(protocol), ..ContactTimer::example(&at(1, 0)) };
    assert_eq!(timer.required_for(Some(protocol), 600, &at(1, 0)), 180);
    assert_eq!(timer.required_for(None, 600, &at(1, 0)), 600, "another protocol asks for its own");
    assert_eq!(timer.required_for(Some(protocol), 600, &at(2, 0)), 600, "it has to be started anew");
}

#[test]
fn it_is_of_the_protocol_by_which_it_was_started() {
    let timers = ContactTimers::default();
    let facility = FacilityState::default();
    let [wipe, soak] = [1, 2].map(|n| Some(ProtocolId::new(n, [1; 10])));
    let start = |protocol, up_ms| {
        let now = at(1, up_ms);
        let timer = ContactTimer { protocol, ..ContactTimer::example(&now) };
        timers.start_first(pump(), timer, &facility, &now);
    };
    let found = |protocol, up_ms| {
        timers.find(pump(), protocol, &facility, &at(1, up_ms)).map(|timer| timer.started_up_ms)
    };
    start(wipe, 5_000);
    timers.finish(pump(), soak, &at(1, 600_000), 180);
    assert_eq!([found(wipe, 600_000), found(soak, 600_000), found(None, 600_000)], [Some(5_000), None, None]);
    let wet = timers.wet_at(pump(), 600_000, &facility, at(1, 0).boot).unwrap();
    assert_eq!((wet.protocol, wet.wet_ms, wet.is_open), (wipe, 595_000, true), "the other one ended nothing");
    assert!(timers.being_cleaned(&facility, &at(1, 600_000)).contains(&pump()));
    start(soak, 600_000);
    start(soak, 600_001);
    assert_eq!([found(wipe, 700_000), found(soak, 700_000)], [None, Some(600_000)], "an item has one");
    let wet = timers.wet_at(pump(), 600_002, &facility, at(1, 0).boot).unwrap();
    assert_eq!((wet.protocol, wet.wet_ms), (soak, 2));
}

#[test]
fn a_record_uses_it_up() {
    let timers = ContactTimers::default();
    let mut facility = FacilityState::default();
    let now = at(1, HOUR_MS);
    timers.start(pump(), ContactTimer::example(&at(1, 0)));
    assert_eq!(timers.tidy(&facility, &now), BTreeMap::from([(pump().to_string(), 1)]));
    let recorded = EquipmentActivity { cleanings: 1, ..EquipmentActivity::default() };
    facility.activity.insert(pump(), Arc::new(recorded));
    assert_eq!(timers.find(pump(), None, &facility, &now), None);
    assert_eq!(timers.tidy(&facility, &now), BTreeMap::new());
    assert!(timers.rows().timers.is_empty());
}

#[test]
fn what_was_begun_is_told_of_from_an_hour_after_until_it_is_listed() {
    let timers = ContactTimers::default();
    let facility = FacilityState::default();
    timers.start(pump(), ContactTimer::example(&at(1, 0)));
    let reported = |up_ms| timers.tidy(&facility, &at(1, up_ms)).len();
    assert_eq!(
        [
            reported(HOUR_MS - 1),
            reported(HOUR_MS),
            reported(SHOWN_MS),
            reported(SHOWN_MS + 1),
            reported(HOUR_MS)
        ],
        [0, 1, 1, 0, 0]
    );
    assert_eq!(timers.begun().len(), 1);
}

#[test]
fn what_was_dropped_is_listed_for_a_week_whatever_comes_next() {
    let timers = ContactTimers::default();
    let mut facility = FacilityState::default();
    timers.start(pump(), ContactTimer::example(&at(1, 0)));
    timers.tidy(&facility, &at(1, SHOWN_MS));
    assert_eq!(timers.begun(), [], "it may be recorded yet");
    timers.tidy(&facility, &at(1, SHOWN_MS + 1));
    let begun = BegunCleaning { tag: pump(), started_ms: WALL_MS, by: "Zoë".to_owned() };
    assert_eq!(timers.begun(), std::slice::from_ref(&begun));
    let next = at(1, SHOWN_MS + 2);
    timers.start(pump(), ContactTimer::example(&next));
    let again = timers.tidy(&facility, &at(1, SHOWN_MS + 2 + HOUR_MS));
    assert_eq!(again, BTreeMap::from([(pump().to_string(), 1)]), "the first one is listed");
    assert!(timers.find(pump(), None, &facility, &next).is_some());
    let recorded = EquipmentActivity { cleanings: 1, ..EquipmentActivity::default() };
    facility.activity.insert(pump(), Arc::new(recorded));
    assert_eq!(timers.tidy(&facility, &at(1, LISTED_MS)), BTreeMap::new());
    assert_eq!(timers.begun(), [begun], "the next cleaning is another one");
    timers.tidy(&facility, &at(1, LISTED_MS + 1));
    assert_eq!(timers.begun(), []);
}

#[test]
fn the_file_has_what_was_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.redb");
    let open = || ContactTimers::open(Arc::new(Database::create(&path).unwrap())).unwrap();
    let facility = FacilityState::default();
    {
        let timers = open();
        timers.start(pump(), ContactTimer::example(&at(1, 0)));
        timers.save().unwrap();
        timers.tidy(&facility, &at(1, SHOWN_MS + 1));
        timers.save().unwrap();
    }
    let timers = open();
    assert!(timers.rows().timers.is_empty());
    assert_eq!(timers.begun().len(), 1);
    timers.tidy(&facility, &at(1, LISTED_MS + 1));
    timers.save().unwrap();
    drop(timers);
    assert_eq!(open().begun(), []);
}

#[test]
fn thousands_that_were_dropped_leave_the_newest() {
    let timers = ContactTimers::default();
    for (up_ms, n) in (0..).zip(0..=DROPPED_MAX) {
        timers.start(numbered_tag(n), ContactTimer::example(&at(1, up_ms)));
    }
    timers.tidy(&FacilityState::default(), &at(1, SHOWN_MS + HOUR_MS));
    let begun = timers.begun();
    assert_eq!(begun.len(), DROPPED_MAX);
    assert!(begun.iter().all(|one| one.tag != numbered_tag(0)), "the oldest went");
}

#[test]
fn the_file_has_what_was_saved_after_a_new_start_of_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.redb");
    let facility = FacilityState::default();
    let (first, second) = (at(1, 5_000), at(1, 6_000));
    {
        let timers = ContactTimers::open(Arc::new(Database::create(&path).unwrap())).unwrap();
        timers.start(pump(), ContactTimer::example(&first));
        timers.save().unwrap();
        timers.start(pump(), ContactTimer::example(&second));
        timers.save().unwrap();
        timers.start("ABCDEFGH3".parse().unwrap(), ContactTimer::example(&second));
    }
    let timers = ContactTimers::open(Arc::new(Database::create(&path).unwrap())).unwrap();
    assert_eq!(timers.find(pump(), None, &facility, &second), Some(ContactTimer::example(&second)));
    assert_eq!(timers.rows().timers.len(), 1, "what was not saved is lost");
    assert_eq!(timers.tidy(&facility, &at(1, LISTED_MS * 2)).len(), 0);
    timers.save().unwrap();
    drop(timers);
    let timers = ContactTimers::open(Arc::new(Database::create(&path).unwrap())).unwrap();
    assert!(timers.rows().timers.is_empty());
}

#[test]
fn whoever_starts_thousands_fills_no_memory() {
    let timers = ContactTimers::default();
    let facility = FacilityState::default();
    let tags: Vec<Tag> = (0..=TIMERS_MAX).map(numbered_tag).collect();
    for (up_ms, tag) in (0..).zip(&tags) {
        timers.start(*tag, ContactTimer::example(&at(1, up_ms)));
        if up_ms == 7 {
            timers.finish(*tag, None, &at(1, 200_000), 180);
        }
    }
    let gone = tags.iter().filter(|tag| timers.find(**tag, None, &facility, &at(1, 200_000)).is_none());
    assert_eq!(gone.collect::<Vec<_>>(), [&tags[7]], "the finished one made room");
}
