//! The one worker of one printer: takes the oldest job, sends label by label, and writes down what became of each.

use std::sync::Arc;
use std::time::Duration;

use labels::language::{Answers, Condition, Event, Profile, Session};
use labels::{Bitmap, Typesetter};
use service::clock::Clock;
use service::random::Random;
use tokio::time::Instant;

use crate::printing::devices::talk::{Broken, Talk, since};
use crate::printing::devices::transport::Transport;
use crate::printing::model::cause::{FailureCause, PrintUnit, PrinterCause};
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::line_fault::LineFault;
use crate::printing::model::plan::{LabelState, Proof, Step};
use crate::printing::model::printer_settings::PrinterConfig;
use crate::printing::model::printer_state::PrinterState;
use crate::printing::queue::ledger::{Job, Ledger};
use crate::printing::queue::outcomes::Bell;
use crate::printing::workers::drawn_label::draw_label;
use crate::printing::workers::status::Shared;

/// How often a wait looks up to see whether it should go on.
const LOOK: Duration = Duration::from_millis(100);
/// How long a printer is given to hang up after the last label was confirmed.
const FAREWELL: Duration = Duration::from_secs(2);
/// The same after a mere question: a job may be waiting.
const FAREWELL_PROBE: Duration = Duration::from_millis(200);

/// Why a job does not go on now.
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

/// Everything that the worker of one printer holds.
pub(crate) struct Worker {
    pub(crate) config: PrinterConfig,
    pub(crate) ledger: Ledger,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) outcomes: Arc<Bell>,
    pub(crate) typesetter: Typesetter,
    /// The printer may hold half a label.
    pub(crate) interrupted: bool,
    /// The label that is sent next, made while the one before it was being printed.
    pub(crate) ahead: Option<Ahead>,
}

/// One label's dots, or why it is not printed.
pub(crate) struct Ahead {
    job: u64,
    n: u32,
    made: Result<Bitmap, FailureCause>,
}

impl Worker {
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
                    let pause = self.config.patience.retry * (1 << tries.min(3));
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

    fn next_job(&self) -> Result<Option<Job>, LedgerError> {
        let mine = |job: &Job| {
            job.head.printer == self.config.name
                && matches!(crate::printing::model::plan::next(&job.progress, self.window()), Step::Send(_))
        };
        Ok(self.ledger.open_jobs()?.into_iter().find(mine))
    }

    /// What the printer can tell, by all that is known of it.
    fn answers(&self) -> Answers {
        self.shared.live().answers.unwrap_or(self.config.answers)
    }

    fn window(&self) -> usize {
        match self.answers() {
            Answers::Printed => crate::printing::model::plan::WINDOW,
            Answers::Taken | Answers::Nothing => crate::printing::model::plan::WINDOW_UNCONFIRMED,
        }
    }

    /// Nothing to print: asks the printer how it is, when somebody wants to know.
    async fn idle(&mut self) {
        if self.shared.asked() {
            if let Err(Trouble::Printer(cause)) = self.probe().await {
                self.shared.set(PrinterState::Unreachable, cause, self.now_ms());
            }
            return;
        }
        self.shared.wake.notified().await;
    }

    async fn probe(&mut self) -> Result<(), Trouble> {
        let mut talk = self.call().await?;
        let begun = Instant::now();
        while self.config.answers != Answers::Nothing && talk.heard().condition.is_none() {
            talk.listen(LOOK).await.map_err(|e| self.trouble(&e))?;
            if talk.heard().mute {
                self.shared.heard(talk.heard(), false, self.now_ms());
            }
            if since(begun) >= self.config.patience.silence {
                return Err(self.trouble(&Broken::Silent));
            }
        }
        self.mended()?;
        self.shared.heard(talk.heard(), false, self.now_ms());
        // The answer is all that was wanted.
        self.part(talk, FAREWELL_PROBE).await;
        Ok(())
    }

    /// Hangs up where nothing depends on it any more. A job that comes meanwhile does not wait for good manners.
    async fn part(&self, talk: Talk, at_most: Duration) {
        tokio::select! {
            biased;
            ended = talk.end(at_most, |_| ()) => drop(ended),
            () = self.shared.wake.notified() => {}
        }
    }

    /// Opens a line and a session on it.
    async fn call(&self) -> Result<Talk, Trouble> {
        let line = self.transport.open().await.map_err(|e| self.trouble(&Broken::Line(e)))?;
        let talk = Talk::begin(line, self.session(), self.config.patience, self.interrupted).await;
        talk.map_err(|e| self.trouble(&e))
    }

    fn session(&self) -> Box<dyn Session> {
        let salt = u16::from_le_bytes(self.random.bytes());
        let profile = Profile { answers: self.answers(), ..self.config.profile() };
        self.config.language.session(profile, salt)
    }

    fn trouble(&self, broken: &Broken) -> Trouble {
        let PrinterConfig { name, address, .. } = &self.config;
        let (printer, address, fault) = (name.clone(), address.clone(), LineFault::from(broken));
        Trouble::Printer(match broken {
            Broken::Line(_) | Broken::Closed => PrinterCause::Unreachable { printer, address, fault },
            Broken::Silent | Broken::Stalled | Broken::Unconfirmed => {
                PrinterCause::Unanswering { printer, address, fault }
            }
        })
    }

    async fn print(&mut self, job: &Job) -> Result<(), Trouble> {
        self.shared.set_job(Some(job.head.id));
        match self.config.answers {
            Answers::Nothing => self.print_unanswered(job).await,
            Answers::Printed | Answers::Taken => self.print_answered(job).await,
        }
    }

    async fn print_answered(&mut self, job: &Job) -> Result<(), Trouble> {
        let mut talk = self.call().await?;
        self.wait_until_ready(&mut talk).await?;
        self.mended()?;
        let mut changed = Instant::now();
        loop {
            self.shared.heard(talk.heard(), true, self.now_ms());
            self.shared.set_answers(talk.answers());
            let ready = talk.heard().condition == Some(Condition::Ready) && !talk.heard().mute;
            // What was said while a label was being sent may be that it was lost.
            let told = talk.told();
            if !told.is_empty() {
                changed = Instant::now();
                self.vouch(job, &told)?;
            }
            let progress = self.ledger.progress(job.seq)?;
            let under_way = !progress.under_way.is_empty();
            match crate::printing::model::plan::next(&progress, self.window()) {
                Step::Send(n) if ready && talk.takes_next() && !self.shared.stopping() => {
                    self.send(&mut talk, job, n).await?;
                    changed = Instant::now();
                }
                Step::Send(_) if self.shared.stopping() && !under_way => break,
                Step::Send(_) | Step::Await => {
                    if progress.queued > 0 {
                        self.prepare(job, progress.first_queued)?;
                    }
                    let heard = talk.listen(LOOK).await;
                    let events = match heard {
                        Ok(events) => events,
                        Err(e) => return Err(self.broke(job, &e)?),
                    };
                    self.vouch(job, &events)?;
                    if !events.is_empty() || talk.heard().condition != Some(Condition::Ready) {
                        changed = Instant::now();
                    }
                    if let Some(e) = self.waited_enough(&talk, changed) {
                        return Err(self.broke(job, &e)?);
                    }
                }
                Step::Ask | Step::Finished => break,
            }
        }
        // All labels are settled, and how the line ends changes nothing.
        drop(talk.finish().await);
        self.shared.set_job(None);
        self.shared.heard(talk.heard(), false, self.now_ms());
        self.outcomes.ring();
        self.part(talk, FAREWELL).await;
        Ok(())
    }

    /// Before the first label: nothing is under way, so waiting costs nothing.
    async fn wait_until_ready(&self, talk: &mut Talk) -> Result<(), Trouble> {
        while talk.heard().condition != Some(Condition::Ready) {
            if self.shared.stopping() {
                return Err(Trouble::Printer(PrinterCause::BoxStopping));
            }
            talk.listen(LOOK).await.map_err(|e| self.trouble(&e))?;
            let at_most = match talk.heard().condition {
                None => self.config.patience.silence,
                Some(_) => self.config.patience.stall,
            };
            if talk.quiet() >= at_most {
                return Err(self.trouble(&Broken::Silent));
            }
            if talk.heard().condition.is_some() || talk.heard().mute {
                self.shared.heard(talk.heard(), true, self.now_ms());
            }
        }
        Ok(())
    }

    fn waited_enough(&self, talk: &Talk, changed: Instant) -> Option<Broken> {
        let patience = self.config.patience;
        if talk.heard().condition != Some(Condition::Ready) {
            // Somebody has to mend it first; that may take all day.
            None
        } else if talk.quiet() >= patience.stall {
            Some(Broken::Silent)
        } else {
            // It answers, so it has read everything; a label does not take this long.
            (since(changed) >= patience.confirm && talk.quiet() < patience.silence)
                .then_some(Broken::Unconfirmed)
        }
    }

    fn vouch(&self, job: &Job, events: &[Event]) -> Result<(), Trouble> {
        for event in events {
            match *event {
                Event::Printed { upto } => self.ledger.vouch(job.seq, upto, Proof::Printer, self.now_ms())?,
                Event::Taken { upto } => self.ledger.vouch(job.seq, upto, Proof::Idle, self.now_ms())?,
                Event::Lost { from } => self.ledger.lose(job.seq, from, self.now_ms())?,
                // All that is under way: what was lost is not any more.
                Event::Unclear { .. } => self.ledger.doubt(job.seq, self.now_ms())?,
                Event::State(_) | Event::PaperLow | Event::Loaded { .. } | Event::Silent => {}
            }
        }
        Ok(())
    }

    /// A torn label was ended: the printer listens again.
    fn mended(&mut self) -> Result<(), LedgerError> {
        if std::mem::take(&mut self.interrupted) {
            self.ledger.whole(&self.config.name)?;
        }
        Ok(())
    }

    /// Whatever was under way may be out or not.
    fn broke(&mut self, job: &Job, e: &Broken) -> Result<Trouble, Trouble> {
        self.interrupted = true;
        self.ledger.doubt(job.seq, self.now_ms())?;
        Ok(self.trouble(e))
    }

    async fn send(&mut self, talk: &mut Talk, job: &Job, n: u32) -> Result<(), Trouble> {
        self.prepare(job, n)?;
        let made = self.ahead.take().map_or(Err(FailureCause::TextMissing), |ahead| ahead.made);
        let bytes = match made
            .and_then(|label| talk.encode(n, &label).map_err(|e| FailureCause::NotMade(e.into())))
        {
            Ok(bytes) => bytes,
            Err(cause) => return Ok(self.ledger.fail(job.seq, n, &cause, self.now_ms())?),
        };
        if !self.ledger.sending(job.seq, n, self.now_ms())? {
            return Ok(());
        }
        let shared = self.shared.clone();
        let clock = self.clock.clone();
        match talk.send_label(&bytes, |heard| shared.heard(heard, true, clock.now().wall_ms)).await {
            Ok(()) => Ok(self.ledger.set(job.seq, n, LabelState::Sent, None, self.now_ms())?),
            Err((sent, e)) => {
                if sent == 0 {
                    self.ledger.set(job.seq, n, LabelState::Queued, None, self.now_ms())?;
                }
                Err(self.broke(job, &e)?)
            }
        }
    }

    /// Draws label `n` and reads it back, unless that is done.
    fn prepare(&mut self, job: &Job, n: u32) -> Result<(), Trouble> {
        if self.ahead.as_ref().is_some_and(|ahead| (ahead.job, ahead.n) == (job.seq, n)) {
            return Ok(());
        }
        let made = draw_label(&self.ledger, &mut self.typesetter, &self.config, job, n)?;
        let made = made.map(|made| made.dots);
        self.ahead = Some(Ahead { job: job.seq, n, made });
        Ok(())
    }

    /// For a printer that says nothing: one connection a label, whose end shows that it has taken all bytes.
    async fn print_unanswered(&mut self, job: &Job) -> Result<(), Trouble> {
        while !self.shared.stopping() {
            let progress = self.ledger.progress(job.seq)?;
            let Step::Send(n) = crate::printing::model::plan::next(&progress, self.window()) else { break };
            let mut talk = self.call().await?;
            self.mended()?;
            self.shared.heard(talk.heard(), true, self.now_ms());
            self.send(&mut talk, job, n).await?;
            let finished = if progress.queued == 1 { talk.finish().await } else { Ok(()) };
            let ended = match finished {
                Ok(()) => {
                    let told = |heard| self.shared.heard(heard, true, self.now_ms());
                    talk.end(self.config.patience.taken, told).await
                }
                Err(e) => Err(e),
            };
            match ended {
                Ok(()) => self.ledger.vouch(job.seq, n, Proof::Nobody, self.now_ms())?,
                Err(e) => return Err(self.broke(job, &e)?),
            }
        }
        self.shared.set(PrinterState::Ready, PrinterCause::Ready, self.now_ms());
        Ok(())
    }
}
