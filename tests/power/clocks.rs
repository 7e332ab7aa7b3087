//! A clock that is set, days forward or back, in the middle of whatever reads it.

use std::sync::atomic::{AtomicU64, Ordering};

use service::clock::{Clock, Now};

use crate::rng::Rng;

const DAY_MS: i64 = 86_400_000;

/// Returns `now`, a millisecond later each time; from a random reading on, days off.
#[derive(Debug)]
pub struct LeapingClock {
    now: Now,
    leap_ms: i64,
    after: u64,
    readings: AtomicU64,
}

impl LeapingClock {
    /// Leaps four days either way at one of the first readings, or not at all.
    pub fn new(now: Now, rng: &mut Rng) -> Self {
        let leap_ms = [0, 4 * DAY_MS, -4 * DAY_MS][rng.below(3)];
        Self { now, leap_ms, after: rng.below(6) as u64, readings: AtomicU64::new(0) }
    }
}

impl Clock for LeapingClock {
    fn now(&self) -> Now {
        let reading = self.readings.fetch_add(1, Ordering::Relaxed);
        let leap_ms = if reading < self.after { 0 } else { self.leap_ms };
        Now {
            wall_ms: self.now.wall_ms + leap_ms + reading.cast_signed(),
            up_ms: self.now.up_ms + reading,
            ..self.now
        }
    }
}
