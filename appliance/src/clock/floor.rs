//! No time before what the log says already: a board without a battery wakes up in its past.

use std::sync::OnceLock;

use record::entry::{ClockState, EntryTime};
use service::clock::{Clock, Now};

/// Clocks are read in whole milliseconds and slewed: so little behind is no wrong clock.
const JITTER_MS: i64 = 2_000;

#[derive(Debug, Clone, Copy)]
struct TimeFloor {
    wall_ms: i64,
    up_ms: u64,
}

/// A clock that continues after the newest entry where it alone claims that the time is earlier.
#[derive(Debug)]
pub struct FloorClock<C> {
    clock: C,
    floor: OnceLock<TimeFloor>,
}

impl<C: Clock> FloorClock<C> {
    pub fn new(clock: C) -> Self {
        Self { clock, floor: OnceLock::new() }
    }

    /// From now on never earlier than right after the newest entry.
    pub fn stand_on(&self, newest: &EntryTime) {
        let up_ms = self.clock.now().up_ms;
        // Of this boot it is known how long ago that was.
        let since_ms = match newest.boot == self.clock.now().boot {
            true => up_ms.saturating_sub(newest.up),
            false => 1,
        };
        let wall_ms = newest.wall.saturating_add_unsigned(since_ms.max(1));
        let _ = self.floor.set(TimeFloor { wall_ms, up_ms });
    }
}

impl<C: Clock> Clock for FloorClock<C> {
    fn now(&self) -> Now {
        let now = self.clock.now();
        let Some(floor) = self.floor.get().filter(|_| now.state != ClockState::Synced) else { return now };
        let least_ms = floor.wall_ms.saturating_add_unsigned(now.up_ms.saturating_sub(floor.up_ms));
        match least_ms.saturating_sub(now.wall_ms) {
            ..=0 => now,
            1..=JITTER_MS => Now { wall_ms: least_ms, ..now },
            _ => Now { wall_ms: least_ms, state: ClockState::Uncertain, ..now },
        }
    }
}

#[cfg(test)]
mod tests {
    use record::ids::BootId;
    use service::clock::FakeClock;

    use super::*;

    const NOW_MS: i64 = 1_795_205_071_000;

    fn reading(wall_ms: i64, up_ms: u64, state: ClockState) -> Now {
        Now { wall_ms, boot: BootId::new(0, [2; 10]), up_ms, state }
    }

    #[test]
    fn a_start_in_the_past_goes_on_behind_the_newest_entry_and_says_that_it_is_unsure() {
        let newest =
            EntryTime { wall: NOW_MS, boot: BootId::new(0, [1; 10]), up: 9_000, clock: ClockState::Synced };
        for state in [ClockState::Uncertain, ClockState::Rtc] {
            let clock = FloorClock::new(FakeClock::new(reading(1_000, 5_000, state)));
            assert_eq!(clock.now(), reading(1_000, 5_000, state), "the log is not open yet");
            clock.stand_on(&newest);
            assert_eq!(clock.now(), reading(NOW_MS + 1, 5_000, ClockState::Uncertain));
            clock.clock.advance_ms(60_000);
            assert_eq!(clock.now(), reading(NOW_MS + 60_001, 65_000, ClockState::Uncertain), "it goes on");
            clock.clock.set(reading(NOW_MS - 7, 70_000, ClockState::Synced));
            assert_eq!(clock.now(), reading(NOW_MS - 7, 70_000, ClockState::Synced), "a time server knows");
            clock.clock.set(reading(NOW_MS + 90_000, 71_000, state));
            assert_eq!(clock.now(), reading(NOW_MS + 90_000, 71_000, state));
        }
    }

    #[test]
    fn within_one_boot_the_floor_lies_where_the_time_went_on() {
        let boot = BootId::new(0, [2; 10]);
        let newest = EntryTime { wall: NOW_MS, boot, up: 3_000, clock: ClockState::Synced };
        let clock = FloorClock::new(FakeClock::new(reading(NOW_MS - 86_400_000, 5_000, ClockState::Rtc)));
        clock.stand_on(&newest);
        assert_eq!(clock.now(), reading(NOW_MS + 2_000, 5_000, ClockState::Uncertain));
        clock.clock.set(reading(NOW_MS + 1_999, 5_000, ClockState::Rtc));
        assert_eq!(clock.now(), reading(NOW_MS + 2_000, 5_000, ClockState::Rtc), "read a millisecond apart");
    }
}
