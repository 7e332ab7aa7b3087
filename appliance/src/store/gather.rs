//! When a group should wait a little for phones that were just answered and are about to come back.

use std::time::{Duration, Instant};

/// Quarters of a flush's own time that are spent waiting at most: whoever misses a flush waits for a whole one more.
const PATIENCE_QUARTERS: u32 = 3;
/// Rounds without waiting after waiting brought nothing, at most.
const SKIPS_MAX: u32 = 16;

/// Phones answered by one flush would miss the next one, and two halves would take turns for ever: so, while several are
/// at it, a group waits for about as many as are known to be about. A phone that is alone never waits.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    /// About how many are at it: answered by the last flush or already waiting when it was answered, and for some rounds
    /// those of before, who may be on their way.
    expected: usize,
    answered_at: Option<Instant>,
    /// How long a flush takes, smoothed.
    flush: Duration,
    /// How long a whole group takes, smoothed.
    group: Duration,
    misses: u32,
    skips: u32,
    /// Jobs at hand when it was decided to wait, and jobs that were missing.
    planned: Option<(usize, usize)>,
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
        self.planned = None;
        let until = self.answered_at? + self.flush * PATIENCE_QUARTERS / 4;
        let enough = self.expected - self.expected / 16;
        if self.expected < 2 || waiting >= enough || now >= until {
            return None;
        }
        if self.skips > 0 {
            self.skips -= 1;
            return None;
        }
        self.planned = Some((waiting, enough - waiting));
        Some(Patience { until, enough })
    }

    /// Whether nobody is about to come back; otherwise, when that will have shown.
    pub(crate) fn quiet(&self, now: Instant) -> Result<(), Instant> {
        match self.answered_at.map(|at| at + self.group) {
            Some(until) if self.expected > 1 && now < until => Err(until),
            _ => Ok(()),
        }
    }

    /// Tells how many jobs the group began with after the waiting.
    pub(crate) fn gathered(&mut self, jobs: usize) {
        let Some((before, missing)) = self.planned else { return };
        if (jobs - before.min(jobs)) * 2 >= missing {
            self.misses = 0;
        } else {
            self.misses += 1;
            self.skips = (1 << self.misses.min(6)).min(SKIPS_MAX);
        }
    }

    /// Tells that a group that took `group`, its flush alone `flush`, answered `answered` jobs while `waiting` others
    /// came in.
    pub(crate) fn answered(
        &mut self,
        answered: usize,
        waiting: usize,
        (group, flush): (Duration, Duration),
        now: Instant,
    ) {
        let smooth = |old: Duration, new| if old.is_zero() { new } else { (old * 7 + new) / 8 };
        (self.group, self.flush) = (smooth(self.group, group), smooth(self.flush, flush));
        self.expected = (answered + waiting).max(self.expected * 7 / 8);
        self.answered_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLUSH: Duration = Duration::from_millis(8);
    const TOOK: (Duration, Duration) = (Duration::from_millis(9), FLUSH);

    #[test]
    fn alone_never_waits() {
        let mut gather = Gather::default();
        let start = Instant::now();
        assert_eq!(gather.plan(1, start), None);
        for i in 0..5 {
            let now = start + FLUSH * i;
            gather.answered(1, 0, TOOK, now);
            assert_eq!(gather.plan(1, now), None);
        }
    }

    #[test]
    fn two_halves_become_one() {
        let mut gather = Gather::default();
        let now = Instant::now();
        gather.answered(4, 4, TOOK, now);
        let patience = gather.plan(4, now).unwrap();
        assert_eq!(patience, Patience { until: now + FLUSH * 3 / 4, enough: 8 });
        assert_eq!(gather.plan(8, now), None, "all are there");
        assert_eq!(gather.plan(5, now + FLUSH), None, "too late to be worth it");
    }

    #[test]
    fn gives_up_on_phones_that_do_not_come_back() {
        let mut gather = Gather::default();
        let now = Instant::now();
        gather.answered(4, 4, TOOK, now);
        assert!(gather.plan(4, now).is_some());
        gather.gathered(4);
        assert_eq!((gather.plan(4, now), gather.plan(4, now)), (None, None));
        assert!(gather.plan(4, now).is_some(), "tries again");
        gather.gathered(8);
        assert!(gather.plan(4, now).is_some());
    }

    #[test]
    fn three_turns_become_one() {
        let mut gather = Gather::default();
        let now = Instant::now();
        gather.answered(4, 4, TOOK, now);
        // Four of those eight are on their way.
        gather.answered(3, 1, TOOK, now);
        assert_eq!(gather.plan(4, now).map(|p| p.enough), Some(7));
        for _ in 0..20 {
            gather.answered(1, 0, TOOK, now);
        }
        assert_eq!(gather.plan(1, now), None, "they have gone home");
    }
}
