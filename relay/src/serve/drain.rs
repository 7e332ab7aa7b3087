//! The end of a process, announced beforehand: whoever sends requests here is to send them elsewhere first.

use std::time::Duration;

use service::process;
use service::process::StopSignals;
use tokio::time::{Interval, sleep};

use crate::readiness::ProcessReadiness;

/// Says that it ends and serves on for a while, so that a balancer sees it before a connection is refused. Another signal ends it at once.
pub(super) async fn drain_process(
    readiness: Option<&ProcessReadiness>,
    length: Duration,
    stop_signals: &mut StopSignals,
    alive: &mut Interval,
) {
    if let Some(readiness) = readiness {
        readiness.begin_drain();
    }
    if length.is_zero() {
        return;
    }
    tracing::info!(
        seconds = length.as_secs(),
        "draining: readiness says so, and what comes is still answered"
    );
    // What the service manager waits for by itself is the end, not this.
    process::notify_starting(length + END_WITHIN);
    let over = sleep(length);
    tokio::pin!(over);
    loop {
        tokio::select! {
            () = &mut over => return,
            () = stop_signals.wait() => return,
            _ = alive.tick() => process::notify_alive(),
        }
    }
}

const END_WITHIN: Duration = Duration::from_secs(15);
