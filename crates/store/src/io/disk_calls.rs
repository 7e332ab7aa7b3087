//! Whether users of the disk make progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many calls to files have finished: while the number grows, their callers make progress.
#[derive(Debug, Clone, Default)]
pub struct DiskCalls(Arc<AtomicU64>);

impl DiskCalls {
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn ended<T>(&self, result: T) -> T {
        self.0.fetch_add(1, Ordering::Relaxed);
        result
    }
}
