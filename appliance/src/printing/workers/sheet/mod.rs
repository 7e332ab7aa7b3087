//! The worker of an office printer: labels by the sheet, as PDF, given to a print queue one sheet at a time.
//!
//! A queue prints a sheet as a label printer prints a label. Before the queue gets its first byte, all labels of the sheet are
//! `sending` on disk, beside the name by which the queue will know it ([`SubmittedSheet`]). From then on the queue alone is asked what
//! became of that name: usually each second, and likewise after a lost answer or a crash of the box. Its answer settles all labels of
//! the sheet together. So at most one sheet is in doubt, and only when the queue has dropped it or says that it stopped half-way; then
//! a person is asked, once for the sheet. No name is used twice: a sheet that is printed again is another document.

use std::sync::Arc;

use labels::language::{ConfirmationLevel, PrinterCondition};
use labels::sheet::{FirstLabel, LabelSheet, PrintOffset};
use labels::{Typesetter, pdf};
use service::clock::Clock;
use tokio::time::Instant;

use crate::printing::devices::ipp::{DocumentState, IppQueue, QueueState, media_name};
use crate::printing::model::cause::{FailureCause, PrintUnit, PrinterCause};
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::plan::{ConfirmedBy, JobStep, LabelState};
use crate::printing::model::printer_settings::PrinterConfig;
use crate::printing::model::printer_state::PrinterState;
use crate::printing::model::queue_error::QueueError;
use crate::printing::queue::ledger::{LedgerJob, PrintLedger, SheetOutcome, SubmittedSheet};
use crate::printing::queue::outcomes::ReportSignal;
use crate::printing::workers::drawn_label::draw_label;
use crate::printing::workers::status::PrinterShared;

/// For how many pauses a queue may not know a sheet before it counts as dropped: a queue that has just taken a document
/// may report it a little later.
const FORGOTTEN_PAUSES: u32 = 5;
/// How often the pause between tries doubles: a queue that gives every sheet up is not filled with them.
const PAUSES_DOUBLED_MAX: u32 = 6;
/// Papers that are reported of a printer that has none that fits.
const LOGGED_PAPERS_MAX: usize = 4;
const PRINTS: (PrinterState, PrinterCause) = (PrinterState::Printing, PrinterCause::Ready);
const READY: (PrinterState, PrinterCause) = (PrinterState::Ready, PrinterCause::Ready);

struct SheetWatch {
    progress: DocumentState,
    since: Instant,
    /// When the queue accepted the request to take it out.
    called_back: Option<Instant>,
}

enum Wait {
    /// As long as between two questions.
    Short,
    /// Longer each time: the queue is not filled with what it does not print.
    Longer,
}

/// Why a sheet does not continue now.
enum Trouble {
    /// Nothing may be printed any more: what cannot be written down must not be printed.
    Ledger(LedgerError),
    /// People are shown it; tried again.
    Printer(PrinterState, PrinterCause, Wait),
}

impl From<LedgerError> for Trouble {
    fn from(e: LedgerError) -> Self {
        Self::Ledger(e)
    }
}

/// What one step of the worker came to.
enum Pace {
    Go,
    Settled,
    Rest,
}

/// Everything that the worker of one office printer holds.
pub(crate) struct SheetWorker {
    pub(crate) config: PrinterConfig,
    pub(crate) sheet: &'static LabelSheet,
    pub(crate) queue: IppQueue,
    pub(crate) address: String,
    pub(crate) ledger: PrintLedger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shared: Arc<PrinterShared>,
    pub(crate) outcomes: Arc<ReportSignal>,
    pub(crate) typesetter: Typesetter,
}

impl SheetWorker {
    /// Prints until it is stopped, or until the ledger fails. A sheet that the queue has then is followed by the next one.
    pub(crate) async fn run(mut self) {
        let mut tries = 0u32;
        let mut worked = false;
        while !self.shared.stopping() {
            match self.turn().await {
                Ok(Pace::Go) => worked = true,
                Ok(Pace::Settled) => tries = 0,
                Ok(Pace::Rest) => {
                    self.shared.set_job(None);
                    self.outcomes.ring();
                    self.rest(std::mem::take(&mut worked)).await;
                }
                Err(Trouble::Printer(state, cause, wait)) => {
                    self.shared.set_job(None);
                    self.shared.set(state, cause, self.now_ms());
                    let doubled = if matches!(wait, Wait::Longer) { tries } else { 0 };
                    tries += u32::from(matches!(wait, Wait::Longer) && tries < PAUSES_DOUBLED_MAX);
                    let pause = self.config.timeouts.retry * (1 << doubled);
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = self.shared.wake.notified() => {}
                    }
                }
                Err(Trouble::Ledger(e)) => {
                    let now_ms = self.now_ms();
                    return self.shared.ledger_failed(&self.config.name, PrintUnit::Sheet, &e, now_ms);
                }
            }
        }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().wall_ms
    }

    /// One step: the sheet that the queue has comes before any other.
    async fn turn(&mut self) -> Result<Pace, Trouble> {
        if let Some(sheet) = self.ledger.sheet(&self.config.name)? {
            self.follow(sheet).await?;
            return Ok(Pace::Settled);
        }
        let job = self.ledger.open_jobs()?.into_iter().find(|job| {
            job.head.printer == self.config.name
                && matches!(crate::printing::model::plan::next_step(&job.progress, 1), JobStep::Send(_))
        });
        let Some(job) = job else { return Ok(Pace::Rest) };
        self.shared.set_job(Some(job.head.id));
        self.submit(&job).await?;
        Ok(Pace::Go)
    }

    /// Nothing to print: asks the printer for its state, when it has just printed or that is requested.
    async fn rest(&self, worked: bool) {
        if self.shared.take_query_request() || worked {
            if let Err(e) = self.look(READY).await {
                self.report_unreachable(&e);
            }
            return;
        }
        self.shared.wake.notified().await;
    }

    /// Until the next question, or until something has changed here.
    async fn pause(&self) {
        tokio::select! {
            () = tokio::time::sleep(self.config.timeouts.retry) => {}
            () = self.shared.wake.notified() => {}
        }
    }

    /// Asks the printer for its state, and reports it; `well` is reported of one that lacks nothing.
    async fn look(&self, well: (PrinterState, PrinterCause)) -> Result<QueueState, QueueError> {
        let queue = self.queue.state().await?;
        self.shared.set_low(queue.low);
        self.shared.set_answers(match self.config.answers {
            ConfirmationLevel::Printed if !queue.sees_paper() => ConfirmationLevel::Taken,
            answers => answers,
        });
        let (state, cause) = self.stopped_by(&queue).map_or(well, |cause| (PrinterState::Stopped, cause));
        self.shared.set(state, cause, self.now_ms());
        Ok(queue)
    }

    fn stopped_by(&self, queue: &QueueState) -> Option<PrinterCause> {
        let sheet = self.sheet.name;
        if let Some(refusal) = queue.refusal() {
            Some(PrinterCause::Queue(refusal))
        } else if queue.condition != PrinterCondition::Ready {
            Some(PrinterCause::SheetCondition { condition: queue.condition, sheet })
        } else if !queue.accepts {
            Some(PrinterCause::QueueClosed)
        } else if !queue.may_have(self.sheet.page_mm) {
            let has = queue.media.iter().take(LOGGED_PAPERS_MAX).cloned().collect();
            Some(PrinterCause::WrongPaper { has, sheet, needs: media_name(self.sheet.page_mm) })
        } else {
            None
        }
    }

    fn trouble(&self, e: &QueueError) -> (PrinterState, PrinterCause) {
        let PrinterConfig { name, address, .. } = &self.config;
        match e {
            QueueError::Unreachable(_) | QueueError::Lost(_) => {
                let (printer, address, fault) = (name.clone(), address.clone(), e.clone());
                (PrinterState::Unreachable, PrinterCause::QueueUnreachable { printer, address, fault })
            }
            _ => (PrinterState::Stopped, PrinterCause::Queue(e.clone())),
        }
    }

    fn report_unreachable(&self, e: &QueueError) {
        let (state, cause) = self.trouble(e);
        self.shared.set(state, cause, self.now_ms());
    }

    fn refused(&self, e: &QueueError, wait: Wait) -> Trouble {
        let (state, cause) = self.trouble(e);
        Trouble::Printer(state, cause, wait)
    }

    /// Gives the queue the next sheet of a job, once it is ready to take one.
    async fn submit(&mut self, job: &LedgerJob) -> Result<(), Trouble> {
        let state = self.look(PRINTS).await.map_err(|e| self.refused(&e, Wait::Short))?;
        let refused = state.refusal().is_some();
        if state.stopped || !state.accepts || refused || !state.may_have(self.sheet.page_mm) {
            self.pause().await;
            return Ok(());
        }
        let Some((unreachable, pdf)) = self.fill(job)? else { return Ok(()) };
        let name = &self.config.name;
        if !self.ledger.sheet_goes(name, &unreachable, self.now_ms())? {
            return Ok(());
        }
        match self.queue.submit(&unreachable.name, &media_name(self.sheet.page_mm), &pdf).await {
            Ok(number) => {
                Ok(self.ledger.sheet_has(name, &SubmittedSheet { number: Some(number), ..unreachable })?)
            }
            // It may have it all the same: the next turn asks for it by its name.
            Err(e @ (QueueError::Lost(_) | QueueError::Garbled(_))) => {
                tracing::warn!(printer = name, error = %e, sheet = unreachable.name, "whether the queue has a sheet is asked");
                Ok(())
            }
            Err(e) => {
                self.ledger.sheet_ends(&unreachable, &SheetOutcome::Back, self.now_ms())?;
                let wait = if matches!(e, QueueError::Unreachable(_)) { Wait::Short } else { Wait::Longer };
                Err(self.refused(&e, wait))
            }
        }
    }

    /// The next labels of a job, as many as fit on a sheet, and that sheet. `None` when none of them can be printed.
    fn fill(&mut self, job: &LedgerJob) -> Result<Option<(SubmittedSheet, Vec<u8>)>, Trouble> {
        let rows = self.ledger.rows(job.seq)?;
        let mut queued = (1u32..).zip(&rows).filter(|(_, row)| row.state == LabelState::Queued);
        let (mut labels, mut drawings, mut attempt) = (Vec::new(), Vec::new(), 0);
        while drawings.len() < self.sheet.count() as usize
            && let Some((n, row)) = queued.next()
        {
            match draw_label(&self.ledger, &mut self.typesetter, &self.config, job, n)? {
                Ok(made) => {
                    attempt = if labels.is_empty() { row.attempts.saturating_add(1) } else { attempt };
                    labels.push(n);
                    drawings.push(made.drawing);
                }
                Err(cause) => self.ledger.fail(job.seq, n, &cause, self.now_ms())?,
            }
        }
        let (Some(first), Some(last)) = (labels.first().copied(), labels.last().copied()) else {
            return Ok(None);
        };
        match pdf::write_sheets(self.sheet, FirstLabel::FIRST, PrintOffset::default(), drawings.into_iter()) {
            Ok(pdf) => {
                // Each try counts its first label's attempts up, so no two documents have one name.
                let name = format!("CleanTrack {} {first}-{last} try {attempt}", job.head.id);
                let address = self.address.clone();
                Ok(Some((SubmittedSheet { seq: job.seq, labels, name, number: None, address }, pdf)))
            }
            Err(error) => {
                tracing::error!(printer = self.config.name, %error, "a sheet cannot be made");
                for n in labels {
                    self.ledger.fail(job.seq, n, &FailureCause::SheetNotMade, self.now_ms())?;
                }
                Ok(None)
            }
        }
    }

    /// Asks the queue what becomes of a sheet until it is settled, or until the box is stopped.
    async fn follow(&self, mut sheet: SubmittedSheet) -> Result<(), Trouble> {
        self.shared.set_job(Some(self.ledger.job_at(sheet.seq)?.head.id));
        let mut unknown_since = None;
        let mut watched =
            SheetWatch { progress: DocumentState::Waiting, since: Instant::now(), called_back: None };
        while !self.shared.stopping() {
            let cancelled = self.ledger.job_at(sheet.seq)?.head.cancelled;
            let mut at_once = false;
            match self.queue.find(sheet.number, &sheet.name).await {
                Ok((number, progress)) => {
                    unknown_since = None;
                    if sheet.number != Some(number) {
                        sheet.number = Some(number);
                        self.ledger.sheet_has(&self.config.name, &sheet)?;
                    }
                    if progress != DocumentState::Printed || self.weighs(cancelled).await {
                        if let Some(outcome) = self.outcome(progress, cancelled) {
                            return self.settle(&sheet, &outcome, progress);
                        }
                        at_once = self.watch(&mut watched, number, progress, cancelled).await;
                    }
                    if watched.called_back.is_some_and(|at| at.elapsed() >= self.config.timeouts.stall) {
                        // A cancelled job does not wait for ever.
                        return Ok(self.ledger.sheet_ends(&sheet, &SheetOutcome::Doubt, self.now_ms())?);
                    }
                }
                Err(e @ QueueError::Unknown) => {
                    let since = *unknown_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= self.config.timeouts.retry * FORGOTTEN_PAUSES {
                        tracing::warn!(printer = self.config.name, error = %e, sheet = sheet.name, "a sheet is in doubt");
                        return Ok(self.ledger.sheet_ends(&sheet, &SheetOutcome::Doubt, self.now_ms())?);
                    }
                }
                // A queue that cannot answer now has dropped nothing.
                Err(e) => {
                    unknown_since = None;
                    self.report_unreachable(&e);
                    if cancelled {
                        // A cancelled job does not wait for the printer to come back.
                        return Ok(self.ledger.sheet_ends(&sheet, &SheetOutcome::Doubt, self.now_ms())?);
                    }
                }
            }
            if !at_once {
                self.pause().await;
            }
        }
        Ok(())
    }

    /// Whether it is known how reliable the queue's report of a printed sheet is; after a cancellation it is less reliable.
    async fn weighs(&self, cancelled: bool) -> bool {
        if self.shared.live().answers.is_some() {
            return true;
        }
        if let Err(e) = self.look(PRINTS).await {
            self.report_unreachable(&e);
            return cancelled;
        }
        true
    }

    /// Reports the state of the printer and its sheet, and takes the sheet back after a cancellation: at once where it
    /// waits or the printer stands still, after a while in any case. `true`: the queue took it out.
    async fn watch(
        &self,
        watched: &mut SheetWatch,
        number: i32,
        progress: DocumentState,
        cancelled: bool,
    ) -> bool {
        if watched.progress != progress {
            (watched.progress, watched.since) = (progress, Instant::now());
        }
        let long = watched.since.elapsed() >= self.config.timeouts.stall;
        let well = match progress {
            DocumentState::Held => (PrinterState::Stopped, PrinterCause::SheetHeld),
            _ if long => (PrinterState::Stopped, PrinterCause::SheetLate),
            _ => PRINTS,
        };
        let stands = match self.look(well).await {
            Ok(state) => state.stopped || state.condition != PrinterCondition::Ready,
            Err(e) => {
                self.report_unreachable(&e);
                false
            }
        };
        let idle = matches!(progress, DocumentState::Waiting | DocumentState::Held | DocumentState::Stopped);
        if !cancelled || watched.called_back.is_some() || !(stands || idle || long) {
            return false;
        }
        match self.queue.cancel(number).await {
            Ok(()) => watched.called_back = Some(Instant::now()),
            Err(e) => tracing::info!(printer = self.config.name, error = %e, "a sheet is not taken back yet"),
        }
        watched.called_back.is_some()
    }

    /// The outcome of a sheet by the queue's report; `None` while it is under way.
    fn outcome(&self, progress: DocumentState, cancelled: bool) -> Option<SheetOutcome> {
        let answers = match self.config.answers {
            ConfirmationLevel::Printed => self.shared.live().answers.unwrap_or(ConfirmationLevel::Taken),
            answers => answers,
        };
        let printed = match answers {
            ConfirmationLevel::Printed => ConfirmedBy::Printer,
            ConfirmationLevel::Taken => ConfirmedBy::Idle,
            ConfirmationLevel::Nothing => ConfirmedBy::Nobody,
        };
        let handed = if printed == ConfirmedBy::Nobody { ConfirmedBy::Nobody } else { ConfirmedBy::Idle };
        match progress {
            DocumentState::Waiting
            | DocumentState::Held
            | DocumentState::Printing
            | DocumentState::Stopped => None,
            DocumentState::Printed => Some(SheetOutcome::Out(printed)),
            DocumentState::Handed => Some(SheetOutcome::Out(handed)),
            DocumentState::Cancelled { begun: true } | DocumentState::Failed { begun: true } => {
                Some(SheetOutcome::Doubt)
            }
            DocumentState::Cancelled { begun: false } if !cancelled => {
                Some(SheetOutcome::Failed(FailureCause::TakenOut))
            }
            DocumentState::Cancelled { begun: false } | DocumentState::Failed { begun: false } => {
                Some(SheetOutcome::Back)
            }
        }
    }

    fn settle(
        &self,
        sheet: &SubmittedSheet,
        outcome: &SheetOutcome,
        progress: DocumentState,
    ) -> Result<(), Trouble> {
        self.ledger.sheet_ends(sheet, outcome, self.now_ms())?;
        self.outcomes.ring();
        if progress == (DocumentState::Failed { begun: false }) {
            return Err(Trouble::Printer(PrinterState::Stopped, PrinterCause::SheetDropped, Wait::Longer));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
