//! Tells open pages that something of a facility changed, after it was committed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::ids::{AccountId, FacilityId};
use tokio::sync::{broadcast, watch};

/// Changes that a slow listener may lag behind; it is told that it missed some and reads the page anew.
const LAG_MAX: usize = 256;
/// Open pages of this process that are told.
const LISTENERS_MAX: usize = 512;
/// Of them, those of one account: it can't keep the others from being told.
const OF_ACCOUNT_MAX: usize = 64;

/// One facility has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub account: AccountId,
    /// Which facility.
    pub facility: FacilityId,
}

/// Where changes are told and heard. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Changes {
    told: broadcast::Sender<Change>,
    ended: Arc<watch::Sender<bool>>,
    seats: Seats,
}

/// Open pages by account.
type Seats = Arc<Mutex<BTreeMap<AccountId, usize>>>;

/// One open page's place; free again when it is dropped.
#[derive(Debug)]
pub struct Seat {
    account: AccountId,
    seats: Seats,
}

fn lock(seats: &Seats) -> MutexGuard<'_, BTreeMap<AccountId, usize>> {
    // Whoever panicked left counts that are at worst too high.
    seats.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = lock(&self.seats);
        match seats.get_mut(&self.account) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(seats.remove(&self.account)),
        }
    }
}

impl Default for Changes {
    fn default() -> Self {
        let (told, ended) = (broadcast::Sender::new(LAG_MAX), Arc::new(watch::Sender::new(false)));
        Self { told, ended, seats: Seats::default() }
    }
}

impl Changes {
    /// Tells everyone who listens; never waits.
    pub fn changed(&self, account: AccountId, facility: FacilityId) {
        // Nobody listens: no page is open.
        let _ = self.told.send(Change { account, facility });
    }

    /// Hears every change from now on.
    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.told.subscribe()
    }

    /// A place for an open page of this account; `None` where all are taken.
    pub fn seat(&self, account: AccountId) -> Option<Seat> {
        let mut seats = lock(&self.seats);
        let (all, own) = (seats.values().sum::<usize>(), seats.get(&account).copied().unwrap_or(0));
        if all >= LISTENERS_MAX || own >= OF_ACCOUNT_MAX {
            return None;
        }
        seats.insert(account, own + 1);
        Some(Seat { account, seats: Arc::clone(&self.seats) })
    }

    /// Accounts of which a page is open.
    pub fn watched(&self) -> Vec<AccountId> {
        lock(&self.seats).keys().copied().collect()
    }

    /// Nothing more will be told: whoever listens should end, so that the process can.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Becomes true at the end.
    pub fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_leaves_room_for_others() {
        let changes = Changes::default();
        let account = |n: u8| AccountId::new(1, [n; 10]);
        let mut seats: Vec<Seat> = (0..OF_ACCOUNT_MAX).filter_map(|_| changes.seat(account(1))).collect();
        assert_eq!(seats.len(), OF_ACCOUNT_MAX);
        assert!(changes.seat(account(1)).is_none());
        let others = (2..=9).flat_map(|n| std::iter::repeat_n(n, OF_ACCOUNT_MAX));
        seats.extend(others.filter_map(|n| changes.seat(account(n))));
        assert_eq!(seats.len(), LISTENERS_MAX, "the process has its own bound");
        drop(seats);
        assert!(lock(&changes.seats).is_empty());
    }
}
