//! When a connection ends for the sake of the certificate.

use service::clock::Now;

/// A connection ends after this long when the certificate is to be renewed and an earlier try did not succeed.
const RENEW_AGAIN_MS: u64 = 24 * 3_600_000;

/// When a connection has to end so that the certificate can be renewed before the next one.
#[derive(Debug, Clone, Copy)]
pub(super) struct RenewalTimer {
    /// When two thirds of the certificate's life are over, milliseconds since 1970.
    due_ms: i64,
    /// When it is tried again where it was due at the start already, milliseconds since boot.
    again_up_ms: Option<u64>,
}

impl RenewalTimer {
    pub(super) fn new(due_ms: i64, now: &Now) -> Self {
        let due = now.wall_ms >= due_ms;
        Self { due_ms, again_up_ms: due.then(|| now.up_ms.saturating_add(RENEW_AGAIN_MS)) }
    }

    pub(super) fn ends_connection(&self, now: &Now) -> bool {
        match self.again_up_ms {
            Some(again) => now.up_ms >= again,
            None => now.wall_ms >= self.due_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use record::entry::ClockState;
    use record::ids::BootId;

    use super::*;

    #[test]
    fn a_connection_ends_once_when_the_certificate_is_to_be_renewed() {
        let due_ms = 2_000_000_000_000;
        let at =
            |wall_ms, up_ms| Now { wall_ms, boot: BootId::new(0, [0; 10]), up_ms, state: ClockState::Synced };
        let fresh = RenewalTimer::new(due_ms, &at(due_ms - 1, 5));
        assert!(!fresh.ends_connection(&at(due_ms - 1, 6)));
        assert!(fresh.ends_connection(&at(due_ms, 7)));
        let refused = RenewalTimer::new(due_ms, &at(due_ms, 7));
        assert!(
            !refused.ends_connection(&at(due_ms + 1_000, 1_007)),
            "no loop when the relay does not renew it"
        );
        assert!(refused.ends_connection(&at(due_ms + 1_000, 7 + RENEW_AGAIN_MS)));
    }
}
