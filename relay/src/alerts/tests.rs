//! What becomes of alerts as time passes, with made rows.

use super::find::{AlertFacts, AlertFinding};
use super::kind::{AlertKind, AlertRule, AlertRules, AlertSeverity};
use super::reconcile::{AlertChange, AlertState, LookedAlert, next_change_ms, reconcile_alerts};
use crate::db::delivery::alerts::AlertRow;

/// 2026-11-20 20:02 UTC.
pub(super) const NOW_MS: i64 = 1_795_204_920_000;
const MINUTE_MS: i64 = 60_000;

pub(super) fn alert(kind: AlertKind) -> LookedAlert {
    LookedAlert::of_row(alert_row(kind))
}

pub(crate) fn alert_row(kind: AlertKind) -> AlertRow {
    AlertRow {
        alert: "01KC9V00000000000000000009".to_owned(),
        facility: "01KC9V00000000000000000001".to_owned(),
        kind: kind.word().to_owned(),
        subject: "7QK3M9X2W".to_owned(),
        severity: AlertSeverity::Warning.number(),
        state: AlertState::Open.word().to_owned(),
        since_ms: NOW_MS,
        opened_ms: Some(NOW_MS),
        facts: "{}".to_owned(),
        ..AlertRow::default()
    }
}

fn finding(kind: AlertKind, severity: AlertSeverity) -> AlertFinding {
    let subject = "7QK3M9X2W".to_owned();
    AlertFinding {
        kind,
        subject,
        severity,
        since_ms: Some(NOW_MS),
        facts: AlertFacts::default(),
        as_of_ms: None,
    }
}

/// A facility with one alert at most, looked at again and again.
struct OneAlert {
    rules: AlertRules,
    rows: Vec<AlertRow>,
    changes: Vec<String>,
}

impl OneAlert {
    fn new(rules: &[AlertRule]) -> Self {
        let rows: Vec<_> = rules.iter().map(AlertRule::to_row).collect();
        Self { rules: AlertRules::of_rows(&rows), rows: Vec::new(), changes: Vec::new() }
    }

    fn look(&mut self, findings: &[AlertFinding], now_ms: i64) -> Vec<LookedAlert> {
        let new = |finding: &AlertFinding| AlertRow {
            alert: now_ms.to_string(),
            since_ms: finding.since_ms.unwrap_or(now_ms),
            state: AlertState::Pending.word().to_owned(),
            opened_ms: None,
            ..alert_row(finding.kind)
        };
        let looked = reconcile_alerts(std::mem::take(&mut self.rows), findings, &self.rules, now_ms, new);
        for one in looked.iter().filter(|one| !one.is_gone) {
            self.rows.push(one.row.clone());
            self.changes.extend(one.events.iter().map(|event| event.word.clone()));
        }
        looked
    }

    fn set_notified(&mut self, by: &str) {
        for row in &mut self.rows {
            (row.notify_ms, row.notified) = (None, by.to_owned());
        }
    }
}

const LATER: [i64; 6] = [29, 30, 31, 270, 271, 400];

#[test]
fn it_opens_after_its_minutes_is_escalated_once_and_is_over() {
    let mut one = OneAlert::new(&[]);
    let overdue = [finding(AlertKind::Overdue, AlertSeverity::Warning)];
    let states: Vec<String> = LATER
        .iter()
        .map(|minutes| {
            let looked = one.look(&overdue, NOW_MS + minutes * MINUTE_MS);
            format!("{} {}", looked[0].row.state, looked[0].row.level)
        })
        .collect();
    assert_eq!(states, ["pending 0", "open 0", "open 0", "open 1", "open 1", "open 1"]);
    one.set_notified("ana");
    let ended = one.look(&[], NOW_MS + 401 * MINUTE_MS);
    assert_eq!(ended[0].state(), AlertState::Closed);
    assert!(ended[0].row.notify_ms.is_some(), "whoever was told of it is told that it is over");
    assert_eq!(one.changes, ["opened", "escalated", "closed"]);
}

#[test]
fn what_passes_before_it_opens_leaves_nothing() {
    let mut one = OneAlert::new(&[]);
    let looked = one.look(&[finding(AlertKind::Overdue, AlertSeverity::Warning)], NOW_MS);
    assert_eq!(next_change_ms(&looked, &one.rules, NOW_MS), Some(NOW_MS + 30 * MINUTE_MS));
    let looked = one.look(&[], NOW_MS + MINUTE_MS);
    assert!(looked[0].is_gone && one.rows.is_empty() && one.changes.is_empty());
}

#[test]
fn what_comes_and_goes_is_one_alert_and_notified_once_until_its_end_was() {
    let mut one = OneAlert::new(&[]);
    let fork = [finding(AlertKind::Certificate, AlertSeverity::Warning)];
    let looked = one.look(&fork, NOW_MS);
    assert_eq!(looked[0].row.notify_ms, Some(NOW_MS + 5 * MINUTE_MS), "gathered");
    one.set_notified("ana");
    for n in 1..100 {
        let at_ms = NOW_MS + n * MINUTE_MS / 2;
        let looked = one.look(if n % 2 == 0 { &fork } else { &[] }, at_ms);
        assert_eq!(looked.len(), 1);
        assert_eq!(
            looked[0].row.notify_ms.is_some(),
            n % 2 == 1,
            "its end alone is to be told, and is not so for long"
        );
    }
    // Its end was told: that it began again is told, too.
    one.set_notified("");
    let looked = one.look(&fork, NOW_MS + 60 * MINUTE_MS);
    assert_eq!(looked.len(), 1);
    assert!(looked[0].row.notify_ms.is_some());
    one.look(&[], NOW_MS + 61 * MINUTE_MS);
    let looked = one.look(&fork, NOW_MS + 122 * MINUTE_MS);
    assert_eq!(looked.len(), 2, "an hour later it is another one");
}

#[test]
fn what_gets_graver_is_open_again_and_critical_is_told_at_once() {
    let mut one = OneAlert::new(&[]);
    one.look(&[finding(AlertKind::BoxAlarm, AlertSeverity::Warning)], NOW_MS);
    one.set_notified("ana");
    AlertState::Acknowledged.word().clone_into(&mut one.rows[0].state);
    let looked = one.look(&[finding(AlertKind::BoxAlarm, AlertSeverity::Critical)], NOW_MS + MINUTE_MS);
    assert_eq!((looked[0].state(), looked[0].row.notify_ms), (AlertState::Open, Some(NOW_MS + MINUTE_MS)));
    assert_eq!(one.changes, ["opened", "raised"]);
}

#[test]
fn put_off_it_comes_again_and_acknowledged_it_does_not() {
    let mut one = OneAlert::new(&[]);
    let overdue = [finding(AlertKind::BoxSilent, AlertSeverity::Warning)];
    one.look(&overdue, NOW_MS + 60 * MINUTE_MS);
    AlertState::Snoozed.word().clone_into(&mut one.rows[0].state);
    one.rows[0].snoozed_until_ms = Some(NOW_MS + 120 * MINUTE_MS);
    one.rows[0].notify_ms = None;
    let looked = one.look(&overdue, NOW_MS + 119 * MINUTE_MS);
    assert_eq!(looked[0].state(), AlertState::Snoozed);
    assert_eq!(next_change_ms(&looked, &one.rules, NOW_MS + 119 * MINUTE_MS), Some(NOW_MS + 120 * MINUTE_MS));
    let looked = one.look(&overdue, NOW_MS + 120 * MINUTE_MS);
    assert_eq!(looked[0].state(), AlertState::Open);
    assert!(looked[0].row.notify_ms.is_some());
    AlertState::Acknowledged.word().clone_into(&mut one.rows[0].state);
    let looked = one.look(&overdue, NOW_MS + 10_000 * MINUTE_MS);
    assert_eq!(looked[0].state(), AlertState::Acknowledged);
}

#[test]
fn a_rule_that_is_off_opens_nothing_and_ends_what_it_opened() {
    let overdue = [finding(AlertKind::BoxStorage, AlertSeverity::Warning)];
    let rule = OneAlert::new(&[]).rules.find(AlertKind::BoxStorage).cloned().unwrap();
    let mut off = OneAlert::new(&[AlertRule { is_on: false, ..rule }]);
    off.look(&overdue, NOW_MS);
    assert_eq!(off.rows, []);
    off.rows = vec![alert_row(AlertKind::BoxStorage)];
    off.look(&overdue, NOW_MS);
    assert_eq!(off.rows[0].state, "closed");
    assert_eq!(
        (off.rows[0].closed_by.as_deref(), off.rows[0].notify_ms),
        (Some("rule"), None),
        "nobody hears that it is over"
    );
}

#[test]
fn what_somebody_acknowledged_stays_so_when_it_begins_again() {
    let mut one = OneAlert::new(&[]);
    let overdue = [finding(AlertKind::BoxSilent, AlertSeverity::Warning)];
    one.look(&overdue, NOW_MS + 60 * MINUTE_MS);
    one.set_notified("ana");
    AlertState::Acknowledged.word().clone_into(&mut one.rows[0].state);
    one.rows[0].acknowledged_ms = Some(NOW_MS + 61 * MINUTE_MS);
    one.look(&[], NOW_MS + 62 * MINUTE_MS);
    one.set_notified("");
    let looked = one.look(&overdue, NOW_MS + 63 * MINUTE_MS);
    assert_eq!((looked[0].state(), looked[0].row.notify_ms), (AlertState::Acknowledged, None));
}

#[test]
fn it_opens_by_what_is_known_and_not_behind_it() {
    let mut one = OneAlert::new(&[]);
    let known = |minutes: i64| {
        let as_of_ms = Some(NOW_MS + minutes * MINUTE_MS);
        [AlertFinding { as_of_ms, ..finding(AlertKind::Overdue, AlertSeverity::Warning) }]
    };
    assert_eq!(one.look(&known(29), NOW_MS + 300 * MINUTE_MS)[0].state(), AlertState::Pending);
    assert_eq!(one.look(&known(30), NOW_MS + 301 * MINUTE_MS)[0].state(), AlertState::Open);
}

#[test]
fn each_state_and_change_is_a_word() {
    for state in ["pending", "open", "acknowledged", "snoozed", "closed"] {
        assert_eq!(AlertState::read(state).word(), state);
    }
    let words: std::collections::BTreeSet<_> = AlertChange::ALL.iter().map(|change| change.word()).collect();
    assert_eq!(words.len(), AlertChange::ALL.len());
}
