//! The operating system's randomness, asked for a pool at a time.

use std::sync::{Mutex, PoisonError};

use service::random::{RandomSource, SystemRandom};

const POOL_BYTES: usize = 4096;
/// Larger requests, such as keys, go to the operating system directly.
const POOLED_BYTES_MAX: usize = 16;

/// Each record draws salts and ids, and each call to the kernel costs
/// as much as hashing one.
#[derive(Debug)]
pub(super) struct PooledRandom(Mutex<Pool>);

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

impl RandomSource for PooledRandom {
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
        // Bytes that were handed out are not used again.
        pool.bytes[taken].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_pool_gives_nothing_twice() {
        let random = PooledRandom::default();
        let drawn: BTreeSet<[u8; 16]> = (0..2_000).map(|_| (&random as &dyn RandomSource).bytes()).collect();
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
