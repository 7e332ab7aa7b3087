//! Folding small histories, each rule by its own.

use std::convert::Infallible;

use super::rows::RECENT_MAX;
use super::*;
use crate::anchor::{AnchorSource, TimeCertainty};
use crate::compliance::{ItemStatus, ItemTimelines};
use crate::entry::{ClockState, EntryAuthor, EntryTime};
use crate::kinds::SpauldingClass;
use crate::limits::{LATE_ENTRY_MS_MAX, PHOTOS_MAX};
use crate::tree::Hash;
use crate::values::ids::Epoch;
use crate::values::redact::{PersonalText, Redactable};

const EPOCH: Epoch = Epoch { n: 1, key: [0; 4] };
const PUMP: &str = "ABCDEFGH3";

#[derive(Default)]
struct World {
    facility: FacilityState,
    past: Past,
    seq: u64,
    clock: Option<ClockState>,
}

#[derive(Default)]
struct Past {
    cleanings: BTreeMap<EntryRef, CleaningRecord>,
    uses: Vec<UseRecord>,
}

fn is_unsure(at: EntryTime, boot: BootId) -> bool {
    at.boot == boot && at.clock != ClockState::Synced
}

impl HistoryLookup for Past {
    type Error = Infallible;
    fn cleaning(&self, of: EntryRef, _: Option<RunName>) -> Result<Option<CleaningRecord>, Infallible> {
        Ok(self.cleanings.get(&of).cloned())
    }
    fn unsure(&self, boot: BootId) -> Result<Vec<CleaningRecord>, Infallible> {
        Ok(self.cleanings.values().filter(|c| is_unsure(c.at, boot)).cloned().collect())
    }
    fn unsure_uses(&self, boot: BootId) -> Result<Vec<UseRecord>, Infallible> {
        Ok(self.uses.iter().filter(|used| is_unsure(used.at, boot)).copied().collect())
    }
    fn first_of_key(&self, _: &IdempotencyRecord, _: LinePlace) -> Result<Option<LinePlace>, Infallible> {
        Ok(None)
    }
}

impl World {
    fn tell(&mut self, wall: i64, kind: &str, body: &str) -> FoldChanges {
        let clock = self.clock.unwrap_or(ClockState::Synced);
        let at = EntryTime { wall, boot: BootId::new(1, [1; 10]), up: wall.max(0).cast_unsigned(), clock };
        let event = Event::read(kind, body);
        assert!(!matches!(event, Event::Unknown(_)), "{kind} {body}");
        let entry = Entry::compose(self.seq, at, EntryAuthor::BOX, None, &event).unwrap();
        self.seq += 1;
        // A relay holds only the rows that an event reads: what it leaves out must not be missed.
        let mut part = FacilityState::default();
        let mut keys = rows_touched(&entry, &event);
        let named: Vec<Tag> = match &event {
            Event::CleaningVoided(b) => self.past.cleanings.get(&b.of).map(|c| c.tag).into_iter().collect(),
            Event::PhotoAttached(b) => self.past.cleanings.get(&b.of).map(|c| c.tag).into_iter().collect(),
            Event::ClockAnchored(b) => {
                let (cleanings, uses) =
                    (self.past.unsure(b.boot).unwrap(), self.past.unsure_uses(b.boot).unwrap());
                cleanings.iter().map(|c| c.tag).chain(uses.iter().map(|used| used.tag)).collect()
            }
            _ => Vec::new(),
        };
        keys.extend(named.into_iter().map(RowKey::Activity));
        for key in keys {
            assert_eq!(key.to_string().parse(), Ok(key));
            if let Some(row) = self.facility.row(key) {
                part.load(key, &row).unwrap();
            }
        }
        let changes = self.facility.apply(EPOCH, &entry, &event, &self.past).unwrap();
        assert_eq!(part.apply(EPOCH, &entry, &event, &self.past).unwrap(), changes);
        for &key in &changes.rows {
            assert_eq!(part.row(key), self.facility.row(key), "{key}");
        }
        for effect in &changes.effects {
            match effect {
                FoldEffect::Cleaned(c) | FoldEffect::Recleaned(c) => {
                    self.past.cleanings.insert(c.of, c.clone());
                }
                FoldEffect::Used { used, .. } => self.past.uses.push(*used),
                _ => {}
            }
        }
        changes
    }

    fn pump() -> Self {
        let mut world = Self::default();
        world.tell(100, "equipment.added", &format!(r#"{{"tag":"{PUMP}","name":"Pump"}}"#));
        world
    }

    fn clean(&mut self, wall: i64, rest: &str) -> u64 {
        self.tell(
            wall,
            "cleaning.recorded",
            &format!(r#"{{"tag":"{PUMP}","who":{{"proof":"unattributed"}}{rest}}}"#),
        );
        self.seq - 1
    }

    fn void(&mut self, wall: i64, seq: u64) {
        let reason = PersonalText::new("wrong item", [0; 16]).unwrap().redactable();
        let reason = serde_json::to_string::<Redactable>(&reason).unwrap();
        self.tell(
            wall,
            "cleaning.voided",
            &format!(r#"{{"epoch":"{EPOCH}","seq":{seq},"reason":{reason}}}"#),
        );
    }

    fn open_uses(&self) -> Vec<i64> {
        let done = self.activity().last_complete_ms();
        self.activity().use_times().into_iter().filter(|used| Some(*used) > done).collect()
    }

    fn activity(&self) -> &EquipmentActivity {
        &self.facility.activity[&PUMP.parse().unwrap()]
    }
}

#[test]
fn a_void_brings_back_the_one_before_and_its_uses() {
    let mut world = World::pump();
    world.clean(200, "");
    world.tell(300, "use.recorded", &format!(r#"{{"tag":"{PUMP}"}}"#));
    let second = world.clean(400, "");
    assert_eq!(world.open_uses(), [0i64; 0]);
    world.void(500, second);
    assert_eq!(world.activity().last_complete_ms(), Some(200));
    assert_eq!(world.activity().last.unwrap().performed_ms, 200);
    assert_eq!(world.open_uses(), [300]);
    world.void(600, second);
    assert_eq!(
        world.past.cleanings.values().filter(|c| c.voided.is_some()).count(),
        1,
        "a second void changes nothing"
    );
    assert_eq!(world.activity().cleanings, 2);
}

#[test]
fn an_incomplete_cleaning_is_last_but_not_done_until_its_photo_comes() {
    let mut world = World::pump();
    let seq = world.clean(200, r#","incomplete":["photo"]"#);
    assert_eq!((world.activity().last.is_some(), world.activity().last_complete_ms()), (true, None));
    let photo = Hash::of(b"jpeg");
    world.tell(210, "photo.attached", &format!(r#"{{"epoch":"{EPOCH}","seq":{seq},"photo":"{photo}"}}"#));
    assert_eq!(world.activity().last_complete_ms(), Some(200));
}

fn photo_hash(n: usize) -> Hash {
    Hash::of(&n.to_be_bytes())
}

#[test]
fn photos_of_a_cleaning_are_bounded() {
    let many: Vec<String> = (0..20).map(|n| format!("\"{}\"", photo_hash(n))).collect();
    let mut world = World::pump();
    for (of_entry, attached) in [(1, 1..20), (20, 0..0)] {
        let seq = world.clean(200, &format!(r#","photos":[{}]"#, many[..of_entry].join(",")));
        for n in attached {
            let body = format!(r#"{{"epoch":"{EPOCH}","seq":{seq},"photo":"{}"}}"#, photo_hash(n));
            world.tell(210, "photo.attached", &body);
        }
        let first: Vec<Hash> = (0..PHOTOS_MAX).map(photo_hash).collect();
        assert_eq!(world.past.cleanings[&EntryRef { epoch: EPOCH, seq }].photos, first);
    }
}

fn by_protocol(id: &str) -> String {
    format!(r#","protocol":{{"id":"{id}","version":1}}"#)
}

fn last_by(world: &World, id: &str) -> Option<i64> {
    world.activity().last_by_ms(id.parse().unwrap())
}

#[test]
fn cleanings_are_remembered_by_their_protocol() {
    let (daily, weekly) = ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW");
    let mut world = World::pump();
    world.tell(
        150,
        "schedule.set",
        &format!(
            r#"{{"tag":"{PUMP}","protocol":"{weekly}","schedule":{{"every":"use","grace_s":60}},"from":150}}"#
        ),
    );
    for used in [160, 170, 180] {
        world.tell(used, "use.recorded", &format!(r#"{{"tag":"{PUMP}"}}"#));
    }
    for i in 0..20 {
        world.clean(200 + i, &by_protocol(daily));
    }
    world.tell(300, "use.recorded", &format!(r#"{{"tag":"{PUMP}"}}"#));
    assert_eq!(world.activity().last_by_ms(weekly.parse().unwrap()), None);
    assert_eq!(
        world.activity().use_times(),
        [160, 170, 180, 300],
        "the weekly one still waits for the first"
    );
    let deep = world.clean(400, &by_protocol(weekly));
    for i in 0..20 {
        world.clean(500 + i, &by_protocol(daily));
    }
    assert_eq!((last_by(&world, daily), last_by(&world, weekly)), (Some(519), Some(400)));
    world.void(600, deep);
    assert_eq!((last_by(&world, daily), last_by(&world, weekly)), (Some(519), None));
    assert_eq!(world.activity().last_complete_ms(), Some(519));
}

#[test]
fn a_late_entry_is_placed_when_it_was_done() {
    let mut world = World::pump();
    world.clean(LATE_ENTRY_MS_MAX * 2, "");
    world.clean(LATE_ENTRY_MS_MAX * 2 + 10, &format!(r#","performed":{}"#, LATE_ENTRY_MS_MAX + 9));
    assert_eq!(world.activity().done[0].done.len(), 1, "too late to count");
    world.clean(LATE_ENTRY_MS_MAX * 2 + 10, &format!(r#","performed":{}"#, LATE_ENTRY_MS_MAX + 10));
    assert_eq!(world.activity().done[0].done.len(), 2);
    assert_eq!(world.activity().last.unwrap().performed_ms, LATE_ENTRY_MS_MAX * 2);
    world.clean(LATE_ENTRY_MS_MAX * 2 + 20, r#","performed":9000000000000"#);
    assert_eq!(world.activity().last_complete_ms(), Some(LATE_ENTRY_MS_MAX * 2 + 20), "not in the future");
}

#[test]
fn true_time_moves_what_was_written_before_it() {
    let mut world = World { clock: Some(ClockState::Uncertain), ..World::pump() };
    world.clean(200, "");
    let boot = BootId::new(1, [1; 10]);
    world.tell(
        1_000,
        "clock.anchored",
        &format!(r#"{{"boot":"{boot}","up":1000,"wall":5000000,"source":"ntp"}}"#),
    );
    assert_eq!(world.activity().last_complete_ms(), Some(4_999_200));
    world.clean(1_100, "");
    assert_eq!(world.activity().last_complete_ms(), Some(5_000_100));
}

impl World {
    /// True time of the boot, `ahead` milliseconds behind what the clock said.
    fn anchor(&mut self, wall: i64, ahead: i64) {
        let (boot, true_ms) = (BootId::new(1, [1; 10]), wall - ahead);
        let body = format!(r#"{{"boot":"{boot}","up":{wall},"wall":{true_ms},"source":"hand"}}"#);
        self.tell(wall, "clock.anchored", &body);
    }

    fn times_of(&self, seq: u64) -> [i64; 2] {
        let cleaning = &self.past.cleanings[&EntryRef { epoch: EPOCH, seq }];
        [cleaning.performed_ms, cleaning.recorded_ms]
    }
}

#[test]
fn what_waited_in_a_phone_and_what_was_voided_move_with_the_clock_too() {
    let mut world = World { clock: Some(ClockState::Uncertain), ..World::pump() };
    let waited = r#","performed":95400,"queued":{"waited_s":4,"phone_ms":7}"#;
    let [queued, voided] = [waited, ""].map(|rest| world.clean(100_000, rest));
    world.void(101_000, voided);
    for ahead in [50_000, -900_000, 0] {
        world.anchor(110_000, ahead);
        assert_eq!(world.times_of(queued), [96_000 - ahead, 100_000 - ahead]);
        assert_eq!(world.times_of(voided), [100_000 - ahead; 2]);
        assert_eq!(world.activity().last.map(|last| last.of.seq), Some(queued));
        assert_eq!(world.activity().previous, None);
    }
    world.clock = Some(ClockState::Synced);
    let queued = world.clean(120_000, r#","performed":115400,"queued":{"waited_s":4,"phone_ms":7}"#);
    assert_eq!(world.times_of(queued), [115_400, 120_000], "of a kept clock it is as written");
}

fn last_certainty(world: &World) -> TimeCertainty {
    world.activity().last.unwrap().certainty(&world.facility.boots)
}

#[test]
fn the_order_of_the_log_takes_the_place_of_nobodys_word() {
    let mut world = World { clock: Some(ClockState::Rtc), ..World::pump() };
    let seq = world.clean(100_000, "");
    let anchor = |world: &mut World, source: &str, true_ms: i64| {
        let boot = BootId::new(1, [1; 10]);
        let body = format!(r#"{{"boot":"{boot}","up":100000,"wall":{true_ms},"source":"{source}"}}"#);
        world.tell(200_000, "clock.anchored", &body);
        world.times_of(seq)[1]
    };
    assert_eq!(last_certainty(&world), TimeCertainty::Certain);
    assert_eq!(anchor(&mut world, "order", 90_000), 90_000);
    assert_eq!(last_certainty(&world), TimeCertainty::Corrected(AnchorSource::of("order")));
    assert_eq!(anchor(&mut world, "order", 80_000), 80_000);
    assert_eq!(anchor(&mut world, "relay", 85_000), 85_000);
    assert_eq!(anchor(&mut world, "order", 70_000), 85_000);
    assert_eq!(last_certainty(&world), TimeCertainty::Certain);
}

#[test]
fn a_stated_time_comes_back_when_the_clock_does() {
    let mut world = World { clock: Some(ClockState::Uncertain), ..World::pump() };
    let stated = world.clean(100_000, r#","performed":80000"#);
    world.anchor(110_000, 30_000);
    assert_eq!(world.times_of(stated), [70_000, 70_000], "nobody cleans in the future");
    world.anchor(111_000, 10_000);
    assert_eq!(world.times_of(stated), [80_000, 90_000]);
}

fn tell_use(world: &mut World, wall: i64, rest: &str) {
    world.tell(wall, "use.recorded", &format!(r#"{{"tag":"{PUMP}"{rest}}}"#));
}

#[test]
fn uses_are_where_they_ended_by_what_is_known_of_the_clock() {
    let mut world = World { clock: Some(ClockState::Uncertain), ..World::pump() };
    world.clean(100_000, "");
    tell_use(&mut world, 101_000, r#","ended":81000,"class":"critical""#);
    for second in 82..90 {
        tell_use(&mut world, 1_000 * second + 20_000, &format!(r#","ended":{second}000"#));
    }
    assert_eq!(world.activity().class_of_uses(i64::MAX), None, "they stand before the cleaning");
    tell_use(&mut world, 110_000, r#","performed":100000,"ended":100000,"ago_s":10"#);
    world.anchor(120_000, 20_000);
    assert_eq!(world.activity().last_complete_ms(), Some(80_000));
    let times = world.activity().use_times();
    assert_eq!(times, [80_000, 81_000, 82_000, 89_000], "the first ten seconds before it was written");
    let class = world.activity().class_of_uses(i64::MAX);
    assert_eq!(class, Some(SpauldingClass::Critical), "what stood before the cleaning is not forgotten");
}

fn outages(world: &World) -> Vec<EquipmentOutage> {
    world.facility.equipment[&PUMP.parse().unwrap()].out.clone()
}

fn item_body(rest: &str) -> String {
    format!(r#"{{"tag":"{PUMP}"{rest}}}"#)
}

fn lasting_outage(reason: Option<Hash>, back: Option<&str>) -> EquipmentOutage {
    EquipmentOutage { from_ms: 1_000, until_ms: None, reason, back: back.map(|day| day.parse().unwrap()) }
}

fn outage_reason(hash: Hash) -> String {
    format!(r#","reason":{{"redactable":"{hash}"}}"#)
}

fn outage_of(hash: Hash, day: &str, again: &str) -> String {
    item_body(&format!(r#"{}{day}{again}"#, outage_reason(hash)))
}

#[test]
fn an_outage_that_lasts_gets_another_reason_and_another_day() {
    let mut world = World::pump();
    let (first, second) = (Hash::of(b"leaks"), Hash::of(b"waits for a part"));
    world.tell(1_000, "equipment.suspended", &outage_of(first, r#","back":"2026-12-01""#, ""));
    let again = r#","again":true"#;
    let changes =
        world.tell(2_000, "equipment.suspended", &outage_of(second, r#","back":"2026-12-08""#, again));
    assert!(!changes.effects.contains(&FoldEffect::Windows(PUMP.parse().unwrap())), "it is out as before");
    assert_eq!(outages(&world), [lasting_outage(Some(second), Some("2026-12-08"))]);
    // Another report of the same thing takes nothing back.
    world.tell(2_500, "equipment.suspended", &item_body(""));
    assert_eq!(outages(&world), [lasting_outage(Some(second), Some("2026-12-08"))]);
    world.tell(3_000, "equipment.suspended", &item_body(again));
    assert_eq!(outages(&world), [lasting_outage(None, None)], "what is absent is none");
    world.tell(4_000, "equipment.resumed", &item_body(""));
    world.tell(5_000, "equipment.suspended", &outage_of(first, "", again));
    assert_eq!(outages(&world).len(), 2, "of an item in service it is an outage like any other");
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut world = World::pump();
    for i in 0..100 {
        world.tell(1_000 + 10 * i, "use.recorded", &format!(r#"{{"tag":"{PUMP}"}}"#));
    }
    assert_eq!(world.activity().use_times(), [1_000, 1_010, 1_990]);
    for i in 0..100 {
        world.clean(3_000 + i, "");
        let tag = format!(r#"{{"tag":"{PUMP}"}}"#);
        world.tell(4_000 + 2 * i, "equipment.suspended", &tag);
        world.tell(4_001 + 2 * i, "equipment.resumed", &tag);
    }
    let item = &world.facility.equipment[&PUMP.parse().unwrap()];
    assert_eq!((world.activity().done[0].done.len(), item.out.len()), (RECENT_MAX, SPANS_MAX));
}

fn end_of_use(world: &mut World, wall: i64, rest: &str) -> i64 {
    let changes = world.tell(wall, "use.recorded", &format!(r#"{{"tag":"{PUMP}"{rest}}}"#));
    let ended = changes.effects.iter().find_map(|effect| match effect {
        FoldEffect::Used { ended_ms, .. } => Some(*ended_ms),
        _ => None,
    });
    ended.unwrap()
}

#[test]
fn a_use_is_over_when_it_ended() {
    let mut world = World::pump();
    assert_eq!(
        end_of_use(&mut world, 1_000, r#","performed":300"#),
        300,
        "as long as nobody says how long it took"
    );
    assert_eq!(end_of_use(&mut world, 1_100, r#","performed":300,"ended":900"#), 900);
    assert_eq!(end_of_use(&mut world, 1_200, r#","ended":950"#), 950);
    assert_eq!(end_of_use(&mut world, 1_300, r#","performed":980,"ended":970"#), 980, "not before it began");
    assert_eq!(end_of_use(&mut world, 1_400, r#","ended":9000"#), 1_400, "not in the future");
    assert_eq!(world.activity().uses.last().unwrap().ended_ms, 1_400);
    let grace = format!(r#"{{"tag":"{PUMP}","schedule":{{"every":"use","grace_s":1}},"from":1350}}"#);
    world.tell(1_500, "schedule.set", &grace);
    let item = &world.facility.equipment[&PUMP.parse().unwrap()];
    let courses = ItemTimelines::new(&world.facility.settings, item, world.activity().use_times());
    let status = courses.status(Some(world.activity()), 1_500);
    assert_eq!(status, ItemStatus::DueAfterUse { since_ms: 1_400, by_ms: 2_400 });
}

fn anchor_body(up: i64, wall: i64) -> String {
    let boot = BootId::new(1, [1; 10]);
    format!(r#"{{"boot":"{boot}","up":{up},"wall":{wall},"source":"ntp"}}"#)
}

fn status_at(world: &World, now: i64) -> ItemStatus {
    let item = &world.facility.equipment[&PUMP.parse().unwrap()];
    ItemTimelines::new(&world.facility.settings, item, world.activity().use_times())
        .status(Some(world.activity()), now)
}

/// A power cut on Friday evening, a box without a clock, and a time server that answers after the first use:
/// whatever was reported first, the fold ends where one does that knew the time.
#[test]
fn a_use_before_the_clock_was_set_stands_behind_the_cleaning_before_it() {
    let (friday, monday, day) = (1_000_000, 300_000_000, 86_400_000);
    let tag = format!(r#"{{"tag":"{PUMP}"}}"#);
    let mut world = World::pump();
    world.clock = Some(ClockState::Uncertain);
    let schedule = format!(r#"{{"tag":"{PUMP}","schedule":{{"every":"use","grace_s":1}},"from":100}}"#);
    world.tell(friday, "schedule.set", &schedule);
    world.clean(friday + 10, "");
    tell_use(&mut world, friday + 20, "");
    let friday_noon = format!(r#","ended":{}"#, friday - 5);
    tell_use(&mut world, friday + 30, &friday_noon);
    let changes = world.tell(friday + 40, "clock.anchored", &anchor_body(friday + 40, monday + 40));
    let moved = changes.effects.iter().filter_map(|effect| match effect {
        FoldEffect::UseMoved { used, before_ms, ended_ms } => Some((used.of.seq, *before_ms, *ended_ms)),
        _ => None,
    });
    assert_eq!(moved.collect::<Vec<_>>(), [(3, friday + 20, monday + 20)], "what was stated stays");
    assert_eq!(world.activity().use_times(), [friday - 5, monday + 20]);
    assert_eq!(world.activity().last_complete_ms(), Some(monday + 10));
    let due = ItemStatus::DueAfterUse { since_ms: monday + 20, by_ms: monday + 1_020 };
    assert_eq!(status_at(&world, monday + 50), due);
    // The relay knows better; a later answer moves both once more.
    let changes = world.tell(friday + 60, "clock.anchored", &anchor_body(friday + 60, monday + day + 60));
    assert!(changes.effects.iter().any(|effect| matches!(
        effect,
        FoldEffect::UseMoved { before_ms, ended_ms, .. } if (*before_ms, *ended_ms) == (monday + 20, monday + day + 20)
    )));
    assert_eq!(world.activity().use_times(), [friday - 5, monday + day + 20]);
    let changes = world.tell(friday + 70, "clock.anchored", &anchor_body(friday + 60, monday + day + 60));
    assert_eq!(changes.rows.iter().collect::<std::collections::BTreeSet<_>>().len(), 2);
    // A use written behind the anchor is at its time at once.
    world.tell(friday + 80, "use.recorded", &tag);
    assert_eq!(world.activity().use_times().last(), Some(&(monday + day + 80)));
}

#[test]
fn a_cleaning_answers_for_the_strictest_use_since_the_one_before() {
    use SpauldingClass::{Critical, Semicritical};
    let mut world = World::pump();
    tell_use(&mut world, 200, r#","class":"critical""#);
    tell_use(&mut world, 210, r#","class":"semicritical""#);
    // However many others there were since, the strictest is remembered.
    for i in 0..20 {
        tell_use(&mut world, 300 + i, "");
    }
    assert_eq!(world.activity().class_of_uses(i64::MAX), Some(Critical));
    assert_eq!(world.activity().class_of_uses(199), None, "it was done before");
    world.clean(400, r#","incomplete":["photo"]"#);
    assert_eq!(world.activity().class_of_uses(i64::MAX), Some(Critical), "nothing was done about it");
    world.clean(500, "");
    assert_eq!(world.activity().class_of_uses(i64::MAX), None);
    for i in 0..20 {
        tell_use(&mut world, 600 + i, if i == 9 { r#","class":"semicritical""# } else { "" });
    }
    assert_eq!(world.activity().class_of_uses(i64::MAX), Some(Semicritical));
    assert!(world.activity().uses.len() <= 7, "{:?}", world.activity().uses);
}

#[test]
fn tags_open_items_until_they_are_revoked() {
    let mut world = World::pump();
    let (first, second): (Tag, Tag) = (PUMP.parse().unwrap(), "7QK3M9X2W".parse().unwrap());
    world.tell(200, "tag.assigned", &format!(r#"{{"tag":"{second}","equipment":"{first}"}}"#));
    assert_eq!(world.facility.resolve(second).map(|e| e.tag), Some(first));
    world.tell(300, "tag.revoked", &format!(r#"{{"tag":"{second}"}}"#));
    assert_eq!(world.facility.resolve(second), None);
    assert!(world.facility.resolve(first).is_some());
}

#[test]
fn retired_is_for_good() {
    let mut world = World::pump();
    let tag = format!(r#"{{"tag":"{PUMP}"}}"#);
    world.tell(200, "equipment.retired", &tag);
    world.tell(300, "equipment.resumed", &tag);
    let item = &world.facility.equipment[&PUMP.parse().unwrap()];
    assert_eq!((item.service, item.out[0].until_ms), (ServiceState::Retired, None));
}

fn changed_by(world: &World) -> Option<(Epoch, u64)> {
    let entry = world.facility.equipment[&PUMP.parse().unwrap()].changed.entry();
    entry.map(|of| (of.epoch, of.seq))
}

#[test]
fn a_row_names_the_last_entry_that_changed_it() {
    let mut world = World::pump();
    let tag = format!(r#"{{"tag":"{PUMP}"}}"#);
    assert_eq!(changed_by(&world), Some((EPOCH, 0)));
    let schedule = format!(r#"{{"tag":"{PUMP}","schedule":{{"every":"days","n":2}},"from":0}}"#);
    for (kind, body) in [
        ("equipment.changed", format!(r#"{{"tag":"{PUMP}","location":"ICU"}}"#)),
        ("schedule.set", schedule),
        ("equipment.suspended", tag.clone()),
        ("equipment.resumed", tag.clone()),
    ] {
        world.tell(200, kind, &body);
        assert_eq!(changed_by(&world), Some((EPOCH, world.seq - 1)), "{kind}");
        // Recording work with a row is no change of it.
        world.clean(300, "");
        world.tell(310, "use.recorded", &tag);
        assert_eq!(changed_by(&world), Some((EPOCH, world.seq - 3)), "{kind}");
    }
    assert!(world.facility.settings.changed.is_unchanged());
    world.tell(400, "facility.changed", r#"{"name":"House"}"#);
    assert_eq!(world.facility.settings.changed.entry().map(|of| of.seq), Some(world.seq - 1));
    let staff: StaffId = "01KAFJWQ400000000000000004".parse().unwrap();
    let name = PersonalText::new("Ada", [0; 16]).unwrap().redactable();
    let name = serde_json::to_string::<Redactable>(&name).unwrap();
    for (kind, rest) in [
        ("staff.added", format!(r#","name":{name},"role":"auditor""#)),
        ("staff.changed", r#","role":"biomed""#.to_owned()),
        ("staff.left", String::new()),
    ] {
        world.tell(500, kind, &format!(r#"{{"staff":"{staff}"{rest}}}"#));
        let changed = world.facility.staff[&staff].changed.entry();
        assert_eq!(changed.map(|of| of.seq), Some(world.seq - 1), "{kind}");
    }
}

#[test]
fn a_person_remembers_the_newest_changes_of_their_access() {
    let mut world = World::default();
    let staff: StaffId = "01KAFJWQ400000000000000004".parse().unwrap();
    let name = PersonalText::new("Ada", [0; 16]).unwrap().redactable();
    let name = serde_json::to_string::<Redactable>(&name).unwrap();
    world.tell(100, "staff.added", &format!(r#"{{"staff":"{staff}","name":{name},"role":"biomed"}}"#));
    let before = world.facility.staff[&staff].changed;
    for _ in 0..10 {
        world.tell(200, "access.changed", &format!(r#"{{"what":"pin set","staff":"{staff}"}}"#));
        world.tell(200, "access.changed", r#"{"what":"signed out everywhere"}"#);
    }
    let member = &world.facility.staff[&staff];
    let remembered: Vec<u64> = member.access.iter().map(|of| of.seq).collect();
    assert_eq!(remembered, [5, 7, 9, 11, 13, 15, 17, 19]);
    assert_eq!(member.changed, before, "who is at the form of their name goes on");
    let nobody = r#"{"what":"pin set","staff":"01KAFJWQ400000000000000005"}"#;
    assert_eq!(world.tell(300, "access.changed", nobody).rows, []);
}

fn report_problem(world: &mut World, wall: i64, what: &str, rest: &str) -> u64 {
    let who = r#""who":{"proof":"unattributed"}"#;
    world.tell(wall, "problem.reported", &format!(r#"{{"tag":"{PUMP}","what":"{what}",{who}{rest}}}"#));
    world.seq - 1
}

fn report_seqs(world: &World, place: usize) -> (u64, Vec<u64>) {
    let open = &world.activity().problems[place];
    (open.report.of.seq, open.added.iter().map(|more| more.of.seq).collect::<Vec<_>>())
}

#[test]
fn what_is_added_to_an_open_report_stays_and_is_closed_with_it() {
    let mut world = World::pump();
    let first = report_problem(&mut world, 200, "soiled", "");
    let other = report_problem(&mut world, 210, "wrong label", "");
    let also = format!(r#","also":{{"epoch":"{EPOCH}","seq":{first}}}"#);
    let photo = format!(r#","photos":["{}"]{also}"#, "ab".repeat(32));
    let added = report_problem(&mut world, 300, "broken", &photo);
    assert_eq!((report_seqs(&world, 0), report_seqs(&world, 1)), ((first, vec![added]), (other, vec![])));
    let open = &world.activity().problems[0];
    assert_eq!((open.added[0].what.as_str(), open.added[0].photos.len()), ("broken", 1));
    assert_eq!((open.count(), open.latest_ms(), open.earlier), (2, 300, 0));
    for n in 0..10 {
        report_problem(&mut world, 310 + n, "other", &also);
    }
    let open = &world.activity().problems[0];
    assert_eq!((open.added.len(), open.earlier, open.count()), (8, 3, 12), "the newest are kept");
    assert_eq!((open.added[0].reported_ms, open.latest_ms()), (312, 319));
    let proven = format!(
        r#"{{"tag":"{PUMP}","what":"broken","who":{{"proof":"badge","staff":"01KAFJWQ400000000000000004"}}{also}}}"#
    );
    world.tell(320, "problem.reported", &proven);
    for n in 0..20 {
        report_problem(&mut world, 330 + n, "other", &also);
    }
    let open = &world.activity().problems[0];
    assert_eq!((open.added.len(), open.added[0].reported_ms), (8, 320), "what is proven stays in sight");
    let close = format!(r#"{{"epoch":"{EPOCH}","seq":{first},"tag":"{PUMP}","outcome":"fixed"}}"#);
    world.tell(400, "problem.closed", &close);
    assert_eq!(report_seqs(&world, 0), (other, vec![]));
    let late = report_problem(&mut world, 410, "other", &also);
    assert_eq!(report_seqs(&world, 1), (late, vec![]), "whoever closed the first has not seen this one");
}

const DAY_MS: i64 = 86_400_000;
const ID: &str = "01KAFJWQ400000000000000003";

fn publish_version(world: &mut World, at_ms: i64, version: u32, day: &str) {
    let effective = if day.is_empty() { String::new() } else { format!(r#","effective":"{day}""#) };
    let body = format!(
        r#"{{"protocol":"{ID}","version":{version},"name":"Wipe","steps":[{{"text":"Wipe."}}]{effective}}}"#
    );
    world.tell(at_ms, "protocol.published", &body);
}

fn versions_on(world: &World, days: &[i64]) -> Vec<u32> {
    let protocol = world.facility.protocols.values().next().unwrap();
    days.iter().map(|day| protocol.in_force(day * DAY_MS).version).collect()
}

#[test]
fn a_version_is_in_force_from_its_day_on() {
    let mut world = World::default();
    // A first version is used at once.
    publish_version(&mut world, DAY_MS, 1, "1970-01-31");
    assert_eq!(versions_on(&world, &[0, 1, 30]), [1, 1, 1]);
    publish_version(&mut world, 2 * DAY_MS, 2, "1970-02-10");
    let protocol = world.facility.protocols.values().next().unwrap();
    assert_eq!((protocol.comes_ms(DAY_MS), protocol.comes_ms(40 * DAY_MS)), (Some(40 * DAY_MS), None));
    assert_eq!(versions_on(&world, &[1, 39, 40]), [1, 1, 2]);
    // A version from an earlier day replaces the one that was to come; one of a later day comes after it.
    publish_version(&mut world, 3 * DAY_MS, 3, "1970-02-05");
    assert_eq!(versions_on(&world, &[34, 35, 41]), [1, 3, 3]);
    publish_version(&mut world, 4 * DAY_MS, 4, "1970-02-15");
    assert_eq!(versions_on(&world, &[34, 35, 44, 45]), [1, 3, 3, 4]);
    // At once: what was to come never does, and what was is known for late entries.
    publish_version(&mut world, 5 * DAY_MS, 5, "");
    assert_eq!(versions_on(&world, &[4, 5, 35, 45]), [1, 5, 5, 5]);
    publish_version(&mut world, 5 * DAY_MS + LATE_ENTRY_MS_MAX, 6, "");
    assert_eq!(versions_on(&world, &[4, 5, 8]), [5, 5, 6]);
    world.tell(9 * DAY_MS, "protocol.retired", &format!(r#"{{"protocol":"{ID}"}}"#));
    publish_version(&mut world, 9 * DAY_MS, 7, "1970-03-01");
    assert_eq!(versions_on(&world, &[8, 9, 100]), [7, 7, 7]);
    // The day is one of the facility's zone.
    world.tell(10 * DAY_MS, "facility.changed", r#"{"zone":"America/Chicago"}"#);
    publish_version(&mut world, 10 * DAY_MS, 8, "1970-03-02");
    let protocol = world.facility.protocols.values().next().unwrap();
    assert_eq!(protocol.comes_ms(10 * DAY_MS), Some(60 * DAY_MS + 6 * 3_600_000));
}
