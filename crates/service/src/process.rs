//! Notifications between a program and systemd: ready, alive, stopping.

use std::io;
use std::io::Write as _;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

const UNWATCHED: Duration = Duration::from_secs(3_600);

/// Writes the one line of standard output that states where a program listens, and notifies systemd that it
/// is ready.
///
/// # Errors
/// Standard output's; systemd was notified nevertheless.
pub fn announce_ready(line: &serde_json::Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    notify_service(&[NotifyState::Ready]);
    written
}

/// Tells systemd that the program ends in order.
pub fn notify_stopping() {
    notify_service(&[NotifyState::Stopping]);
}

/// Informs systemd that the program is alive.
pub fn notify_alive() {
    notify_service(&[NotifyState::Watchdog]);
}

/// Notifies systemd that the start continues and takes `more` time.
pub fn notify_starting(more: Duration) {
    let more = u32::try_from(more.as_micros()).unwrap_or(u32::MAX);
    notify_service(&[NotifyState::ExtendTimeoutUsec(more), NotifyState::Watchdog]);
}

fn notify_service(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// How often to call [`notify_alive`]: three times in the period after which systemd kills the program
/// (`WatchdogSec=`).
pub fn alive_interval() -> Duration {
    sd_notify::watchdog_enabled().map_or(UNWATCHED, |period| period / 3)
}

/// SIGTERM and SIGINT: the program is to end.
#[derive(Debug)]
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Catches both from now on.
    ///
    /// # Errors
    /// The operating system's.
    pub fn catch() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Ends with the next of them.
    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
