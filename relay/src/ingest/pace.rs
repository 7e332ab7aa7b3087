//! How often one box may say what: whoever loops costs the others nothing. A box that is well comes nowhere near.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use record::ids::BoxId;
use service::limit::RateLimiter;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Boxes that are distinguished; the others share one bucket.
const BOXES_MAX: usize = 20_000;
/// How long nothing is taken of a box whose batches were refused one after another.
const PAUSE_MS: u64 = 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BoxMessage {
    /// 6 a minute; 20 at once, as over a connection that breaks again and again.
    Hello,
    /// 4 a minute; 20 at once, as while an alarm comes and goes.
    Health,
    /// 20 a second; 200 at once, as after a long time without a connection.
    Batch,
}

#[derive(Debug)]
pub(super) struct BoxPace {
    hellos: RateLimiter<BoxId>,
    reports: RateLimiter<BoxId>,
    batches: RateLimiter<BoxId>,
    /// Batches that were refused: 1 a second, 20 at once.
    refusals: RateLimiter<BoxId>,
    /// The notices to batches that have to wait; more of these are not worth unpacking the batch.
    notices: RateLimiter<BoxId>,
    /// Until when nothing more is taken, in milliseconds since the machine's boot.
    paused: Mutex<HashMap<BoxId, u64>>,
}

impl BoxPace {
    pub(super) fn new() -> Self {
        Self {
            hellos: RateLimiter::new(6, MINUTE, 20, BOXES_MAX),
            reports: RateLimiter::new(4, MINUTE, 20, BOXES_MAX),
            batches: RateLimiter::new(20, SECOND, 200, BOXES_MAX),
            refusals: RateLimiter::new(1, SECOND, 20, BOXES_MAX),
            notices: RateLimiter::new(12, MINUTE, 2, BOXES_MAX),
            paused: Mutex::default(),
        }
    }

    /// Takes one message, `up_ms` after the boot; else the whole seconds until there is one again, at least 1.
    pub(super) fn take(&self, box_id: BoxId, message: BoxMessage, up_ms: u64) -> Result<(), u32> {
        let waiting = match message {
            BoxMessage::Hello => self.hellos.take(box_id, up_ms),
            BoxMessage::Health => self.reports.take(box_id, up_ms),
            BoxMessage::Batch => {
                self.check_pause(box_id, up_ms).and_then(|()| self.batches.take(box_id, up_ms))
            }
        };
        waiting.map_err(|wait_s| u32::try_from(wait_s.max(1)).unwrap_or(u32::MAX))
    }

    fn check_pause(&self, box_id: BoxId, up_ms: u64) -> Result<(), u64> {
        let until = self.lock().get(&box_id).copied().unwrap_or(0);
        match until.saturating_sub(up_ms) {
            0 => Ok(()),
            left => Err(left.div_ceil(1_000)),
        }
    }

    pub(super) fn note_refusal(&self, box_id: BoxId, up_ms: u64) {
        if self.refusals.take(box_id, up_ms).is_err() {
            let mut paused = self.lock();
            paused.retain(|_, until| *until > up_ms);
            paused.insert(box_id, up_ms + PAUSE_MS);
        }
    }

    /// Whether a batch that has to wait is answered with how long.
    pub(super) fn takes_notice(&self, box_id: BoxId, up_ms: u64) -> bool {
        self.notices.take(box_id, up_ms).is_ok()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<BoxId, u64>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn box_id(n: u8) -> BoxId {
        BoxId::new(1, [n; 10])
    }

    fn taken(pace: &BoxPace, message: BoxMessage, up_ms: u64) -> usize {
        (0..1_000).take_while(|_| pace.take(box_id(1), message, up_ms).is_ok()).count()
    }

    #[test]
    fn each_box_has_so_many_of_each_kind() {
        let pace = BoxPace::new();
        let kinds = [(BoxMessage::Hello, 20, 6), (BoxMessage::Health, 20, 4), (BoxMessage::Batch, 200, 200)];
        for (message, at_once, in_a_minute) in kinds {
            assert_eq!(taken(&pace, message, 5), at_once, "{message:?}");
            assert_eq!(taken(&pace, message, 60_005), in_a_minute, "{message:?}");
            assert_eq!(pace.take(box_id(2), message, 60_005), Ok(()), "another box");
        }
        assert_eq!(pace.take(box_id(1), BoxMessage::Health, 60_005), Err(15));
    }

    #[test]
    fn who_is_refused_again_and_again_waits_a_minute() {
        let pace = BoxPace::new();
        for _ in 0..20 {
            pace.note_refusal(box_id(1), 5);
            assert_eq!(pace.take(box_id(1), BoxMessage::Batch, 5), Ok(()));
        }
        pace.note_refusal(box_id(1), 5);
        assert_eq!(pace.take(box_id(1), BoxMessage::Batch, 5), Err(60));
        assert_eq!(pace.take(box_id(1), BoxMessage::Hello, 5), Ok(()), "it may ask what is held");
        assert_eq!(pace.take(box_id(2), BoxMessage::Batch, 5), Ok(()), "another box");
        assert_eq!(pace.take(box_id(1), BoxMessage::Batch, 60_005), Ok(()));
    }
}
