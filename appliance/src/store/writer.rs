//! The writer's thread: a bounded queue in, groups through the [`Core`], answers out.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use record::entry::Draft;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::core::{Core, Fatal, Job};
use super::error::SubmitError;
use super::gather::{Gather, Patience};
use super::view::{Decision, Outcome, Recorded, View};

/// Commands that may wait: several times the phones that a box serves at once.
const QUEUE_MAX: usize = 1024;
/// How often the writer looks around when nobody comes.
const TICK: Duration = Duration::from_secs(30);

/// Answers from which on their askers are woken by a thread of their own runtime.
const ANSWERS_AT_ONCE: usize = 4;

/// What the writer is asked to do besides commands.
pub(super) enum Control {
    /// Write the cursor's evidence down.
    Cursor,
    /// End, after what waits.
    Stop(oneshot::Sender<Result<(), Fatal>>),
    /// End at once: nobody is left who could ask for anything.
    Abandon,
}

/// An answer on its way to its asker.
trait Answer: Send {
    /// The runtime that its asker waits in, if any.
    fn runtime(&self) -> Option<&Handle>;
    /// Wakes the asker.
    fn send(self: Box<Self>);
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Box<dyn Job>>,
    controls: VecDeque<Control>,
    /// Jobs at which the sleeping writer wants to be woken; 0 while it is awake.
    wake_at: usize,
    closed: bool,
}

/// The way to the writer.
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    /// Answers of the group that was just written.
    answers: Mutex<Vec<Box<dyn Answer>>>,
}

impl Queue {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), wake: Condvar::new(), answers: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Box<dyn Job>) -> Result<(), SubmitError> {
        let mut state = self.state();
        if state.closed {
            return Err(SubmitError::Stopping);
        }
        if state.jobs.len() >= QUEUE_MAX {
            return Err(SubmitError::Busy);
        }
        state.jobs.push_back(job);
        let wake = state.wake_at != 0 && state.jobs.len() >= state.wake_at;
        if wake {
            state.wake_at = 0;
        }
        drop(state);
        if wake {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Hands the writer something to do; gives it back when the writer has ended.
    pub(super) fn control(&self, control: Control) -> Result<(), Control> {
        let mut state = self.state();
        if state.closed {
            return Err(control);
        }
        state.controls.push_back(control);
        state.wake_at = 0;
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// Sleeps until `enough` jobs wait, something else is to be done, or `until` has come.
    fn sleep(&self, enough: usize, until: Instant) {
        let mut state = self.state();
        while state.jobs.len() < enough && state.controls.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state.wake_at = enough;
            state = self.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.wake_at = 0;
    }

    fn len(&self) -> usize {
        self.state().jobs.len()
    }

    /// Whether nothing is taken any more.
    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    fn take(&self, jobs: &mut VecDeque<Box<dyn Job>>) -> Option<Control> {
        let mut state = self.state();
        jobs.append(&mut state.jobs);
        state.controls.pop_front()
    }

    fn answers(&self) -> MutexGuard<'_, Vec<Box<dyn Answer>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what was answered. Many answers are sent from a thread of the askers' own runtime, which wakes a neighbour
    /// without the kernel: from here each would cost a call to it, and often another to wake the thread that sleeps there.
    fn send_answers(&self) {
        let answers = std::mem::take(&mut *self.answers());
        let runtime = answers.first().and_then(|first| first.runtime()).cloned();
        match runtime.filter(|_| answers.len() >= ANSWERS_AT_ONCE) {
            None => answers.into_iter().for_each(Answer::send),
            Some(runtime) => {
                let same = |answer: &dyn Answer| answer.runtime().is_some_and(|r| r.id() == runtime.id());
                let (here, others): (Vec<_>, Vec<_>) =
                    answers.into_iter().partition(|answer| same(answer.as_ref()));
                drop(runtime.spawn(async move { here.into_iter().for_each(Answer::send) }));
                others.into_iter().for_each(Answer::send);
            }
        }
    }

    /// Takes nothing more, and gives back what waits.
    fn close(&self) -> (VecDeque<Box<dyn Job>>, VecDeque<Control>) {
        let mut state = self.state();
        state.closed = true;
        (std::mem::take(&mut state.jobs), std::mem::take(&mut state.controls))
    }
}

/// The last handle's end is the writer's.
pub(super) struct Gate(pub(super) Arc<Queue>);

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.0.control(Control::Abandon);
    }
}

/// A command with the way back to its asker.
struct Submission<F, A> {
    command: Option<F>,
    answer: Option<A>,
    reply: Reply<A>,
    queue: Arc<Queue>,
}

/// The way back to the asker.
struct Reply<A> {
    to: oneshot::Sender<Result<Outcome<A>, SubmitError>>,
    runtime: Option<Handle>,
}

/// A reply and what it says.
struct Answered<A> {
    reply: Reply<A>,
    outcome: Result<Outcome<A>, SubmitError>,
}

impl<A: Send> Answer for Answered<A> {
    fn runtime(&self) -> Option<&Handle> {
        self.reply.runtime.as_ref()
    }

    fn send(self: Box<Self>) {
        // An asker who went away finds the record by its idempotency key.
        let _ = self.reply.to.send(self.outcome);
    }
}

impl<F, A> Job for Submission<F, A>
where
    F: FnOnce(&View<'_>) -> Decision<A> + Send,
    A: Send + 'static,
{
    fn decide(&mut self, view: &View<'_>) -> Vec<Draft> {
        let Some(command) = self.command.take() else { return Vec::new() };
        let (drafts, answer) = match command(view) {
            Decision::Append { drafts, answer } => (drafts, answer),
            Decision::Answer(answer) => (Vec::new(), answer),
        };
        self.answer = Some(answer);
        drafts
    }

    fn finish(self: Box<Self>, result: Result<Vec<Recorded>, SubmitError>) {
        let Self { answer, reply, queue, .. } = *self;
        let outcome = result.and_then(|recorded| {
            let answer = answer.ok_or(SubmitError::Unknown)?;
            Ok(Outcome { answer, recorded })
        });
        queue.answers().push(Box::new(Answered { reply, outcome }));
    }
}

/// Hands a command to the writer and waits for its answer.
pub(super) async fn submit<F, A>(queue: &Arc<Queue>, command: F) -> Result<Outcome<A>, SubmitError>
where
    F: FnOnce(&View<'_>) -> Decision<A> + Send + 'static,
    A: Send + 'static,
{
    let (to, answer) = oneshot::channel();
    let reply = Reply { to, runtime: Handle::try_current().ok() };
    queue.push(Box::new(Submission { command: Some(command), answer: None, reply, queue: queue.clone() }))?;
    // Dropped without an answer: the writer ended, or the command panicked.
    answer.await.unwrap_or(Err(SubmitError::Unknown))
}

/// Tells the process when the writer's thread ends by a panic: a damaged page can make redb panic.
struct Watchdog {
    shared: Arc<super::shared::Shared>,
    queue: Arc<Queue>,
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.fail(Fatal("its writer panicked".to_owned()));
        }
        let (jobs, controls) = self.queue.close();
        let told = if self.shared.has_failed() { SubmitError::Unknown } else { SubmitError::Stopping };
        jobs.into_iter().for_each(|job| job.finish(Err(told.clone())));
        self.queue.send_answers();
        drop(controls);
    }
}

/// Starts the thread that looks after closed segments; it ends with the writer.
///
/// # Errors
/// The operating system's.
fn start_tidy(core: &mut Core) -> std::io::Result<JoinHandle<()>> {
    let (wake, woken) = std::sync::mpsc::sync_channel::<()>(1);
    let shared = core.shared().clone();
    core.tidy = Some(wake);
    let work = move || {
        while woken.recv().is_ok() {
            if let Err(e) = super::tidy::tidy(&shared) {
                tracing::warn!(error = %e, "closed segments of the journal were left as they are");
            }
        }
    };
    std::thread::Builder::new().name("store-tidy".to_owned()).spawn(work)
}

/// Starts the writer's thread, and the one that looks after closed segments.
///
/// # Errors
/// The operating system's.
pub(super) fn start(mut core: Core, queue: Arc<Queue>) -> std::io::Result<()> {
    let tidy = start_tidy(&mut core)?;
    let writer = std::thread::Builder::new().name("store".to_owned()).spawn(move || {
        let shared = core.shared().clone();
        let watchdog = Watchdog { shared: shared.clone(), queue: queue.clone() };
        let mut asker = None;
        let ended = run(core, &queue, &mut asker);
        if let Err(fatal) = &ended {
            shared.fail(fatal.clone());
        }
        // Whoever waits for the end may take the folder at once.
        drop((watchdog, shared));
        let _ = tidy.join();
        if let Some(asker) = asker {
            let _ = asker.send(ended);
        }
    });
    writer.map(drop)
}

/// Who waits for the writer's end.
type Asker = oneshot::Sender<Result<(), Fatal>>;

fn run(mut core: Core, queue: &Queue, asker: &mut Option<Asker>) -> Result<(), Fatal> {
    let mut jobs = VecDeque::new();
    let mut gather = Gather::default();
    let mut more_to_tidy = true;
    core.wake_tidy();
    loop {
        if jobs.is_empty() {
            queue.sleep(1, nap(&mut core, queue, &gather, &mut more_to_tidy)?);
            if let Some(Patience { until, enough }) = gather.plan(queue.len(), Instant::now()) {
                queue.sleep(enough, until);
                gather.gathered(queue.len());
            }
        }
        let control = queue.take(&mut jobs);
        if jobs.is_empty() && control.is_none() {
            more_to_tidy = true;
        }
        if !jobs.is_empty() {
            group(&mut core, &mut jobs, queue, &mut gather)?;
            more_to_tidy = true;
        }
        match control {
            None => {}
            Some(Control::Cursor) => core.write_cursor(),
            Some(Control::Stop(done)) => {
                while !jobs.is_empty() {
                    group(&mut core, &mut jobs, queue, &mut gather)?;
                }
                core.write_cursor();
                *asker = Some(done);
                return core.stop();
            }
            Some(Control::Abandon) => return Ok(()),
        }
    }
}

/// Does one piece of what nobody waits for, where nobody does, and says until when to sleep.
fn nap(core: &mut Core, queue: &Queue, gather: &Gather, more: &mut bool) -> Result<Instant, Fatal> {
    let now = Instant::now();
    if !*more || queue.len() > 0 {
        return Ok(now + TICK);
    }
    if let Err(until) = gather.quiet(now) {
        return Ok(until);
    }
    *more = core.idle()?;
    Ok(if *more { now } else { now + TICK })
}

fn group(
    core: &mut Core,
    jobs: &mut VecDeque<Box<dyn Job>>,
    queue: &Queue,
    gather: &mut Gather,
) -> Result<(), Fatal> {
    let (before, started) = (jobs.len(), Instant::now());
    let written = core.group(jobs);
    queue.send_answers();
    written?;
    let (answered, waiting) = (before.saturating_sub(jobs.len()), jobs.len() + queue.len());
    let now = Instant::now();
    gather.answered(answered, waiting, (now - started, core.journal.last_flush()), now);
    if core.durable_overdue() {
        core.make_durable()?;
    }
    Ok(())
}
