//! Whether the start makes progress. One that blocks on a damaged copy of the log would block for ever: the box ends,
//! and the next start knows on what.

use crate::store::disk::DiskCalls;

/// Successive looks without progress after which the start counts as blocked: making a new database durable is one
/// call, which a slow card may take minutes for.
const STILL_MAX: u32 = 120;

#[derive(Debug)]
pub(super) struct StartProgress {
    calls: DiskCalls,
    count: u64,
    still: u32,
}

impl StartProgress {
    pub(super) fn new(calls: DiskCalls) -> Self {
        Self { count: calls.count(), calls, still: 0 }
    }

    /// Looks once more; whether the start may still come to its end.
    pub(super) fn is_progressing(&mut self) -> bool {
        let count = self.calls.count();
        self.still = if count == self.count { self.still + 1 } else { 0 };
        self.count = count;
        self.still < STILL_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::disk::Disk as _;
    use crate::store::system_disk::SystemDisk;

    #[test]
    fn a_start_that_does_nothing_any_more_hangs() {
        let dir = tempfile::tempdir().unwrap();
        let disk = SystemDisk::take(dir.path()).unwrap();
        let file = disk.create_new("file").unwrap();
        let mut progress = StartProgress::new(disk.calls());
        for _ in 0..3 * STILL_MAX {
            file.write_at(0, b"x").unwrap();
            assert!(progress.is_progressing(), "something was written");
        }
        assert!((1..STILL_MAX).all(|_| progress.is_progressing()), "one call may take long");
        assert!(!progress.is_progressing());
    }
}
