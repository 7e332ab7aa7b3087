//! Clock correction, by arithmetic: what an uncertain clock's entry really was, once true time for its boot is known.

use serde::{Deserialize, Serialize};

use crate::entry::{ClockState, EntryTime};
use crate::kinds::{CleaningRecorded, UseRecorded};

/// Where a statement of the true time came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnchorSource {
    /// A time server, through the machine's own clock.
    Ntp,
    /// The relay, which signed something at that time.
    Relay,
    /// A person, to the minute.
    Hand,
    /// The log's own order: it was no later, for a boot that came behind began then.
    Order,
}

impl AnchorSource {
    /// As in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ntp => "ntp",
            Self::Relay => "relay",
            Self::Hand => "hand",
            Self::Order => "order",
        }
    }

    /// Of its word; `None`: one that this version does not know.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Ntp, Self::Relay, Self::Hand, Self::Order].into_iter().find(|source| source.word() == word)
    }
}

/// True time for one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockAnchor {
    /// Milliseconds since the boot …
    pub up_ms: u64,
    /// … at this true time, milliseconds since 1970.
    pub wall_ms: i64,
    /// `None` for a source that this version does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<AnchorSource>,
}

impl ClockAnchor {
    /// Whether it is only a latest possible time, which follows from the log's order.
    pub fn is_bound(&self) -> bool {
        self.source == Some(AnchorSource::Order)
    }

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

/// When something was done, as its entry states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatedTime {
    /// At this time, milliseconds since 1970.
    At(i64),
    /// So many milliseconds before it was written: known whatever the box's clock showed.
    Before(u64),
}

impl StatedTime {
    /// Of a cleaning that was written at `at`.
    pub fn of_cleaning(body: &CleaningRecorded, at: &EntryTime) -> Option<Self> {
        Self::choose(at, body.performed, body.performed.and(body.queued).map(|queued| queued.waited_s))
    }

    /// Of the end of a use that was written at `at`: nothing ends before it began.
    pub fn of_use(body: &UseRecorded, at: &EntryTime) -> Option<Self> {
        Self::choose(at, body.ended.max(body.performed), body.ago_s)
    }

    /// A time that was counted back by an unset clock is no better than that clock.
    fn choose(at: &EntryTime, wall_ms: Option<i64>, before_s: Option<u32>) -> Option<Self> {
        let before = before_s.filter(|_| at.clock != ClockState::Synced);
        before.map(|s| Self::Before(u64::from(s) * 1_000)).or(wall_ms.map(Self::At))
    }

    /// When it was done, milliseconds since 1970, if it was written at `written_ms`: never in the future, and
    /// at `written_ms` where no time was stated.
    pub fn done_ms(stated: Option<Self>, written_ms: i64) -> i64 {
        match stated {
            Some(Self::At(ms)) => ms.min(written_ms),
            Some(Self::Before(ms)) => written_ms.saturating_sub_unsigned(ms),
            None => written_ms,
        }
    }
}

/// How far the time of an entry can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeCertainty {
    /// The clock was set when it was written.
    Certain,
    /// The clock was not set, and a later statement about that boot gave the time.
    Corrected(Option<AnchorSource>),
    /// A guess, which screens and reports show as one.
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
        (ClockState::Synced, _) => TimeCertainty::Certain,
        (ClockState::Rtc, Some(anchor)) if anchor.is_bound() => TimeCertainty::Corrected(anchor.source),
        (ClockState::Rtc, _) => TimeCertainty::Certain,
        (ClockState::Uncertain, Some(anchor)) => TimeCertainty::Corrected(anchor.source),
        (ClockState::Uncertain, None) => TimeCertainty::Uncertain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ids::BootId;

    fn time_at(clock: ClockState) -> EntryTime {
        EntryTime { wall: 1_000, boot: BootId::new(1, [0; 10]), up: 5_000, clock }
    }

    #[test]
    fn corrects_only_what_was_unsure() {
        let anchor =
            Some(ClockAnchor { up_ms: 65_000, wall_ms: 1_763_610_060_000, source: AnchorSource::of("ntp") });
        assert_eq!(corrected_ms(&time_at(ClockState::Uncertain), anchor), 1_763_610_000_000);
        assert_eq!(corrected_ms(&time_at(ClockState::Rtc), anchor), 1_763_610_000_000);
        assert_eq!(corrected_ms(&time_at(ClockState::Synced), anchor), 1_000);
        assert_eq!(corrected_ms(&time_at(ClockState::Uncertain), None), 1_000);
        assert_eq!(ClockAnchor { up_ms: u64::MAX, wall_ms: i64::MIN, source: None }.wall_at(0), i64::MIN);
    }

    fn anchor_by(word: &str) -> Option<ClockAnchor> {
        Some(ClockAnchor { up_ms: 1, wall_ms: 2, source: AnchorSource::of(word) })
    }

    fn certainty_of(clock: ClockState, anchor: Option<ClockAnchor>) -> TimeCertainty {
        time_certainty(&time_at(clock), anchor)
    }

    #[test]
    fn a_corrected_time_names_who_corrected_it() {
        assert_eq!(certainty_of(ClockState::Uncertain, None), TimeCertainty::Uncertain);
        for source in [AnchorSource::Ntp, AnchorSource::Relay, AnchorSource::Hand, AnchorSource::Order] {
            let corrected = certainty_of(ClockState::Uncertain, anchor_by(source.word()));
            assert_eq!(corrected, TimeCertainty::Corrected(Some(source)));
        }
        assert_eq!(certainty_of(ClockState::Uncertain, anchor_by("sundial")), TimeCertainty::Corrected(None));
        for clock in [ClockState::Synced, ClockState::Rtc] {
            assert_eq!(certainty_of(clock, anchor_by("ntp")), TimeCertainty::Certain);
            assert_eq!(certainty_of(clock, None), TimeCertainty::Certain);
        }
    }
}
