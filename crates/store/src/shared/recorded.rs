//! What the journal has and the database has not yet.
//!
//! A group is recorded, shown and answered when the journal has it. The database takes in what waits here, several groups at
//! once, on a thread of its own ([`super::follow`]).

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use record::fold::RowKey;

use crate::index::key_runs::ClosedRun;
use crate::index::pending::PendingRows;

/// Entries and bytes that wait at most: a group that would come on top waits itself.
const WAITING_ENTRIES_MAX: usize = 2_048;
const WAITING_BYTES_MAX: usize = 4 << 20;
/// Entries that are taken in beside the next flush while nobody reads the database: a commit of many costs less than many.
const AT_ONCE: usize = 512;
/// How long entries wait where no flush comes, or only flushes of a few.
const WAIT_MAX: Duration = Duration::from_millis(100);
/// Groups whose memory is kept for the next ones.
const SPARE_MAX: usize = 4;

/// A group that the journal has.
pub(crate) struct RecordedGroup {
    pub(crate) rows: PendingRows,
    pub(crate) changed: BTreeSet<RowKey>,
    /// The run of idempotency keys that it closed.
    pub(crate) run: Option<ClosedRun>,
}

/// Who takes in what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FollowedBy {
    /// The writer itself, behind each group: a start, and tests that count each call to the disk.
    #[default]
    Writer,
    /// Whoever reads: tests that need a database that is behind.
    #[cfg(any(test, feature = "test"))]
    Reader,
    Thread,
}

#[derive(Default)]
pub(super) struct WaitingGroups {
    pub(super) by: FollowedBy,
    pub(super) groups: Vec<RecordedGroup>,
    entries: usize,
    bytes: usize,
    pub(super) since: Option<Instant>,
    /// Groups that ever waited, and those of them that the database has.
    pub(super) recorded: u64,
    pub(super) followed: u64,
    /// Somebody waits for the database, or the writer waits for the card and needs no processor.
    pub(super) is_awaited: bool,
    /// The database failed: nothing is taken in until it was opened again.
    pub(super) has_failed: bool,
    pub(super) error: Option<redb::Error>,
    has_ended: bool,
    pub(super) is_busy: bool,
    /// Memory of rows for the next groups.
    spare: Vec<PendingRows>,
}

impl WaitingGroups {
    fn is_full(&self) -> bool {
        self.entries >= WAITING_ENTRIES_MAX || self.bytes >= WAITING_BYTES_MAX
    }

    /// Whether nothing more is taken in, for now or for good.
    pub(super) fn is_over(&self) -> bool {
        self.has_failed || self.has_ended
    }
}

#[derive(Default)]
pub(crate) struct RecordedGroups {
    waiting: Mutex<WaitingGroups>,
    pub(super) wake: Condvar,
}

impl RecordedGroups {
    pub(super) fn lock(&self) -> MutexGuard<'_, WaitingGroups> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sleep<'q>(&self, waiting: MutexGuard<'q, WaitingGroups>) -> MutexGuard<'q, WaitingGroups> {
        self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a group and shows it, as one step: what is shown is what waits and what the database has. Waits where too much
    /// does already. Behind a failure nothing is kept: the database is brought up from the journal.
    pub(crate) fn add<T>(&self, group: RecordedGroup, show: impl FnOnce() -> T) -> T {
        let mut waiting = self.lock();
        while waiting.by == FollowedBy::Thread && waiting.is_full() && !waiting.is_over() {
            self.wake_follower(&mut waiting);
            waiting = self.sleep(waiting);
        }
        let shown = show();
        // Counted also where it is not kept: whoever reads then is told that the database is opened again.
        waiting.recorded += 1;
        if waiting.is_over() {
            return shown;
        }
        waiting.entries += group.rows.len();
        waiting.bytes += group.rows.bytes();
        waiting.since.get_or_insert_with(Instant::now);
        waiting.groups.push(group);
        let is_first = waiting.groups.len() == 1;
        drop(waiting);
        if is_first {
            self.wake.notify_all();
        }
        shown
    }

    /// While the card is busy with the next group: the database takes in what waits, where that is enough. Behind a flush it
    /// would take the processor from the answers, and from phones that come back.
    pub(crate) fn follow_beside_flush(&self) {
        let mut waiting = self.lock();
        if waiting.entries >= AT_ONCE {
            self.wake_follower(&mut waiting);
        }
    }

    /// Unless the database is at it, or will be.
    fn wake_follower(&self, waiting: &mut WaitingGroups) {
        if !waiting.is_busy && !waiting.is_awaited {
            waiting.is_awaited = true;
            self.wake.notify_all();
        }
    }

    pub(crate) fn take_spare(&self) -> PendingRows {
        self.lock().spare.pop().unwrap_or_default()
    }

    pub(crate) fn is_followed_by(&self, by: FollowedBy) {
        self.lock().by = by;
    }

    /// Whether the writer is to take in what waits.
    pub(super) fn is_left_to_writer(&self) -> bool {
        let waiting = self.lock();
        match waiting.by {
            FollowedBy::Writer => true,
            #[cfg(any(test, feature = "test"))]
            FollowedBy::Reader => waiting.is_full(),
            FollowedBy::Thread => false,
        }
    }

    /// Why the database failed, once.
    pub(crate) fn take_failure(&self) -> Option<redb::Error> {
        self.lock().error.take()
    }

    /// Groups that the database has taken in.
    pub(crate) fn followed(&self) -> u64 {
        self.lock().followed
    }

    pub(super) fn note_followed(&self, groups: Vec<RecordedGroup>) {
        let mut waiting = self.lock();
        waiting.entries -= groups.iter().map(|group| group.rows.len()).sum::<usize>();
        waiting.bytes -= groups.iter().map(|group| group.rows.bytes()).sum::<usize>();
        waiting.followed += groups.len() as u64;
        waiting.spare = groups.into_iter().map(|group| group.rows).take(SPARE_MAX).collect();
        self.wake.notify_all();
    }

    /// Waits until nobody takes anything in, and nobody will until [`RecordedGroups::catch_up`].
    pub(crate) fn halt(&self) {
        let mut waiting = self.lock();
        waiting.has_failed = true;
        self.wake.notify_all();
        while waiting.is_busy && !waiting.has_ended {
            waiting = self.sleep(waiting);
        }
    }

    /// The database has everything again, by the journal.
    pub(crate) fn catch_up(&self) {
        let mut waiting = self.lock();
        waiting.groups.clear();
        (waiting.entries, waiting.bytes, waiting.since) = (0, 0, None);
        (waiting.followed, waiting.has_failed, waiting.error) = (waiting.recorded, false, None);
        self.wake.notify_all();
    }

    /// Whether what took in groups has ended, and the writer with it.
    pub(crate) fn has_ended(&self) -> bool {
        self.lock().has_ended
    }

    #[cfg(test)]
    pub(crate) fn has_failed(&self) -> bool {
        self.lock().has_failed
    }

    /// Nobody takes in anything any more; whoever waits is told.
    pub(crate) fn end(&self) {
        self.lock().has_ended = true;
        self.wake.notify_all();
    }

    /// Waits until something is to be taken in; `false` at the end.
    pub(super) fn wait_for_work(&self) -> bool {
        let mut waiting = self.lock();
        loop {
            if waiting.has_ended {
                return false;
            }
            let since = waiting.since.filter(|_| !waiting.has_failed && !waiting.groups.is_empty());
            let Some(since) = since else {
                waiting = self.sleep(waiting);
                continue;
            };
            let left = (since + WAIT_MAX).saturating_duration_since(Instant::now());
            if waiting.is_awaited || left.is_zero() {
                return true;
            }
            waiting = self.wake.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(entries: usize) -> RecordedGroup {
        let mut rows = PendingRows::default();
        (0..entries as u64).for_each(|key| rows.entry(key, b"{}"));
        RecordedGroup { rows, changed: BTreeSet::new(), run: None }
    }

    #[test]
    fn the_database_is_woken_beside_a_flush_and_not_behind_one() {
        let recorded = RecordedGroups::default();
        recorded.is_followed_by(FollowedBy::Thread);
        recorded.add(group(AT_ONCE - 1), || ());
        recorded.follow_beside_flush();
        assert!(!recorded.lock().is_awaited, "too few");
        recorded.add(group(1), || ());
        assert!(!recorded.lock().is_awaited, "answers go out now");
        recorded.follow_beside_flush();
        assert!(recorded.lock().is_awaited);
    }

    #[test]
    fn whoever_finds_no_room_wakes_the_database() {
        let recorded = RecordedGroups::default();
        recorded.is_followed_by(FollowedBy::Thread);
        recorded.add(group(WAITING_ENTRIES_MAX), || ());
        std::thread::scope(|threads| {
            let writer = threads.spawn(|| recorded.add(group(1), || "shown"));
            let mut waiting = recorded.lock();
            while !waiting.is_awaited {
                waiting = recorded.sleep(waiting);
            }
            let groups = std::mem::take(&mut waiting.groups);
            drop(waiting);
            recorded.note_followed(groups);
            assert_eq!(writer.join().unwrap(), "shown");
        });
    }
}
