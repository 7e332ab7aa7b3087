//! How a box stands, in one word: decided here for every page that shows it.

use record::messages::{HealthReport, PrinterHealth};

use crate::db::dashboard::BoxRow;
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::BoxesWords;

/// A box that was not heard for so long is silent: three of its minutes.
const SILENT_MS: i64 = 180_000;
/// This many entries behind are more than what is just on its way: one batch.
const BEHIND_MAX: i64 = 512;
/// A clock this far off cuts days in the wrong place.
const CLOCK_OFF_MS: i64 = 60_000;
/// Printers of one box that a page shows.
const PRINTERS_SHOWN: usize = 4;

/// How a box stands; those that need somebody first come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BoxState {
    /// Its log contradicts itself.
    Quarantined,
    /// Not heard for some minutes.
    Silent,
    /// It is heard, and has an alarm that nobody at the facility has acknowledged, or a log stands under its name that nothing
    /// says is its own.
    Alarmed,
    /// Claimed, and has said nothing yet.
    Waiting,
    /// Its clock may be wrong.
    ClockUnsure,
    /// It is heard and sends what it recorded before.
    CatchingUp,
    /// As it should be.
    Good,
    /// Taken out of use.
    Revoked,
}

impl BoxState {
    /// Decides.
    pub(crate) fn of(row: &BoxRow, known_ms: i64, now_ms: i64) -> Self {
        if row.revoked_ms.is_some() {
            return Self::Revoked;
        }
        if row.quarantined_ms.is_some() {
            return Self::Quarantined;
        }
        let Some(heard_ms) = row.heard_ms else { return Self::Waiting };
        if now_ms.saturating_sub(heard_ms) > SILENT_MS {
            return Self::Silent;
        }
        if row.waiting_logs > 0 || !crate::web::view_models::box_alarms::unseen_alarms(row).is_empty() {
            return Self::Alarmed;
        }
        let behind = entries_behind(row);
        let late = behind > 0 && now_ms.saturating_sub(known_ms) > SILENT_MS;
        if behind > BEHIND_MAX || late {
            return Self::CatchingUp;
        }
        if row.clock == "uncertain" || row.clock_ahead_ms.saturating_abs() > CLOCK_OFF_MS {
            return Self::ClockUnsure;
        }
        Self::Good
    }

    fn key(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Silent => "silent",
            Self::Alarmed => "alarmed",
            Self::Waiting => "waiting",
            Self::ClockUnsure => "clock-unsure",
            Self::CatchingUp => "catching-up",
            Self::Good => "good",
            Self::Revoked => "revoked",
        }
    }

    /// Its word on the fleet page, with its tint.
    pub(crate) fn badge(self, words: BoxesWords) -> StatusBadge {
        let tone = match self {
            Self::Quarantined | Self::Silent | Self::Alarmed => BadgeTone::Late,
            Self::ClockUnsure | Self::CatchingUp => BadgeTone::Due,
            Self::Good => BadgeTone::Ok,
            Self::Waiting | Self::Revoked => BadgeTone::Plain,
        };
        StatusBadge::new(tone, words.box_state(self.key()))
    }

    /// The same with how long it has been silent, for tables in which nothing else says it.
    pub(crate) fn badge_with_span(self, heard_ms: Option<i64>, wall: &LocalTime) -> StatusBadge {
        let words: BoxesWords = wall.words();
        let mut badge = self.badge(words);
        if let (Self::Silent, Some(heard_ms)) = (self, heard_ms) {
            badge.text = words.box_silent_for(wall.span(wall.now_ms() - heard_ms));
        }
        if self == Self::Good {
            badge.text = words.box_online();
        }
        badge
    }
}

/// Whether what the box told of itself is of now: it is in service and was heard some minutes ago at most.
pub(crate) fn is_fresh(row: &BoxRow, now_ms: i64) -> bool {
    row.revoked_ms.is_none() && row.heard_ms.is_some_and(|at| now_ms.saturating_sub(at) <= SILENT_MS)
}

/// What a box told of itself, in the past where it may have changed since.
pub(crate) fn as_reported(words: BoxesWords, what: String, is_fresh: bool) -> String {
    if is_fresh { what } else { words.box_was(what) }
}

/// Entries that the box has told of and the relay does not hold.
pub(crate) fn entries_behind(row: &BoxRow) -> i64 {
    row.told_size.saturating_sub(row.held_size).max(0)
}

/// The backlog as tables show it: of a silent box nobody knows it.
pub(crate) fn backlog_text(row: &BoxRow, state: BoxState, wall: &LocalTime) -> String {
    let (words, behind) = (wall.words::<BoxesWords>(), entries_behind(row));
    match state {
        BoxState::Silent | BoxState::Waiting | BoxState::Revoked => words.box_unknown(),
        BoxState::Quarantined if behind == 0 => words.box_held(),
        BoxState::Quarantined => words.box_held_count(behind),
        _ => wall.number(behind),
    }
}

/// Its clock in words.
pub(crate) fn clock_text(row: &BoxRow, wall: &LocalTime) -> String {
    let words: BoxesWords = wall.words();
    if row.heard_ms.is_none() {
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

/// As many printers as a page has room for.
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
    let fact = |printer: &PrinterHealth| {
        let (name, key, other) = (&printer.name, printer_key(&printer.state), &printer.state);
        match is_fresh {
            true => words.box_printer_fact(name, key, other),
            false => words.box_printer_fact_was(name, key, other),
        }
    };
    shown_printers(Some(health)).iter().map(fact).collect()
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
pub(crate) mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_204_920_000;

    /// A box that is heard and has sent everything.
    pub(crate) fn good() -> BoxRow {
        BoxRow {
            box_id: "01KC9V00000000000000000000".into(),
            facility: "01KC9V00000000000000000001".into(),
            version: "1.4.2".into(),
            claimed_ms: NOW_MS - 86_400_000,
            revoked_ms: None,
            quarantined_ms: None,
            epoch: "1-00ab0102".into(),
            told_size: 41_207,
            held_size: 41_207,
            held_all: 41_207,
            waiting_logs: 0,
            heard_ms: Some(NOW_MS - 20_000),
            online: true,
            clock: "synced".into(),
            clock_ahead_ms: 12,
            refusals: 0,
            health: None,
        }
    }

    fn wall() -> LocalTime {
        LocalTime::new(NOW_MS, "UTC")
    }

    #[test]
    fn every_state_and_its_order() {
        let state = |change: fn(&mut BoxRow)| {
            let mut row = good();
            change(&mut row);
            BoxState::of(&row, NOW_MS - 20_000, NOW_MS)
        };
        assert_eq!(state(|_| ()), BoxState::Good);
        assert_eq!(state(|b| b.heard_ms = None), BoxState::Waiting);
        assert_eq!(state(|b| b.heard_ms = Some(NOW_MS - SILENT_MS - 1)), BoxState::Silent);
        assert_eq!(state(|b| b.told_size += BEHIND_MAX), BoxState::Good, "on its way");
        assert_eq!(state(|b| b.told_size += BEHIND_MAX + 1), BoxState::CatchingUp);
        assert_eq!(state(|b| b.clock = "uncertain".into()), BoxState::ClockUnsure);
        assert_eq!(state(|b| b.clock_ahead_ms = -CLOCK_OFF_MS - 1), BoxState::ClockUnsure);
        assert_eq!(state(|b| b.waiting_logs = 1), BoxState::Alarmed);
        assert_eq!(state(|b| b.quarantined_ms = Some(1)), BoxState::Quarantined);
        assert_eq!(
            state(|b| {
                b.quarantined_ms = Some(1);
                b.revoked_ms = Some(1);
            }),
            BoxState::Revoked
        );
        assert!(BoxState::Quarantined < BoxState::Silent && BoxState::Silent < BoxState::Good);
    }

    #[test]
    fn none_is_good_while_nobody_has_seen_its_alarm() {
        let with = |alarms: &str| {
            let health = format!(
                r#"{{"v":1,"epoch":"2-00ab0102","size":1,"cursor":1,"backlog":0,"photos":0,"disk_percent":3,"clock":"synced","wall":5,"alarms":{alarms}}}"#
            );
            let row = BoxRow { health: Some(health), ..good() };
            BoxState::of(&row, NOW_MS, NOW_MS)
        };
        assert_eq!(with("[]"), BoxState::Good);
        let forgot = r#"[{"code":"log-forgot","subject":"1-00ab0102 4-9","since":7,"seen":SEEN}]"#;
        assert_eq!(with(&forgot.replace("SEEN", "false")), BoxState::Alarmed);
        assert_eq!(with(&forgot.replace("SEEN", "true")), BoxState::Good);
        let over = r#"[{"code":"of-a-later-version","since":7,"over":8,"seen":false}]"#;
        assert_eq!(with(over), BoxState::Alarmed, "over, of a later version, and seen by nobody");
        assert_eq!(BoxState::Alarmed.badge_with_span(Some(NOW_MS), &wall()).text, "Needs attention");
        assert!(BoxState::Silent < BoxState::Alarmed && BoxState::Alarmed < BoxState::ClockUnsure);
    }

    #[test]
    fn a_few_entries_that_do_not_come_are_catching_up() {
        let row = BoxRow { told_size: 41_208, ..good() };
        assert_eq!(BoxState::of(&row, NOW_MS - SILENT_MS - 1, NOW_MS), BoxState::CatchingUp);
    }

    #[test]
    fn in_words() {
        let row = BoxRow { heard_ms: Some(NOW_MS - 470 * 60_000), ..good() };
        assert_eq!(BoxState::Silent.badge_with_span(row.heard_ms, &wall()).text, "Offline 7 h");
        assert_eq!(backlog_text(&row, BoxState::Silent, &wall()), "unknown");
        let row = BoxRow { told_size: 42_648, clock_ahead_ms: -240_000, ..good() };
        assert_eq!(backlog_text(&row, BoxState::CatchingUp, &wall()), "1,441");
        assert_eq!(clock_text(&row, &wall()), "synced, 4 min behind");
        assert_eq!(clock_text(&good(), &wall()), "synced");
        assert_eq!(clock_text(&BoxRow { heard_ms: None, ..good() }, &wall()), "unknown");
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
        let silent = BoxRow { heard_ms: Some(NOW_MS - SILENT_MS - 1), ..good() };
        let revoked = BoxRow { revoked_ms: Some(1), ..good() };
        for row in [silent, revoked] {
            assert_eq!(shown(&row), [(BadgeTone::Plain, "Was ready".to_owned())]);
            assert_eq!(clock_text(&row, &wall()), "was synced");
        }
    }
}
