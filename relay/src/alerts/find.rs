//! What is so at a facility now, of all that somebody is told of. Pure: rows in, findings out.

use std::collections::BTreeMap;

use record::alarm::AlarmCode;
use record::fold::{FacilitySettings, StaffCompetency};
use record::kinds::CivilDay;
use record::messages::{HealthAlarm, HealthReport};
use serde::{Deserialize, Serialize};

use super::kind::{AlertKind, AlertSeverity};
use crate::db::delivery::alert_causes::ConcernedItem;
use crate::db::fleet::box_now::BoxRow;
use crate::projections::box_state::{BoxState, entries_behind, read_health};

/// Days before something ends at which somebody is told.
const AHEAD_DAYS: i32 = 30;
/// … and at which it is a warning.
const NEAR_DAYS: i32 = 7;
const DAY_MS: i64 = 86_400_000;
/// As boxes report that a sign-off ends, and that an inspection comes, which the relay tells of itself.
const OWN_KINDS: [&str; 2] = ["competency-ends", "inspection-near"];
/// A clock this far off puts cleanings into the wrong window.
const CLOCK_OFF_MS: i64 = 300_000;
/// Entries on a box that the relay does not have, of which somebody is told at once.
const BEHIND_MANY: i64 = 5_000;
/// Per cent of the storage at which it is an alert, and below which it is none any more.
const FULL_PERCENT: u8 = 90;
const ROOM_PERCENT: u8 = 85;

/// What an alert says, beside its kind. What people wrote of cleanings is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertFacts {
    /// Of the item, the box or the printer.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub serial: String,
    /// When the item was cleaned last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_ms: Option<i64>,
    /// Of an alarm of the box.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// What that is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// When something ends, or comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AlertFinding {
    pub(super) kind: AlertKind,
    pub(super) subject: String,
    pub(super) severity: AlertSeverity,
    /// Since when it is so; absent: nobody knows, so since it was found.
    pub(super) since_ms: Option<i64>,
    pub(super) facts: AlertFacts,
    /// Until when it is known to be so; absent: until now.
    pub(super) as_of_ms: Option<i64>,
}

/// What is known of a facility.
#[derive(Debug, Clone, Default)]
pub(super) struct FacilityConditions {
    pub(super) overdue: Vec<ConcernedItem>,
    /// Until when it is known which are.
    pub(super) as_of_ms: i64,
    pub(super) incomplete: Vec<ConcernedItem>,
    pub(super) competencies: Vec<StaffCompetency>,
    pub(super) boxes: Vec<BoxRow>,
    /// When the newest certificate of a box ends.
    pub(super) certificates: BTreeMap<String, i64>,
    /// Since when directives of a box have no outcome, and how many.
    pub(super) directives: BTreeMap<String, (i64, i64)>,
    pub(super) settings: FacilitySettings,
    /// Windows of the last 30 days that were not met.
    pub(super) gaps: i64,
    /// The number of its civil day.
    pub(super) today: i32,
    /// What is open already, by kind and subject: some of it ends later than it begins.
    pub(super) open: Vec<(AlertKind, String)>,
}

impl FacilityConditions {
    pub(super) fn find(&self, now_ms: i64) -> Vec<AlertFinding> {
        let mut found: Vec<AlertFinding> = Vec::new();
        let overdue = self.overdue.iter().map(|item| of_item(AlertKind::Overdue, item));
        found.extend(overdue.map(|finding| AlertFinding { as_of_ms: Some(self.as_of_ms), ..finding }));
        found.extend(self.incomplete.iter().map(|item| of_item(AlertKind::Incomplete, item)));
        found.extend(self.find_competencies());
        found.extend(self.find_inspection());
        for row in self.boxes.iter().filter(|row| row.revoked_ms.is_none()) {
            found.extend(self.find_box(row, now_ms));
        }
        found
    }

    fn find_competencies(&self) -> Option<AlertFinding> {
        let grants = self.competencies.iter().flat_map(|of| of.protocols.values());
        let days = grants.filter(|grant| !grant.ended).filter_map(|grant| grant.until.map(CivilDay::number));
        let soon: Vec<i32> =
            days.filter(|day| (self.today - 1..=self.today + AHEAD_DAYS).contains(day)).collect();
        let first = *soon.iter().min()?;
        let facts = AlertFacts {
            count: count_of(soon.len()),
            until_ms: Some(day_ms(first)),
            ..AlertFacts::default()
        };
        Some(AlertFinding {
            kind: AlertKind::Competency,
            subject: "people".to_owned(),
            severity: rate_nearness(first - self.today),
            since_ms: None,
            facts,
            as_of_ms: None,
        })
    }

    fn find_inspection(&self) -> Option<AlertFinding> {
        let day = self.settings.inspection.day.0?.number();
        let left = day - self.today;
        if !(0..=AHEAD_DAYS).contains(&left) || self.gaps <= 0 {
            return None;
        }
        let facts = AlertFacts {
            name: self.settings.inspection.title.clone(),
            count: Some(self.gaps),
            until_ms: Some(day_ms(day)),
            ..AlertFacts::default()
        };
        let (kind, subject) = (AlertKind::Inspection, "inspection".to_owned());
        Some(AlertFinding {
            kind,
            subject,
            severity: rate_nearness(left),
            since_ms: None,
            facts,
            as_of_ms: None,
        })
    }

    fn is_open(&self, kind: AlertKind, subject: &str) -> bool {
        self.open.iter().any(|(of, about)| *of == kind && about == subject)
    }

    fn find_box(&self, row: &BoxRow, now_ms: i64) -> Vec<AlertFinding> {
        let of_box = |kind: AlertKind, severity, since_ms: Option<i64>, facts: AlertFacts| AlertFinding {
            kind,
            subject: row.box_id.clone(),
            severity,
            since_ms,
            facts: AlertFacts { name: box_name(row), ..facts },
            as_of_ms: None,
        };
        let (state, none) = (BoxState::of(row, now_ms), AlertFacts::default());
        let mut found = Vec::new();
        if let Some(since_ms) = row.quarantined_ms {
            found.push(of_box(AlertKind::LogFork, AlertSeverity::Critical, Some(since_ms), none.clone()));
        }
        if state == BoxState::Silent {
            found.push(of_box(AlertKind::BoxSilent, AlertSeverity::Warning, row.last_seen_ms, none.clone()));
        }
        let behind = entries_behind(row);
        if state != BoxState::Silent && (state == BoxState::Behind || behind >= BEHIND_MANY) {
            let facts = AlertFacts { count: Some(behind), ..none.clone() };
            let since_ms = (behind < BEHIND_MANY).then_some(row.known_ms);
            found.push(of_box(AlertKind::BoxBehind, AlertSeverity::Warning, since_ms, facts));
        }
        if row.clock == "uncertain" || row.clock_ahead_ms.saturating_abs() >= CLOCK_OFF_MS {
            let facts = AlertFacts { count: Some(row.clock_ahead_ms / 60_000), ..none.clone() };
            found.push(of_box(AlertKind::BoxClock, AlertSeverity::Warning, None, facts));
        }
        let ends_ms = self.certificates.get(&row.box_id).copied();
        if let Some(until_ms) = ends_ms.filter(|ends_ms| *ends_ms <= now_ms + i64::from(AHEAD_DAYS) * DAY_MS)
        {
            let left = i32::try_from((until_ms - now_ms) / DAY_MS).unwrap_or(0);
            let facts = AlertFacts { until_ms: Some(until_ms), ..none.clone() };
            found.push(of_box(AlertKind::Certificate, rate_nearness(left), None, facts));
        }
        if let Some((since_ms, count)) = self.directives.get(&row.box_id).filter(|_| row.online) {
            let facts = AlertFacts { count: Some(*count), ..none };
            found.push(of_box(AlertKind::Directive, AlertSeverity::Note, Some(*since_ms), facts));
        }
        if let Some(health) = read_health(row) {
            found.extend(self.find_reported(row, &health));
        }
        found
    }

    /// What a box said last: of one that is silent since, it stays as it was.
    fn find_reported(&self, row: &BoxRow, health: &HealthReport) -> Vec<AlertFinding> {
        let mut found = Vec::new();
        let full_from = match self.is_open(AlertKind::BoxStorage, &row.box_id) {
            true => ROOM_PERCENT,
            false => FULL_PERCENT,
        };
        if health.disk_percent >= full_from {
            let facts = AlertFacts {
                name: box_name(row),
                count: Some(health.disk_percent.into()),
                ..AlertFacts::default()
            };
            found.push(AlertFinding {
                kind: AlertKind::BoxStorage,
                subject: row.box_id.clone(),
                severity: AlertSeverity::Warning,
                since_ms: None,
                facts,
                as_of_ms: None,
            });
        }
        for printer in health.printers.iter().filter(|printer| printer.state != "ready") {
            let facts =
                AlertFacts { name: printer.name.clone(), place: box_name(row), ..AlertFacts::default() };
            found.push(AlertFinding {
                kind: AlertKind::Printer,
                subject: format!("{} {}", row.box_id, printer.name),
                severity: AlertSeverity::Note,
                since_ms: None,
                facts,
                as_of_ms: None,
            });
        }
        found.extend(
            health.alarms.iter().filter(|alarm| !alarm.seen).filter_map(|alarm| of_alarm(row, alarm)),
        );
        found
    }
}

fn of_item(kind: AlertKind, item: &ConcernedItem) -> AlertFinding {
    let ConcernedItem { tag, name, place, serial, last_ms, since_ms, count } = item.clone();
    let facts = AlertFacts { name, place, serial, last_ms, count: Some(count), ..AlertFacts::default() };
    let severity = match kind {
        AlertKind::Incomplete => AlertSeverity::Note,
        _ => AlertSeverity::Warning,
    };
    AlertFinding { kind, subject: tag, severity, since_ms: Some(since_ms), facts, as_of_ms: None }
}

fn of_alarm(row: &BoxRow, alarm: &HealthAlarm) -> Option<AlertFinding> {
    let code = alarm.code.parse::<AlarmCode>().ok();
    // The clock, sign-offs and inspections are told of otherwise.
    if code == Some(AlarmCode::ClockUnsure) || OWN_KINDS.contains(&alarm.code.as_str()) {
        return None;
    }
    let about = alarm.subject.clone().unwrap_or_default();
    Some(AlertFinding {
        as_of_ms: None,
        kind: AlertKind::BoxAlarm,
        subject: [row.box_id.as_str(), alarm.code.as_str(), about.as_str()].join(" ").trim_end().to_owned(),
        // Gravest first; of a later version's alarms nothing is known.
        severity: match code {
            Some(code) if code <= AlarmCode::RelayOther => AlertSeverity::Critical,
            _ => AlertSeverity::Warning,
        },
        since_ms: Some(alarm.since),
        facts: AlertFacts { name: box_name(row), code: alarm.code.clone(), about, ..AlertFacts::default() },
    })
}

/// What people call a box: its own name, or its facility's, which is told beside it anyway.
fn box_name(row: &BoxRow) -> String {
    row.name.clone().unwrap_or_default()
}

fn rate_nearness(days_left: i32) -> AlertSeverity {
    if days_left <= NEAR_DAYS { AlertSeverity::Warning } else { AlertSeverity::Note }
}

fn count_of(count: usize) -> Option<i64> {
    i64::try_from(count).ok()
}

/// Noon of a day in UTC: the same day wherever it is read as a date.
fn day_ms(day: i32) -> i64 {
    i64::from(day) * DAY_MS + DAY_MS / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projections::box_state::tests::{NOW_MS, good};

    fn with_box(change: impl FnOnce(&mut BoxRow)) -> FacilityConditions {
        let mut row = good();
        change(&mut row);
        FacilityConditions { boxes: vec![row], ..FacilityConditions::default() }
    }

    fn kinds(facts: &FacilityConditions) -> Vec<AlertKind> {
        facts.find(NOW_MS).iter().map(|finding| finding.kind).collect()
    }

    fn health(members: &str) -> Option<String> {
        Some(format!(
            r#"{{"v":1,"epoch":"2-00ab0102","size":1,"cursor":1,"backlog":0,"photos":0,"clock":"synced","wall":5,{members}}}"#
        ))
    }

    #[test]
    fn what_a_box_is_alerted_of() {
        assert_eq!(kinds(&with_box(|_| ())), []);
        let silent = with_box(|row| row.last_seen_ms = Some(NOW_MS - 400_000));
        assert_eq!(kinds(&silent), [AlertKind::BoxSilent]);
        assert_eq!(silent.find(NOW_MS)[0].since_ms, Some(NOW_MS - 400_000));
        assert_eq!(kinds(&with_box(|row| row.quarantined_ms = Some(5))), [AlertKind::LogFork]);
        assert_eq!(kinds(&with_box(|row| row.clock_ahead_ms = -CLOCK_OFF_MS)), [AlertKind::BoxClock]);
        assert_eq!(kinds(&with_box(|row| row.reported_size += BEHIND_MANY)), [AlertKind::BoxBehind]);
        let gone = with_box(|row| {
            row.revoked_ms = Some(1);
            row.quarantined_ms = Some(1);
        });
        assert_eq!(kinds(&gone), [], "it is in use no more");
    }

    #[test]
    fn storage_is_full_until_there_is_room() {
        let at = |percent: u8, open: bool| {
            let mut facts = with_box(|row| row.health = health(&format!(r#""disk_percent":{percent}"#)));
            if open {
                facts.open.push((AlertKind::BoxStorage, facts.boxes[0].box_id.clone()));
            }
            !facts.find(NOW_MS).is_empty()
        };
        assert_eq!([at(89, false), at(90, false), at(86, true), at(84, true)], [false, true, true, false]);
    }

    #[test]
    fn alarms_of_a_box_are_told_until_somebody_there_has_seen_them() {
        let alarms = r#""disk_percent":3,"printers":[{"name":"Zebra","state":"paper out"}],"alarms":[
            {"code":"log-missing","subject":"2-00ab0102","since":7,"seen":false},
            {"code":"of-a-later-version","since":8,"seen":false},
            {"code":"clock-unsure","since":8,"seen":false},
            {"code":"backup-old","since":9,"seen":true}]"#;
        let facts = with_box(|row| row.health = health(alarms));
        let found = facts.find(NOW_MS);
        let said: Vec<_> =
            found.iter().map(|one| (one.kind, one.severity, one.facts.code.as_str())).collect();
        assert_eq!(
            said,
            [
                (AlertKind::Printer, AlertSeverity::Note, ""),
                (AlertKind::BoxAlarm, AlertSeverity::Critical, "log-missing"),
                (AlertKind::BoxAlarm, AlertSeverity::Warning, "of-a-later-version"),
            ]
        );
    }

    #[test]
    fn an_inspection_with_gaps_and_sign_offs_that_end() {
        let day = |number: i32| CivilDay::of_number(number);
        let mut facts = FacilityConditions { today: 20_000, gaps: 4, ..FacilityConditions::default() };
        facts.settings.inspection.day.0 = day(20_031);
        assert_eq!(kinds(&facts), [], "in 31 days");
        facts.settings.inspection.day.0 = day(20_008);
        assert_eq!(facts.find(NOW_MS)[0].severity, AlertSeverity::Note);
        facts.settings.inspection.day.0 = day(20_007);
        assert_eq!(facts.find(NOW_MS)[0].severity, AlertSeverity::Warning);
        facts.gaps = 0;
        assert_eq!(kinds(&facts), []);
        let grants = |until: i32, ended: bool| {
            let text = format!(
                r#"{{"protocols":{{"01KC9V00000000000000000002":{{"until":"{}","ended":{ended},"epoch":"2-00ab0102","seq":4,"set_ms":1}}}}}}"#,
                day(until).unwrap()
            );
            serde_json::from_str::<StaffCompetency>(&text).unwrap()
        };
        facts.competencies = vec![grants(20_030, false), grants(20_001, true), grants(19_000, false)];
        let found = facts.find(NOW_MS);
        assert_eq!((found[0].kind, found[0].facts.count), (AlertKind::Competency, Some(1)));
    }
}
