//! A log with every kind that appears in an item's history: which line each becomes, and that nothing else becomes one.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use record::entry::{ClockState, Entry, EntryAuthor, EntryTime, IdempotencyRecord};
use record::fold::{CleaningRecord, FacilityState, FoldEffect, HistoryLookup, LinePlace, UseRecord};
use record::ids::{BootId, Epoch};
use record::kinds::{CleanedBy, EntryRef, Event};
use record::run::RunName;
use record::tag::Tag;
use words::{Dates, Locale, WordSet as _};

use crate::{HistoryEntry, HistoryWording, HistoryWords, rows_named};

const EPOCH: Epoch = Epoch { n: 1, key: [0; 4] };
const PUMP: &str = "ABCDEFGH3";
const BED: &str = "7QK3M9X2W";
/// Fri, Nov 20, 2026, 09:00 UTC.
const START_MS: i64 = 1_795_165_200_000;

#[derive(Default)]
struct CleaningMap(BTreeMap<EntryRef, CleaningRecord>);

impl HistoryLookup for CleaningMap {
    type Error = Infallible;
    fn cleaning(&self, of: EntryRef, _: Option<RunName>) -> Result<Option<CleaningRecord>, Infallible> {
        Ok(self.0.get(&of).cloned())
    }
    fn unsure(&self, _: BootId) -> Result<Vec<CleaningRecord>, Infallible> {
        Ok(Vec::new())
    }
    fn unsure_uses(&self, _: BootId) -> Result<Vec<UseRecord>, Infallible> {
        Ok(Vec::new())
    }
    fn first_of_key(&self, _: &IdempotencyRecord, _: LinePlace) -> Result<Option<LinePlace>, Infallible> {
        Ok(None)
    }
}

#[derive(Default)]
struct World {
    facility: FacilityState,
    cleanings: CleaningMap,
    seq: u64,
}

/// Kind, body, and for each item whose history it is in: title and facts.
type LogLine = (&'static str, &'static str, &'static [(&'static str, &'static str, &'static [&'static str])]);

impl World {
    /// The items in whose histories the event appears, with the time there.
    fn fold(&mut self, event: &Event) -> Vec<(Tag, i64)> {
        let wall = START_MS + i64::try_from(self.seq).unwrap() * 60_000;
        let at = EntryTime { wall, boot: BootId::new(1, [1; 10]), up: self.seq, clock: ClockState::Synced };
        let entry = Entry::compose(self.seq, at, EntryAuthor::BOX, None, event).unwrap();
        let Ok(changes) = self.facility.apply(EPOCH, &entry, event, &self.cleanings);
        let of = EntryRef { epoch: EPOCH, seq: self.seq };
        self.seq += 1;
        let mut noted = Vec::new();
        for effect in changes.effects {
            match effect {
                FoldEffect::Cleaned(cleaning) | FoldEffect::Recleaned(cleaning) => {
                    self.cleanings.0.insert(cleaning.of, cleaning);
                }
                FoldEffect::Noted { tag, of: line, at_ms } => {
                    assert_eq!(line, of);
                    noted.push((tag, at_ms));
                }
                _ => {}
            }
        }
        noted
    }

    fn line(&self, locale: Locale, tag: Tag, event: &Event) -> Option<HistoryEntry> {
        let dates = Dates::new(locale, record::compliance::find_zone("UTC").unwrap(), START_MS);
        let look = HistoryWording {
            w: HistoryWords::in_locale(locale),
            dates: &dates,
            facility: &self.facility,
            tag,
        };
        look.line(event)
    }
}

/// `{}` in a body is replaced by the hash of a text.
const LOG: &[LogLine] = &[
    ("equipment.added", r#"{"tag":"ABCDEFGH3","name":"Pump 3"}"#, &[]),
    ("equipment.added", r#"{"tag":"7QK3M9X2W","name":"Bed 7"}"#, &[]),
    (
        "protocol.published",
        r#"{"protocol":"01KAFJWQ400000000000000003","version":1,"name":"Wipe","steps":[]}"#,
        &[],
    ),
    (
        "equipment.changed",
        r#"{"tag":"ABCDEFGH3","name":"Pump","location":"","class":"critical","photo":"optional","protocols":["01KAFJWQ400000000000000003"],"custom":{"Ward":"3B","Dock":""},"loan":{"until":"2026-12-03","owner":"Acme"},"single_use":true,"photo_one_in":1000}"#,
        &[(
            PUMP,
            "Changed",
            &[
                "Name: Pump",
                "Place: removed",
                "Spaulding class: critical",
                "Photo: optional",
                "Protocols: Wipe",
                "Loaner: until Dec 3, 2026, of Acme",
                "Single use: yes",
                "Photos by draw: one in 1,000 cleanings",
                "Dock: removed",
                "Ward: 3B",
            ],
        )],
    ),
    (
        "equipment.suspended",
        r#"{"tag":"ABCDEFGH3","reason":{},"problem":{"epoch":"1-00000000","seq":4},"load":"01KAFJWQ400000000000000011","back":"2026-12-01"}"#,
        &[(
            PUMP,
            "Taken out of service",
            &[
                "About the report in entry 4",
                "Because of a load that does not count",
                "Expected back Dec 1, 2026",
            ],
        )],
    ),
    (
        "equipment.suspended",
        r#"{"tag":"ABCDEFGH3","reason":{},"back":"2026-12-08","again":true}"#,
        &[(PUMP, "Still out of service", &["Expected back Dec 8, 2026"])],
    ),
    (
        "equipment.suspended",
        r#"{"tag":"ABCDEFGH3","reason":{},"again":true}"#,
        &[(PUMP, "Still out of service", &["Nobody has said when it is expected back"])],
    ),
    (
        "equipment.resumed",
        r#"{"tag":"ABCDEFGH3","text":{},"checked":{"epoch":"1-00000000","seq":9}}"#,
        &[(PUMP, "Back in service", &["After the spot check in entry 9"])],
    ),
    (
        "schedule.set",
        r#"{"tag":"ABCDEFGH3","schedule":{"every":"days","n":1,"on":[1,5]},"from":1795165200000}"#,
        &[(PUMP, "Schedule: every day (Mon, Fri)", &["From today 09:00"])],
    ),
    (
        "schedule.set",
        r#"{"tag":"ABCDEFGH3","protocol":"01KAFJWQ400000000000000003","schedule":{"every":"never"},"from":1795165200000}"#,
        &[(PUMP, "Schedule for Wipe ended", &["From today 09:00"])],
    ),
    (
        "tag.assigned",
        r#"{"tag":"000000001","equipment":"ABCDEFGH3","why":"lost"}"#,
        &[(PUMP, "New tag 000 000 001", &["The label was lost"])],
    ),
    (
        "tag.revoked",
        r#"{"tag":"000000001","why":"on fire","instead":"ABCDEFGH3"}"#,
        &[(PUMP, "Tag 000 000 001 revoked", &["on fire", "Replaced by tag ABC DEF GH3"])],
    ),
    (
        "alias.added",
        r#"{"code":"old:equipment:42","equipment":"ABCDEFGH3"}"#,
        &[(PUMP, "Code old:equipment:42 opens this item", &[])],
    ),
    ("alias.removed", r#"{"code":"old:equipment:42"}"#, &[(PUMP, "Code old:equipment:42 removed", &[])]),
    (
        "problem.reported",
        r#"{"tag":"ABCDEFGH3","what":"part missing","text":{},"photos":["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],"who":{"proof":"unattributed"}}"#,
        &[(PUMP, "Problem reported: a part is missing", &[])],
    ),
    (
        "problem.reported",
        r#"{"tag":"ABCDEFGH3","what":"soiled","who":{"proof":"unattributed"},"also":{"epoch":"1-00000000","seq":1200}}"#,
        &[(PUMP, "Problem reported: dirty", &["Added to the report in entry 1,200"])],
    ),
    (
        "problem.closed",
        r#"{"epoch":"1-00000000","seq":14,"tag":"ABCDEFGH3","outcome":"fixed","text":{}}"#,
        &[(PUMP, "Report closed: fixed", &["About the report in entry 14"])],
    ),
    ("cleaning.recorded", r#"{"tag":"ABCDEFGH3","who":{"proof":"unattributed"}}"#, &[]),
    (
        "check.recorded",
        r#"{"epoch":"1-00000000","seq":17,"result":"again","method":"atp","value":1240,"unit":"RLU","text":{}}"#,
        &[(
            PUMP,
            "Spot check: clean again",
            &["By ATP", "Measured 1,240 RLU", "About the cleaning in entry 17"],
        )],
    ),
    (
        "upkeep.planned",
        r#"{"upkeep":"01KAFJWQ400000000000000021","tag":"ABCDEFGH3","name":"Filter","schedule":{"every":"weeks","n":2},"from":1795165200000,"protocol":"01KAFJWQ400000000000000003"}"#,
        &[(
            PUMP,
            "Maintenance planned: Filter, every 2 weeks",
            &["By Wipe", "From the last time it was done", "From today 09:00"],
        )],
    ),
    (
        "upkeep.planned",
        r#"{"upkeep":"01KAFJWQ400000000000000021","tag":"ABCDEFGH3","name":"Filter","schedule":{"every":"weeks","n":2},"from":1795165200000,"by_calendar":true}"#,
        &[(PUMP, "Maintenance planned: Filter, every 2 weeks", &["By the calendar", "From today 09:00"])],
    ),
    (
        "upkeep.done",
        r#"{"upkeep":"01KAFJWQ400000000000000021","tag":"ABCDEFGH3","result":"failed","who":{"proof":"unattributed"},"text":{},"readings":[{"name":"Flow","value":12,"unit":"ml"}]}"#,
        &[(PUMP, "Maintenance not passed: Filter", &["Flow: 12 ml"])],
    ),
    (
        "upkeep.planned",
        r#"{"upkeep":"01KAFJWQ400000000000000021","tag":"ABCDEFGH3","name":"Filter","schedule":{"every":"never"},"from":1795165200000}"#,
        &[(PUMP, "Maintenance ended: Filter", &[])],
    ),
    (
        "load.started",
        r#"{"load":"01KAFJWQ400000000000000011","code":"ABCDEFGHJ","number":"Nov 20 / 2","protocol":{"id":"01KAFJWQ400000000000000003","version":1},"items":[{"tag":"ABCDEFGH3","leak":"pass"},{"tag":"7QK3M9X2W"}],"who":{"proof":"unattributed"}}"#,
        &[
            (BED, "In load Nov 20 / 2", &["By Wipe"]),
            (PUMP, "In load Nov 20 / 2", &["By Wipe", "Leak test passed"]),
        ],
    ),
    (
        "load.finished",
        r#"{"load":"01KAFJWQ400000000000000011","result":"pass","measured_s":1320,"required_s":720,"who":{"proof":"unattributed"},"text":{}}"#,
        &[
            (BED, "Load finished: passed", &["Soaked 1,320 s of 720 s"]),
            (PUMP, "Load finished: passed", &["Soaked 1,320 s of 720 s"]),
        ],
    ),
    (
        "load.started",
        r#"{"load":"01KAFJWQ400000000000000012","code":"ABCDEFGHK","number":"3","protocol":{"id":"01KAFJWQ400000000000000003","version":1},"items":[{"tag":"ABCDEFGH3"}],"who":{"proof":"unattributed"}}"#,
        &[(PUMP, "In load 3", &["By Wipe"])],
    ),
    (
        "load.failed",
        r#"{"load":"01KAFJWQ400000000000000012","why":"agent","reason":{},"who":{"proof":"unattributed"}}"#,
        &[(PUMP, "Load does not count: disinfectant", &[])],
    ),
    (
        "report.made",
        r#"{"report":"01KAFJWQ400000000000000031","scope":"item","tag":"ABCDEFGH3","from":1795078800000,"to":1795165200000,"size":20,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#,
        &[(PUMP, "Report made", &["From Nov 19, 2026 to Nov 20, 2026"])],
    ),
    (
        "equipment.merged",
        r#"{"from":"ABCDEFGH3","into":"7QK3M9X2W","reason":{}}"#,
        &[(BED, "Pump was merged into this item", &[]), (PUMP, "Merged into Bed 7", &[])],
    ),
    ("equipment.retired", r#"{"tag":"7QK3M9X2W","reason":{}}"#, &[(BED, "Retired", &[])]),
];

fn read(kind: &str, body: &str) -> Event {
    let text = format!(r#"{{"redactable":"{}"}}"#, "0".repeat(64));
    let event = Event::read(kind, &body.replace("{}", &text));
    assert!(!matches!(event, Event::Unknown(_)), "{kind} {body}");
    event
}

#[test]
fn each_kind_becomes_its_line() {
    let mut world = World::default();
    let mut kinds = BTreeSet::new();
    for (kind, body, lines) in LOG {
        let event = read(kind, body);
        let mut expected: Vec<(Tag, &str, Vec<String>)> = Vec::new();
        for (tag, title, facts) in *lines {
            kinds.insert(*kind);
            let facts = facts.iter().map(|fact| (*fact).to_owned()).collect();
            expected.push((tag.parse().unwrap(), title, facts));
        }
        let noted = world.fold(&event);
        let line = |tag| world.line(Locale::EnUs, tag, &event).unwrap();
        let shown: Vec<_> = noted.iter().map(|(tag, _)| (*tag, line(*tag))).collect();
        let stated: Vec<_> =
            shown.iter().map(|(tag, line)| (*tag, line.title.as_str(), line.facts.clone())).collect();
        expected.sort_by_key(|(tag, ..)| *tag);
        assert_eq!(stated, expected, "{kind}");
        for (tag, line) in &shown {
            assert_eq!(line.text.is_some(), body.contains("{}"), "{kind}");
            assert_eq!(line.who, body.contains("\"who\"").then_some(CleanedBy::Unattributed), "{kind}");
            assert_eq!(line.photos.len(), usize::from(body.contains("\"photos\"")), "{kind}");
            let spanish = world.line(Locale::EsUs, *tag, &event).unwrap();
            assert_ne!(spanish.title, line.title, "{kind}");
            assert_eq!(spanish.facts.len(), line.facts.len(), "{kind}");
        }
    }
    // Events of an unknown item change nothing, and appear in no history.
    for (kind, body, _) in
        LOG.iter().filter(|(kind, ..)| kind.starts_with("problem") || kind.starts_with("equip"))
    {
        assert_eq!(World::default().fold(&read(kind, body)), [], "{kind}");
    }
    let golden =
        [include_str!("../../record/testdata/log.jsonl"), include_str!("../../record/testdata/log-2.jsonl")];
    let entries =
        golden.iter().flat_map(|file| file.lines()).filter_map(|line| Entry::parse(line.as_bytes()).ok());
    let mut all = BTreeSet::new();
    for event in entries.map(|entry| entry.event()) {
        let has_line = world.line(Locale::EnUs, PUMP.parse().unwrap(), &event).is_some();
        assert_eq!(has_line, kinds.contains(event.kind()), "{}", event.kind());
        all.insert(event.kind().to_owned());
    }
    assert!(Event::KINDS.iter().all(|kind| all.contains(*kind)), "{all:?}");
}

#[test]
fn a_line_needs_the_rows_that_it_names_and_no_others() {
    let mut world = World::default();
    for (kind, body, _) in LOG {
        let event = read(kind, body);
        let noted = world.fold(&event);
        let mut part = World::default();
        for key in rows_named(&event) {
            part.facility.share_row(&world.facility, key);
        }
        for (tag, _) in noted {
            assert_eq!(part.line(Locale::EnUs, tag, &event), world.line(Locale::EnUs, tag, &event), "{kind}");
        }
    }
}

#[test]
fn a_line_stands_where_it_was_done() {
    let mut world = World::default();
    let plan = LOG.iter().filter(|(kind, ..)| ["equipment.added", "upkeep.planned"].contains(kind)).take(3);
    for (kind, body, _) in plan {
        world.fold(&read(kind, body));
    }
    let done = r#"{"upkeep":"01KAFJWQ400000000000000021","tag":"ABCDEFGH3","result":"done","who":{"proof":"unattributed"},"performed":1795000000000}"#;
    assert_eq!(world.fold(&read("upkeep.done", done)), [(PUMP.parse().unwrap(), 1_795_000_000_000)]);
    let later = done.replace("1795000000000", "1999999999999");
    assert_eq!(world.fold(&read("upkeep.done", &later)), [(PUMP.parse().unwrap(), START_MS + 4 * 60_000)]);
}
