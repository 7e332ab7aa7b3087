//! When a group should wait a little for phones that were just answered and are about to come back.

use std::time::{Duration, Instant};

/// Part of a flush's own time that is spent waiting at most.
const PATIENCE_DIVISOR: u32 = 2;
/// Rounds without waiting after waiting brought nothing, at most.
const SKIPS_MAX: u32 = 64;

/// Phones answered by one flush would miss the next one, and two halves would take turns for ever: so, while several are
/// at it, a group waits for about as many as are known to be about. A phone that is alone never waits.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    /// Answered by the last flush, and already waiting when it was answered.
    expected: usize,
    answered_at: Option<Instant>,
    /// How long a flush takes, smoothed.
    flush: Duration,
    misses: u32,
    skips: u32,
    planned: bool,
}

/// Wait until this many wait, or until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    pub(crate) until: Instant,
    pub(crate) enough: usize,
}

impl Gather {
    /// Whether to wait, with `waiting` jobs at hand.
    pub(crate) fn plan(&mut self, waiting: usize, now: Instant) -> Option<Patience> {
        self.planned = false;
        let until = self.answered_at? + self.flush / PATIENCE_DIVISOR;
        let enough = self.expected - self.expected / 16;
        if self.expected < 2 || waiting >= enough || now >= until {
            return None;
        }
        if self.skips > 0 {
            self.skips -= 1;
            return None;
        }
        self.planned = true;
        Some(Patience { until, enough })
    }

    /// Whether nobody is about to come back; otherwise, when that will have shown.
    pub(crate) fn quiet(&self, now: Instant) -> Result<(), Instant> {
        match self.answered_at.map(|at| at + self.flush) {
            Some(until) if self.expected > 1 && now < until => Err(until),
            _ => Ok(()),
        }
    }

    /// Tells how many jobs the group began with after the waiting.
    pub(crate) fn gathered(&mut self, jobs: usize) {
        if !self.planned {
            return;
        }
        if jobs * 4 >= self.expected * 3 {
            self.misses = 0;
        } else {
            self.misses += 1;
            self.skips = (1 << self.misses.min(6)).min(SKIPS_MAX);
        }
    }

    /// Tells that a flush of `took` answered `answered` jobs while `waiting` others came in.
    pub(crate) fn answered(&mut self, answered: usize, waiting: usize, took: Duration, now: Instant) {
        self.flush = if self.flush.is_zero() { took } else { (self.flush * 7 + took) / 8 };
        self.expected = answered + waiting;
        self.answered_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLUSH: Duration = Duration::from_millis(8);

    #[test]
    fn alone_never_waits() {
        let mut gather = Gather::default();
        let start = Instant::now();
        assert_eq!(gather.plan(1, start), None);
        for i in 0..5 {
            let now = start + FLUSH * i;
            gather.answered(1, 0, FLUSH, now);
            assert_eq!(gather.plan(1, now), None);
        }
    }

    #[test]
    fn two_halves_become_one() {
        let mut gather = Gather::default();
        let now = Instant::now();
        gather.answered(4, 4, FLUSH, now);
        let patience = gather.plan(4, now).unwrap();
        assert_eq!(patience, Patience { until: now + FLUSH / 2, enough: 8 });
        assert_eq!(gather.plan(8, now), None, "all are there");
        assert_eq!(gather.plan(5, now + FLUSH), None, "too late to be worth it");
    }

    #[test]
    fn gives_up_on_phones_that_do_not_come_back() {
        let mut gather = Gather::default();
        let now = Instant::now();
        gather.answered(4, 4, FLUSH, now);
        assert!(gather.plan(4, now).is_some());
        gather.gathered(4);
        assert_eq!((gather.plan(4, now), gather.plan(4, now)), (None, None));
        assert!(gather.plan(4, now).is_some(), "tries again");
        gather.gathered(8);
        assert!(gather.plan(4, now).is_some());
    }
}
