//! Restarts that answers of the relay cause: coming back takes a few, one after the other. A relay that wants one again and
//! again would keep phones from a box that is always about to start, so each further one has to wait longer.

use super::evidence::EVIDENCE;
use crate::Store;
use crate::io::disk::{put_small, read_small};
use crate::io::error::StoreError;

/// How many there were, and when the last one was, milliseconds since 1970.
pub(crate) const FILE: &str = "evidence/relay-restarts";
pub(crate) const BYTES_MAX: usize = 64;
/// So many need not wait: an older card comes back with fewer.
const AT_ONCE: u32 = 6;
/// How long the first one waits that must, doubled for each further one.
const WAIT_MS: u64 = 60_000;
const WAIT_MS_MAX: u64 = 6 * 3_600_000;
/// After so long without any all is dropped; so it is where the clock jumped further than that.
const FORGOTTEN_MS: u64 = 86_400_000;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct RelayRestarts {
    count: u32,
    last_ms: i64,
}

impl RelayRestarts {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let (count, last_ms) = line.split_once(' ')?;
        Some(Self { count: count.parse().ok()?, last_ms: last_ms.parse().ok()? })
    }

    fn wait_ms(self, now_ms: i64) -> u64 {
        let passed_ms = now_ms.abs_diff(self.last_ms);
        let over = match self.count.checked_sub(AT_ONCE) {
            Some(over) if passed_ms < FORGOTTEN_MS => over,
            _ => return 0,
        };
        let wait_ms = WAIT_MS.saturating_mul(1 << over.min(30)).min(WAIT_MS_MAX);
        wait_ms.saturating_sub(passed_ms)
    }

    fn and_one(self, now_ms: i64) -> Self {
        let count = if now_ms.abs_diff(self.last_ms) < FORGOTTEN_MS { self.count } else { 0 };
        Self { count: count.saturating_add(1), last_ms: now_ms }
    }
}

/// Whether a file is one that a box wrote.
pub(crate) fn is_restarts(bytes: &[u8]) -> bool {
    RelayRestarts::parse(bytes).is_some()
}

impl Store {
    /// How many milliseconds a restart that the relay's answers cause has to wait; one that need not is noted.
    ///
    /// # Errors
    /// The disk's: without the note it would be the first one each time.
    pub fn relay_restart_wait_ms(&self, now_ms: i64) -> Result<u64, StoreError> {
        let disk = &*self.shared.disk;
        let bytes = read_small(disk, FILE, BYTES_MAX).map_err(StoreError::io(FILE))?;
        let before = bytes.and_then(|bytes| RelayRestarts::parse(&bytes)).unwrap_or_default();
        let wait_ms = before.wait_ms(now_ms);
        if wait_ms == 0 {
            disk.make_dir(EVIDENCE).map_err(StoreError::io(EVIDENCE))?;
            disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
            let after = before.and_one(now_ms);
            let line = format!("{} {}\n", after.count, after.last_ms);
            put_small(disk, FILE, line.as_bytes()).map_err(StoreError::io(FILE))?;
        }
        Ok(wait_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_need_not_wait_and_each_further_one_waits_longer() {
        let (mut restarts, mut now_ms) = (RelayRestarts::default(), 1_763_610_000_000);
        for _ in 0..AT_ONCE {
            assert_eq!(restarts.wait_ms(now_ms), 0);
            restarts = restarts.and_one(now_ms);
        }
        for minutes in [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360] {
            assert_eq!(restarts.wait_ms(now_ms), minutes * 60_000);
            now_ms += i64::try_from(minutes * 60_000).unwrap();
            assert_eq!(restarts.wait_ms(now_ms), 0);
            restarts = restarts.and_one(now_ms);
        }
        assert_eq!(restarts.wait_ms(now_ms + 86_400_000), 0);
        for jump_ms in [-4 * 86_400_000, 4 * 86_400_000] {
            assert_eq!(restarts.wait_ms(now_ms + jump_ms), 0, "the clock says nothing of how long it was");
            assert_eq!(restarts.and_one(now_ms + jump_ms).count, 1);
        }
    }

    #[test]
    fn what_is_kept_reads_back() {
        assert_eq!(RelayRestarts::parse(b"7 -5\n"), Some(RelayRestarts { count: 7, last_ms: -5 }));
        assert!(!is_restarts(b"") && !is_restarts(b"7") && !is_restarts(b"x 5"));
    }
}
