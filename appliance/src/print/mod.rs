//! The print room: a durable ledger of labels, one worker per printer, and honest words about what came out.
//!
//! [`Printing::submit`] writes a job down; the [`worker`] of its printer sends label by label, each one on disk as
//! `sending` before its first byte; what a broken line, a crash or a silent printer leaves open is `unknown` and is
//! asked ([`Printing::answer`]), never guessed and never printed twice by itself. Decisions are in [`plan`], the rows in
//! [`ledger`], waiting and bytes in [`talk`], ways to reach a printer in [`transport`]. Finished jobs go out on a
//! channel as [`JobOutcome`]s; the crate hands them to the log.

mod ledger;
mod live;
mod outcomes;
pub mod plan;
mod talk;
mod transport;
mod view;
mod worker;

use std::sync::mpsc as sync_mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use labels::Typesetter;
use labels::language::{Answers, Language, Profile};
use labels::layout::{self, Dpi};
use record::ids::JobId;
use redb::Database;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::random::Random;
use ledger::{Answered, Job, JobHead, Ledger, Submitted};
use live::Shared;
use outcomes::Bell;
use plan::Phase;
use worker::Worker;

pub use ledger::{LabelRequest, LedgerError};
pub use live::PrinterState;
pub use outcomes::{JobOutcome, LabelOutcome};
pub use plan::{LabelState, Proof};
pub use talk::Patience;
pub use transport::AddressError;
pub use view::{
    AnswerError, JobState, JobSummary, JobView, LabelView, PrintError, PrintRefusal, PrinterView,
};

/// Labels of one job: a hospital's whole inventory goes in a few jobs, and one job's submission stays below seconds.
pub const LABELS_MAX: usize = 5_000;
/// Characters of an idempotency key.
pub const KEY_CHARS_MAX: usize = 200;
/// Jobs in a list.
const JOBS_LISTED: usize = 100;
/// A printer's state older than this is asked anew when somebody looks.
const STATE_FRESH_MS: i64 = 5_000;

/// One printer as it is set up.
#[derive(Debug, Clone)]
pub struct PrinterConfig {
    /// Its name on pages; unique.
    pub name: String,
    /// `tcp://host:9100`.
    pub address: String,
    /// What it speaks.
    pub language: Language,
    /// Its resolution.
    pub dpi: Dpi,
    /// Dots across its head.
    pub head_dots: u32,
    /// What it can tell.
    pub answers: Answers,
    /// Its time limits.
    pub patience: Patience,
}

impl PrinterConfig {
    /// An ESC/POS printer with a head for 80 mm paper (72 mm of it are printed).
    pub fn escpos(name: &str, address: &str, dpi: Dpi, answers: Answers) -> Self {
        Self {
            name: name.to_owned(),
            address: address.to_owned(),
            language: Language::EscPos,
            dpi,
            head_dots: dpi.dots_up(72.0),
            answers,
            patience: Patience::default(),
        }
    }

    fn profile(&self) -> Profile {
        Profile { dpi: self.dpi, head_dots: self.head_dots, answers: self.answers }
    }
}

/// A job as somebody asks for it.
#[derive(Debug, Clone)]
pub struct JobRequest {
    /// Made by the caller: the same id again is the same job.
    pub id: JobId,
    /// The client's idempotency key: the same key again is the same job.
    pub key: Option<String>,
    /// The printer's name; without one the first printer.
    pub printer: Option<String>,
    /// In the order in which they come out.
    pub labels: Vec<LabelRequest>,
}

/// The print room. Its methods block for as long as a small write to the disk takes.
pub struct Printing {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    printers: Vec<(PrinterConfig, Arc<Shared>)>,
    bell: Arc<Bell>,
    threads: Mutex<Vec<(JoinHandle<()>, sync_mpsc::Receiver<()>)>>,
}

impl Printing {
    /// Opens the ledger in `db`, turns what was under way into `unknown`, and starts a worker for each printer.
    /// Finished jobs go to `outcomes` until [`Self::reported`] is called for them, again after each start.
    ///
    /// # Errors
    /// See [`PrintError`].
    pub fn open(
        db: Arc<Database>,
        printers: Vec<PrinterConfig>,
        clock: Arc<dyn Clock>,
        random: &Arc<dyn Random>,
        outcomes: mpsc::Sender<JobOutcome>,
    ) -> Result<Self, PrintError> {
        let now_ms = clock.now().wall_ms;
        let ledger = Ledger::open(db, now_ms)?;
        let open = ledger.open_jobs()?;
        let bell = Arc::new(Bell::default());
        let printing = Self {
            ledger: ledger.clone(),
            clock,
            printers: printers.into_iter().map(|p| (p, Arc::new(Shared::new(now_ms)))).collect(),
            bell: bell.clone(),
            threads: Mutex::default(),
        };
        for (i, (config, shared)) in printing.printers.iter().enumerate() {
            if printing.printers[..i].iter().any(|(other, _)| other.name == config.name) {
                return Err(PrintError::SameName(config.name.clone()));
            }
            let transport = transport::for_address(&config.address, config.patience.connect)
                .map_err(|why| PrintError::Address { name: config.name.clone(), why })?;
            let in_doubt = |job: &&Job| job.rows.iter().any(|r| r.state == LabelState::Unknown);
            let worker = Worker {
                config: config.clone(),
                ledger: ledger.clone(),
                transport,
                clock: printing.clock.clone(),
                random: random.clone(),
                shared: shared.clone(),
                outcomes: bell.clone(),
                typesetter: Typesetter::new()?,
                interrupted: open.iter().filter(in_doubt).any(|job| job.head.printer == config.name),
            };
            let shared = shared.clone();
            printing.spawn(format!("print-{i}"), move || work(worker, &shared))?;
        }
        let ring = bell.clone();
        printing.spawn("print-outcomes".into(), move || outcomes::report(&ledger, &bell, &outcomes))?;
        ring.ring();
        Ok(printing)
    }

    fn spawn(&self, name: String, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let (ended, when) = sync_mpsc::sync_channel(1);
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            run();
            // Nobody may be waiting for the end.
            let _ = ended.send(());
        })?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push((thread, when));
        Ok(())
    }

    /// Takes a job: every label is drawn once to see that it can be, then the whole job is written down. The same id
    /// or key again gives the first job again.
    ///
    /// # Errors
    /// See [`PrintRefusal`]; nothing is kept of a refused job.
    pub fn submit(&self, request: JobRequest) -> Result<JobView, PrintRefusal> {
        if let Some(job) = self.job_of(&request)? {
            let same =
                job.labels.iter().map(|label| label.tag).eq(request.labels.iter().map(|label| label.tag));
            return if same { Ok(job) } else { Err(PrintRefusal::KeyReused) };
        }
        let config = self.printer_for(request.printer.as_deref())?;
        check(config, &request)?;
        let head = JobHead {
            id: request.id,
            key: request.key,
            printer: config.name.clone(),
            labels: u32::try_from(request.labels.len()).unwrap_or(u32::MAX),
            created_ms: self.clock.now().wall_ms,
            finished_ms: None,
            cancelled: false,
        };
        let job = match self.ledger.submit(&head, &request.labels)? {
            Submitted::Job(job) => job,
            Submitted::BlankAgain(tag) => return Err(PrintRefusal::BlankAgain(tag)),
        };
        self.wake();
        Ok(self.view(&job, &self.ledger.open_jobs()?)?)
    }

    /// One job; `None` when there is none, or it was finished so long ago that only the log knows it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn job(&self, id: JobId) -> Result<Option<JobView>, LedgerError> {
        let Some(job) = self.ledger.job(id)? else { return Ok(None) };
        Ok(Some(self.view(&job, &self.ledger.open_jobs()?)?))
    }

    /// The newest jobs, newest first, at most 100, without their labels.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn jobs(&self) -> Result<Vec<JobSummary>, LedgerError> {
        let open = self.ledger.open_jobs()?;
        Ok(self.ledger.jobs(JOBS_LISTED)?.iter().map(|job| self.summary(job, &open)).collect())
    }

    /// A person has looked whether label `n` is there; the job goes on when no label is in doubt any more.
    ///
    /// # Errors
    /// When the label is not in doubt, or the answer could not be written down.
    pub fn answer(&self, id: JobId, n: u32, printed: bool) -> Result<JobView, AnswerError> {
        let job = self.ledger.job(id)?.ok_or(AnswerError::NoJob(id))?;
        match self.ledger.answer(job.seq, n, printed, self.clock.now().wall_ms)? {
            Answered::Settled => {}
            Answered::NoSuchLabel => return Err(AnswerError::NoLabel { job: id, n }),
            Answered::NotInDoubt(state) => return Err(AnswerError::NotInDoubt { n, state }),
        }
        self.wake();
        self.job(id)?.ok_or(AnswerError::NoJob(id))
    }

    /// Stops a job after the labels in flight. A finished job stays as it is.
    ///
    /// # Errors
    /// When there is no such job, or the wish could not be written down.
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

    /// How each printer is. What is not fresh is asked anew and seen at the next look.
    pub fn printers(&self) -> Vec<PrinterView> {
        let now_ms = self.clock.now().wall_ms;
        let view = |(config, shared): &(PrinterConfig, Arc<Shared>)| {
            let live = shared.live();
            if live.job.is_none() && now_ms.saturating_sub(live.heard_ms) > STATE_FRESH_MS {
                shared.ask();
            }
            PrinterView {
                name: config.name.clone(),
                address: config.address.clone(),
                language: config.language.name(),
                dpi: config.dpi.get(),
                confirms: config.answers == Answers::Printed,
                state: live.state,
                advice: live.advice,
                since_ms: live.since_ms,
                paper_low: live.paper_low,
                job: live.job,
            }
        };
        self.printers.iter().map(view).collect()
    }

    /// Ends after the labels in flight, or when the time is over: then they are in doubt at the next start.
    pub fn stop(&self, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        for (_, shared) in &self.printers {
            shared.stop();
        }
        self.bell.stop();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, ended) in &threads {
            // Whether it ended or the time did, the next step is the same.
            let _ = ended.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        }
        for (_, shared) in &self.printers {
            shared.abandon.notify_one();
        }
        for (thread, _) in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the print room panicked");
            }
        }
    }

    fn wake(&self) {
        for (_, shared) in &self.printers {
            shared.wake.notify_one();
        }
        self.bell.ring();
    }

    fn printer_for(&self, wanted: Option<&str>) -> Result<&PrinterConfig, PrintRefusal> {
        let mut all = self.printers.iter().map(|(config, _)| config);
        match wanted {
            None => all.next().ok_or(PrintRefusal::NoPrinter),
            Some(_) if self.printers.is_empty() => Err(PrintRefusal::NoPrinter),
            Some(wanted) => all.find(|p| p.name == wanted).ok_or_else(|| PrintRefusal::UnknownPrinter {
                wanted: wanted.chars().take(60).collect(),
                known: self.printers.iter().map(|(p, _)| p.name.as_str()).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    fn job_of(&self, request: &JobRequest) -> Result<Option<JobView>, LedgerError> {
        let found = self.ledger.find(request.id, request.key.as_deref())?;
        found.map(|job| self.view(&job, &self.ledger.open_jobs()?)).transpose()
    }

    fn view(&self, job: &Job, open: &[Job]) -> Result<JobView, LedgerError> {
        let labels = (1..).zip(self.ledger.labels(job.seq)?).zip(&job.rows);
        let labels = labels.map(|((n, (label, reason)), row)| LabelView {
            n,
            tag: label.tag,
            state: row.state,
            proof: row.proof,
            attempts: row.attempts,
            at_ms: row.at_ms,
            reason,
        });
        Ok(JobView { summary: self.summary(job, open), labels: labels.collect() })
    }

    fn summary(&self, job: &Job, open: &[Job]) -> JobSummary {
        let before = |other: &&Job| {
            job.head.finished_ms.is_none()
                && other.seq < job.seq
                && other.head.printer == job.head.printer
                && plan::phase(&other.rows, other.head.cancelled) != Phase::Asking
        };
        let ahead = open.iter().filter(before).count();
        let out = |row: &&plan::Row| matches!(row.state, LabelState::Sent | LabelState::Confirmed);
        let in_doubt = |row: &&plan::Row| row.state == LabelState::Unknown;
        JobSummary {
            id: job.head.id,
            state: self.state(job, ahead),
            printer: job.head.printer.clone(),
            ahead,
            created_ms: job.head.created_ms,
            finished_ms: job.head.finished_ms,
            count: job.rows.len(),
            out: job.rows.iter().filter(out).count(),
            in_doubt: job.rows.iter().filter(in_doubt).count(),
        }
    }

    fn state(&self, job: &Job, ahead: usize) -> JobState {
        let phase = plan::phase(&job.rows, job.head.cancelled);
        let waits = matches!(phase, Phase::Queued | Phase::Printing);
        let printer = self.printers.iter().find(|(p, _)| p.name == job.head.printer).map(|(_, s)| s.live());
        match (phase, printer) {
            (_, None) if waits => JobState::Paused(format!(
                "The printer {} is not set up any more. Set it up again under this name, or cancel the job.",
                job.head.printer
            )),
            (_, Some(live)) if waits && ahead == 0 && live.state.stands_still() => {
                JobState::Paused(live.advice)
            }
            (Phase::Queued, _) => JobState::Queued,
            (Phase::Printing, _) => JobState::Printing,
            (Phase::Asking, _) => JobState::Asking,
            (Phase::Done, _) => JobState::Done,
            (Phase::Cancelled, _) => JobState::Cancelled,
        }
    }
}

impl Drop for Printing {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

/// Everything that can be known to go wrong is found before any paper moves.
fn check(config: &PrinterConfig, request: &JobRequest) -> Result<(), PrintRefusal> {
    let count = request.labels.len();
    match count {
        0 => return Err(PrintRefusal::NoLabels),
        1..=LABELS_MAX => {}
        _ => return Err(PrintRefusal::TooMany { labels: count }),
    }
    if request.key.as_ref().is_some_and(|key| key.chars().count() > KEY_CHARS_MAX) {
        return Err(PrintRefusal::Key);
    }
    let mut typesetter = Typesetter::new()?;
    let of = u32::try_from(count).unwrap_or(u32::MAX);
    for (n, label) in (1u32..).zip(&request.labels) {
        let drawn = layout::equipment(&mut typesetter, &worker::fields(label, n, of), config.dpi);
        let drawn = drawn.map_err(|why| PrintRefusal::Label { n: n as usize, tag: label.tag, why })?;
        if n == 1 {
            config.language.session(config.profile(), 0).encode(1, &drawn).map_err(PrintRefusal::Size)?;
        }
    }
    Ok(())
}

/// The thread of one printer: its own small runtime, so that flushing the ledger holds nobody else up.
fn work(worker: Worker, shared: &Shared) {
    let clock = worker.clock.clone();
    let run = || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| {
            runtime.block_on(async {
                tokio::select! {
                    () = worker.run() => {}
                    () = shared.abandon.notified() => tracing::info!("printing was cut off"),
                }
            });
        })
    };
    // A bug here must be seen on the printer's page and stop nothing but this printer.
    let trouble = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(Ok(())) => return,
        Ok(Err(e)) => e.to_string(),
        Err(_) => "its worker panicked".into(),
    };
    tracing::error!(trouble, "printing has stopped");
    let advice = "Printing stopped because of a fault of the box itself. Restart the box: it will ask about labels that \
                  were on their way. Scanning and recording are not touched.";
    shared.set(PrinterState::Failed, advice, clock.now().wall_ms);
}
