//! The state of a box, as pages show it.

use record::messages::{HealthReport, PrinterHealth};

use crate::db::fleet::box_now::BoxRow;
use crate::projections::box_state::{BoxState, CLOCK_OFF_MS, SILENT_MS, entries_behind};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::BoxesWords;

const PRINTERS_SHOWN: usize = 4;

impl BoxState {
    pub(crate) fn badge(self, words: BoxesWords) -> StatusBadge {
        let tone = match self {
            Self::Quarantined | Self::Silent | Self::Alarmed => BadgeTone::Late,
            Self::ClockUnsure | Self::Behind => BadgeTone::Due,
            Self::Good => BadgeTone::Ok,
            Self::Waiting | Self::None | Self::Revoked => BadgeTone::Plain,
        };
        StatusBadge::new(tone, words.box_state(self.word()))
    }

    /// The same with how long it has been silent, for tables in which nothing else says it.
    pub(crate) fn badge_with_span(self, last_seen_ms: Option<i64>, wall: &LocalTime) -> StatusBadge {
        let words: BoxesWords = wall.words();
        let mut badge = self.badge(words);
        if let (Self::Silent, Some(last_seen_ms)) = (self, last_seen_ms) {
            badge.text = words.box_silent_for(wall.span(wall.now_ms() - last_seen_ms));
        }
        if self == Self::Good {
            badge.text = words.box_online();
        }
        badge
    }
}

/// Whether what the box reported of itself is current: it is in service and was heard some minutes ago at most.
pub(crate) fn is_fresh(row: &BoxRow, now_ms: i64) -> bool {
    row.revoked_ms.is_none() && row.last_seen_ms.is_some_and(|at| now_ms.saturating_sub(at) <= SILENT_MS)
}

/// What a box reported of itself, in the past where it may have changed since.
pub(crate) fn as_reported(words: BoxesWords, what: String, is_fresh: bool) -> String {
    if is_fresh { what } else { words.box_was(what) }
}

/// The backlog as tables show it: of a silent box nobody knows it.
pub(crate) fn backlog_text(row: &BoxRow, state: BoxState, wall: &LocalTime) -> String {
    backlog_words(entries_behind(row), state, wall)
}

pub(crate) fn backlog_words(behind: i64, state: BoxState, wall: &LocalTime) -> String {
    let words: BoxesWords = wall.words();
    match state {
        BoxState::Silent | BoxState::Waiting | BoxState::None | BoxState::Revoked => words.box_unknown(),
        BoxState::Quarantined if behind == 0 => words.box_held(),
        BoxState::Quarantined => words.box_held_count(behind),
        _ => wall.number(behind),
    }
}

pub(crate) fn clock_text(row: &BoxRow, wall: &LocalTime) -> String {
    let words: BoxesWords = wall.words();
    if row.last_seen_ms.is_none() {
        return words.box_unknown();
    }
    let state = words.box_clock(&row.clock);
    let off = row.clock_ahead_ms.saturating_abs();
    let clock = match row.clock_ahead_ms {
        _ if off <= CLOCK_OFF_MS => state,
        1.. => words.box_clock_ahead(state, wall.span(off)),
        _ => words.box_clock_behind(state, wall.span(off)),
    };
    as_reported(words, clock, is_fresh(row, wall.now_ms()))
}

/// Its printers as tags; in the past, and neither good nor bad, where nobody knows how they are now.
pub(crate) fn printer_badges(
    words: BoxesWords,
    health: Option<&HealthReport>,
    is_fresh: bool,
) -> Vec<StatusBadge> {
    shown_printers(health).iter().map(|printer| printer_badge(words, printer, is_fresh)).collect()
}

/// As many printers as a page has space for.
fn shown_printers(health: Option<&HealthReport>) -> &[PrinterHealth] {
    let printers = health.map(|health| health.printers.as_slice()).unwrap_or_default();
    &printers[..printers.len().min(PRINTERS_SHOWN)]
}

fn printer_badge(words: BoxesWords, printer: &PrinterHealth, is_fresh: bool) -> StatusBadge {
    let key = printer_key(&printer.state);
    if !is_fresh {
        return StatusBadge::new(BadgeTone::Plain, words.box_printer_was(key, &printer.state));
    }
    let tone = match key {
        "ready" => BadgeTone::Ok,
        "printing" | "not-asked" => BadgeTone::Plain,
        _ => BadgeTone::Late,
    };
    StatusBadge::new(tone, words.box_printer(key, capitalise_text(&printer.state)))
}

/// The same as facts: `Bench: ready`.
pub(crate) fn printer_facts(words: BoxesWords, health: &HealthReport, is_fresh: bool) -> Vec<String> {
    shown_printers(Some(health))
        .iter()
        .map(|printer: &PrinterHealth| {
            let (name, key, other) = (&printer.name, printer_key(&printer.state), &printer.state);
            match is_fresh {
                true => words.box_printer_fact(name, key, other),
                false => words.box_printer_fact_was(name, key, other),
            }
        })
        .collect()
}

/// The state of a printer as boxes write it; those of a later version are none of ours.
fn printer_key(state: &str) -> &'static str {
    match state {
        "ready" => "ready",
        "printing" => "printing",
        "not asked yet" => "not-asked",
        "stopped" => "stopped",
        "no answer" => "no-answer",
        "fault of the box" => "fault",
        _ => "other",
    }
}

fn capitalise_text(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projections::box_state::tests::{NOW_MS, good};

    fn wall() -> LocalTime {
        LocalTime::new(NOW_MS, "UTC")
    }

    #[test]
    fn in_words() {
        let row = BoxRow { last_seen_ms: Some(NOW_MS - 470 * 60_000), ..good() };
        assert_eq!(BoxState::Silent.badge_with_span(row.last_seen_ms, &wall()).text, "Offline 7 h");
        assert_eq!(backlog_text(&row, BoxState::Silent, &wall()), "unknown");
        let row = BoxRow { reported_size: 42_648, clock_ahead_ms: -240_000, ..good() };
        assert_eq!(backlog_text(&row, BoxState::Behind, &wall()), "1,441");
        assert_eq!(clock_text(&row, &wall()), "synced, 4 min behind");
        assert_eq!(clock_text(&good(), &wall()), "synced");
        assert_eq!(clock_text(&BoxRow { last_seen_ms: None, ..good() }, &wall()), "unknown");
    }

    #[test]
    fn what_a_silent_box_told_is_past_and_not_green() {
        let reported = r#"{"v":1,"epoch":"1-00ab0102","size":1,"cursor":1,"backlog":0,"photos":0,"disk_percent":34,
            "printers":[{"name":"Bench","state":"ready"}],"clock":"synced","wall":1}"#;
        let health: HealthReport = serde_json::from_str(reported).unwrap();
        let shown = |row: &BoxRow| {
            let badges = printer_badges(wall().words(), Some(&health), is_fresh(row, NOW_MS));
            badges.into_iter().map(|badge| (badge.tone, badge.text)).collect::<Vec<_>>()
        };
        assert_eq!(shown(&good()), [(BadgeTone::Ok, "Ready".to_owned())]);
        let mut other = health.clone();
        other.printers[0].state = "paper out".into();
        let badge = &printer_badges(wall().words(), Some(&other), true)[0];
        assert_eq!((badge.tone, badge.text.as_str()), (BadgeTone::Late, "Paper out"));
        assert_eq!(printer_facts(wall().words(), &other, false), ["Bench: was paper out"]);
        let silent = BoxRow { last_seen_ms: Some(NOW_MS - SILENT_MS - 1), ..good() };
        let revoked = BoxRow { revoked_ms: Some(1), ..good() };
        for row in [silent, revoked] {
            assert_eq!(shown(&row), [(BadgeTone::Plain, "Was ready".to_owned())]);
            assert_eq!(clock_text(&row, &wall()), "was synced");
        }
    }
}
