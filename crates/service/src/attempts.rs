//! Limits of sign-in attempts, by buckets that refill and so forget: pure arithmetic, without a clock or a disk.
//!
//! A bucket holds a number of wrong attempts. Each attempt takes one **before** the secret is compared, so that neither
//! many attempts at once nor a pulled plug win any; with an empty bucket the secret is not compared. It refills one
//! attempt at a time, no wait doubles, and none is longer than the bucket takes to refill.
//!
//! A device from which somebody signed in before has a bucket of its own ([`OriginKind::KnownDevice`]). All other
//! attempts take from three shared ones. So attempts of strangers never lock out a person at a known device.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limit::RateLimiter;

const MINUTE_MS: i64 = 60_000;

/// How many tries a bucket holds and how fast they come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptPolicy {
    /// Tries in a full bucket; at least 1.
    pub size: u32,
    /// Milliseconds until one try is back; at least 1.
    pub refill_ms: i64,
}

/// The policies of one program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInPolicy {
    /// One person on one device that has signed in as this person before.
    pub known_device: AttemptPolicy,
    /// One person, from all devices that have not.
    pub strangers_of_person: AttemptPolicy,
    /// One network, from devices that are not known.
    pub address: AttemptPolicy,
    /// Everybody together, from devices that are not known; absent where there is no such bound.
    pub program: Option<AttemptPolicy>,
}

/// The box: PINs are short, and a building has few people.
pub const BOX: SignInPolicy = SignInPolicy {
    known_device: AttemptPolicy { size: 5, refill_ms: 5 * MINUTE_MS },
    strangers_of_person: AttemptPolicy { size: 10, refill_ms: 20 * MINUTE_MS },
    address: AttemptPolicy { size: 30, refill_ms: MINUTE_MS },
    program: Some(AttemptPolicy { size: 100, refill_ms: MINUTE_MS }),
};

/// The relay: passwords are long, and a hospital's admins share one address.
pub const RELAY: SignInPolicy = SignInPolicy {
    known_device: AttemptPolicy { size: 10, refill_ms: 5 * MINUTE_MS },
    strangers_of_person: AttemptPolicy { size: 10, refill_ms: 20 * MINUTE_MS },
    address: AttemptPolicy { size: 100, refill_ms: 10_000 },
    program: None,
};

/// Where an attempt comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginKind {
    /// A device that has signed in as this very person before.
    KnownDevice,
    /// Any other.
    UnknownDevice,
}

/// A bucket, as it is kept. One that was never touched is [`AttemptBucket::default`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptBucket {
    /// Milliseconds of refilling that it lacks.
    missing_ms: i64,
    /// When that was so, milliseconds since 1970.
    at_ms: i64,
}

/// An empty bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptWait {
    /// When there is a try again, milliseconds since 1970.
    pub until_ms: i64,
}

impl AttemptPolicy {
    fn capacity_ms(&self) -> i64 {
        self.refill_ms.saturating_mul(i64::from(self.size))
    }

    /// The buckets of networks, in memory and bounded.
    pub fn network_limiter(&self, networks_max: usize) -> RateLimiter<ClientNetwork> {
        RateLimiter::new(
            1,
            Duration::from_millis(self.refill_ms.max(1).cast_unsigned()),
            self.size,
            networks_max,
        )
    }
}

impl AttemptWait {
    /// A caller who has to wait so many seconds from now on.
    pub fn after_seconds(seconds: u64, now_ms: i64) -> Self {
        Self { until_ms: now_ms.saturating_add_unsigned(seconds.saturating_mul(1_000)) }
    }
}

impl AttemptBucket {
    /// From what is kept in two columns of a database.
    pub fn from_parts(missing_ms: i64, at_ms: i64) -> Self {
        Self { missing_ms, at_ms }
    }

    /// What a database keeps of it: the milliseconds that it lacks, and when that was so.
    pub fn parts(self) -> (i64, i64) {
        (self.missing_ms, self.at_ms)
    }

    /// A clock that was set back takes nothing away and adds nothing.
    fn refilled(self, policy: &AttemptPolicy, now_ms: i64) -> Self {
        let passed = now_ms.saturating_sub(self.at_ms).max(0);
        let missing_ms = self.missing_ms.clamp(0, policy.capacity_ms()).saturating_sub(passed).max(0);
        Self { missing_ms, at_ms: now_ms }
    }

    /// What to keep of a bucket whose time is ahead because the clock was set back: it would not refill until then.
    pub fn brought_back(self, now_ms: i64) -> Option<Self> {
        (self.at_ms > now_ms).then_some(Self { at_ms: now_ms, ..self })
    }

    /// Takes one try; the bucket that is to be kept before the secret is looked at. Where there is none, see
    /// [`AttemptBucket::brought_back`].
    ///
    /// # Errors
    /// It is empty: nothing is to be looked at before the time given.
    pub fn take(self, policy: &AttemptPolicy, now_ms: i64) -> Result<Self, AttemptWait> {
        let bucket = self.refilled(policy, now_ms);
        let missing_ms = bucket.missing_ms.saturating_add(policy.refill_ms);
        let over_ms = missing_ms - policy.capacity_ms();
        if over_ms > 0 {
            return Err(AttemptWait { until_ms: now_ms.saturating_add(over_ms) });
        }
        Ok(Self { missing_ms, ..bucket })
    }

    /// Puts one try back: the secret was right, and others share this bucket.
    #[must_use]
    pub fn refund(self, policy: &AttemptPolicy, now_ms: i64) -> Self {
        let bucket = self.refilled(policy, now_ms);
        Self { missing_ms: bucket.missing_ms.saturating_sub(policy.refill_ms).max(0), ..bucket }
    }

    /// Tries that are left, 0 to the policy's size.
    pub fn tries_left(self, policy: &AttemptPolicy, now_ms: i64) -> u32 {
        let left =
            (policy.capacity_ms() - self.refilled(policy, now_ms).missing_ms) / policy.refill_ms.max(1);
        u32::try_from(left).unwrap_or(policy.size)
    }

    /// Whether it is as full as one that was never touched, so that its row may go.
    pub fn is_full(self, policy: &AttemptPolicy, now_ms: i64) -> bool {
        self.refilled(policy, now_ms).missing_ms == 0
    }
}

/// The part of an address that one customer has: an IPv4 address, or a /64 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientNetwork(IpAddr);

impl ClientNetwork {
    /// The network of an address. An IPv4 address in IPv6 form is that IPv4 address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Self(std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
            v4 => Self(v4),
        }
    }
}

impl std::fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => v4.fmt(f),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_763_610_000_000;
    const POLICIES: [AttemptPolicy; 6] = [
        BOX.known_device,
        BOX.strangers_of_person,
        BOX.address,
        RELAY.known_device,
        RELAY.strangers_of_person,
        RELAY.address,
    ];

    /// How many of a try every `every_ms` over `for_ms` are let through.
    fn looked_at(policy: &AttemptPolicy, every_ms: i64, for_ms: i64) -> i64 {
        let (mut bucket, mut taken, mut at_ms) = (AttemptBucket::default(), 0, 0);
        while at_ms < for_ms {
            if let Ok(after) = bucket.take(policy, NOW + at_ms) {
                (bucket, taken) = (after, taken + 1);
            }
            at_ms += every_ms;
        }
        taken
    }

    #[test]
    fn a_bucket_empties_and_refills_one_by_one() {
        let policy = BOX.known_device;
        let mut bucket = AttemptBucket::default();
        for left in (0..5).rev() {
            bucket = bucket.take(&policy, NOW).unwrap();
            assert_eq!(bucket.tries_left(&policy, NOW), left);
        }
        assert_eq!(bucket.take(&policy, NOW), Err(AttemptWait { until_ms: NOW + 5 * MINUTE_MS }));
        assert_eq!(bucket.take(&policy, NOW + MINUTE_MS), Err(AttemptWait { until_ms: NOW + 5 * MINUTE_MS }));
        let later = NOW + 5 * MINUTE_MS;
        bucket = bucket.take(&policy, later).unwrap();
        assert_eq!(bucket.take(&policy, later), Err(AttemptWait { until_ms: later + 5 * MINUTE_MS }));
        assert!(bucket.is_full(&policy, later + 25 * MINUTE_MS));
        assert_eq!(bucket.tries_left(&policy, later + 400 * 24 * 60 * MINUTE_MS), 5);
    }

    #[test]
    fn guesses_of_a_day_and_of_an_hour_are_bounded() {
        let day_ms = 24 * 60 * MINUTE_MS;
        for policy in POLICIES {
            let bound = i64::from(policy.size) + day_ms / policy.refill_ms;
            assert!(looked_at(&policy, 1_000, day_ms) <= bound, "{policy:?}");
        }
        assert_eq!(looked_at(&BOX.strangers_of_person, 1_000, day_ms), 10 + 71);
        // 10,000 tries at one person within an hour, from wherever they come.
        assert_eq!(looked_at(&BOX.strangers_of_person, 360, 60 * MINUTE_MS), 12);
    }

    #[test]
    fn a_right_try_among_a_thousand_people_of_one_office_never_waits() {
        let (networks, office) =
            (RELAY.address.network_limiter(10), ClientNetwork::of([192, 0, 2, 7].into()));
        for person in 0..1_000 {
            // One typo a day each, spread over a working day, and then the right password.
            let at_ms = person * 8 * 60 * 60 * 1_000 / 1_000;
            networks.take(office, at_ms).unwrap();
            networks.take(office, at_ms + 5_000).unwrap();
            networks.refund(&office);
        }
    }

    #[test]
    fn a_clock_that_was_a_year_ahead_costs_no_year() {
        let (policy, ahead) = (RELAY.strangers_of_person, NOW + 365 * 24 * 60 * MINUTE_MS);
        let mut bucket = AttemptBucket::default();
        while let Ok(after) = bucket.take(&policy, ahead) {
            bucket = after;
        }
        assert!(bucket.take(&policy, NOW).is_err());
        bucket = bucket.brought_back(NOW).unwrap();
        assert_eq!(bucket.brought_back(NOW), None);
        assert!(bucket.take(&policy, NOW + policy.refill_ms).is_ok(), "one refill later");
    }

    fn network_of(text: &str) -> ClientNetwork {
        ClientNetwork::of(text.parse().unwrap())
    }

    fn up_ms(ms: i64) -> u64 {
        ms.max(0).cast_unsigned()
    }

    #[test]
    fn networks() {
        assert_eq!(network_of("::ffff:192.0.2.7"), network_of("192.0.2.7"));
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2::1"));
        assert_ne!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
        assert_eq!(network_of("192.0.2.7").to_string(), "192.0.2.7");
        assert_eq!(network_of("2001:db8:1:2::1").to_string(), "2001:db8:1:2::/64");
    }

    proptest! {
        #[test]
        fn no_wait_outlasts_the_bucket(missing_ms: i64, at_ms: i64, now_ms in 0..i64::MAX / 2, which in 0..POLICIES.len()) {
            let policy = POLICIES[which];
            match AttemptBucket::from_parts(missing_ms, at_ms).take(&policy, now_ms) {
                Ok(after) => prop_assert!(after.tries_left(&policy, now_ms) < policy.size),
                Err(wait) => prop_assert!(wait.until_ms > now_ms && wait.until_ms - now_ms <= policy.capacity_ms()),
            }
        }

        #[test]
        fn a_clock_set_back_adds_no_try(tries in 1..40_u32, back_ms in 0..i64::MAX / 4, which in 0..POLICIES.len()) {
            let policy = POLICIES[which];
            let mut bucket = AttemptBucket::default();
            for _ in 0..tries {
                bucket = bucket.take(&policy, NOW).unwrap_or(bucket);
            }
            let left = bucket.tries_left(&policy, NOW);
            prop_assert_eq!(bucket.tries_left(&policy, NOW - back_ms), left);
        }

        #[test]
        fn a_clock_set_back_makes_no_wait_longer(back_ms in 1..i64::MAX / 4, which in 0..POLICIES.len()) {
            let policy = POLICIES[which];
            let mut bucket = AttemptBucket::from_parts(policy.capacity_ms(), NOW);
            let back = NOW - back_ms;
            prop_assert!(bucket.take(&policy, back).is_err());
            bucket = bucket.brought_back(back).unwrap_or(bucket);
            prop_assert_eq!(bucket.tries_left(&policy, back + policy.refill_ms), 1);
            prop_assert!(bucket.is_full(&policy, back + policy.capacity_ms()));
            prop_assert_eq!(bucket.brought_back(back + 1), None);
            let (networks, network) = (policy.network_limiter(4), ClientNetwork::of([192, 0, 2, 7].into()));
            while networks.take(network, up_ms(NOW)).is_ok() {}
            prop_assert!(networks.take(network, up_ms(back)).is_err());
            prop_assert!(networks.take(network, up_ms(back) + up_ms(policy.refill_ms)).is_ok());
        }

        #[test]
        fn what_is_given_back_was_taken(tries in 0..10_u32, which in 0..POLICIES.len()) {
            let policy = POLICIES[which];
            let mut bucket = AttemptBucket::default();
            for _ in 0..tries {
                bucket = bucket.take(&policy, NOW).unwrap_or(bucket);
            }
            let left = bucket.tries_left(&policy, NOW);
            if let Ok(taken) = bucket.take(&policy, NOW) {
                prop_assert_eq!(taken.refund(&policy, NOW).tries_left(&policy, NOW), left);
            }
            prop_assert_eq!(AttemptBucket::default().refund(&policy, NOW).tries_left(&policy, NOW), policy.size);
        }
    }
}
