//! When a sign-in may be tried: pure arithmetic over the failures that are kept for an e-mail address or a network.

use std::net::IpAddr;

use record::tree::Hash;

/// How many tries, and how long the wait after them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Tries before the first wait.
    pub tries: u32,
    /// The first wait; each further failure doubles it.
    pub wait_ms: i64,
    /// The longest wait.
    pub wait_ms_max: i64,
    /// Failures older than this are forgotten.
    pub forget_ms: i64,
}

/// For one e-mail address, whether somebody has it or not.
pub const EMAIL: Limits =
    Limits { tries: 5, wait_ms: 5 * 60_000, wait_ms_max: 60 * 60_000, forget_ms: 24 * 3_600_000 };
/// For one network: a hospital's admins share one address.
pub const NETWORK: Limits =
    Limits { tries: 20, wait_ms: 5 * 60_000, wait_ms_max: 60 * 60_000, forget_ms: 24 * 3_600_000 };

/// Tries that failed or are under way; a try counts before its password is looked at, so that many at once gain nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many since they were last forgotten.
    pub count: u32,
    /// When the newest was, milliseconds since 1970.
    pub last_ms: i64,
}

/// What becomes of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Look at the password, after this is kept.
    Try(Failures),
    /// Not before this time.
    Wait {
        /// Milliseconds since 1970.
        until_ms: i64,
        /// To be kept instead, where the clock was set back: a wait never outlasts its own length.
        keep: Option<Failures>,
    },
}

/// Decides a try at `now_ms`.
pub fn decide(kept: Option<Failures>, now_ms: i64, limits: &Limits) -> Decision {
    let Some(kept) = kept.filter(|f| now_ms.saturating_sub(f.last_ms) <= limits.forget_ms) else {
        return Decision::Try(Failures { count: 1, last_ms: now_ms });
    };
    let past = Failures { last_ms: kept.last_ms.min(now_ms), ..kept };
    let until_ms = past.last_ms.saturating_add(wait_ms(past.count, limits));
    if now_ms < until_ms {
        return Decision::Wait { until_ms, keep: (past != kept).then_some(past) };
    }
    Decision::Try(Failures { count: past.count.saturating_add(1), last_ms: now_ms })
}

fn wait_ms(count: u32, limits: &Limits) -> i64 {
    match count.checked_sub(limits.tries) {
        None => 0,
        Some(doublings) => limits.wait_ms.saturating_mul(1_i64 << doublings.min(30)).min(limits.wait_ms_max),
    }
}

/// The key under which an e-mail address's failures are kept: no address in the clear.
pub fn email_key(email: &str) -> String {
    format!("email/{}", Hash::of(email.trim().to_lowercase().as_bytes()))
}

/// The key of a network: an IPv4 address, or the half of an IPv6 address that one customer has.
pub fn network_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => format!("network/{v4}"),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("network/{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000;

    /// Tries at each of `times` (minutes); how many were let through.
    fn let_through(times: impl IntoIterator<Item = i64>) -> u32 {
        let (mut kept, mut through) = (None, 0);
        for minute in times {
            match decide(kept, minute * MINUTE, &EMAIL) {
                Decision::Try(failures) => {
                    kept = Some(failures);
                    through += 1;
                }
                Decision::Wait { keep, .. } => kept = keep.or(kept),
            }
        }
        through
    }

    #[test]
    fn five_tries_then_waits_that_double() {
        assert_eq!(let_through([0; 100]), 5);
        assert_eq!(let_through([0, 0, 0, 0, 0, 4]), 5);
        assert_eq!(let_through([0, 0, 0, 0, 0, 5]), 6);
        assert_eq!(let_through([0, 0, 0, 0, 0, 5, 14]), 6);
        assert_eq!(let_through([0, 0, 0, 0, 0, 5, 15]), 7);
        assert!(let_through(0..24 * 60) < 33, "a day of trying each minute");
    }

    #[test]
    fn a_day_of_rest_is_forgiven() {
        assert_eq!(
            let_through([0, 0, 0, 0, 24 * 60 + 1, 24 * 60 + 1, 24 * 60 + 1, 24 * 60 + 1, 24 * 60 + 1]),
            9
        );
    }

    #[test]
    fn a_clock_that_was_a_year_ahead_locks_nobody_out_for_a_year() {
        let ahead = Failures { count: 5, last_ms: 365 * 24 * 60 * MINUTE };
        let Decision::Wait { until_ms, keep: Some(kept) } = decide(Some(ahead), 0, &EMAIL) else { panic!() };
        assert_eq!(until_ms, 5 * MINUTE);
        assert!(matches!(decide(Some(kept), 5 * MINUTE, &EMAIL), Decision::Try(_)));
    }

    #[test]
    fn keys() {
        assert_eq!(email_key(" Priya@Linden.Example "), email_key("priya@linden.example"));
        assert!(!email_key("priya@linden.example").contains("priya"));
        let key = |text: &str| network_key(text.parse().unwrap());
        assert_eq!(key("192.0.2.7"), "network/192.0.2.7");
        assert_eq!(key("::ffff:192.0.2.7"), key("192.0.2.7"));
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), key("2001:db8:1:2::1"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    }

    proptest! {
        #[test]
        fn no_wait_outlasts_the_longest(count: u32, last_ms: i64, now_ms in 0..i64::MAX / 2) {
            if let Decision::Wait { until_ms, .. } = decide(Some(Failures { count, last_ms }), now_ms, &NETWORK) {
                prop_assert!(until_ms > now_ms && until_ms - now_ms <= NETWORK.wait_ms_max);
            }
        }
    }
}
