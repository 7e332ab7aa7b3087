//! How many submissions one address may make: a bucket for each, and a bounded number of buckets.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Addresses that are watched at a time; a building has fewer phones.
const ADDRESSES_MAX: usize = 4_096;
/// Bursts are this many seconds' worth: a shift change behind one address.
const BURST_S: u64 = 10;

/// Buckets of submissions; 0 a second means that nothing is limited.
#[derive(Debug)]
pub(super) struct Submissions {
    per_second: u64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

/// Thousandths of a submission, so that slow refills are not lost.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    milli: u64,
    up_ms: u64,
}

impl Submissions {
    pub(super) fn new(per_second: u32) -> Self {
        Self { per_second: u64::from(per_second), buckets: Mutex::default() }
    }

    /// Takes one. Else: after how many seconds there is one again.
    pub(super) fn take(&self, from: IpAddr, up_ms: u64) -> Result<(), u64> {
        if self.per_second == 0 {
            return Ok(());
        }
        let full = self.per_second * BURST_S * 1_000;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX && !buckets.contains_key(&from) {
            buckets.retain(|_, b| b.milli + up_ms.saturating_sub(b.up_ms) * self.per_second < full);
            if buckets.len() >= ADDRESSES_MAX {
                return Err(1);
            }
        }
        let bucket = buckets.entry(from).or_insert(Bucket { milli: full, up_ms });
        let refill = up_ms.saturating_sub(bucket.up_ms) * self.per_second;
        *bucket = Bucket { milli: (bucket.milli + refill).min(full), up_ms: up_ms.max(bucket.up_ms) };
        match bucket.milli.checked_sub(1_000) {
            Some(rest) => {
                bucket.milli = rest;
                Ok(())
            }
            None => Err((1_000 - bucket.milli).div_ceil(self.per_second * 1_000).max(1)),
        }
    }

    /// Puts one back that turned out to need no limit.
    pub(super) fn give_back(&self, from: IpAddr) {
        let full = self.per_second * BURST_S * 1_000;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&from) {
            bucket.milli = (bucket.milli + 1_000).min(full);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 9));

    #[test]
    fn a_burst_then_a_rate() {
        let submissions = Submissions::new(20);
        assert_eq!((0..300).filter(|_| submissions.take(PHONE, 5).is_ok()).count(), 200);
        assert_eq!(submissions.take(PHONE, 5), Err(1));
        assert_eq!((0..100).filter(|_| submissions.take(PHONE, 1_005).is_ok()).count(), 20);
        submissions.give_back(PHONE);
        assert!(submissions.take(PHONE, 1_005).is_ok());
        assert!(submissions.take(PHONE, 1_005).is_err());
        assert!(submissions.take("10.0.0.8".parse().unwrap(), 5).is_ok());
        let off = Submissions::new(0);
        assert!((0..10_000).all(|_| off.take(PHONE, 5).is_ok()));
    }

    #[test]
    fn addresses_are_bounded() {
        let submissions = Submissions::new(1);
        for n in 0..5_000u32 {
            let _ = submissions.take(std::net::Ipv4Addr::from(n).into(), 0);
        }
        assert_eq!(submissions.buckets.lock().unwrap().len(), ADDRESSES_MAX);
        assert!(submissions.take(PHONE, 100_000).is_ok(), "those that rested make room");
        assert_eq!(submissions.buckets.lock().unwrap().len(), 1);
    }
}
