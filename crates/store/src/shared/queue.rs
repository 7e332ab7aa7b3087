//! The way to the writer: a bounded queue of commands in, answers out.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use record::entry::EntryDraft;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::job::{FatalError, WriteJob};
use crate::index::view::{CommandView, DurableEntry, WriteDecision, WriteOutcome};
use crate::io::error::SubmitError;

/// Commands that may wait: several times the phones that a box serves at once.
const QUEUE_MAX: usize = 1024;

/// Answers from which on their callers are woken by a thread of their own runtime.
const ANSWERS_AT_ONCE: usize = 4;

/// What the writer is asked to do besides commands.
pub(crate) enum WriterControl {
    Cursor,
    /// The database failed, and is to be opened again.
    Recover,
    Stop(oneshot::Sender<Result<(), FatalError>>),
    /// End at once: nobody is left who could ask for anything.
    Abandon,
}

/// The time that the writer goes by, and how it sleeps: tests have one that passes when they say so.
pub(crate) trait WriterTime: Send + Sync {
    fn now(&self) -> Instant;
    fn sleep<'q>(
        &self,
        queue: &'q WriteQueue,
        state: MutexGuard<'q, WriteQueueState>,
        until: Instant,
    ) -> MutexGuard<'q, WriteQueueState>;
}

struct RealTime;

impl WriterTime for RealTime {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep<'q>(
        &self,
        queue: &'q WriteQueue,
        state: MutexGuard<'q, WriteQueueState>,
        until: Instant,
    ) -> MutexGuard<'q, WriteQueueState> {
        let left = until.saturating_duration_since(Instant::now());
        queue.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
    }
}

pub(crate) trait Answer: Send {
    fn runtime(&self) -> Option<&Handle>;
    fn send(self: Box<Self>);
}

#[derive(Default)]
pub(crate) struct WriteQueueState {
    jobs: VecDeque<Box<dyn WriteJob>>,
    last: Option<Instant>,
    controls: VecDeque<WriterControl>,
    /// Jobs at which the sleeping writer wants to be woken; 0 while it is awake.
    wake_at: usize,
    closed: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct WaitingJob {
    pub(crate) jobs: usize,
    pub(crate) last: Option<Instant>,
    /// Whether something else is to be done.
    pub(crate) control: bool,
}

pub(crate) struct WriteQueue {
    time: Arc<dyn WriterTime>,
    state: Mutex<WriteQueueState>,
    wake: Condvar,
    answers: Mutex<Vec<Box<dyn Answer>>>,
}

impl WriteQueue {
    pub(crate) fn new() -> Arc<Self> {
        Self::in_time(Arc::new(RealTime))
    }

    pub(crate) fn in_time(time: Arc<dyn WriterTime>) -> Arc<Self> {
        Arc::new(Self { time, state: Mutex::default(), wake: Condvar::new(), answers: Mutex::default() })
    }

    pub(crate) fn now(&self) -> Instant {
        self.time.now()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, WriteQueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, job: Box<dyn WriteJob>) -> Result<(), SubmitError> {
        let mut state = self.state();
        if state.closed {
            return Err(SubmitError::Stopping);
        }
        if state.jobs.len() >= QUEUE_MAX {
            return Err(SubmitError::Busy);
        }
        state.jobs.push_back(job);
        state.last = Some(self.time.now());
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
    pub(crate) fn control(&self, control: WriterControl) -> Result<(), WriterControl> {
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
    pub(crate) fn sleep(&self, enough: usize, until: Instant) {
        let mut state = self.state();
        while state.jobs.len() < enough && state.controls.is_empty() && self.time.now() < until {
            state.wake_at = enough;
            state = self.time.sleep(self, state, until);
        }
        state.wake_at = 0;
    }

    pub(crate) fn waiting(&self) -> WaitingJob {
        let state = self.state();
        WaitingJob { jobs: state.jobs.len(), last: state.last, control: !state.controls.is_empty() }
    }

    pub(crate) fn take_jobs(&self, jobs: &mut VecDeque<Box<dyn WriteJob>>) -> usize {
        let mut state = self.state();
        let count = state.jobs.len();
        jobs.append(&mut state.jobs);
        count
    }

    pub(crate) fn take(&self, jobs: &mut VecDeque<Box<dyn WriteJob>>) -> Option<WriterControl> {
        let mut state = self.state();
        jobs.append(&mut state.jobs);
        state.controls.pop_front()
    }

    pub(crate) fn answers(&self) -> MutexGuard<'_, Vec<Box<dyn Answer>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what was answered. Many answers are sent from a thread of the callers' runtime, which wakes a neighbour
    /// without the kernel: from here each would cost a call to it, and often another to wake the sleeping thread.
    pub(crate) fn send_answers(&self) {
        let answers = std::mem::take(&mut *self.answers());
        let runtime = answers.first().and_then(|first| first.runtime()).cloned();
        match runtime.filter(|_| answers.len() >= ANSWERS_AT_ONCE) {
            None => answers.into_iter().for_each(Answer::send),
            Some(runtime) => {
                let (here, others): (Vec<_>, Vec<_>) = answers
                    .into_iter()
                    .partition(|answer| answer.runtime().is_some_and(|r| r.id() == runtime.id()));
                drop(runtime.spawn(async move { here.into_iter().for_each(Answer::send) }));
                others.into_iter().for_each(Answer::send);
            }
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    pub(crate) fn close(&self) -> (VecDeque<Box<dyn WriteJob>>, VecDeque<WriterControl>) {
        let mut state = self.state();
        state.closed = true;
        (std::mem::take(&mut state.jobs), std::mem::take(&mut state.controls))
    }
}

/// The last handle's end is the writer's.
pub(crate) struct StopOnDrop(pub(crate) Arc<WriteQueue>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        let _ = self.0.control(WriterControl::Abandon);
    }
}

/// A command with the channel back to its caller.
struct Submission<F, A> {
    command: Option<F>,
    answer: Option<A>,
    reply: Reply<A>,
    queue: Arc<WriteQueue>,
}

struct Reply<A> {
    to: oneshot::Sender<Result<WriteOutcome<A>, SubmitError>>,
    runtime: Option<Handle>,
}

struct Answered<A> {
    reply: Reply<A>,
    outcome: Result<WriteOutcome<A>, SubmitError>,
}

impl<A: Send> Answer for Answered<A> {
    fn runtime(&self) -> Option<&Handle> {
        self.reply.runtime.as_ref()
    }

    fn send(self: Box<Self>) {
        // A caller who went away finds the record by its idempotency key.
        let _ = self.reply.to.send(self.outcome);
    }
}

impl<F, A> WriteJob for Submission<F, A>
where
    F: FnOnce(&CommandView<'_>) -> WriteDecision<A> + Send,
    A: Send + 'static,
{
    fn decide(&mut self, view: &CommandView<'_>) -> Vec<EntryDraft> {
        let Some(command) = self.command.take() else { return Vec::new() };
        let (drafts, answer) = match command(view) {
            WriteDecision::Append { drafts, answer } => (drafts, answer),
            WriteDecision::Answer(answer) => (Vec::new(), answer),
        };
        self.answer = Some(answer);
        drafts
    }

    fn finish(self: Box<Self>, result: Result<Vec<DurableEntry>, SubmitError>) {
        let Self { answer, reply, queue, .. } = *self;
        let outcome = result.and_then(|recorded| {
            let answer = answer.ok_or(SubmitError::Unknown)?;
            Ok(WriteOutcome { answer, recorded })
        });
        queue.answers().push(Box::new(Answered { reply, outcome }));
    }
}

/// Longer nobody waits for a card that does not answer: whoever asks again finds out what became of it.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

pub(crate) async fn submit_job<F, A>(
    queue: &Arc<WriteQueue>,
    command: F,
) -> Result<WriteOutcome<A>, SubmitError>
where
    F: FnOnce(&CommandView<'_>) -> WriteDecision<A> + Send + 'static,
    A: Send + 'static,
{
    let (to, answer) = oneshot::channel();
    let reply = Reply { to, runtime: Handle::try_current().ok() };
    queue.push(Box::new(Submission { command: Some(command), answer: None, reply, queue: queue.clone() }))?;
    // Late, or dropped without an answer: the writer ended, or the command panicked.
    let answered = tokio::time::timeout(ANSWER_WITHIN, answer).await;
    answered.ok().and_then(Result::ok).unwrap_or(Err(SubmitError::Unknown))
}
