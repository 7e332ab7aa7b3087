//! What a program writes to its log, and how.

use std::collections::VecDeque;
use std::io::{IsTerminal as _, Write, stderr};
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Bytes of the newest lines that stay in memory, for whoever cannot read the journal.
const RECENT_BYTES_MAX: usize = 512 * 1024;

/// The newest lines.
static RECENT: Mutex<RecentLines> = Mutex::new(RecentLines { lines: VecDeque::new(), bytes: 0 });

#[derive(Debug)]
struct RecentLines {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl RecentLines {
    fn push(&mut self, line: &[u8]) {
        self.bytes += line.len();
        self.lines.push_back(line.to_vec());
        while self.bytes > RECENT_BYTES_MAX {
            self.bytes -= self.lines.pop_front().map_or(self.bytes, |oldest| oldest.len());
        }
    }
}

/// Writes a line to memory; the subscriber hands over each line at once.
#[derive(Debug, Clone, Copy)]
struct RecentWriter;

impl Write for RecentWriter {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        RECENT.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The newest lines of this run, as many as stay in memory.
pub fn recent_lines() -> String {
    let recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    recent.lines.iter().map(|line| String::from_utf8_lossy(line)).collect()
}

/// Starts the log on standard error, so that standard output stays for programs: JSON where systemd's journal reads it
/// (`$JOURNAL_STREAM`), lines for people elsewhere, coloured on a terminal. A second start within one process keeps the first.
///
/// `filter` is levels by module, such as `info,appliance::printing=debug`; one that cannot be read is `info`.
pub fn start_logging(filter: &str) {
    // Unlike `EnvFilter` it needs no engine of regular expressions; what it cannot say, spans and fields, we do not filter by.
    let targets = filter.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal());
    let recent = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| RecentWriter);
    let log = tracing_subscriber::registry().with(targets).with(recent);
    let started = if std::env::var_os("JOURNAL_STREAM").is_some() {
        log.with(lines.json()).try_init()
    } else {
        log.with(lines).try_init()
    };
    if let Err(error) = started {
        tracing::debug!(%error, "a log was there already");
    }
}

#[test]
fn only_the_newest_lines_stay() {
    let mut recent = RecentLines { lines: VecDeque::new(), bytes: 0 };
    let line = vec![b'x'; RECENT_BYTES_MAX / 4];
    for _ in 0..9 {
        recent.push(&line);
    }
    assert_eq!((recent.lines.len(), recent.bytes), (4, RECENT_BYTES_MAX));
    recent.push(&vec![b'y'; 2 * RECENT_BYTES_MAX]);
    assert_eq!((recent.lines.len(), recent.bytes), (0, 0));
}
