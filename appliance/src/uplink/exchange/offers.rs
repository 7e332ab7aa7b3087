//! When the logs that have ended are offered again.

use crate::uplink::plan::{REFUSED_MS, UplinkAction, UplinkAlarm};

/// On a connection that lasts, ended logs are offered again after this: a relay restored from a backup may have lost some
/// of an ended log and nothing of the present one, and then nothing else shows it.
const OFFERED_MS: u64 = 1_800_000;

/// When the logs that have ended are offered again on a connection that lasts: each is offered once when it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndedLogOffers {
    again_ms: u64,
}

impl EndedLogOffers {
    /// Of a connection that begins at `up_ms`.
    pub(super) fn begun(up_ms: u64) -> Self {
        Self { again_ms: up_ms.saturating_add(OFFERED_MS) }
    }

    /// The relay refused an ended log at `up_ms`, and the others continued without it.
    pub(super) fn refused(&mut self, up_ms: u64) {
        self.again_ms = self.again_ms.min(up_ms.saturating_add(REFUSED_MS));
    }

    /// Looks at what the present log's plan decided: a relay that lost entries while the connection stayed may have lost
    /// some of an ended log too. One that says so in its greeting was offered them a moment before.
    pub(super) fn watch(&mut self, before: u64, actions: &[UplinkAction], up_ms: u64) {
        let greeting =
            actions.iter().any(|a| matches!(a, UplinkAction::Alarm(UplinkAlarm::RelayWentBack { .. })));
        let lower = actions.iter().any(|a| matches!(a, UplinkAction::Cursor(cursor) if *cursor < before));
        if lower && !greeting {
            self.again_ms = up_ms;
        }
    }

    /// Whether a new connection is to begin now.
    pub(super) fn are_due(&self, up_ms: u64) -> bool {
        up_ms >= self.again_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ended_logs_are_offered_again() {
        let mut offers = EndedLogOffers::begun(3);
        assert!(!offers.are_due(2 + OFFERED_MS) && offers.are_due(3 + OFFERED_MS));
        offers.refused(5);
        offers.refused(900);
        assert!(!offers.are_due(4 + REFUSED_MS) && offers.are_due(5 + REFUSED_MS));
        let (mut offers, alarm) =
            (EndedLogOffers::begun(0), UplinkAction::Alarm(UplinkAlarm::RelayWentBack { had: 9, has: 4 }));
        offers.watch(9, &[alarm, UplinkAction::Cursor(4)], 7);
        offers.watch(9, &[UplinkAction::Cursor(12), UplinkAction::Hello], 7);
        assert!(!offers.are_due(7));
        offers.watch(9, &[UplinkAction::Cursor(4)], 7);
        assert!(offers.are_due(7));
    }
}
