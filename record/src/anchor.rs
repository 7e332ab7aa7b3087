//! Clock correction, by arithmetic: what an uncertain clock's entry really was, once true time for its boot is known.

use serde::{Deserialize, Serialize};

use crate::entry::{ClockState, EntryTime};

/// True time for one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockAnchor {
    /// Milliseconds since the boot …
    pub up_ms: u64,
    /// … at this true time, milliseconds since 1970.
    pub wall_ms: i64,
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

/// Whether the time of an entry is still a guess: it says so on screens and reports.
pub fn is_uncertain(at: &EntryTime, anchor: Option<ClockAnchor>) -> bool {
    at.clock == ClockState::Uncertain && anchor.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BootId;

    #[test]
    fn corrects_only_what_was_unsure() {
        let at = |clock| EntryTime { wall: 1_000, boot: BootId::new(1, [0; 10]), up: 5_000, clock };
        let anchor = Some(ClockAnchor { up_ms: 65_000, wall_ms: 1_763_610_060_000 });
        assert_eq!(corrected_ms(&at(ClockState::Uncertain), anchor), 1_763_610_000_000);
        assert_eq!(corrected_ms(&at(ClockState::Rtc), anchor), 1_763_610_000_000);
        assert_eq!(corrected_ms(&at(ClockState::Synced), anchor), 1_000);
        assert_eq!(corrected_ms(&at(ClockState::Uncertain), None), 1_000);
        assert!(is_uncertain(&at(ClockState::Uncertain), None));
        assert!(!is_uncertain(&at(ClockState::Uncertain), anchor));
        assert_eq!(ClockAnchor { up_ms: u64::MAX, wall_ms: i64::MIN }.wall_at(0), i64::MIN);
    }
}
