//! An alert in words.

use crate::alerts::kind::{AlertKind, AlertSeverity};
use crate::alerts::{AlertFacts, AlertState};
use crate::db::delivery::alerts::{AlertRow, ListedAlert};
use crate::web::view_models::formats::{BadgeTone, StatusBadge};
use crate::web::words::{AlertsWords, BoxesWords, open_words};

/// What a kind is called, and what it means.
pub(crate) fn name_kind(w: AlertsWords, kind: &str) -> String {
    word_of_kind(w, "kind", kind)
}

pub(crate) fn explain_kind(w: AlertsWords, kind: &str) -> String {
    word_of_kind(w, "means", kind)
}

fn word_of_kind(w: AlertsWords, part: &str, kind: &str) -> String {
    let known = AlertKind::read(kind).map_or("other", AlertKind::word);
    w.catalog().format(&format!("alert-{part}-{known}"), &[])
}

pub(crate) fn read_facts(row: &AlertRow) -> AlertFacts {
    // What another build wrote has fewer words here, and is an alert all the same.
    serde_json::from_str(&row.facts).unwrap_or_default()
}

/// What it is about, as people call it: the item, the printer, the alarm, else the box or nothing.
pub(crate) fn name_subject(facts: &AlertFacts) -> String {
    if facts.code.is_empty() {
        return facts.name.clone();
    }
    let w: BoxesWords = open_words();
    match facts.code.parse::<record::alarm::AlarmCode>() {
        Ok(code) => w.box_alarm(code.as_str()),
        Err(_) => w.box_alarm_unknown(facts.code.as_str()),
    }
}

/// Where more is to be seen: its item, its box, or its facility.
pub(crate) enum AlertPlace {
    Item(String),
    Box(String),
    Facility(String),
}

pub(crate) fn find_place(row: &AlertRow) -> AlertPlace {
    let first = row.subject.split(' ').next().unwrap_or_default();
    match AlertKind::read(&row.kind) {
        Some(AlertKind::Overdue | AlertKind::Incomplete) => {
            AlertPlace::Item(format!("/app/f/{}/e/{first}", row.facility))
        }
        Some(AlertKind::Inspection) => AlertPlace::Facility(format!("/app/f/{}/gaps", row.facility)),
        Some(AlertKind::Competency) | None => AlertPlace::Facility(format!("/app/f/{}", row.facility)),
        Some(_) => AlertPlace::Box(format!("/app/boxes/{first}")),
    }
}

pub(crate) fn state_badge(w: AlertsWords, row: &AlertRow) -> StatusBadge {
    let state = AlertState::read(&row.state);
    let tone = match (state, AlertSeverity::of_row(row.severity)) {
        (AlertState::Closed, _) => BadgeTone::Ok,
        (AlertState::Open, AlertSeverity::Critical | AlertSeverity::Warning) => BadgeTone::Late,
        (AlertState::Open, AlertSeverity::Note) => BadgeTone::Due,
        (AlertState::Acknowledged | AlertState::Snoozed | AlertState::Pending, _) => BadgeTone::Plain,
    };
    StatusBadge::new(tone, w.alert_state(state.word()))
}

pub(crate) fn severity_word(row: &AlertRow) -> &'static str {
    match AlertSeverity::of_row(row.severity) {
        AlertSeverity::Critical => "critical",
        AlertSeverity::Warning => "warning",
        AlertSeverity::Note => "note",
    }
}

/// Kind and subject in one line, such as a title.
pub(crate) fn title_alert(w: AlertsWords, listed: &ListedAlert) -> String {
    let subject = name_subject(&read_facts(&listed.row));
    let kind = name_kind(w, &listed.row.kind);
    if subject.is_empty() { kind } else { format!("{kind}: {subject}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_words_and_no_words_are_left_over() {
        let kinds = AlertKind::ALL.iter().map(|kind| kind.word()).chain(["other"]);
        let expected: Vec<String> =
            kinds.flat_map(|kind| ["kind", "means"].map(|part| format!("alert-{part}-{kind} ="))).collect();
        for words in
            [include_str!("../../../words/en/alerts.ftl"), include_str!("../../../words/es/alerts.ftl")]
        {
            for key in &expected {
                assert!(words.lines().any(|line| line.starts_with(key)), "{key}");
            }
            let found = words
                .lines()
                .filter(|line| line.starts_with("alert-kind-") || line.starts_with("alert-means-"));
            assert_eq!(found.count(), expected.len());
        }
    }
}
