//! How a box stands, in one word: decided here for every page that shows it.

use record::messages::Health;

use crate::db::dashboard::BoxRow;
use crate::web::view_models::formats::{Badge, Tone, grouped, span};

/// A box that was not heard for so long is silent: three of its minutes.
const SILENT_MS: i64 = 180_000;
/// This many entries behind are more than what is just on its way: one batch.
const BEHIND_MAX: i64 = 512;
/// A clock this far off cuts days in the wrong place.
const CLOCK_OFF_MS: i64 = 60_000;

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
        if row.waiting_logs > 0 || !crate::web::view_models::box_alarms::unseen(row).is_empty() {
            return Self::Alarmed;
        }
        let behind = behind(row);
        let late = behind > 0 && now_ms.saturating_sub(known_ms) > SILENT_MS;
        if behind > BEHIND_MAX || late {
            return Self::CatchingUp;
        }
        if row.clock == "uncertain" || row.clock_ahead_ms.saturating_abs() > CLOCK_OFF_MS {
            return Self::ClockUnsure;
        }
        Self::Good
    }

    /// Its word on the fleet page.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Quarantined => "Quarantined",
            Self::Silent => "Silent",
            Self::Alarmed => "Needs attention",
            Self::Waiting => "Waiting for first word",
            Self::ClockUnsure => "Clock unsure",
            Self::CatchingUp => "Catching up",
            Self::Good => "Good",
            Self::Revoked => "Revoked",
        }
    }

    /// Its word with its tint.
    pub(crate) fn badge(self) -> Badge {
        let tone = match self {
            Self::Quarantined | Self::Silent | Self::Alarmed => Tone::Late,
            Self::ClockUnsure | Self::CatchingUp => Tone::Due,
            Self::Good => Tone::Ok,
            Self::Waiting | Self::Revoked => Tone::Plain,
        };
        Badge::new(tone, self.word())
    }

    /// The same with how long it has been silent, for tables in which nothing else says it.
    pub(crate) fn badge_with_span(self, heard_ms: Option<i64>, now_ms: i64) -> Badge {
        let mut badge = self.badge();
        if let (Self::Silent, Some(heard_ms)) = (self, heard_ms) {
            badge.text = format!("Silent {}", span(now_ms - heard_ms));
        }
        if self == Self::Good {
            "Heard".clone_into(&mut badge.text);
        }
        badge
    }
}

/// Whether what the box told of itself is of now: it is in service and was heard some minutes ago at most.
pub(crate) fn is_fresh(row: &BoxRow, now_ms: i64) -> bool {
    row.revoked_ms.is_none() && row.heard_ms.is_some_and(|at| now_ms.saturating_sub(at) <= SILENT_MS)
}

/// What a box told of itself, in the past where it may have changed since.
pub(crate) fn as_told(words: String, is_fresh: bool) -> String {
    if is_fresh { words } else { format!("was {words}") }
}

/// Entries that the box has told of and the relay does not hold.
pub(crate) fn behind(row: &BoxRow) -> i64 {
    row.told_size.saturating_sub(row.held_size).max(0)
}

/// The backlog as tables show it: of a silent box nobody knows it.
pub(crate) fn backlog(row: &BoxRow, state: BoxState) -> String {
    let behind = behind(row).unsigned_abs();
    match state {
        BoxState::Silent | BoxState::Waiting | BoxState::Revoked => "unknown".to_owned(),
        BoxState::Quarantined if behind == 0 => "held".to_owned(),
        BoxState::Quarantined => format!("{} held", grouped(behind)),
        _ => grouped(behind),
    }
}

/// Its clock in words.
pub(crate) fn clock(row: &BoxRow, now_ms: i64) -> String {
    if row.heard_ms.is_none() {
        return "unknown".to_owned();
    }
    as_told(told_clock(row), is_fresh(row, now_ms))
}

fn told_clock(row: &BoxRow) -> String {
    let off = row.clock_ahead_ms.saturating_abs();
    let state = match row.clock.as_str() {
        "synced" => "synced",
        "rtc" => "battery clock",
        _ => "unsure",
    };
    if off > CLOCK_OFF_MS {
        let side = if row.clock_ahead_ms > 0 { "ahead" } else { "behind" };
        return format!("{state}, {} {side}", span(off));
    }
    state.to_owned()
}

/// Its printers as tags; in the past, and neither good nor bad, where nobody knows how they are now.
pub(crate) fn printers(health: Option<&Health>, is_fresh: bool) -> Vec<Badge> {
    let printers = health.map(|h| h.printers.as_slice()).unwrap_or_default();
    let badge = |state: &str| {
        let tone = match state {
            _ if !is_fresh => Tone::Plain,
            "ready" => Tone::Ok,
            "printing" | "not asked yet" => Tone::Plain,
            _ => Tone::Late,
        };
        let words = as_told(state.to_owned(), is_fresh);
        let mut chars = words.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        Badge::new(tone, format!("{first}{}", chars.as_str()))
    };
    printers.iter().take(4).map(|p| badge(&p.state)).collect()
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
        assert_eq!(BoxState::Alarmed.badge_with_span(Some(NOW_MS), NOW_MS).text, "Needs attention");
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
        assert_eq!(BoxState::Silent.badge_with_span(row.heard_ms, NOW_MS).text, "Silent 7 h 50");
        assert_eq!(backlog(&row, BoxState::Silent), "unknown");
        let row = BoxRow { told_size: 42_648, clock_ahead_ms: -240_000, ..good() };
        assert_eq!(backlog(&row, BoxState::CatchingUp), "1,441");
        assert_eq!(clock(&row, NOW_MS), "synced, 4 min behind");
        assert_eq!(clock(&good(), NOW_MS), "synced");
        assert_eq!(clock(&BoxRow { heard_ms: None, ..good() }, NOW_MS), "unknown");
    }

    #[test]
    fn what_a_silent_box_told_is_past_and_not_green() {
        let told = r#"{"v":1,"epoch":"1-00ab0102","size":1,"cursor":1,"backlog":0,"photos":0,"disk_percent":34,
            "printers":[{"name":"Bench","state":"ready"}],"clock":"synced","wall":1}"#;
        let health: Health = serde_json::from_str(told).unwrap();
        let shown = |row: &BoxRow| {
            let badges = printers(Some(&health), is_fresh(row, NOW_MS));
            badges.into_iter().map(|badge| (badge.tone, badge.text)).collect::<Vec<_>>()
        };
        assert_eq!(shown(&good()), [(Tone::Ok, "Ready".to_owned())]);
        let silent = BoxRow { heard_ms: Some(NOW_MS - SILENT_MS - 1), ..good() };
        let revoked = BoxRow { revoked_ms: Some(1), ..good() };
        for row in [silent, revoked] {
            assert_eq!(shown(&row), [(Tone::Plain, "Was ready".to_owned())]);
            assert_eq!(clock(&row, NOW_MS), "was synced");
        }
    }
}
