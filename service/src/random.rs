//! Randomness as a seam: ids, codes, tokens, keys, salts and jitter come from here and nowhere else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Where random bytes come from.
pub trait Random: Send + Sync + std::fmt::Debug + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A number below `end` (0 when `end` is 0); its bias is below 2⁻³² for ends below 2³².
    pub fn below(&self, end: u64) -> u64 {
        u64::from_le_bytes(self.bytes()).checked_rem(end).unwrap_or(0)
    }
}

/// The operating system's.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// # Panics
    /// When the operating system has no randomness to give: then no key and no id of this process would be one.
    #[expect(clippy::expect_used, reason = "going on with predictable keys would be worse than ending")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// Bytes that are asked for at a time.
const POOL_BYTES: usize = 4096;
/// Larger requests, such as keys, go to the operating system directly.
const POOLED_BYTES_MAX: usize = 16;

/// The operating system's, asked for a pool at a time: each record draws salts and ids, and each call to the kernel costs
/// as much as hashing one.
#[derive(Debug)]
pub struct PooledRandom(Mutex<Pool>);

struct Pool {
    bytes: [u8; POOL_BYTES],
    left: usize,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pool({} left)", self.left)
    }
}

impl Default for PooledRandom {
    fn default() -> Self {
        Self(Mutex::new(Pool { bytes: [0; POOL_BYTES], left: 0 }))
    }
}

impl Random for PooledRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > POOLED_BYTES_MAX {
            return SystemRandom.fill(bytes);
        }
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.left < bytes.len() {
            SystemRandom.fill(&mut pool.bytes);
            pool.left = POOL_BYTES;
        }
        let end = pool.left;
        pool.left -= bytes.len();
        let taken = pool.left..end;
        bytes.copy_from_slice(&pool.bytes[taken.clone()]);
        // What was given out is nobody else's.
        pool.bytes[taken].fill(0);
    }
}

/// Predictable bytes from a seed (SplitMix64), for tests and demonstrations only: never for a key.
#[derive(Debug)]
pub struct SeededRandom(AtomicU64);

impl SeededRandom {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_pool_gives_nothing_twice() {
        let random = PooledRandom::default();
        let drawn: BTreeSet<[u8; 16]> = (0..2_000).map(|_| (&random as &dyn Random).bytes()).collect();
        assert_eq!(drawn.len(), 2_000);
        assert!(!drawn.contains(&[0; 16]));
        let sizes = [1, 3, 16, 17, 33].map(|len| {
            let mut bytes = vec![0; len];
            (0..100).map(|_| random.fill(&mut bytes)).for_each(drop);
            bytes
        });
        assert!(sizes[3..].iter().all(|bytes| bytes.iter().any(|b| *b != 0)));
    }
}
