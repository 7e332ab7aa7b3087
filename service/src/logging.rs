//! What a program writes to its log, and how.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts the log on standard error, so that standard output stays for programs: JSON where systemd's journal reads it
/// (`$JOURNAL_STREAM`), lines for people elsewhere, coloured on a terminal. A second start within one process keeps the first.
///
/// `filter` is levels by module, such as `info,appliance::printing=debug`; one that cannot be read is `info`.
pub fn start_logging(filter: &str) {
    // Unlike `EnvFilter` it needs no engine of regular expressions; what it cannot say, spans and fields, we do not filter by.
    let targets = filter.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal());
    let log = tracing_subscriber::registry().with(targets);
    let started = if std::env::var_os("JOURNAL_STREAM").is_some() {
        log.with(lines.json()).try_init()
    } else {
        log.with(lines).try_init()
    };
    if let Err(error) = started {
        tracing::debug!(%error, "a log was there already");
    }
}
