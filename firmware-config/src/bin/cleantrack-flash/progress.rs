//! The progress of a card, on standard error: one updating line on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::sizes::describe_progress;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlashPhase {
    Writing,
    Checking,
    Finishing,
}

impl FlashPhase {
    const fn title(self) -> &'static str {
        match self {
            Self::Writing => "Writing",
            Self::Checking => "Checking",
            Self::Finishing => "Finishing",
        }
    }
}

pub(crate) trait FlashProgress {
    fn begin_phase(&mut self, phase: FlashPhase, total: Option<u64>);
    fn advance_to(&mut self, bytes: u64);
    fn end_phases(&mut self);
}

/// Between two lines where no terminal shows progress.
const LOG_EVERY: Duration = Duration::from_secs(10);
const TERMINAL_EVERY: Duration = Duration::from_millis(250);

pub(crate) struct ProgressLine {
    phase: FlashPhase,
    total: Option<u64>,
    done: u64,
    began: Instant,
    shown: Option<Instant>,
    is_terminal: bool,
}

impl ProgressLine {
    pub(crate) fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let began = Instant::now();
        Self { phase: FlashPhase::Writing, total: None, done: 0, began, shown: None, is_terminal }
    }

    fn show(&mut self) {
        let now = Instant::now();
        let since = now.duration_since(self.began);
        self.shown = Some(now);
        let text = describe_progress(self.phase.title(), self.done, self.total, since);
        // A failure to show it is ignored.
        let _ = match self.is_terminal {
            true => write!(std::io::stderr(), "\r{text}\u{1b}[K"),
            false => writeln!(std::io::stderr(), "{text}"),
        };
    }

    fn close_line(&mut self) {
        if self.shown.take().is_some() {
            self.show();
            if self.is_terminal {
                let _ = writeln!(std::io::stderr());
            }
            self.shown = None;
        }
    }
}

impl FlashProgress for ProgressLine {
    fn begin_phase(&mut self, phase: FlashPhase, total: Option<u64>) {
        self.close_line();
        self.phase = phase;
        self.total = total;
        self.done = 0;
        self.began = Instant::now();
    }

    fn advance_to(&mut self, bytes: u64) {
        self.done = bytes;
        let every = if self.is_terminal { TERMINAL_EVERY } else { LOG_EVERY };
        if self.shown.is_none_or(|shown| Instant::now().duration_since(shown) >= every) {
            self.show();
        }
    }

    fn end_phases(&mut self) {
        self.close_line();
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.close_line();
    }
}
