//! Restarts that the relay's answers cause: the store records how often they may follow each other, across the restarts themselves.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::uplink::UplinkShared;

/// After which it is asked again where it cannot be noted that the box is to restart.
const UNNOTED: Duration = Duration::from_secs(3_600);

impl UplinkShared {
    /// Asks for an orderly restart, at once or as soon as the ones before are long enough ago. What it is for waits on the
    /// disk, and any start takes it up.
    pub(in crate::uplink) fn restart(self: &Arc<Self>, why: &'static str) {
        if self.restarting.swap(true, Ordering::Relaxed) {
            return;
        }
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let mut stopped = shared.stop.subscribe();
            tokio::select! {
                () = shared.wait_for_turn() => (shared.parts.restart)(why),
                // Either way this box ends, and a start takes it up.
                _ = stopped.wait_for(|stop| *stop) => {}
            }
        });
    }

    async fn wait_for_turn(&self) {
        loop {
            let (store, now_ms) = (self.parts.store.clone(), self.parts.clock.now().wall_ms);
            let wait = match tokio::task::spawn_blocking(move || store.relay_restart_wait_ms(now_ms)).await {
                Ok(Ok(0)) => return,
                Ok(Ok(wait_ms)) => {
                    tracing::warn!(wait_ms, "the relay causes one restart after the other: this one waits");
                    Duration::from_millis(wait_ms)
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "a restart that the relay causes is not noted, and waits");
                    UNNOTED
                }
                Err(error) => {
                    tracing::error!(%error, "a restart that the relay causes waits");
                    UNNOTED
                }
            };
            tokio::time::sleep(wait).await;
        }
    }
}
