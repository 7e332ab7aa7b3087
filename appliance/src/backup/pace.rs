//! Phones come first: a backup works in small pieces, and rests after each while the log grows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::cause::BackupError;
use crate::store::Store;

/// After a piece of work during which phones recorded it rests so many times as long as the piece took.
const REST: u32 = 4;
/// No rest is longer: a slow stick must not make a backup last for days.
const REST_MAX: Duration = Duration::from_millis(400);

/// When a backup rests, and whether it is to end.
#[derive(Debug)]
pub(super) struct RunPace {
    store: Option<Store>,
    size: u64,
    began: Instant,
    stop: Arc<AtomicBool>,
    ends: Option<Instant>,
}

impl RunPace {
    /// Yields to the phones of this store; without one it never waits.
    pub(super) fn new(store: Option<Store>, stop: Arc<AtomicBool>) -> Self {
        let size = store.as_ref().map_or(0, Store::size);
        Self { store, size, began: Instant::now(), stop, ends: None }
    }

    /// What takes longer than this ends.
    pub(super) fn ends_within(self, within: Duration) -> Self {
        Self { ends: Instant::now().checked_add(within), ..self }
    }

    /// A piece of work is done.
    pub(super) fn rest(&mut self) -> Result<(), BackupError> {
        if self.stop.load(Ordering::Relaxed) || self.ends.is_some_and(|ends| ends < Instant::now()) {
            return Err(BackupError::Stopped);
        }
        let size = self.store.as_ref().map_or(0, Store::size);
        let worked = Instant::now().saturating_duration_since(self.began);
        if std::mem::replace(&mut self.size, size) != size {
            std::thread::sleep((worked * REST).min(REST_MAX));
        }
        self.began = Instant::now();
        Ok(())
    }
}
