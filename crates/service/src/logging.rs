//! What a program writes to its log, and how.

use std::collections::VecDeque;
use std::fmt;
use std::io::{IsTerminal as _, Write, stderr};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::Context;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Bytes of the newest lines kept in memory, for those who cannot read the journal.
const RECENT_BYTES_MAX: usize = 512 * 1024;

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

/// The subscriber writes each line at once.
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

/// A line of the level `error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedError {
    /// The module that wrote it.
    pub target: &'static str,
    /// The message, the same for all subjects.
    pub message: String,
    /// What it is about: names and values, as the log has them.
    pub fields: Vec<(&'static str, String)>,
}

impl Visit for LoggedError {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record(field, format!("{value:?}"));
    }
}

impl LoggedError {
    fn record(&mut self, field: &Field, value: String) {
        if field.name() == "message" {
            self.message = value;
        } else {
            self.fields.push((field.name(), value));
        }
    }
}

type ErrorListener = Box<dyn Fn(LoggedError) + Send + Sync>;

static ERROR_LISTENER: OnceLock<ErrorListener> = OnceLock::new();

/// From now on `listener` is called for each error that is logged, at once and on the thread that logs it: it must
/// neither wait nor log an error. The first of a process stays.
pub fn listen_for_errors(listener: impl Fn(LoggedError) + Send + Sync + 'static) {
    if ERROR_LISTENER.set(Box::new(listener)).is_err() {
        tracing::debug!("somebody listens for errors already");
    }
}

struct ErrorLayer;

impl<S: Subscriber> Layer<S> for ErrorLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if let (&Level::ERROR, Some(listen)) = (metadata.level(), ERROR_LISTENER.get()) {
            let mut error =
                LoggedError { target: metadata.target(), message: String::new(), fields: Vec::new() };
            event.record(&mut error);
            listen(error);
        }
    }
}

/// Starts the log on standard error, so that standard output stays for programs: JSON where systemd's journal reads it
/// (`$JOURNAL_STREAM`), lines for people elsewhere, coloured on a terminal. A second start within one process keeps the first.
///
/// `filter` is levels by module, such as `info,appliance::printing=debug`; one that cannot be read is `info`.
pub fn start_logging(filter: &str) {
    // Unlike `EnvFilter` it needs no regular expressions; spans and fields, which it cannot filter by, are
    // not used.
    let targets = filter.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal());
    let recent = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| RecentWriter);
    let log = tracing_subscriber::registry().with(targets).with(recent).with(ErrorLayer);
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

#[test]
fn errors_are_heard_with_their_fields_and_lesser_lines_are_not() {
    let noted = std::sync::Arc::new(Mutex::new(Vec::new()));
    let into = std::sync::Arc::clone(&noted);
    listen_for_errors(move |error| into.lock().unwrap().push(error));
    let log = tracing_subscriber::registry().with(ErrorLayer);
    tracing::subscriber::with_default(log, || {
        tracing::warn!(n = 1, "not this");
        tracing::error!(n = 2, word = "dead", at = ?Some(3), "a job is dead");
    });
    let fields = vec![("n", "2".to_owned()), ("word", "dead".to_owned()), ("at", "Some(3)".to_owned())];
    let target = "service::logging";
    assert_eq!(*noted.lock().unwrap(), [LoggedError { target, message: "a job is dead".to_owned(), fields }]);
}
