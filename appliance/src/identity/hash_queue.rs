//! One PIN is hashed at a time, because each hash takes 19 MiB and a core; a caller that waits too long is informed.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use record::ids::DeviceId;

const WAIT_MAX: Duration = Duration::from_secs(2);
/// Tries from unknown devices that wait at a time: about as many as are hashed in [`WAIT_MAX`].
const STRANGERS_MAX: usize = 16;
const BOX_COST: Params = Params::DEFAULT;
/// In unit tests as little as can be: they hash thousands of PINs, and none but those of this file is about the cost.
const COST: Params = match Params::new(Params::MIN_M_COST, Params::MIN_T_COST, Params::MIN_P_COST, None) {
    Ok(least) if cfg!(test) => least,
    Ok(_) | Err(_) => BOX_COST,
};

/// Whose turn it is. Tries from known devices go first, so that a crowd of strangers delays them by one hash; of each known
/// device one waits, so that no single one of them delays the others by more than one hash either.
pub(super) struct HashQueue {
    waiting: Mutex<QueuedHash>,
    /// The memory of every hash, made at the first one: blocks that each thread allocated for itself would stay with the
    /// allocator's arena of that thread for good.
    blocks: Mutex<Vec<Block>>,
    freed: Condvar,
    wait_max: Duration,
    cost: Params,
}

#[derive(Default)]
struct QueuedHash {
    busy: bool,
    known: Vec<DeviceId>,
    strangers: usize,
}

/// The turn of one try; the next comes when it is dropped.
pub(super) struct HashTurn<'a>(&'a HashQueue);

impl HashQueue {
    pub(super) fn new() -> Self {
        Self {
            waiting: Mutex::default(),
            blocks: Mutex::default(),
            freed: Condvar::new(),
            wait_max: WAIT_MAX,
            cost: COST,
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueuedHash> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn; none when there are too many before, or when this known device waits already.
    pub(super) fn enter(&self, known: Option<DeviceId>) -> Option<HashTurn<'_>> {
        let mut waiting = self.lock();
        if !waiting.begin(known) {
            return None;
        }
        let (mut waiting, waited) = self
            .freed
            .wait_timeout_while(waiting, self.wait_max, |waiting| {
                waiting.busy || (known.is_none() && !waiting.known.is_empty())
            })
            .unwrap_or_else(PoisonError::into_inner);
        waiting.end(known);
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

impl QueuedHash {
    fn begin(&mut self, known: Option<DeviceId>) -> bool {
        match known {
            Some(device) if self.known.contains(&device) => return false,
            Some(device) => self.known.push(device),
            None if self.strangers >= STRANGERS_MAX => return false,
            None => self.strangers += 1,
        }
        true
    }

    fn end(&mut self, known: Option<DeviceId>) {
        match known {
            Some(device) => self.known.retain(|waiting| *waiting != device),
            None => self.strangers -= 1,
        }
    }
}

impl HashTurn<'_> {
    /// The argon2id hash of a PIN; absent where the lengths are out of range.
    pub(super) fn hash(&self, pin: &str, salt: &str) -> Option<[u8; 32]> {
        let mut blocks = self.0.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.resize(self.0.cost.block_count(), Block::new());
        let mut out = [0; 32];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.0.cost.clone());
        let (pin, salt) = (pin.as_bytes(), salt.as_bytes());
        argon2.hash_password_into_with_memory(pin, salt, &mut out, blocks.as_mut_slice()).ok()?;
        Some(out)
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

    fn device(n: u8) -> DeviceId {
        DeviceId::of_secret(&[n; 32])
    }

    fn queue_with_wait(wait_max: Duration) -> HashQueue {
        HashQueue { wait_max, ..HashQueue::new() }
    }

    #[test]
    fn whoever_waits_too_long_is_told() {
        let queue = queue_with_wait(Duration::ZERO);
        let turn = queue.enter(None).unwrap();
        assert!(queue.enter(None).is_none() && queue.enter(Some(device(1))).is_none());
        drop(turn);
        assert!(queue.enter(Some(device(1))).is_some());
        assert!(queue.enter(None).is_some(), "those that left are not waited for");
    }

    #[test]
    fn memory_that_was_used_before_changes_no_hash_and_is_used_again() {
        let queue = HashQueue { cost: BOX_COST, ..HashQueue::new() };
        let salt = "0123456789abcdef";
        let mut expected = [0; 32];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
        argon2.hash_password_into(b"471147", salt.as_bytes(), &mut expected).unwrap();
        let turn = queue.wait();
        assert_ne!(turn.hash("000000", salt), Some(expected));
        let memory = || {
            let blocks = queue.blocks.lock().unwrap();
            (blocks.as_ptr() as usize, blocks.len())
        };
        let before = memory();
        assert_eq!(turn.hash("471147", salt), Some(expected));
        assert_eq!(turn.hash("471147", ""), None, "a salt that is too short");
        assert_eq!(memory(), before);
        assert_eq!(before.1, Params::DEFAULT.block_count());
    }

    #[test]
    fn known_devices_go_before_a_bounded_crowd() {
        let queue = queue_with_wait(Duration::from_secs(3_600));
        let order = Mutex::new(Vec::new());
        let enter = |known: Option<DeviceId>| {
            let turn = queue.enter(known);
            order.lock().unwrap().push(known.is_some());
            drop(turn);
        };
        let turn = queue.enter(None).unwrap();
        let waiting = |known: usize, strangers: usize| {
            let is_there = || {
                let waiting = queue.lock();
                (waiting.known.len(), waiting.strangers) == (known, strangers)
            };
            while !is_there() {
                std::thread::yield_now();
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..STRANGERS_MAX {
                scope.spawn(|| enter(None));
            }
            waiting(0, STRANGERS_MAX);
            assert!(queue.enter(None).is_none(), "one more stranger does not wait at all");
            scope.spawn(|| enter(Some(device(1))));
            waiting(1, STRANGERS_MAX);
            assert!(queue.enter(Some(device(1))).is_none(), "one device waits once");
            scope.spawn(|| enter(Some(device(2))));
            waiting(2, STRANGERS_MAX);
            drop(turn);
        });
        let order = order.into_inner().unwrap();
        assert_eq!(order.len(), STRANGERS_MAX + 2);
        assert_eq!(order[..2], [true, true]);
    }
}
