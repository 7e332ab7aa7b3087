//! Phones that made a record which is in the log. A stranger can pretend to be any number of phones; a record is on the
//! disk, appears in the history of its item, and uses up the quota of its address.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use record::ids::DeviceId;

const PHONES_MAX: usize = 4_096;
/// Entries that are read of a log that is longer: weeks of a large building.
const ENTRIES_MAX: u64 = 16_384;
const ENTRIES_AT_ONCE: u64 = 2_048;

/// Held in memory and read again from the log after a start, so that it costs no write.
#[derive(Debug, Default)]
pub struct RecordingPhones {
    rows: Mutex<RecordingRows>,
}

#[derive(Debug, Default)]
struct RecordingRows {
    newest: BTreeMap<DeviceId, u64>,
    read: u64,
}

impl RecordingPhones {
    fn rows(&self) -> MutexGuard<'_, RecordingRows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which entries of a log of this size are to be read next; empty: all were.
    pub fn next_range(&self, size: u64) -> Range<u64> {
        let from = self.rows().read.max(size.saturating_sub(ENTRIES_MAX));
        from..size.min(from + ENTRIES_AT_ONCE)
    }

    /// Notes which phones made the entries up to `read`.
    pub fn note_read(&self, read: u64, phones: impl IntoIterator<Item = (DeviceId, u64)>) {
        let mut rows = self.rows();
        rows.read = rows.read.max(read);
        for (device, seq) in phones {
            let newest = rows.newest.entry(device).or_default();
            *newest = seq.max(*newest);
        }
        let more = rows.newest.len().saturating_sub(PHONES_MAX);
        if more > 0 {
            let mut seqs: Vec<u64> = rows.newest.values().copied().collect();
            let (_, least, _) = seqs.select_nth_unstable(more);
            rows.newest.retain(|_, seq| *seq >= *least);
        }
    }

    pub fn contains(&self, device: DeviceId) -> bool {
        self.rows().newest.contains_key(&device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_read_once_and_the_newest_stay() {
        let phone = |n: u64| DeviceId::new(i64::try_from(n).unwrap(), [0; 10]);
        let phones = RecordingPhones::default();
        assert_eq!(phones.next_range(0), 0..0);
        assert_eq!(phones.next_range(100_000), 83_616..85_664);
        assert_eq!(phones.next_range(10), 0..10);
        phones.note_read(10, [(phone(1), 3), (phone(1), 7), (phone(2), 5)]);
        assert_eq!(phones.next_range(10), 10..10);
        assert_eq!([1, 2, 3].map(|n| phones.contains(phone(n))), [true, true, false]);
        let many = u64::try_from(PHONES_MAX).unwrap();
        phones.note_read(many + 100, (3..=many + 1).map(|n| (phone(n), 100 + n)));
        assert_eq!([1, 2, 3].map(|n| phones.contains(phone(n))), [true, false, true]);
    }
}
