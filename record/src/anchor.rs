//! Clock correction, by arithmetic: what an uncertain clock's entry really was, once true time for its boot is known.

use serde::{Deserialize, Serialize};

use crate::entry::{ClockState, EntryTime};

/// Who says what the time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnchorSource {
    /// A time server, through the machine's own clock.
    Ntp,
    /// The relay, which signed something at that time.
    Relay,
    /// A person, to the minute.
    Hand,
}

impl AnchorSource {
    /// As it stands in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ntp => "ntp",
            Self::Relay => "relay",
            Self::Hand => "hand",
        }
    }

    /// Of its word; `None`: one that this version does not know.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Ntp, Self::Relay, Self::Hand].into_iter().find(|source| source.word() == word)
    }
}

/// True time for one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockAnchor {
    /// Milliseconds since the boot …
    pub up_ms: u64,
    /// … at this true time, milliseconds since 1970.
    pub wall_ms: i64,
    /// Who says so; absent: in a way that this version does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<AnchorSource>,
}

impl ClockAnchor {
    /// The true time at `up_ms` of the same boot.
    pub fn wall_at(self, up_ms: u64) -> i64 {
        let since = i64::try_from(i128::from(up_ms) - i128::from(self.up_ms)).unwrap_or(0);
        self.wall_ms.saturating_add(since)
    }
}

/// When something written at `at` happened: its own wall time where the clock was set, else corrected by the boot's
/// anchor, else as believed.
pub fn corrected_ms(at: &EntryTime, anchor: Option<ClockAnchor>) -> i64 {
    match (at.clock, anchor) {
        (ClockState::Synced, _) | (_, None) => at.wall,
        (_, Some(anchor)) => anchor.wall_at(at.up),
    }
}

/// How far the time of an entry can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeCertainty {
    /// The clock was set when it was written.
    Certain,
    /// The clock was not set, and the time follows from what somebody said later of that boot.
    Corrected(Option<AnchorSource>),
    /// A guess: it says so on screens and reports.
    Uncertain,
}

impl TimeCertainty {
    /// Who corrected it, where that is known.
    pub fn corrected_by(self) -> Option<AnchorSource> {
        match self {
            Self::Corrected(source) => source,
            Self::Certain | Self::Uncertain => None,
        }
    }
}

/// How far the time of an entry can be believed.
pub fn time_certainty(at: &EntryTime, anchor: Option<ClockAnchor>) -> TimeCertainty {
    match (at.clock, anchor) {
        (ClockState::Synced | ClockState::Rtc, _) => TimeCertainty::Certain,
        (ClockState::Uncertain, Some(anchor)) => TimeCertainty::Corrected(anchor.source),
        (ClockState::Uncertain, None) => TimeCertainty::Uncertain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BootId;

    #[test]
    fn corrects_only_what_was_unsure() {
        let at = |clock| EntryTime { wall: 1_000, boot: BootId::new(1, [0; 10]), up: 5_000, clock };
        let anchor =
            Some(ClockAnchor { up_ms: 65_000, wall_ms: 1_763_610_060_000, source: AnchorSource::of("ntp") });
        assert_eq!(corrected_ms(&at(ClockState::Uncertain), anchor), 1_763_610_000_000);
        assert_eq!(corrected_ms(&at(ClockState::Rtc), anchor), 1_763_610_000_000);
        assert_eq!(corrected_ms(&at(ClockState::Synced), anchor), 1_000);
        assert_eq!(corrected_ms(&at(ClockState::Uncertain), None), 1_000);
        assert_eq!(ClockAnchor { up_ms: u64::MAX, wall_ms: i64::MIN, source: None }.wall_at(0), i64::MIN);
    }

    #[test]
    fn a_corrected_time_names_who_corrected_it() {
        let at = |clock| EntryTime { wall: 1_000, boot: BootId::new(1, [0; 10]), up: 5_000, clock };
        let by = |word| Some(ClockAnchor { up_ms: 1, wall_ms: 2, source: AnchorSource::of(word) });
        let certainty = |clock, anchor| time_certainty(&at(clock), anchor);
        assert_eq!(certainty(ClockState::Uncertain, None), TimeCertainty::Uncertain);
        for source in [AnchorSource::Ntp, AnchorSource::Relay, AnchorSource::Hand] {
            let corrected = certainty(ClockState::Uncertain, by(source.word()));
            assert_eq!(corrected, TimeCertainty::Corrected(Some(source)));
        }
        assert_eq!(certainty(ClockState::Uncertain, by("sundial")), TimeCertainty::Corrected(None));
        for clock in [ClockState::Synced, ClockState::Rtc] {
            assert_eq!(certainty(clock, by("ntp")), TimeCertainty::Certain);
            assert_eq!(certainty(clock, None), TimeCertainty::Certain);
        }
    }
}
