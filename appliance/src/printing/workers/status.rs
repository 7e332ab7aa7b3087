//! What is known of each printer right now, shared between its worker and its readers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use labels::language::{ConfirmationLevel, PrinterCondition};
use labels::media::MediaSize;
use record::ids::JobId;
use tokio::sync::Notify;

use crate::printing::devices::printer_connection::PrinterReport;
use crate::printing::model::cause::{PrintUnit, PrinterCause};
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::news::{ChangeSignal, signal_change};
use crate::printing::model::printer_state::PrinterState;

/// The present state, as far as known.
#[derive(Debug, Clone)]
pub(crate) struct PrinterStatus {
    pub(crate) state: PrinterState,
    pub(crate) cause: PrinterCause,
    pub(crate) since_ms: i64,
    pub(crate) answered_ms: i64,
    pub(crate) paper_low: bool,
    /// Millimetres across and along of what the printer says is in it; 0 along: endless.
    pub(crate) loaded: Option<(u8, u8)>,
    pub(crate) job: Option<JobId>,
    /// What it has turned out to report, once that is known: it is not asked again for what it never answered.
    pub(crate) answers: Option<ConfirmationLevel>,
    reported: u64,
}

#[derive(Debug)]
pub(crate) struct PrinterShared {
    live: Mutex<PrinterStatus>,
    news: Condvar,
    roll: MediaSize,
    /// Signalled when the printer's state changes.
    changed: ChangeSignal,
    pub(crate) wake: Notify,
    /// Signalled when the worker is to drop everything.
    pub(crate) abandon: Notify,
    stopping: AtomicBool,
    probe: AtomicBool,
}

impl PrinterShared {
    pub(crate) fn new(now_ms: i64, roll: MediaSize, changed: ChangeSignal) -> Self {
        let live = PrinterStatus {
            state: PrinterState::NotQueried,
            cause: PrinterCause::NotPolled,
            since_ms: now_ms,
            answered_ms: i64::MIN,
            paper_low: false,
            loaded: None,
            job: None,
            answers: None,
            reported: 0,
        };
        Self {
            live: Mutex::new(live),
            news: Condvar::new(),
            roll,
            changed,
            wake: Notify::new(),
            abandon: Notify::new(),
            stopping: AtomicBool::new(false),
            probe: AtomicBool::new(true),
        }
    }

    /// What cannot be written down must not be printed: `printer` stops until the box is started again.
    pub(crate) fn ledger_failed(&self, printer: &str, unit: PrintUnit, e: &LedgerError, now_ms: i64) {
        tracing::error!(printer, error = %e, "printing has stopped");
        self.set(PrinterState::Failed, PrinterCause::LedgerFailed(unit), now_ms);
    }

    pub(crate) fn live(&self) -> PrinterStatus {
        self.lock().clone()
    }

    pub(crate) fn set(&self, state: PrinterState, cause: PrinterCause, now_ms: i64) {
        let mut live = self.lock();
        if live.state != state || live.cause != cause {
            tracing::info!(?state, ?cause, "printer");
            (live.state, live.cause, live.since_ms) = (state, cause, now_ms);
            signal_change(&self.changed);
        }
        live.answered_ms = now_ms;
        live.reported = live.reported.saturating_add(1);
        drop(live);
        self.news.notify_all();
    }

    /// Waits until something new is known, or until then; what is known by then.
    pub(crate) fn wait_for_news(&self, than: &PrinterStatus, until: Instant) -> PrinterStatus {
        let mut live = self.lock();
        while live.reported == than.reported && !self.stopping() {
            let left = until.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                break;
            }
            live = self.news.wait_timeout(live, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        live.clone()
    }

    pub(crate) fn set_low(&self, low: bool) {
        self.lock().paper_low = low;
    }

    /// What the printer said; `busy` with a job or not.
    pub(crate) fn record_report(&self, received: PrinterReport, busy: bool, now_ms: i64) {
        let condition = received.condition.unwrap_or(PrinterCondition::Ready);
        let stands = condition != PrinterCondition::Ready || received.mute || received.full;
        let state = match (stands, busy) {
            (true, _) => PrinterState::Stopped,
            (false, true) => PrinterState::Printing,
            (false, false) => PrinterState::Ready,
        };
        let cause = self.cause(received, condition);
        {
            let mut live = self.lock();
            live.paper_low = received.paper_low;
            live.loaded = received.loaded.or(live.loaded);
        }
        self.set(state, cause, now_ms);
    }

    fn cause(&self, received: PrinterReport, condition: PrinterCondition) -> PrinterCause {
        match (condition, received.loaded) {
            (PrinterCondition::WrongMedia, Some((width_mm, length_mm))) => {
                PrinterCause::WrongRoll { width_mm, length_mm, set: self.roll }
            }
            (PrinterCondition::Ready, _) if received.mute => PrinterCause::Mute,
            (PrinterCondition::Ready, _) if received.full => PrinterCause::Full,
            (PrinterCondition::Ready, _) => PrinterCause::Ready,
            (condition, _) => PrinterCause::Condition(condition),
        }
    }

    pub(crate) fn set_answers(&self, answers: ConfirmationLevel) {
        self.lock().answers = Some(answers);
    }

    pub(crate) fn set_job(&self, job: Option<JobId>) {
        self.lock().job = job;
    }

    /// The worker ends after the label in flight.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.wake.notify_one();
        self.news.notify_all();
    }

    pub(crate) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub(crate) fn ask(&self) {
        self.probe.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    /// Whether a query is requested; reading it clears it.
    pub(crate) fn take_query_request(&self) -> bool {
        self.probe.swap(false, Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, PrinterStatus> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
