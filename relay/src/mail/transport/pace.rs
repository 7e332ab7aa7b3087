//! When the next mail may leave this process: apart from the one before, and after the pause that a provider asks for or that failures
//! tell to make.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// Whoever would wait longer gives its worker back meanwhile.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// The pause after a failure that concerns every mail, doubled with each further one up to the second.
const PAUSE: Duration = Duration::from_secs(30);
const PAUSE_MAX: Duration = Duration::from_secs(600);

#[derive(Debug, Default)]
struct PaceState {
    next: Option<Instant>,
    failures: u32,
}

#[derive(Debug)]
pub(super) struct SendPace {
    apart: Duration,
    state: Mutex<PaceState>,
}

impl SendPace {
    pub(super) fn new(apart: Duration) -> Self {
        Self { apart, state: Mutex::default() }
    }

    /// How many milliseconds a wait would take that is too long to be waited for.
    pub(super) async fn long_wait_ms(&self) -> Option<i64> {
        let wait = self.state.lock().await.next?.saturating_duration_since(Instant::now());
        (wait > WAIT_MAX).then(|| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    }

    /// Waits for its turn.
    pub(super) async fn wait(&self) {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        let at = state.next.filter(|at| *at > now).unwrap_or(now);
        state.next = Some(at + self.apart);
        drop(state);
        tokio::time::sleep_until(at).await;
    }

    pub(super) async fn pause(&self, length: Duration) {
        let until = Instant::now() + length;
        let mut state = self.state.lock().await;
        state.next = Some(state.next.map_or(until, |at| at.max(until)));
    }

    /// Something failed that would fail with every mail: a server that is away, or knows no password of ours, is asked rarely.
    pub(super) async fn count_failure(&self) {
        let mut state = self.state.lock().await;
        let length = PAUSE.saturating_mul(1 << state.failures.min(10)).min(PAUSE_MAX);
        state.failures = state.failures.saturating_add(1);
        let until = Instant::now() + length;
        state.next = Some(state.next.map_or(until, |at| at.max(until)));
    }

    pub(super) async fn count_success(&self) {
        self.state.lock().await.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn mails_leave_apart_and_a_long_pause_is_said() {
        let pace = SendPace::new(Duration::from_millis(500));
        let began = Instant::now();
        for _ in 0..4 {
            pace.wait().await;
        }
        assert_eq!((began.elapsed(), pace.long_wait_ms().await), (Duration::from_millis(1_500), None));
        pace.pause(Duration::from_secs(60)).await;
        assert_eq!(pace.long_wait_ms().await, Some(60_000));
        tokio::time::advance(Duration::from_secs(58)).await;
        assert_eq!(pace.long_wait_ms().await, None);
        pace.wait().await;
        assert_eq!(began.elapsed(), Duration::from_millis(61_500));
    }

    #[tokio::test(start_paused = true)]
    async fn who_fails_again_and_again_is_asked_rarely() {
        let pace = SendPace::new(Duration::ZERO);
        let mut waits = Vec::new();
        for _ in 0..7 {
            pace.count_failure().await;
            waits.extend(pace.long_wait_ms().await);
            tokio::time::advance(Duration::from_secs(600)).await;
        }
        assert_eq!(waits, [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
        pace.count_success().await;
        pace.count_failure().await;
        assert_eq!(pace.long_wait_ms().await, Some(30_000));
    }
}
