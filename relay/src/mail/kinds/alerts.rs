//! Mails over alerts: what is new or over at a facility, overdue items, and the digest of an account.

use super::super::letter::{MailFact, MailGroup, MailLetter, MailTableRow, MailTopic};
use crate::db::delivery::alerts::{AlertRow, OpenSum};

/// What of an alert's facts a mail shows.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct ShownFacts {
    name: String,
    place: String,
    serial: String,
    code: String,
    last_ms: Option<i64>,
}

fn read_facts(row: &AlertRow) -> ShownFacts {
    serde_json::from_str(&row.facts).unwrap_or_default()
}

fn kind_word(kind: &str) -> MailFact {
    MailFact::Word(format!("alert-kind-{kind}"))
}

/// What is critical nobody can do without: it is not held back behind others either.
fn find_group(rows: &[&AlertRow]) -> MailGroup {
    const CRITICAL: i64 = 3;
    match rows.iter().any(|row| row.severity >= CRITICAL) {
        true => MailGroup::Needed,
        false => MailGroup::Optional(MailTopic::Alerts),
    }
}

fn is_over(row: &AlertRow) -> bool {
    row.state == "closed"
}

impl MailLetter {
    /// To somebody whom the rules of an account name. Overdue items alone have a mail of their own.
    pub fn alerts(facility: &str, zone: &str, rows: &[&AlertRow], public_url: &str) -> Self {
        if rows.iter().all(|row| row.kind == "overdue" && !is_over(row)) {
            return Self::overdue(facility, zone, rows, public_url);
        }
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let letter = Self::new("alerts", format!("{public_url}/app/alerts")).group(find_group(rows));
        let letter = letter.text("facility", facility).count("count", count);
        let line = |row: &&AlertRow| {
            let ShownFacts { name, code, .. } = read_facts(row);
            let about = if code.is_empty() { name } else { format!("{name} {code}").trim().to_owned() };
            let cells = [kind_word(&row.kind), MailFact::text(&about), MailFact::time_at(row.since_ms, zone)];
            MailTableRow::new(cells).link(format!("{public_url}/app/alerts/{}", row.alert))
        };
        let (over, open): (Vec<&AlertRow>, Vec<&AlertRow>) = rows.iter().partition(|row| is_over(row));
        let letter = letter.line(if open.is_empty() { "over-only" } else { "what" });
        let columns = ["alert", "about", "since"];
        let letter = letter.table("opened", &columns, open.iter().map(line)).table(
            "over",
            &columns,
            over.iter().map(line),
        );
        letter.hint("hint")
    }

    fn overdue(facility: &str, zone: &str, rows: &[&AlertRow], public_url: &str) -> Self {
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let of = rows.first().map(|row| row.facility.clone()).unwrap_or_default();
        let link = format!("{public_url}/app/f/{of}/equipment?show=overdue");
        let letter = Self::new("overdue", link).group(MailGroup::Optional(MailTopic::Alerts));
        let mut oldest = rows.to_vec();
        oldest.sort_by_key(|row| row.since_ms);
        let line = |row: &&AlertRow| {
            let ShownFacts { name, place, serial, last_ms, .. } = read_facts(row);
            let last = last_ms.map_or_else(
                || MailFact::Word("alert-never-cleaned".to_owned()),
                |ms| MailFact::time_at(ms, zone),
            );
            // Five columns are more than a phone shows side by side.
            let named = if serial.is_empty() { name } else { format!("{name} · {serial}") };
            let cells =
                [MailFact::text(&named), MailFact::text(&place), last, MailFact::time_at(row.since_ms, zone)];
            MailTableRow::new(cells).link(format!("{public_url}/app/f/{}/e/{}", row.facility, row.subject))
        };
        let letter = letter.text("facility", facility).count("count", count).line("what");
        letter.table("items", &["item", "place", "last", "since"], oldest.iter().map(line)).hint("hint")
    }

    /// What is open at the facilities that somebody sees, the gravest first.
    pub fn digest(sums: &[&OpenSum], public_url: &str) -> Self {
        let facilities: std::collections::BTreeSet<&str> =
            sums.iter().map(|sum| sum.facility.as_str()).collect();
        let count = i64::try_from(facilities.len()).unwrap_or(i64::MAX);
        let letter = Self::new("digest", format!("{public_url}/app/alerts"))
            .group(MailGroup::Optional(MailTopic::Digest));
        let line = |sum: &&OpenSum| {
            let cells = [MailFact::text(&sum.name), kind_word(&sum.kind), MailFact::Count(sum.alerts)];
            MailTableRow::new(cells).link(format!("{public_url}/app/alerts?facility={}", sum.facility))
        };
        letter.count("count", count).line("what").table(
            "open",
            &["facility", "alert", "count"],
            sums.iter().map(line),
        )
    }
}

fn sample_row(kind: &str, state: &str, facts: &str) -> AlertRow {
    AlertRow {
        alert: "01KC9V00000000000000000009".to_owned(),
        facility: "01KC9V00000000000000000001".to_owned(),
        kind: kind.to_owned(),
        subject: "7QK3M9X2W".to_owned(),
        severity: 2,
        state: state.to_owned(),
        since_ms: super::SAMPLE_AT_MS,
        opened_ms: Some(super::SAMPLE_AT_MS),
        facts: facts.to_owned(),
        ..AlertRow::default()
    }
}

pub(super) fn list_samples() -> Vec<MailLetter> {
    let url = super::sample_link();
    let facts = r#"{"name":"Ultrasound <4>","place":"Ward 3","serial":"88-1","last_ms":1795204920000}"#;
    let overdue = sample_row("overdue", "open", facts);
    let never = sample_row("overdue", "open", r#"{"name":"Pump 2"}"#);
    let alarm = sample_row("box-alarm", "open", r#"{"name":"Basement","code":"backup-old"}"#);
    let over = sample_row("box-silent", "closed", "{}");
    let alerts = |rows: &[&AlertRow]| MailLetter::alerts("Alder <Health>", "America/Chicago", rows, &url);
    let sum = OpenSum {
        facility: overdue.facility.clone(),
        name: "Valley Hospital".to_owned(),
        region: None,
        severity: 2,
        kind: "box-silent".to_owned(),
        alerts: 3,
        since_ms: super::SAMPLE_AT_MS,
    };
    vec![
        alerts(&[&overdue, &never]),
        alerts(&[&overdue, &alarm, &over]),
        alerts(&[&over]),
        MailLetter::digest(&[&sum], &url),
    ]
}
