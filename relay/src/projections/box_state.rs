//! The state of a box, in one word: decided here for the rows that are written and for every page.

use record::messages::{HealthAlarm, HealthReport};

use crate::db::fleet::box_now::BoxRow;

/// A box that was not seen for this long is silent: three of its report intervals of one minute.
pub const SILENT_MS: i64 = 180_000;
/// This many entries behind are more than what is just on its way: one batch.
const BEHIND_MAX: i64 = 512;
/// A clock this far off cuts days in the wrong place.
pub const CLOCK_OFF_MS: i64 = 60_000;
/// For so long after it was heard a replaced machine is somebody's business.
const RETURNED_MS: i64 = 86_400_000;
/// The state of a box; those that need somebody first come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BoxState {
    Quarantined,
    Silent,
    /// It is heard, and has an alarm that nobody at the facility acknowledged, or a log under its name that nothing confirms, or the
    /// machine that it replaced is heard as well.
    Alarmed,
    Waiting,
    ClockUnsure,
    /// It is heard and sends what it recorded before.
    Behind,
    Good,
    None,
    Revoked,
}

impl BoxState {
    pub fn of(row: &BoxRow, now_ms: i64) -> Self {
        if row.revoked_ms.is_some() {
            return Self::Revoked;
        }
        if row.quarantined_ms.is_some() {
            return Self::Quarantined;
        }
        let Some(last_seen_ms) = row.last_seen_ms else { return Self::Waiting };
        if now_ms.saturating_sub(last_seen_ms) > SILENT_MS {
            return Self::Silent;
        }
        let returned = row.returned_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) < RETURNED_MS);
        if row.waiting_logs > 0 || returned || !unseen_alarms(row).is_empty() {
            return Self::Alarmed;
        }
        let behind = entries_behind(row);
        let late = behind > 0 && now_ms.saturating_sub(row.known_ms) > SILENT_MS;
        if behind > BEHIND_MAX || late {
            return Self::Behind;
        }
        if row.clock == "uncertain" || row.clock_ahead_ms.saturating_abs() > CLOCK_OFF_MS {
            return Self::ClockUnsure;
        }
        Self::Good
    }

    /// As it is in the database, and in the words of pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Silent => "silent",
            Self::Alarmed => "alarmed",
            Self::Waiting => "waiting",
            Self::ClockUnsure => "clock",
            Self::Behind => "behind",
            Self::Good => "good",
            Self::None => "none",
            Self::Revoked => "revoked",
        }
    }

    const ALL: [Self; 9] = [
        Self::Quarantined,
        Self::Silent,
        Self::Alarmed,
        Self::Waiting,
        Self::ClockUnsure,
        Self::Behind,
        Self::Good,
        Self::None,
        Self::Revoked,
    ];

    pub const OF_BOXES: [Self; 8] = [
        Self::Quarantined,
        Self::Silent,
        Self::Alarmed,
        Self::Waiting,
        Self::ClockUnsure,
        Self::Behind,
        Self::Good,
        Self::Revoked,
    ];

    /// What `word` wrote; of a later relay's word nothing is known.
    pub fn read(word: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.word() == word).unwrap_or(Self::Waiting)
    }
}

pub fn read_health(row: &BoxRow) -> Option<HealthReport> {
    serde_json::from_str(row.health.as_deref()?).ok()
}

/// Alarms that nobody at the facility has acknowledged, as the box last reported.
pub fn unseen_alarms(row: &BoxRow) -> Vec<HealthAlarm> {
    let alarms = read_health(row).map(|health| health.alarms).unwrap_or_default();
    alarms.into_iter().filter(|alarm| !alarm.seen).collect()
}

/// Entries that the box has reported and the relay does not hold.
pub fn entries_behind(row: &BoxRow) -> i64 {
    row.reported_size.saturating_sub(row.held_size).max(0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const NOW_MS: i64 = 1_795_204_920_000;

    pub(crate) fn good() -> BoxRow {
        BoxRow {
            box_id: "01KC9V00000000000000000000".into(),
            name: None,
            facility_name: "General".into(),
            state: "good".into(),
            known_ms: NOW_MS - 20_000,
            facility: "01KC9V00000000000000000001".into(),
            version: "1.4.2".into(),
            claimed_ms: NOW_MS - 86_400_000,
            revoked_ms: None,
            quarantined_ms: None,
            returned_ms: None,
            epoch: "1-00ab0102".into(),
            reported_size: 41_207,
            held_size: 41_207,
            held_all: 41_207,
            waiting_logs: 0,
            last_seen_ms: Some(NOW_MS - 20_000),
            online: true,
            clock: "synced".into(),
            clock_ahead_ms: 12,
            refusals: 0,
            health: None,
        }
    }

    #[test]
    fn every_state_and_its_order() {
        fn changed_state(change: fn(&mut BoxRow)) -> BoxState {
            let mut row = good();
            change(&mut row);
            BoxState::of(&row, NOW_MS)
        }
        assert_eq!(changed_state(|_| ()), BoxState::Good);
        assert_eq!(changed_state(|b| b.last_seen_ms = None), BoxState::Waiting);
        assert_eq!(changed_state(|b| b.last_seen_ms = Some(NOW_MS - SILENT_MS - 1)), BoxState::Silent);
        assert_eq!(changed_state(|b| b.reported_size += BEHIND_MAX), BoxState::Good, "on its way");
        assert_eq!(changed_state(|b| b.reported_size += BEHIND_MAX + 1), BoxState::Behind);
        assert_eq!(changed_state(|b| b.clock = "uncertain".into()), BoxState::ClockUnsure);
        assert_eq!(changed_state(|b| b.clock_ahead_ms = -CLOCK_OFF_MS - 1), BoxState::ClockUnsure);
        assert_eq!(changed_state(|b| b.waiting_logs = 1), BoxState::Alarmed);
        assert_eq!(changed_state(|b| b.quarantined_ms = Some(1)), BoxState::Quarantined);
        assert_eq!(
            changed_state(|b| {
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
            BoxState::of(&row, NOW_MS)
        };
        assert_eq!(with("[]"), BoxState::Good);
        let forgot = r#"[{"code":"log-forgot","subject":"1-00ab0102 4-9","since":7,"seen":SEEN}]"#;
        assert_eq!(with(&forgot.replace("SEEN", "false")), BoxState::Alarmed);
        assert_eq!(with(&forgot.replace("SEEN", "true")), BoxState::Good);
        let over = r#"[{"code":"of-a-later-version","since":7,"over":8,"seen":false}]"#;
        assert_eq!(with(over), BoxState::Alarmed, "over, of a later version, and seen by nobody");
        assert!(BoxState::Silent < BoxState::Alarmed && BoxState::Alarmed < BoxState::ClockUnsure);
    }

    #[test]
    fn a_few_entries_that_do_not_come_are_catching_up() {
        let row = BoxRow { reported_size: 41_208, known_ms: NOW_MS - SILENT_MS - 1, ..good() };
        assert_eq!(BoxState::of(&row, NOW_MS), BoxState::Behind);
    }

    #[test]
    fn each_state_is_read_as_it_was_written() {
        for state in BoxState::ALL {
            assert_eq!(BoxState::read(state.word()), state);
        }
    }
}
