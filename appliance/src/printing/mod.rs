//! Printing: a durable ledger of labels, one worker per printer, and reliable reports of what came out.
//!
//! [`PrintService::submit`] writes a job down; the [label worker](workers::label) of its printer sends label by label,
//! each one on disk as `sending` before its first byte; what a broken connection, a crash or a silent printer leaves
//! open is `unknown` and is asked ([`PrintService::answer`]), never guessed and never printed twice by itself.
//! [`model`] is plain values and decisions, [`queue`] the rows in `state.redb`, [`devices`] the connections to printers
//! and their protocols, [`templates`] draws, [`workers`] print: office printers get whole sheets instead of labels.
//! Finished jobs go out on a channel as [`JobOutcome`]s; the crate hands them to the log.

mod devices;
pub mod discovery;
mod model;
mod queue;
mod slips;
mod submit;
mod templates;
mod trial;
mod workers;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use record::ids::JobId;
use redb::Database;
use service::clock::Clock;
use service::random::RandomSource;
use tokio::sync::mpsc;

use crate::printing::model::plan::JobPhase;
use crate::printing::model::slip_secrets::SlipSecrets;
use crate::printing::queue::ledger::{AnswerOutcome, LedgerJob, PrintLedger};
use crate::printing::queue::outcomes::ReportSignal;
use crate::printing::queue::{ledger, outcomes, printer_store};
use crate::printing::templates::designs::TemplateRegistry;
use crate::printing::workers::supervisor;
use crate::printing::workers::supervisor::{PrinterHandle, WorkerThread};

#[cfg(test)]
pub(crate) use crate::printing::devices::ipp::fake::FakeQueue;
pub use crate::printing::devices::ipp::{DocumentState, IppQueue, QueueState};
pub use crate::printing::devices::usb::DeviceTree;
pub use crate::printing::model::address::{AddressError, PrinterAddress, UsbId};
pub use crate::printing::model::cause::{
    FailureCause, JobNote, PrintUnit, PrinterCause, SeenAt, StartRefusal,
};
pub use crate::printing::model::connection_fault::{ConnectionFault, DeviceFault, FolderFault, UsbFault};
pub use crate::printing::model::connection_timeouts::ConnectionTimeouts;
pub use crate::printing::model::content_version::{ContentVersion, ContentVersionError};
pub use crate::printing::model::ledger_error::LedgerError;
pub(crate) use crate::printing::model::limits::OPEN_MAX;
pub use crate::printing::model::limits::{KEY_CHARS_MAX, LABELS_MAX, REASON_CHARS_MAX};
pub use crate::printing::model::make_error::MakeError;
pub use crate::printing::model::paper::PrinterPaper;
pub use crate::printing::model::plan::{self, ConfirmedBy, LabelState};
pub use crate::printing::model::printer_settings::{
    MeasuredMedia, MediaChoice, NAME_CHARS_MAX, PDF, PRINTERS_MAX, PrinterConfig, PrinterRefusal,
    PrinterSettings, StatusQueryMode, ThermalSetting, sheet_name,
};
pub use crate::printing::model::printer_state::PrinterState;
pub use crate::printing::model::queue_error::{GarbledAnswer, LostAnswer, QueueError, QueueRefusal};
pub use crate::printing::model::request::{
    JobKind, JobRequest, LabelRequest, NameStyle, ReprintInfo, ReprintRequest,
};
pub use crate::printing::model::slip::{SlipContent, SlipError, SlipLine};
pub use crate::printing::model::slip_secrets::{PassphraseReader, SetupCodeReader};
pub use crate::printing::model::view::{
    AnswerError, JobState, JobSummary, JobView, LabelView, LoadedView, MediaView, PreviewImage, PrintError,
    PrintRefusal, PrinterView,
};
pub use crate::printing::queue::outcomes::{JobOutcome, LabelOutcome};
pub use crate::printing::slips::{LastLabel, SlipRequest};
pub use crate::printing::submit::PreviewRequest;
pub use crate::printing::templates::designs::{
    DesignRefusal, LOGO_BYTES_MAX, LogoView, OWN_MAX, StoredTemplate, TEMPLATE_BYTES_MAX, TemplateView,
};
pub use crate::printing::trial::{DryRun, LastPrinted};
pub use crate::printing::workers::supervisor::ChangedPrinter;
use crate::store::StateDb;

const JOBS_LISTED: usize = 100;
/// A printer's state older than this is queried again when somebody looks.
const STATE_FRESH_MS: i64 = 1_500;

/// The print service. Its methods block for as long as a small write to the disk takes.
pub struct PrintService {
    ledger: PrintLedger,
    designs: TemplateRegistry,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    desks: RwLock<Vec<PrinterHandle>>,
    /// What was set up at run time; held while printers come and go.
    stored: Mutex<Vec<PrinterSettings>>,
    bell: Arc<ReportSignal>,
    secrets: Arc<SlipSecrets>,
    reporter: Mutex<Option<WorkerThread>>,
}

impl PrintService {
    /// Opens the ledger in `db`, turns what was under way into `unknown` (but for sheets that a print queue can be asked
    /// about), and starts a worker for each printer: those of the settings file first, then those that were set up at run
    /// time. A printer whose worker cannot start is shown with the reason, and the others work. Finished jobs go to
    /// `outcomes` until [`Self::reported`] is called for them, again after each start.
    ///
    /// # Errors
    /// See [`PrintError`].
    pub fn open(
        db: impl Into<StateDb>,
        printers: Vec<PrinterConfig>,
        clock: Arc<dyn Clock>,
        random: &Arc<dyn RandomSource>,
        outcomes: mpsc::Sender<JobOutcome>,
    ) -> Result<Self, PrintError> {
        let ledger = PrintLedger::open(db, clock.now().wall_ms)?;
        let stored = printer_store::load_printers(&ledger)?;
        let set_up = printers.iter().cloned().chain(stored.iter().filter_map(|stored| stored.checked().ok()));
        supervisor::doubt_orphans(&ledger, &set_up.collect::<Vec<_>>(), clock.now().wall_ms)?;
        let bell = Arc::new(ReportSignal::default());
        let printing = Self {
            ledger: ledger.clone(),
            designs: TemplateRegistry::open(&ledger)?,
            clock,
            random: random.clone(),
            desks: RwLock::default(),
            stored: Mutex::new(stored.clone()),
            bell: bell.clone(),
            secrets: Arc::default(),
            reporter: Mutex::default(),
        };
        for config in printers {
            // One printer's wrong address must not keep the box from recording cleanings.
            if let Err(refusal) = printing.start_worker(config.clone(), true) {
                printing.stand_idle(config, true, refusal);
            }
        }
        for settings in stored {
            match settings.checked() {
                Ok(config) => {
                    if let Err(refusal) = printing.start_worker(config.clone(), false) {
                        printing.stand_idle(config, false, refusal);
                    }
                }
                Err(error) => tracing::error!(printer = settings.name, %error, "a printer was not started"),
            }
        }
        let ring = bell.clone();
        let reporter = WorkerThread::start("print-outcomes".into(), move || {
            outcomes::report_outcomes(&ledger, &bell, &outcomes)
        })?;
        *printing.reporter.lock().unwrap_or_else(PoisonError::into_inner) = Some(reporter);
        ring.ring();
        Ok(printing)
    }

    /// A ledger that is gone when the box ends, for a box whose own cannot be used.
    ///
    /// # Errors
    /// See [`PrintError`].
    pub fn passing_ledger() -> Result<Arc<Database>, PrintError> {
        Ok(Arc::new(ledger::in_memory()?))
    }

    /// One job; `None` when there is none, or it was finished so long ago that only the log knows it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn job(&self, id: JobId) -> Result<Option<JobView>, LedgerError> {
        let Some(job) = self.ledger.job(id)? else { return Ok(None) };
        Ok(Some(self.view(&job)?))
    }

    /// The newest jobs, newest first, at most 100, without their labels.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn jobs(&self) -> Result<Vec<JobSummary>, LedgerError> {
        let open = self.ledger.open_jobs()?;
        Ok(self.ledger.jobs(JOBS_LISTED)?.iter().map(|job| self.summary(job, &open)).collect())
    }

    /// A person has looked whether label `n` is there; the job continues when no label is in doubt any more.
    ///
    /// # Errors
    /// When the label is not in doubt, or the answer could not be written down.
    pub fn answer(&self, id: JobId, n: u32, printed: bool) -> Result<JobView, AnswerError> {
        let job = self.ledger.job(id)?.ok_or(AnswerError::NoJob(id))?;
        match self.ledger.answer(job.seq, n, printed, self.clock.now().wall_ms)? {
            AnswerOutcome::Settled => {}
            AnswerOutcome::NoSuchLabel => return Err(AnswerError::NoLabel { job: id, n }),
            AnswerOutcome::NotInDoubt(state) => return Err(AnswerError::NotInDoubt { n, state }),
        }
        self.wake();
        self.job(id)?.ok_or(AnswerError::NoJob(id))
    }

    /// A person has looked for all labels that are in doubt, which are on one sheet; the job continues.
    ///
    /// # Errors
    /// When no label is in doubt, or the answer could not be written down.
    pub fn answer_all(&self, id: JobId, printed: bool) -> Result<JobView, AnswerError> {
        let job = self.ledger.job(id)?.ok_or(AnswerError::NoJob(id))?;
        match self.ledger.answer_all(job.seq, printed, self.clock.now().wall_ms)? {
            AnswerOutcome::Settled => {}
            AnswerOutcome::NoSuchLabel | AnswerOutcome::NotInDoubt(_) => {
                return Err(AnswerError::NoneInDoubt(id));
            }
        }
        self.wake();
        self.job(id)?.ok_or(AnswerError::NoJob(id))
    }

    /// What becomes of a label when the connection breaks while it is sent.
    #[cfg(test)]
    pub(crate) fn put_in_doubt(&self, id: JobId, n: u32) -> Result<(), AnswerError> {
        let job = self.ledger.job(id)?.ok_or(AnswerError::NoJob(id))?;
        let now_ms = self.clock.now().wall_ms;
        self.ledger.sending(job.seq, n, now_ms)?;
        Ok(self.ledger.doubt(job.seq, now_ms)?)
    }

    /// Stops a job after the labels in flight. A finished job stays as it is.
    ///
    /// # Errors
    /// When there is no such job, or the request could not be written.
    pub fn cancel(&self, id: JobId) -> Result<JobView, AnswerError> {
        let job = self.ledger.job(id)?.ok_or(AnswerError::NoJob(id))?;
        self.ledger.cancel(job.seq, self.clock.now().wall_ms)?;
        self.wake();
        self.job(id)?.ok_or(AnswerError::NoJob(id))
    }

    /// The log has the outcome of this job: it is not sent again.
    ///
    /// # Errors
    /// When that could not be written down.
    pub fn reported(&self, id: JobId) -> Result<(), LedgerError> {
        self.ledger.reported(id)
    }

    /// Ends after the labels in flight, or when the time is over: then they are in doubt at the next start.
    pub fn stop(&self, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        let desks = self.handles();
        for handle in &desks {
            handle.shared.stop();
        }
        self.bell.stop();
        for handle in &desks {
            handle.wait_for_end(deadline);
        }
        let reporter = self.reporter.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reporter) = reporter {
            reporter.wait(deadline);
            reporter.join();
        }
    }

    fn wake(&self) {
        for handle in self.handles() {
            handle.shared.wake.notify_one();
        }
        self.bell.ring();
    }

    fn view(&self, job: &LedgerJob) -> Result<JobView, LedgerError> {
        let rows = self.ledger.rows(job.seq)?;
        let labels = (1..).zip(self.ledger.labels(job.seq)?).zip(&rows);
        let labels = labels.map(|((n, (label, failure)), row)| LabelView {
            n,
            tag: label.tag,
            name: label.name,
            blank: label.blank,
            state: row.state,
            proof: row.proof,
            attempts: row.attempts,
            at_ms: row.at_ms,
            failure,
        });
        let labels = labels.collect();
        // The rows were read after the job: counted from them, both say the same.
        let job = LedgerJob { progress: plan::JobProgress::of(&rows), ..job.clone() };
        Ok(JobView { summary: self.summary(&job, &self.ledger.open_jobs()?), labels })
    }

    fn summary(&self, job: &LedgerJob, open: &[LedgerJob]) -> JobSummary {
        let ahead = open
            .iter()
            .filter(|other: &&LedgerJob| {
                job.head.finished_ms.is_none()
                    && other.seq < job.seq
                    && other.head.printer == job.head.printer
                    && plan::job_phase(&other.progress, other.head.cancelled) != JobPhase::NeedsAnswer
            })
            .count();
        JobSummary {
            id: job.head.id,
            state: self.state(job, ahead),
            printer: job.head.printer.clone(),
            ahead,
            created_ms: job.head.created_ms,
            finished_ms: job.head.finished_ms,
            count: job.head.labels as usize,
            out: job.progress.out as usize,
            at: job.progress.first_open(),
            cancelled: job.head.cancelled,
            in_doubt: job.progress.in_doubt.len(),
            queued: job.progress.queued as usize,
            failed: job.progress.failed as usize,
            kind: job.head.kind,
            template: job.head.template.clone(),
            notes: job.head.notes.clone(),
            reprint: job.head.reprint.clone(),
        }
    }

    fn state(&self, job: &LedgerJob, ahead: usize) -> JobState {
        let phase = plan::job_phase(&job.progress, job.head.cancelled);
        let waits = matches!(phase, JobPhase::Queued | JobPhase::Printing);
        let printer = self.find_handle(&job.head.printer).map(|handle| handle.shared.live());
        match (phase, printer) {
            (_, None) if waits => {
                JobState::Paused(PrinterCause::NotSetUp { printer: job.head.printer.clone() })
            }
            (_, Some(live)) if waits && ahead == 0 && live.state.stands_still() => {
                JobState::Paused(live.cause)
            }
            (JobPhase::Queued, _) => JobState::Queued,
            (JobPhase::Printing, _) => JobState::Printing,
            (JobPhase::NeedsAnswer, _) => JobState::NeedsAnswer,
            (JobPhase::Done, _) => JobState::Done,
            (JobPhase::Cancelled, _) => JobState::Cancelled,
        }
    }
}

impl Drop for PrintService {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}
