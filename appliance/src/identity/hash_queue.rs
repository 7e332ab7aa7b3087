//! One PIN is hashed at a time, because each hash takes 19 MiB and a core; whoever waits too long is told so.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long somebody waits for their turn.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// Tries from unknown devices that wait at a time: about as many as are hashed in [`WAIT_MAX`].
const STRANGERS_MAX: usize = 16;

/// Whose turn it is. Tries from known devices go first, so that a crowd of strangers delays them by one hash.
pub(super) struct HashQueue {
    waiting: Mutex<Waiting>,
    freed: Condvar,
    wait_max: Duration,
}

#[derive(Default)]
struct Waiting {
    busy: bool,
    known: usize,
    strangers: usize,
}

/// The turn of one try; the next comes when it is dropped.
pub(super) struct HashTurn<'a>(&'a HashQueue);

impl HashQueue {
    pub(super) fn new() -> Self {
        Self::with_wait(WAIT_MAX)
    }

    fn with_wait(wait_max: Duration) -> Self {
        Self { waiting: Mutex::default(), freed: Condvar::new(), wait_max }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn; none when there are too many before.
    pub(super) fn enter(&self, known: bool) -> Option<HashTurn<'_>> {
        let mut waiting = self.lock();
        if !known && waiting.strangers >= STRANGERS_MAX {
            return None;
        }
        *waiting.of(known) += 1;
        let not_yet = |waiting: &mut Waiting| waiting.busy || (!known && waiting.known > 0);
        let (mut waiting, waited) = self
            .freed
            .wait_timeout_while(waiting, self.wait_max, not_yet)
            .unwrap_or_else(PoisonError::into_inner);
        *waiting.of(known) -= 1;
        if waited.timed_out() {
            // Strangers may have waited for this one alone.
            self.freed.notify_all();
            return None;
        }
        waiting.busy = true;
        Some(HashTurn(self))
    }

    /// Waits for a turn as long as it takes: for what staff do, who are few.
    pub(super) fn wait(&self) -> HashTurn<'_> {
        let waiting = self.freed.wait_while(self.lock(), |waiting| waiting.busy);
        waiting.unwrap_or_else(PoisonError::into_inner).busy = true;
        HashTurn(self)
    }
}

impl Waiting {
    fn of(&mut self, known: bool) -> &mut usize {
        if known { &mut self.known } else { &mut self.strangers }
    }
}

impl Drop for HashTurn<'_> {
    fn drop(&mut self) {
        self.0.lock().busy = false;
        self.0.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_too_long_is_told() {
        let queue = HashQueue::with_wait(Duration::ZERO);
        let turn = queue.enter(false).unwrap();
        assert!(queue.enter(false).is_none() && queue.enter(true).is_none());
        drop(turn);
        assert!(queue.enter(true).is_some());
        assert!(queue.enter(false).is_some(), "those that left are not waited for");
    }

    #[test]
    fn known_devices_go_before_a_bounded_crowd() {
        let queue = HashQueue::with_wait(Duration::from_secs(3_600));
        let order = Mutex::new(Vec::new());
        let enter = |known: bool| {
            let turn = queue.enter(known);
            order.lock().unwrap().push(known);
            drop(turn);
        };
        let turn = queue.enter(false).unwrap();
        let waiting = |known: usize, strangers: usize| {
            let is_there = || {
                let waiting = queue.lock();
                (waiting.known, waiting.strangers) == (known, strangers)
            };
            while !is_there() {
                std::thread::yield_now();
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..STRANGERS_MAX {
                scope.spawn(|| enter(false));
            }
            waiting(0, STRANGERS_MAX);
            assert!(queue.enter(false).is_none(), "one more stranger does not wait at all");
            scope.spawn(|| enter(true));
            scope.spawn(|| enter(true));
            waiting(2, STRANGERS_MAX);
            drop(turn);
        });
        let order = order.into_inner().unwrap();
        assert_eq!(order.len(), STRANGERS_MAX + 2);
        assert_eq!(order[..2], [true, true]);
    }
}
