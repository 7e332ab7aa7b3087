//! When a group waits a little for phones that were just answered and are about to come back.

use std::time::{Duration, Instant};

use crate::log::segment::GROUP_ENTRIES_MAX;
use crate::shared::queue::{WaitingJob, WriteQueue};

/// A gap in the arrivals after which a group goes, as a share of a flush.
const GAP: u32 = 8;
/// The same once almost everyone is there, and how many may then be missing: a sixteenth.
const LAST_GAP: u32 = 32;
const MISSING: usize = 16;
/// Jobs that are worth waking up for, to decide them while others come.
const AT_ONCE: usize = 8;
/// Quarters of a flush that are spent waiting at most: whoever misses a flush waits for a whole one more.
const WINDOW_QUARTERS: u32 = 3;
/// Flushes over which their duration is averaged, and its least: below it waiting costs more than it brings.
const AVERAGED: u32 = 8;
const FLUSH_MIN: Duration = Duration::from_micros(50);

/// Phones answered by one flush would miss the next one, and two halves would take turns for ever: so, while several are
/// at it, a group waits until as many are there as were about when the last one was answered, or until a gap shows that
/// the others do not come. It remembers one round: what went before cannot lock it up. A phone that is alone never waits.
#[derive(Debug, Default)]
pub(crate) struct GroupCommit {
    /// Answered by the last group, or already waiting when its answers went out.
    peers: usize,
    answered_at: Option<Instant>,
    flush: Duration,
    /// How long the last group took as a whole.
    group: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CommitWindow {
    enough: usize,
    until: Instant,
}

impl GroupCommit {
    /// Waits, with a first job at hand, for those who are about to come. `take` takes whoever is there, so that they are
    /// decided meanwhile, and says how many they were.
    pub(crate) fn wait(&self, queue: &WriteQueue, take: impl FnMut() -> usize) {
        // The answers are out and a job is there: jobs that came during the flush are old, and the gap must not run from
        // the last of them.
        self.wait_from(queue, queue.now(), take);
    }

    fn wait_from(&self, queue: &WriteQueue, since: Instant, mut take: impl FnMut() -> usize) {
        let mut taken = 0;
        loop {
            let waiting = queue.waiting();
            let commit_window = self.commit_window(taken, waiting, since, queue.now());
            let Some(CommitWindow { enough, until }) = commit_window else { return };
            if waiting.jobs > 0 {
                taken += take();
            } else {
                queue.sleep(enough.saturating_sub(taken).min(AT_ONCE), until);
            }
        }
    }

    fn commit_window(
        &self,
        taken: usize,
        waiting: WaitingJob,
        since: Instant,
        now: Instant,
    ) -> Option<CommitWindow> {
        let (there, all) = (taken + waiting.jobs, self.peers.min(GROUP_ENTRIES_MAX));
        if self.peers < 2 || waiting.control || there == 0 || there >= all {
            return None;
        }
        let almost = all - all / MISSING;
        let gap = self.flush / if there >= almost { LAST_GAP } else { GAP };
        let last = waiting.last.map_or(since, |last| last.max(since));
        let until = (last + gap).min(since + self.flush * WINDOW_QUARTERS / 4);
        let enough = if there < almost { almost } else { all };
        (now < until).then_some(CommitWindow { enough, until })
    }

    /// Lets the answers of a group go that began at `began` and answered `answered` jobs while `left` were left over.
    /// Who is about is counted before: an answered phone may be back at once, and would count twice.
    pub(crate) fn answer(
        &mut self,
        queue: &WriteQueue,
        (answered, left): (usize, usize),
        flush: Duration,
        began: Instant,
    ) {
        self.peers = answered + left + queue.waiting().jobs;
        queue.send_answers();
        let now = queue.now();
        let before = if self.flush.is_zero() { flush } else { self.flush };
        self.flush = ((before * (AVERAGED - 1) + flush) / AVERAGED).max(FLUSH_MIN);
        self.group = now.saturating_duration_since(began);
        self.answered_at = Some(now);
    }

    /// Whether nobody is about to come back; otherwise, when that will have shown.
    pub(crate) fn quiet(&self, now: Instant) -> Result<(), Instant> {
        match self.answered_at.map(|at| at + self.group) {
            Some(until) if self.peers > 1 && now < until => Err(until),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
