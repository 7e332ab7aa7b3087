//! Lines that a run brings late: their times, what they may still set, one key at two places.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use proptest::prelude::*;
use record::entry::{ClockState, Digest16, Entry, EntryAuthor, EntryTime, IdempotencyRecord};
use record::fold::{
    AdoptedBy, CleaningRecord, FacilityState, FoldChanges, FoldEffect, HistoryLookup, LinePlace, PassedOver,
    UseRecord,
};
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event};
use record::redact::PersonalText;
use record::run::RunName;
use record::tree::Hash;

const OPEN: Epoch = Epoch { n: 2, key: [2; 4] };
const EARLIER: Epoch = Epoch { n: 1, key: [1; 4] };
const PUMP: &str = "ABCDEFGH3";
const SPARE: &str = "7QK3M9X2W";
const HOUR: i64 = 3_600_000;

#[derive(Default, Clone)]
struct Index {
    cleanings: BTreeMap<LinePlace, CleaningRecord>,
    uses: Vec<UseRecord>,
    keys: BTreeMap<Digest16, (Digest16, LinePlace)>,
    again: BTreeMap<LinePlace, LinePlace>,
}

impl HistoryLookup for Index {
    type Error = Infallible;
    fn cleaning(&self, of: EntryRef, near: Option<RunName>) -> Result<Option<CleaningRecord>, Infallible> {
        let known = |place: LinePlace| self.cleanings.get(self.again.get(&place).unwrap_or(&place));
        let mut any = self.cleanings.keys().chain(self.again.keys()).filter(|place| place.of == of);
        let found = known(LinePlace { of, run: near }).or_else(|| known(LinePlace { of, run: None }));
        Ok(found.or_else(|| any.next().and_then(|place| known(*place))).cloned())
    }
    fn unsure(&self, boot: BootId) -> Result<Vec<CleaningRecord>, Infallible> {
        Ok(self
            .cleanings
            .values()
            .filter(|c| c.at.boot == boot && c.at.clock != ClockState::Synced)
            .cloned()
            .collect())
    }
    fn unsure_uses(&self, boot: BootId) -> Result<Vec<UseRecord>, Infallible> {
        Ok(self
            .uses
            .iter()
            .filter(|used| used.at.boot == boot && used.at.clock != ClockState::Synced)
            .copied()
            .collect())
    }
    fn first_of_key(
        &self,
        idem: &IdempotencyRecord,
        line: LinePlace,
    ) -> Result<Option<LinePlace>, Infallible> {
        let held = self.keys.get(&idem.key).filter(|(req, first)| *req == idem.req && *first != line);
        Ok(held.map(|(_, first)| *first))
    }
}

#[derive(Default, Clone)]
struct World {
    facility: FacilityState,
    index: Index,
    next: BTreeMap<Epoch, u64>,
    idem: Option<IdempotencyRecord>,
    clock: Option<ClockState>,
}

impl World {
    fn tell(&mut self, late: bool, wall: i64, kind: &str, body: &str) -> (EntryRef, FoldChanges) {
        let epoch = if late { EARLIER } else { OPEN };
        let seq = self.next.entry(epoch).or_default();
        let of = EntryRef { epoch, seq: *seq };
        *seq += 1;
        (of, self.tell_at(of, late.then(|| run(0)), (wall, kind, body)))
    }

    fn tell_at(
        &mut self,
        of: EntryRef,
        by: Option<RunName>,
        (wall, kind, body): (i64, &str, &str),
    ) -> FoldChanges {
        let late = by.is_some();
        let place = LinePlace { of, run: by };
        let boot = BootId::new(1, [u8::from(late); 10]);
        let clock = self.clock.unwrap_or(ClockState::Synced);
        let at = EntryTime { wall, boot, up: wall.max(0).cast_unsigned(), clock };
        let event = Event::read(kind, body);
        assert!(!matches!(event, Event::Unknown(_)), "{kind} {body}");
        let entry = Entry::compose(of.seq, at, EntryAuthor::BOX, self.idem, &event).unwrap();
        let Ok(changes) = if late {
            let by = AdoptedBy { run: by.unwrap(), by: EntryRef { epoch: OPEN, seq: 9 }, at_ms: 1 };
            self.facility.apply_adopted(of.epoch, &entry, &event, &self.index, by)
        } else {
            self.facility.apply(of.epoch, &entry, &event, &self.index)
        };
        for effect in &changes.effects {
            match effect {
                FoldEffect::Cleaned(c) | FoldEffect::Recleaned(c) => {
                    self.index.cleanings.insert(c.place(), c.clone());
                }
                FoldEffect::Used { used, .. } => self.index.uses.push(*used),
                _ => {}
            }
        }
        if let Some(idem) = self.idem {
            let (req, first) = *self.index.keys.entry(idem.key).or_insert((idem.req, place));
            if req == idem.req && first != place {
                self.index.again.insert(place, first);
            }
        }
        changes
    }

    fn pump() -> Self {
        let mut world = Self::default();
        world.tell(false, 100, "equipment.added", &format!(r#"{{"tag":"{PUMP}","name":"Pump"}}"#));
        world
    }

    fn clean(&mut self, late: bool, wall: i64, rest: &str) -> (EntryRef, FoldChanges) {
        let body = format!(r#"{{"tag":"{PUMP}","who":{{"proof":"unattributed"}}{rest}}}"#);
        self.tell(late, wall, "cleaning.recorded", &body)
    }

    fn only_cleaning(&self) -> &CleaningRecord {
        assert_eq!(self.index.cleanings.len(), 1);
        self.index.cleanings.values().next().unwrap()
    }

    fn activity(&self) -> &record::fold::EquipmentActivity {
        &self.facility.activity[&PUMP.parse().unwrap()]
    }
}

fn run(n: u8) -> RunName {
    RunName::new(EARLIER, 0..60, Hash([n; 32])).unwrap()
}

fn key(key: &str, req: &str) -> Option<IdempotencyRecord> {
    Some(IdempotencyRecord { key: Digest16::of(key.as_bytes()), req: Digest16::of(req.as_bytes()) })
}

/// Kinds that begin, end, add or count something: none is ignored because its time is older.
const SETS_NO_VALUE: [&str; 39] = [
    "log.started",
    "log.adopted",
    "box.claimed",
    "equipment.added",
    "equipment.retired",
    "equipment.suspended",
    "equipment.resumed",
    "protocol.published",
    "staff.added",
    "staff.left",
    "cleaning.recorded",
    "cleaning.voided",
    "use.recorded",
    "photo.attached",
    "label.printed",
    "directive.applied",
    "directive.refused",
    "clock.anchored",
    "text.erased",
    "alias.added",
    "alias.removed",
    "competency.ended",
    "equipment.merged",
    "problem.reported",
    "problem.closed",
    "protocol.retired",
    "check.recorded",
    "lot.opened",
    "lot.closed",
    "load.started",
    "load.finished",
    "load.failed",
    "upkeep.done",
    "import.ended",
    "history.imported",
    "history.removed",
    "access.changed",
    "photo.erased",
    "report.made",
];

#[test]
fn every_kind_sets_a_value_here_or_sets_none() {
    let setting: BTreeSet<_> = (0..SETTINGS).flat_map(|which| [0, 1].map(|n| setting(which, n).0)).collect();
    let known: BTreeSet<_> = setting.iter().chain(&SETS_NO_VALUE).copied().collect();
    assert_eq!(known, Event::KINDS.iter().copied().collect());
    assert_eq!(known.len(), setting.len() + SETS_NO_VALUE.len(), "one kind does both");
}

const SETTINGS: u8 = 13;

fn time_of(n: usize) -> i64 {
    200 + 10 * i64::try_from(n).unwrap()
}

fn pump_values(f: &FacilityState) -> impl PartialEq + std::fmt::Debug + use<> {
    let item = &f.equipment[&PUMP.parse().unwrap()];
    let schedule = item.schedule(None).cloned();
    (item.facts.name.clone(), item.facts.location.clone(), item.facts.custom.clone(), schedule)
}

fn staff_values(f: &FacilityState) -> impl PartialEq + std::fmt::Debug + use<> {
    let values = f.staff.iter().map(|(id, s)| (*id, s.name, s.role, s.left, s.name_ms, s.role_ms));
    values.collect::<Vec<_>>()
}

fn register_values(f: &FacilityState) -> impl PartialEq + std::fmt::Debug + use<> {
    let places: Vec<_> = f.locations.values().map(|place| place.within.clone()).collect();
    let retired: Vec<_> = f.categories.values().map(|category| category.retired).collect();
    let grants = f.competency.values().flat_map(|c| c.protocols.values());
    let grants: Vec<_> = grants.filter(|g| !g.ended).map(|g| (g.until, g.set_ms)).collect();
    let tasks = f.upkeep.values().flat_map(|u| &u.tasks);
    let tasks: Vec<_> = tasks.map(|t| (t.name.clone(), t.schedule.clone())).collect();
    (places, retired, grants, tasks)
}

fn setting(which: u8, n: usize) -> (&'static str, String) {
    let reason =
        serde_json::to_string(&PersonalText::new(&format!("Ada {n}"), [0; 16]).unwrap().redactable())
            .unwrap();
    let staff = "01KAFJWQ400000000000000004";
    match which {
        0 => ("facility.changed", format!(r#"{{"name":"House {n}"}}"#)),
        1 => ("facility.changed", format!(r#"{{"contact":"ext. {n}","undo_min":{n}}}"#)),
        2 => ("facility.changed", format!(r#"{{"zone":"Etc/GMT+{}"}}"#, n % 12)),
        3 => ("equipment.changed", format!(r#"{{"tag":"{PUMP}","name":"Pump {n}"}}"#)),
        4 => (
            "equipment.changed",
            format!(
                r#"{{"tag":"{PUMP}","location":"OR {n}","custom":{{"bay":"{}"}}}}"#,
                if n.is_multiple_of(3) { String::new() } else { n.to_string() }
            ),
        ),
        5 => (
            "schedule.set",
            format!(r#"{{"tag":"{PUMP}","schedule":{{"every":"hours","n":{}}},"from":0}}"#, n + 1),
        ),
        6 if n.is_multiple_of(2) => ("tag.assigned", format!(r#"{{"tag":"{SPARE}","equipment":"{PUMP}"}}"#)),
        6 => ("tag.revoked", format!(r#"{{"tag":"{SPARE}"}}"#)),
        7 => (
            "staff.changed",
            format!(r#"{{"staff":"{staff}","role":"{}"}}"#, ["technician", "biomed", "auditor"][n % 3]),
        ),
        8 => ("location.set", format!(r#"{{"name":"OR 3","within":"Floor {n}"}}"#)),
        9 => ("category.set", format!(r#"{{"name":"pump","retired":{}}}"#, n.is_multiple_of(2))),
        10 => (
            "competency.granted",
            format!(r#"{{"staff":"{staff}","protocol":"{PROTOCOL}","until":"2026-{:02}-01"}}"#, n % 12 + 1),
        ),
        11 => (
            "upkeep.planned",
            format!(
                r#"{{"upkeep":"01KAFJWQ400000000000000012","tag":"{PUMP}","name":"Safety {n}","schedule":{{"every":"weeks","n":{}}},"from":0}}"#,
                n % 52 + 1
            ),
        ),
        _ => ("staff.changed", format!(r#"{{"staff":"{staff}","name":{reason}}}"#)),
    }
}

const PROTOCOL: &str = "01KAFJWQ400000000000000003";

proptest! {
    #[test]
    fn values_found_late_end_as_if_told_in_time(reported in prop::collection::vec((0..SETTINGS, any::<bool>()), 0..30)) {
        let reason = serde_json::to_string(&PersonalText::new("Ada", [0; 16]).unwrap().redactable()).unwrap();
        let staff = format!(r#"{{"staff":"01KAFJWQ400000000000000004","name":{reason},"role":"auditor"}}"#);
        let mut in_time = World::pump();
        in_time.tell(false, 101, "staff.added", &staff);
        let mut partial = in_time.clone();
        for (n, (which, _)) in reported.iter().enumerate() {
            let (kind, body) = setting(*which, n);
            in_time.tell(false, time_of(n), kind, &body);
        }
        for late in [false, true] {
            for (n, (which, _)) in reported.iter().enumerate().filter(|(_, (_, is_late))| *is_late == late) {
                let (kind, body) = setting(*which, n);
                partial.tell(late, time_of(n), kind, &body);
            }
        }
        let (a, b) = (&in_time.facility, &partial.facility);
        prop_assert_eq!((&a.settings.name, &a.settings.contact, a.settings.undo_min, a.settings.zone()),
            (&b.settings.name, &b.settings.contact, b.settings.undo_min, b.settings.zone()));
        prop_assert_eq!(pump_values(a), pump_values(b));
        let spare = SPARE.parse().unwrap();
        prop_assert_eq!(a.resolve(spare).is_some(), b.resolve(spare).is_some());
        prop_assert_eq!(staff_values(a), staff_values(b));
        prop_assert_eq!(register_values(a), register_values(b));
    }
}

#[test]
fn the_order_decides_among_lines_of_the_chain_whatever_the_clock_did() {
    let mut world = World::pump();
    world.tell(false, 9_000, "facility.changed", r#"{"name":"Clock ahead"}"#);
    let (_, changes) = world.tell(false, 500, "facility.changed", r#"{"name":"Clock set right"}"#);
    assert_eq!((world.facility.settings.name.as_str(), changes.passed.len()), ("Clock set right", 0));
}

#[test]
fn a_cleaning_that_was_told_recorded_in_time_still_counts() {
    let mut world = World::pump();
    // The box lost it; it is adopted four days later.
    world.tell(false, 96 * HOUR, "use.recorded", &format!(r#"{{"tag":"{PUMP}"}}"#));
    let (of, _) = world.clean(true, HOUR, r#","performed":3590000"#);
    let cleaning = world.only_cleaning();
    assert_eq!((cleaning.of, cleaning.recorded_ms, cleaning.performed_ms), (of, HOUR, 3_590_000));
    assert!(cleaning.counts(), "72 hours are counted from when it was written");
    assert_eq!(world.activity().last_complete_ms(), Some(3_590_000));
}

#[test]
fn a_boots_anchor_in_a_run_corrects_the_lines_of_that_run() {
    let mut world = World { clock: Some(ClockState::Uncertain), ..World::pump() };
    world.clean(true, 200, "");
    let boot = BootId::new(1, [1; 10]);
    let anchor =
        |up: i64, wall: i64| format!(r#"{{"boot":"{boot}","up":{up},"wall":{wall},"source":"ntp"}}"#);
    world.tell(true, 1_000, "clock.anchored", &anchor(1_000, 5_000_000));
    assert_eq!(world.only_cleaning().recorded_ms, 4_999_200);
    let (_, changes) = world.tell(true, 900, "clock.anchored", &anchor(900, 1));
    assert_eq!(changes.passed, [PassedOver::Older { value: "boot".into() }]);
    assert_eq!(world.only_cleaning().recorded_ms, 4_999_200);
}

#[test]
fn one_key_at_two_places_counts_once_with_the_earlier_time() {
    let mut world = World::pump();
    world.idem = key("k", "r");
    let (first, _) = world.clean(false, 5 * HOUR, "");
    let (again, changes) = world.clean(true, HOUR, "");
    let cleaning = world.only_cleaning().clone();
    assert_eq!((cleaning.of, cleaning.recorded_ms, cleaning.performed_ms), (first, HOUR, HOUR));
    assert!(matches!(&changes.effects[0], FoldEffect::Recleaned(c) if c.of == first));
    assert_eq!(world.activity().cleanings, 1);
    assert_eq!(world.activity().last_complete_ms(), Some(HOUR));
    world.idem = None;
    let reason = serde_json::to_string(&PersonalText::new("no", [0; 16]).unwrap().redactable()).unwrap();
    let body = format!(r#"{{"epoch":"{EARLIER}","seq":{},"reason":{reason}}}"#, again.seq);
    world.tell(false, 6 * HOUR, "cleaning.voided", &body);
    assert!(world.only_cleaning().voided.is_some());
    assert_eq!(world.activity().last_complete_ms(), None);
}

#[test]
fn the_first_place_keeps_its_time_where_it_is_the_earlier() {
    let mut world = World::pump();
    world.idem = key("k", "r");
    let (first, _) = world.clean(false, HOUR, "");
    let (_, changes) = world.clean(false, 5 * HOUR, "");
    assert_eq!(changes.effects, []);
    assert_eq!((world.only_cleaning().of, world.only_cleaning().recorded_ms), (first, HOUR));
    world.idem = key("u", "r");
    let used = format!(r#"{{"tag":"{PUMP}"}}"#);
    world.tell(false, 6 * HOUR, "use.recorded", &used);
    let (_, changes) = world.tell(true, 2 * HOUR, "use.recorded", &used);
    assert_eq!((changes.effects, world.activity().uses.len()), (vec![], 1), "a use counts once too");
}

#[test]
fn the_same_key_with_another_request_counts_twice() {
    let mut world = World::pump();
    world.idem = key("k", "r");
    world.clean(false, 5 * HOUR, "");
    world.idem = key("k", "other");
    world.clean(true, HOUR, "");
    assert_eq!((world.index.cleanings.len(), world.activity().cleanings), (2, 2));
    assert_eq!(world.index.keys.len(), 1, "the first answers for the key");
}

fn voided_runs(world: &World) -> Vec<Option<RunName>> {
    let voided = world.index.cleanings.values().filter(|c| c.voided.is_some());
    voided.map(|c| c.place().run).collect()
}

#[test]
fn two_branches_with_one_number_are_two_cleanings() {
    let mut world = World::pump();
    let of = EntryRef { epoch: EARLIER, seq: 7 };
    let body = format!(r#"{{"tag":"{PUMP}","who":{{"proof":"unattributed"}}}}"#);
    for (by, hour) in [(None, 1), (Some(run(1)), 2), (Some(run(2)), 3)] {
        world.tell_at(of, by, (hour * HOUR, "cleaning.recorded", &body));
    }
    assert_eq!((world.index.cleanings.len(), world.activity().cleanings), (3, 3));
    assert_eq!(world.activity().done[0].done.len(), 3);
    // What a branch says of a number concerns its own line.
    let reason = serde_json::to_string(&PersonalText::new("no", [0; 16]).unwrap().redactable()).unwrap();
    let void = format!(r#"{{"epoch":"{EARLIER}","seq":7,"reason":{reason}}}"#);
    let later = EntryRef { epoch: EARLIER, seq: 8 };
    world.tell_at(later, Some(run(2)), (4 * HOUR, "cleaning.voided", &void));
    assert_eq!(voided_runs(&world), [Some(run(2))]);
    world.tell(false, 5 * HOUR, "cleaning.voided", &void);
    assert_eq!(voided_runs(&world), [None, Some(run(2))], "who stands in the chain means the chain's");
    let left = world.activity().done[0].done[0];
    assert_eq!((left.run, left.performed_ms), (Some(run(1)), 2 * HOUR));
}

#[test]
fn what_does_not_apply_any_more_is_passed_over_with_a_note() {
    let mut world = World::pump();
    let not_applicable = vec![PassedOver::NotApplicable];
    for (kind, body) in [
        ("equipment.changed", format!(r#"{{"tag":"{SPARE}","name":"x"}}"#)),
        ("equipment.suspended", format!(r#"{{"tag":"{SPARE}"}}"#)),
        ("equipment.added", format!(r#"{{"tag":"{PUMP}","name":"again"}}"#)),
        ("cleaning.recorded", format!(r#"{{"tag":"{SPARE}","who":{{"proof":"unattributed"}}}}"#)),
        ("use.recorded", format!(r#"{{"tag":"{SPARE}"}}"#)),
        ("staff.left", r#"{"staff":"01KAFJWQ400000000000000004"}"#.to_owned()),
        ("photo.attached", format!(r#"{{"epoch":"{OPEN}","seq":0,"photo":"{}"}}"#, "0".repeat(64))),
    ] {
        let before = world.facility.clone();
        let (_, changes) = world.tell(true, 500, kind, &body);
        assert_eq!(changes.passed, not_applicable, "{kind}");
        assert_eq!((world.facility, changes.effects), (before.clone(), vec![]), "{kind}");
        world.facility = before;
        let (_, changes) = world.tell(false, 500, kind, &body);
        assert_eq!(changes.passed, [], "{kind}");
    }
}

fn zone_body(zone: &str) -> String {
    format!(r#"{{"zone":"{zone}"}}"#)
}

/// Found by the property above: a zone that is set again at a later time is the same zone, and is still the
/// later one.
#[test]
fn a_zone_that_was_said_again_stays() {
    let mut world = World::pump();
    world.tell(false, 200, "facility.changed", &zone_body("Etc/GMT+1"));
    world.tell(false, 900, "facility.changed", &zone_body("Etc/GMT+1"));
    let (_, changes) = world.tell(true, 500, "facility.changed", &zone_body("Etc/GMT+8"));
    assert_eq!(changes.passed, [PassedOver::Older { value: "zone".into() }]);
    assert_eq!((world.facility.settings.zone(), world.facility.settings.zones.len()), ("Etc/GMT+1", 1));
}

#[test]
fn a_state_that_was_left_since_stays_left() {
    let mut world = World::pump();
    let tag = format!(r#"{{"tag":"{PUMP}"}}"#);
    world.tell(false, 900, "equipment.suspended", &tag);
    world.tell(false, 1_000, "equipment.resumed", &tag);
    let (_, changes) = world.tell(true, 500, "equipment.suspended", &tag);
    assert_eq!(changes.passed, [PassedOver::Older { value: "service".into() }]);
    // Stated at a time, even where it changed nothing.
    world.tell(false, 1_500, "equipment.resumed", &tag);
    let (_, changes) = world.tell(true, 1_200, "equipment.suspended", &tag);
    assert_eq!(changes.passed, [PassedOver::Older { value: "service".into() }]);
    let (_, changes) = world.tell(true, 1_600, "equipment.resumed", &tag);
    assert_eq!(changes.passed, [PassedOver::NotApplicable]);
    let (_, changes) = world.tell(true, 2_000, "equipment.suspended", &tag);
    let item = &world.facility.equipment[&PUMP.parse().unwrap()];
    let spans: Vec<_> = item.out.iter().map(|o| (o.from_ms, o.until_ms)).collect();
    assert_eq!((changes.passed, spans), (vec![], vec![(900, Some(1_000)), (2_000, None)]));
}

fn outage_body(day: &str, again: bool) -> String {
    format!(r#"{{"tag":"{PUMP}","back":"{day}","again":{again}}}"#)
}

#[test]
fn an_earlier_day_of_an_outage_takes_the_place_of_no_later_one() {
    let mut world = World::pump();
    let shown =
        |world: &World| world.facility.equipment[&PUMP.parse().unwrap()].out[0].back.unwrap().to_string();
    world.tell(false, 900, "equipment.suspended", &outage_body("2026-12-01", false));
    world.tell(false, 1_000, "equipment.suspended", &outage_body("2026-12-08", true));
    let (_, changes) = world.tell(true, 950, "equipment.suspended", &outage_body("2026-12-04", true));
    assert_eq!(changes.passed, [PassedOver::Older { value: "service".into() }]);
    assert_eq!(shown(&world), "2026-12-08");
    let (_, changes) = world.tell(true, 1_100, "equipment.suspended", &outage_body("2026-12-24", true));
    assert_eq!((changes.passed, shown(&world)), (vec![], "2026-12-24".to_owned()));
}

fn name_body(name: &str) -> String {
    format!(r#"{{"tag":"{PUMP}","name":"{name}"}}"#)
}

fn pump_version(world: &World) -> Option<EntryRef> {
    world.facility.equipment[&PUMP.parse().unwrap()].changed.entry()
}

#[test]
fn only_what_a_late_line_sets_makes_another_version() {
    let mut world = World::pump();
    let (later, _) = world.tell(false, 900, "equipment.changed", &name_body("Pump 2"));
    world.tell(true, 500, "equipment.changed", &name_body("Pump 1"));
    assert_eq!(pump_version(&world), Some(later), "it was set again at a later time");
    let place = format!(r#"{{"tag":"{PUMP}","location":"ICU"}}"#);
    let (late, _) = world.tell(true, 600, "equipment.changed", &place);
    assert_eq!(pump_version(&world), Some(late));
}
