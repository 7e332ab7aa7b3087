//! Rate limits: a bucket for each key, and a bounded number of buckets. Arithmetic only.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const SECOND_US: u64 = 1_000_000;

/// For each key a burst of calls after a quiet time, and then a steady rate. No wait doubles and nobody is
/// locked out: who waits as long as stated gets in. Time should be that since the machine's boot, which
/// setting the clock does not change; after a clock that was set back, buckets continue from there.
#[derive(Debug)]
pub struct RateLimiter<K> {
    /// Microseconds of waiting that a call costs; 0: no limit.
    cost_us: u64,
    /// What a bucket holds when it is full: as many calls as may come at once.
    full_us: u64,
    keys_max: usize,
    buckets: Mutex<Buckets<K>>,
}

/// What a key has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallsLeft {
    /// Calls that may come at once.
    pub calls: u64,
    /// Whole seconds until it has saved everything again.
    pub full_in_s: u64,
}

#[derive(Debug)]
struct Buckets<K> {
    of_key: HashMap<K, Bucket>,
    /// For all keys that found the table full.
    others: Bucket,
}

/// A call this far behind the last one means that the clock was set back.
const SET_BACK_MS: u64 = 1_000;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    saved_us: u64,
    up_ms: u64,
}

impl Bucket {
    fn refill(&mut self, up_ms: u64, full_us: u64) {
        let passed_us = up_ms.saturating_sub(self.up_ms).saturating_mul(1_000);
        self.saved_us = self.saved_us.saturating_add(passed_us).min(full_us);
        // Threads that read the clock before they wait for each other arrive in any order; a clock that was
        // set back continues from there.
        let is_set_back = up_ms.saturating_add(SET_BACK_MS) < self.up_ms;
        self.up_ms = if is_set_back { up_ms } else { self.up_ms.max(up_ms) };
    }
}

impl<K: Hash + Eq> RateLimiter<K> {
    /// `calls` in each `span`, in bursts of up to `burst`; 0 calls: no limit. At most `keys_max` keys have a
    /// bucket of their own, some 100 bytes each; those beyond share one.
    pub fn new(calls: u32, span: Duration, burst: u32, keys_max: usize) -> Self {
        let span_us = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let cost_us = span_us.checked_div(calls.into()).map_or(0, |cost| cost.max(1));
        let full_us = cost_us.saturating_mul(burst.max(1).into());
        let buckets = Buckets { of_key: HashMap::new(), others: Bucket { saved_us: full_us, up_ms: 0 } };
        Self { cost_us, full_us, keys_max, buckets: Mutex::new(buckets) }
    }

    /// Takes one call, `up_ms` milliseconds after the boot. Else: the whole seconds until there is one again.
    ///
    /// # Errors
    /// The key has used up its calls.
    pub fn take(&self, key: K, up_ms: u64) -> Result<(), u64> {
        self.take_counted(key, up_ms).map(drop)
    }

    /// The same, with what is left.
    ///
    /// # Errors
    /// As [`RateLimiter::take`].
    pub fn take_counted(&self, key: K, up_ms: u64) -> Result<CallsLeft, u64> {
        if self.cost_us == 0 {
            return Ok(CallsLeft { calls: u64::MAX, full_in_s: 0 });
        }
        let mut buckets = self.lock();
        let Buckets { of_key, others } = &mut *buckets;
        if of_key.len() >= self.keys_max && !of_key.contains_key(&key) {
            // A full bucket is as good as none.
            of_key.retain(|_, bucket| {
                bucket.refill(up_ms, self.full_us);
                bucket.saved_us < self.full_us
            });
        }
        let bucket = match of_key.len() >= self.keys_max && !of_key.contains_key(&key) {
            true => others,
            false => of_key.entry(key).or_insert(Bucket { saved_us: self.full_us, up_ms }),
        };
        bucket.refill(up_ms, self.full_us);
        match bucket.saved_us.checked_sub(self.cost_us) {
            Some(rest) => {
                bucket.saved_us = rest;
                let full_in_s = (self.full_us - rest).div_ceil(SECOND_US);
                Ok(CallsLeft { calls: rest / self.cost_us, full_in_s })
            }
            None => Err((self.cost_us - bucket.saved_us).div_ceil(SECOND_US)),
        }
    }

    /// Puts one back that turned out to need no limit.
    pub fn refund(&self, key: &K) {
        let Buckets { of_key, others } = &mut *self.lock();
        let without_place = (of_key.len() >= self.keys_max).then_some(others);
        if let Some(bucket) = of_key.get_mut(key).or(without_place) {
            bucket.saved_us = (bucket.saved_us + self.cost_us).min(self.full_us);
        }
    }

    /// After a panic the counts are at worst too strict.
    fn lock(&self) -> std::sync::MutexGuard<'_, Buckets<K>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn taken<K: Hash + Eq + Clone>(limiter: &RateLimiter<K>, key: &K, up_ms: u64) -> usize {
        (0..1_000).take_while(|_| limiter.take(key.clone(), up_ms).is_ok()).count()
    }

    #[test]
    fn a_burst_and_then_a_rate() {
        let limiter = RateLimiter::new(20, SECOND, 200, 10);
        assert_eq!(taken(&limiter, &"a", 5), 200);
        assert_eq!(limiter.take("a", 5), Err(1));
        assert_eq!(taken(&limiter, &"a", 1_005), 20);
        limiter.refund(&"a");
        assert_eq!(taken(&limiter, &"a", 1_005), 1);
        assert_eq!(taken(&limiter, &"b", 5), 200, "another key has its own");
        assert_eq!(taken(&limiter, &"a", 10_000_000), 200, "no more is saved");
        assert_eq!(taken(&limiter, &"a", 0), 0, "a time before the last one saves nothing");
        assert_eq!(taken(&limiter, &"a", 1_000), 200 / 10, "and is where time goes on from");
        assert_eq!(taken(&RateLimiter::new(0, SECOND, 1, 10), &"a", 0), 1_000, "no limit");
        assert_eq!(taken(&RateLimiter::new(u32::MAX, SECOND, 3, 10), &"a", 0), 3, "a rate beyond all sense");
    }

    #[test]
    fn what_is_left_is_counted() {
        let limiter = RateLimiter::new(600, Duration::from_secs(60), 100, 10);
        assert_eq!(limiter.take_counted("a", 0), Ok(CallsLeft { calls: 99, full_in_s: 1 }));
        assert_eq!(taken(&limiter, &"a", 0), 99);
        assert_eq!(limiter.take_counted("a", 0), Err(1));
        assert_eq!(limiter.take_counted("a", 500), Ok(CallsLeft { calls: 4, full_in_s: 10 }));
    }

    #[test]
    fn times_that_come_out_of_order_give_nothing_twice() {
        let limiter = RateLimiter::new(1_000, SECOND, 5, 10);
        assert_eq!(taken(&limiter, &"a", 1_000), 5);
        let taken_over_and_over =
            (0..50).flat_map(|_| [1_001, 1_000]).filter(|up_ms| limiter.take("a", *up_ms).is_ok());
        assert_eq!(taken_over_and_over.count(), 1, "one millisecond, one call");
    }

    #[test]
    fn slow_rates_say_how_long_to_wait() {
        let limiter = RateLimiter::new(30, Duration::from_secs(60), 20, 10);
        assert_eq!(taken(&limiter, &"a", 0), 20);
        assert_eq!(limiter.take("a", 500), Err(2), "a call costs two seconds");
        assert_eq!(taken(&limiter, &"a", 10_000), 5);
    }

    #[test]
    fn many_keys_do_not_fill_the_memory_and_shut_nobody_out() {
        let limiter = RateLimiter::new(1, Duration::from_secs(2), 20, 4_096);
        (0..4_096).for_each(|n| limiter.take(n, 0).unwrap());
        assert_eq!(taken(&limiter, &5_000, 0), 20, "those that find no place share one bucket");
        assert_eq!(limiter.take(5_001, 0), Err(2));
        assert_eq!(taken(&limiter, &7, 0), 19, "those that have a place keep it");
        assert_eq!(limiter.lock().of_key.len(), 4_096);
        limiter.take(6_000, 60_000).unwrap();
        assert_eq!(limiter.lock().of_key.len(), 1, "who has waited is forgotten");
    }
}
