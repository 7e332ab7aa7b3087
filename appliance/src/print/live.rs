//! What is known of each printer right now, shared between its worker and whoever asks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use labels::language::Condition;
use record::ids::JobId;
use serde::Serialize;
use tokio::sync::Notify;

use super::talk::Heard;

/// A printer's state in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterState {
    /// Nobody has asked it yet.
    NotHeard,
    /// Answers, or at least takes a connection, and reports no trouble.
    Ready,
    /// A job is under way.
    Printing,
    /// Stands still: the advice says why.
    Stopped,
    /// Does not take a connection, does not answer, or broke off.
    Unreachable,
    /// The box itself has a fault, so nothing is sent.
    Failed,
}

impl PrinterState {
    /// In a word or two, for the fleet page at the relay.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotHeard => "not asked yet",
            Self::Ready => "ready",
            Self::Printing => "printing",
            Self::Stopped => "stopped",
            Self::Unreachable => "no answer",
            Self::Failed => "fault of the box",
        }
    }

    /// Whether a job has to wait for somebody.
    pub fn stands_still(self) -> bool {
        matches!(self, Self::Stopped | Self::Unreachable | Self::Failed)
    }
}

/// The present, as far as it was heard.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) state: PrinterState,
    pub(crate) advice: String,
    pub(crate) since_ms: i64,
    pub(crate) heard_ms: i64,
    pub(crate) paper_low: bool,
    pub(crate) job: Option<JobId>,
}

/// One printer's bell and board.
#[derive(Debug)]
pub(crate) struct Shared {
    live: Mutex<Live>,
    /// Rung when there may be something to do.
    pub(crate) wake: Notify,
    /// Rung when the worker is to drop everything.
    pub(crate) abandon: Notify,
    stopping: AtomicBool,
    probe: AtomicBool,
}

impl Shared {
    pub(crate) fn new(now_ms: i64) -> Self {
        let live = Live {
            state: PrinterState::NotHeard,
            advice: "The printer has not been asked yet.".into(),
            since_ms: now_ms,
            heard_ms: i64::MIN,
            paper_low: false,
            job: None,
        };
        Self {
            live: Mutex::new(live),
            wake: Notify::new(),
            abandon: Notify::new(),
            stopping: AtomicBool::new(false),
            probe: AtomicBool::new(true),
        }
    }

    pub(crate) fn live(&self) -> Live {
        self.lock().clone()
    }

    pub(crate) fn set(&self, state: PrinterState, advice: &str, now_ms: i64) {
        let mut live = self.lock();
        if live.state != state || live.advice != advice {
            tracing::info!(?state, advice, "printer");
            (live.state, live.advice, live.since_ms) = (state, advice.to_owned(), now_ms);
        }
        live.heard_ms = now_ms;
    }

    /// What the printer said; `busy` with a job or not.
    pub(crate) fn heard(&self, heard: Heard, busy: bool, now_ms: i64) {
        let condition = heard.condition.unwrap_or(Condition::Ready);
        let state = match condition {
            Condition::Ready if busy => PrinterState::Printing,
            Condition::Ready => PrinterState::Ready,
            _ => PrinterState::Stopped,
        };
        self.lock().paper_low = heard.paper_low;
        self.set(state, condition.advice(), now_ms);
    }

    pub(crate) fn set_job(&self, job: Option<JobId>) {
        self.lock().job = job;
    }

    /// The worker ends after the label in flight.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    pub(crate) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Somebody wants to know how the printer is.
    pub(crate) fn ask(&self) {
        self.probe.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    /// Whether somebody wants to know; asked once.
    pub(crate) fn asked(&self) -> bool {
        self.probe.swap(false, Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
