//! How much of the disk is free on which the data lie, and what that means for photos and records: one rule for all who judge it.

use std::io;
use std::path::Path;

pub const RECORDS_PERCENT: u64 = 10;
/// Free bytes that are enough for records whatever the disk's size: what two busy years write (RELIABILITY.md, section 1.3).
/// A tenth of a large disk would be many times that, and reserved for nothing.
const RECORDS_BYTES: u64 = 2 << 30;
/// Somebody should see to it while there is still as much again for photos.
const AHEAD: u64 = 2;

/// The size of a disk and what is free on it, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    pub total: u64,
    pub free: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskLevel {
    Ample,
    Low,
    Short,
}

impl DiskSpace {
    /// Of the disk on which this folder is.
    ///
    /// # Errors
    /// The operating system's.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let disk = rustix::fs::statvfs(folder)?;
        let [total, free] = [disk.f_blocks, disk.f_bavail].map(|blocks| blocks.saturating_mul(disk.f_frsize));
        Ok(Self { total, free })
    }

    /// Whether a photo may be taken: so many per cent of the disk, or what is enough, must be free for records.
    pub fn takes_photos(self, free_percent_min: u64) -> bool {
        self.has_free(free_percent_min, RECORDS_BYTES)
    }

    pub fn level(self) -> DiskLevel {
        if !self.takes_photos(RECORDS_PERCENT) {
            DiskLevel::Short
        } else if self.has_free(AHEAD * RECORDS_PERCENT, AHEAD * RECORDS_BYTES) {
            DiskLevel::Ample
        } else {
            DiskLevel::Low
        }
    }

    /// The lesser of the two is enough.
    fn has_free(self, percent: u64, bytes: u64) -> bool {
        let least = (u128::from(self.total) * u128::from(percent)).div_ceil(100);
        u128::from(self.free) >= least.min(u128::from(bytes))
    }

    /// Of 100, rounded down; nothing of a disk without a size.
    pub fn free_percent(self) -> u64 {
        let percent = (u128::from(self.free) * 100).checked_div(u128::from(self.total));
        percent.and_then(|percent| u64::try_from(percent).ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const GB: u64 = 1_000_000_000;

    #[test]
    fn a_large_disk_keeps_no_more_for_records_than_they_need() {
        let takes = |total, free| DiskSpace { total, free }.takes_photos(RECORDS_PERCENT);
        assert!(takes(1_000, 100) && !takes(1_000, 99) && !takes(1_001, 100), "a tenth of a card");
        assert!(takes(250 * GIB, 2 * GIB) && !takes(250 * GIB, 2 * GIB - 1), "two GiB of a large disk");
        assert!(takes(u64::MAX, 2 * GIB), "any disk");
        assert!(DiskSpace { total: 1_000, free: 0 }.takes_photos(0), "no bound");
    }

    #[test]
    fn a_disk_is_judged_by_what_records_need_and_not_by_its_size() {
        for (total, free, level, percent) in [
            (500 * GB, 48 * GB, DiskLevel::Ample, 9),
            (500 * GB, 4 * GIB, DiskLevel::Ample, 0),
            (500 * GB, 4 * GIB - 1, DiskLevel::Low, 0),
            (500 * GB, 2 * GIB, DiskLevel::Low, 0),
            (500 * GB, 2 * GIB - 1, DiskLevel::Short, 0),
            (8 * GB, 1_600_000_000, DiskLevel::Ample, 20),
            (8 * GB, 1_599_999_999, DiskLevel::Low, 19),
            (8 * GB, 800_000_000, DiskLevel::Low, 10),
            (8 * GB, 799_999_999, DiskLevel::Short, 9),
            (u64::MAX, u64::MAX, DiskLevel::Ample, 100),
            (0, 0, DiskLevel::Ample, 0),
        ] {
            let space = DiskSpace { total, free };
            assert_eq!((space.level(), space.free_percent()), (level, percent), "{space:?}");
            assert_eq!(space.takes_photos(RECORDS_PERCENT), level != DiskLevel::Short, "{space:?}");
        }
    }

    #[test]
    fn a_folders_disk_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let space = DiskSpace::read(dir.path()).unwrap();
        assert!(space.total > 0 && space.free <= space.total && space.free_percent() <= 100, "{space:?}");
        assert!(DiskSpace::read(Path::new("/no/such/folder")).is_err());
    }
}
