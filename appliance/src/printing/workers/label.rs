//! The one worker of one printer: takes the oldest job, sends label by label, and writes down what became of each.

use std::sync::Arc;
use std::time::Duration;

use escpos::printer::Printer;
use labels::Typesetter;
use labels::language::{ConfirmationLevel, PrinterCondition, PrinterEvent, PrinterProfile, PrinterSession};
use service::clock::Clock;
use service::random::RandomSource;
use tokio::time::Instant;

use crate::printing::devices::printer_connection::{
    PrinterConnection, PrinterLinkError, PrinterReport, time_since,
};
use crate::printing::devices::slip_driver::{ConnectionDriver, SlipLineError, SlipLink, open_slip_line};
use crate::printing::devices::transport::PrinterTransport;
use crate::printing::model::cause::{FailureCause, PrintUnit, PrinterCause};
use crate::printing::model::connection_fault::ConnectionFault;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::make_error::MakeError;
use crate::printing::model::plan::{ConfirmedBy, JobStep, LabelState};
use crate::printing::model::printer_settings::PrinterConfig;
use crate::printing::model::printer_state::PrinterState;
use crate::printing::model::slip::{SlipContent, SlipError};
use crate::printing::model::slip_secrets::SlipSecrets;
use crate::printing::queue::ledger::{LedgerJob, PrintLedger};
use crate::printing::queue::outcomes::ReportSignal;
use crate::printing::templates::page_codes::{NullDriver, strict_protocol};
use crate::printing::templates::slips::{compose_slip, unwritable_slip};
use crate::printing::workers::drawn_label::{LabelContent, prepare_content};
use crate::printing::workers::status::PrinterShared;

/// How often a wait checks whether it should continue.
const LOOK: Duration = Duration::from_millis(100);
/// How long a printer is given to close the connection after the last label was confirmed.
const FAREWELL: Duration = Duration::from_secs(2);
/// The same after a mere question: a job may be waiting.
const FAREWELL_PROBE: Duration = Duration::from_millis(200);

/// Why a job does not continue now.
enum Trouble {
    /// Nothing may be sent any more: what cannot be written down must not be printed.
    Ledger(LedgerError),
    /// People are shown it; tried again.
    Printer(PrinterCause),
}

impl From<LedgerError> for Trouble {
    fn from(e: LedgerError) -> Self {
        Self::Ledger(e)
    }
}

pub(crate) struct LabelWorker {
    pub(crate) config: PrinterConfig,
    pub(crate) ledger: PrintLedger,
    pub(crate) transport: Box<dyn PrinterTransport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn RandomSource>,
    pub(crate) shared: Arc<PrinterShared>,
    pub(crate) outcomes: Arc<ReportSignal>,
    pub(crate) typesetter: Typesetter,
    pub(crate) secrets: Arc<SlipSecrets>,
    pub(crate) interrupted: bool,
    /// The label that is sent next, made while the one before it was being printed.
    pub(crate) ahead: Option<PreparedLabel>,
}

enum ReadyLabel {
    Bytes(Vec<u8>),
    /// A slip's instructions, and where they come out.
    Slip(Box<Printer<ConnectionDriver>>, SlipLink),
}

/// Lets the crate write a slip on a thread of its own, and sends what it writes.
async fn send_slip(
    connection: &mut PrinterConnection,
    mut printer: Box<Printer<ConnectionDriver>>,
    link: SlipLink,
    report: impl FnMut(PrinterReport),
) -> Result<(), (usize, PrinterLinkError)> {
    let writing = tokio::task::spawn_blocking(move || printer.print().map(drop));
    link.send_pieces(connection, report).await.map_err(|SlipLineError { sent, fault }| (sent, fault))?;
    match writing.await {
        Ok(Ok(())) => {}
        // The connection took all that was written: what was not written is the box's own fault.
        Ok(Err(error)) => tracing::error!(%error, "a slip was not written to its end"),
        Err(error) => tracing::error!(%error, "a slip was not written to its end"),
    }
    Ok(())
}

/// One label's dots, or why it is not printed.
pub(crate) struct PreparedLabel {
    job: u64,
    n: u32,
    made: Result<LabelContent, FailureCause>,
}

impl LabelWorker {
    /// Prints until it is stopped, or until the ledger fails.
    pub(crate) async fn run(mut self) {
        let mut tries = 0u32;
        while !self.shared.stopping() {
            let done = match self.next_job() {
                Ok(Some(job)) => self.print(&job).await,
                Ok(None) => {
                    self.idle().await;
                    continue;
                }
                Err(e) => Err(e.into()),
            };
            self.shared.set_job(None);
            self.outcomes.ring();
            match done {
                Ok(()) => tries = 0,
                Err(Trouble::Printer(cause)) => {
                    self.shared.set(PrinterState::Unreachable, cause, self.now_ms());
                    let pause = self.config.timeouts.retry * (1 << tries.min(3));
                    tries = tries.saturating_add(1);
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = self.shared.wake.notified() => {}
                        () = self.transport.back() => {}
                    }
                }
                Err(Trouble::Ledger(e)) => {
                    let now_ms = self.now_ms();
                    return self.shared.ledger_failed(&self.config.name, PrintUnit::Label, &e, now_ms);
                }
            }
        }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().wall_ms
    }

    fn next_job(&self) -> Result<Option<LedgerJob>, LedgerError> {
        Ok(self.ledger.open_jobs()?.into_iter().find(|job: &LedgerJob| {
            job.head.printer == self.config.name
                && matches!(
                    crate::printing::model::plan::next_step(&job.progress, self.window()),
                    JobStep::Send(_)
                )
        }))
    }

    /// What the printer can report, by all that is known of it.
    fn answers(&self) -> ConfirmationLevel {
        self.shared.live().answers.unwrap_or(self.config.answers)
    }

    fn window(&self) -> usize {
        match self.answers() {
            ConfirmationLevel::Printed => crate::printing::model::plan::WINDOW,
            ConfirmationLevel::Taken | ConfirmationLevel::Nothing => {
                crate::printing::model::plan::WINDOW_UNCONFIRMED
            }
        }
    }

    /// Nothing to print: asks the printer for its state, when that is requested.
    async fn idle(&mut self) {
        if self.shared.take_query_request() {
            if let Err(Trouble::Printer(cause)) = self.probe().await {
                self.shared.set(PrinterState::Unreachable, cause, self.now_ms());
            }
            return;
        }
        self.shared.wake.notified().await;
    }

    async fn probe(&mut self) -> Result<(), Trouble> {
        let mut connection = self.call().await?;
        let begun = Instant::now();
        while self.config.answers != ConfirmationLevel::Nothing
            && connection.last_report().condition.is_none()
        {
            connection.listen(LOOK).await.map_err(|e| self.trouble(&e))?;
            if connection.last_report().mute {
                self.shared.record_report(connection.last_report(), false, self.now_ms());
            }
            if time_since(begun) >= self.config.timeouts.silence {
                return Err(self.trouble(&PrinterLinkError::Silent));
            }
        }
        self.mended()?;
        self.shared.record_report(connection.last_report(), false, self.now_ms());
        // Only the answer was needed.
        self.part(connection, FAREWELL_PROBE).await;
        Ok(())
    }

    /// Closes the connection where nothing depends on it any more. A job that comes meanwhile does not wait for a graceful close.
    async fn part(&self, connection: PrinterConnection, at_most: Duration) {
        tokio::select! {
            biased;
            ended = connection.end(at_most, |_| ()) => drop(ended),
            () = self.shared.wake.notified() => {}
        }
    }

    /// Opens a connection and a session on it.
    async fn call(&self) -> Result<PrinterConnection, Trouble> {
        let line = self.transport.open().await.map_err(|e| self.trouble(&PrinterLinkError::Line(e)))?;
        let connection =
            PrinterConnection::begin(line, self.session(), self.config.timeouts, self.interrupted).await;
        connection.map_err(|e| self.trouble(&e))
    }

    fn session(&self) -> Box<dyn PrinterSession> {
        let salt = u16::from_le_bytes(self.random.bytes());
        let profile = PrinterProfile { answers: self.answers(), ..self.config.profile() };
        self.config.language.session(profile, salt)
    }

    fn trouble(&self, broken: &PrinterLinkError) -> Trouble {
        let PrinterConfig { name, address, .. } = &self.config;
        let (printer, address, fault) = (name.clone(), address.clone(), ConnectionFault::from(broken));
        Trouble::Printer(match broken {
            PrinterLinkError::Line(_) | PrinterLinkError::Closed => {
                PrinterCause::Unreachable { printer, address, fault }
            }
            PrinterLinkError::Silent | PrinterLinkError::Stalled | PrinterLinkError::Unconfirmed => {
                PrinterCause::Unanswering { printer, address, fault }
            }
        })
    }

    async fn print(&mut self, job: &LedgerJob) -> Result<(), Trouble> {
        self.shared.set_job(Some(job.head.id));
        match self.config.answers {
            ConfirmationLevel::Nothing => self.print_unanswered(job).await,
            ConfirmationLevel::Printed | ConfirmationLevel::Taken => self.print_answered(job).await,
        }
    }

    async fn print_answered(&mut self, job: &LedgerJob) -> Result<(), Trouble> {
        let mut connection = self.call().await?;
        self.wait_until_ready(&mut connection).await?;
        self.mended()?;
        let mut changed = Instant::now();
        loop {
            self.shared.record_report(connection.last_report(), true, self.now_ms());
            self.shared.set_answers(connection.answers());
            let ready = connection.last_report().condition == Some(PrinterCondition::Ready)
                && !connection.last_report().mute;
            // What was said while a label was being sent may be that it was lost.
            let reported = connection.take_events();
            if !reported.is_empty() {
                changed = Instant::now();
                self.confirm_labels(job, &reported)?;
            }
            let progress = self.ledger.progress(job.seq)?;
            let under_way = !progress.under_way.is_empty();
            match crate::printing::model::plan::next_step(&progress, self.window()) {
                JobStep::Send(n) if ready && connection.takes_next() && !self.shared.stopping() => {
                    self.send(&mut connection, job, n).await?;
                    changed = Instant::now();
                }
                JobStep::Send(_) if self.shared.stopping() && !under_way => break,
                JobStep::Send(_) | JobStep::Await => {
                    if progress.queued > 0 {
                        self.prepare(job, progress.first_queued)?;
                    }
                    let received = connection.listen(LOOK).await;
                    let events = match received {
                        Ok(events) => events,
                        Err(e) => return Err(self.broke(job, &e)?),
                    };
                    self.confirm_labels(job, &events)?;
                    if !events.is_empty()
                        || connection.last_report().condition != Some(PrinterCondition::Ready)
                    {
                        changed = Instant::now();
                    }
                    if let Some(e) = self.waited_enough(&connection, changed) {
                        return Err(self.broke(job, &e)?);
                    }
                }
                JobStep::Ask | JobStep::Finished => break,
            }
        }
        // All labels are settled, and how the connection ends changes nothing.
        drop(connection.finish().await);
        self.shared.set_job(None);
        self.shared.record_report(connection.last_report(), false, self.now_ms());
        self.outcomes.ring();
        self.part(connection, FAREWELL).await;
        Ok(())
    }

    /// Before the first label: nothing is under way, so waiting costs nothing.
    async fn wait_until_ready(&self, connection: &mut PrinterConnection) -> Result<(), Trouble> {
        while connection.last_report().condition != Some(PrinterCondition::Ready) {
            if self.shared.stopping() {
                return Err(Trouble::Printer(PrinterCause::BoxStopping));
            }
            connection.listen(LOOK).await.map_err(|e| self.trouble(&e))?;
            let at_most = match connection.last_report().condition {
                None => self.config.timeouts.silence,
                Some(_) => self.config.timeouts.stall,
            };
            if connection.quiet() >= at_most {
                return Err(self.trouble(&PrinterLinkError::Silent));
            }
            if connection.last_report().condition.is_some() || connection.last_report().mute {
                self.shared.record_report(connection.last_report(), true, self.now_ms());
            }
        }
        Ok(())
    }

    fn waited_enough(&self, connection: &PrinterConnection, changed: Instant) -> Option<PrinterLinkError> {
        let timeouts = self.config.timeouts;
        if connection.last_report().condition != Some(PrinterCondition::Ready) {
            // Somebody has to fix it first; that may take all day.
            None
        } else if connection.quiet() >= timeouts.stall {
            Some(PrinterLinkError::Silent)
        } else {
            // It answers, so it has read everything; a label does not take this long.
            (time_since(changed) >= timeouts.confirm && connection.quiet() < timeouts.silence)
                .then_some(PrinterLinkError::Unconfirmed)
        }
    }

    fn confirm_labels(&self, job: &LedgerJob, events: &[PrinterEvent]) -> Result<(), Trouble> {
        for event in events {
            match *event {
                PrinterEvent::Printed { upto } => {
                    self.ledger.confirm_up_to(job.seq, upto, ConfirmedBy::Printer, self.now_ms())?
                }
                PrinterEvent::Taken { upto } => {
                    self.ledger.confirm_up_to(job.seq, upto, ConfirmedBy::Idle, self.now_ms())?
                }
                PrinterEvent::Lost { from } => self.ledger.lose(job.seq, from, self.now_ms())?,
                // All that is under way: what was lost is not any more.
                PrinterEvent::Unclear { .. } => self.ledger.doubt(job.seq, self.now_ms())?,
                PrinterEvent::State(_)
                | PrinterEvent::PaperLow
                | PrinterEvent::Loaded { .. }
                | PrinterEvent::Silent => {}
            }
        }
        Ok(())
    }

    /// A torn label was ended: the printer accepts data again.
    fn mended(&mut self) -> Result<(), LedgerError> {
        if std::mem::take(&mut self.interrupted) {
            self.ledger.whole(&self.config.name)?;
        }
        Ok(())
    }

    fn broke(&mut self, job: &LedgerJob, e: &PrinterLinkError) -> Result<Trouble, Trouble> {
        self.interrupted = true;
        self.ledger.doubt(job.seq, self.now_ms())?;
        Ok(self.trouble(e))
    }

    async fn send(
        &mut self,
        connection: &mut PrinterConnection,
        job: &LedgerJob,
        n: u32,
    ) -> Result<(), Trouble> {
        self.prepare(job, n)?;
        let made = self.ahead.take().map_or(Err(FailureCause::TextMissing), |ahead| ahead.made);
        let ready = match made.and_then(|content| self.write_content(connection, n, &content)) {
            Ok(ready) => ready,
            Err(cause) => return Ok(self.ledger.fail(job.seq, n, &cause, self.now_ms())?),
        };
        if !self.ledger.sending(job.seq, n, self.now_ms())? {
            return Ok(());
        }
        let shared = self.shared.clone();
        let clock = self.clock.clone();
        let report = |received| shared.record_report(received, true, clock.now().wall_ms);
        let sent = match ready {
            ReadyLabel::Bytes(bytes) => connection.send_label(&bytes, report).await,
            ReadyLabel::Slip(printer, link) => send_slip(connection, printer, link, report).await,
        };
        match sent {
            Ok(()) => Ok(self.ledger.set(job.seq, n, LabelState::Sent, None, self.now_ms())?),
            Err((sent, e)) => {
                if sent == 0 {
                    self.ledger.set(job.seq, n, LabelState::Queued, None, self.now_ms())?;
                }
                Err(self.broke(job, &e)?)
            }
        }
    }

    /// The content of label `n` in the printer's language.
    fn write_content(
        &mut self,
        connection: &mut PrinterConnection,
        n: u32,
        content: &LabelContent,
    ) -> Result<ReadyLabel, FailureCause> {
        let written = match content {
            LabelContent::Dots(dots) => {
                connection.encode(n, dots).map(ReadyLabel::Bytes).map_err(MakeError::from)
            }
            LabelContent::Text(slip) => {
                let slip = self.secrets.fill_slip(slip);
                self.write_slip(connection, n, &slip)
            }
        };
        written.map_err(FailureCause::NotMade)
    }

    fn write_slip(
        &mut self,
        connection: &mut PrinterConnection,
        n: u32,
        slip: &SlipContent,
    ) -> Result<ReadyLabel, MakeError> {
        // Before the session awaits a label of this number: what cannot be written is never confirmed.
        let mut dry = Printer::new(NullDriver, strict_protocol(), None);
        compose_slip(&mut dry, &mut self.typesetter, &self.config, slip)?;
        let frame = connection.frame_text(n)?.ok_or(SlipError::NeedsReceiptRoll)?;
        let (driver, link) = open_slip_line();
        let mut printer = Printer::new(driver, strict_protocol(), None);
        printer.custom(&frame.before).map_err(unwritable_slip)?;
        compose_slip(&mut printer, &mut self.typesetter, &self.config, slip)?;
        printer.custom(&frame.after).map_err(unwritable_slip)?;
        Ok(ReadyLabel::Slip(Box::new(printer), link))
    }

    /// Draws label `n` and reads it back, unless that is done.
    fn prepare(&mut self, job: &LedgerJob, n: u32) -> Result<(), Trouble> {
        if self.ahead.as_ref().is_some_and(|ahead| (ahead.job, ahead.n) == (job.seq, n)) {
            return Ok(());
        }
        let made = prepare_content(&self.ledger, &mut self.typesetter, &self.config, job, n, &self.secrets)?;
        self.ahead = Some(PreparedLabel { job: job.seq, n, made });
        Ok(())
    }

    /// For a printer that says nothing: one connection a label, whose end shows that it has taken all bytes.
    async fn print_unanswered(&mut self, job: &LedgerJob) -> Result<(), Trouble> {
        while !self.shared.stopping() {
            let progress = self.ledger.progress(job.seq)?;
            let JobStep::Send(n) = crate::printing::model::plan::next_step(&progress, self.window()) else {
                break;
            };
            let mut connection = self.call().await?;
            self.mended()?;
            self.shared.record_report(connection.last_report(), true, self.now_ms());
            self.send(&mut connection, job, n).await?;
            let finished = if progress.queued == 1 { connection.finish().await } else { Ok(()) };
            let ended = match finished {
                Ok(()) => {
                    connection
                        .end(self.config.timeouts.taken, |received| {
                            self.shared.record_report(received, true, self.now_ms())
                        })
                        .await
                }
                Err(e) => Err(e),
            };
            match ended {
                Ok(()) => self.ledger.confirm_up_to(job.seq, n, ConfirmedBy::Nobody, self.now_ms())?,
                Err(e) => return Err(self.broke(job, &e)?),
            }
        }
        self.shared.set(PrinterState::Ready, PrinterCause::Ready, self.now_ms());
        Ok(())
    }
}
