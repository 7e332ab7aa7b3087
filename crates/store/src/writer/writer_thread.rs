//! The writer's thread: groups from the queue through the [`LogWriter`], answers out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::core::LogWriter;
use super::group_commit::GroupCommit;
use crate::io::error::SubmitError;
use crate::io::flush::FlushThread;
use crate::shared::job::{FatalError, WriteJob};
use crate::shared::queue::{WriteQueue, WriterControl};
use crate::shared::recorded::FollowedBy;

/// How often the writer looks around when nobody comes.
const TICK: Duration = Duration::from_secs(30);
/// The nice value (lower priority) of the thread that tidies closed segments.
const TIDY_NICE: i32 = 10;

/// Tells the process when the writer's thread ends by a panic: a damaged page can make redb panic.
struct Watchdog {
    shared: Arc<crate::shared::shared_state::StoreShared>,
    queue: Arc<WriteQueue>,
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.fail(FatalError("its writer panicked".to_owned()));
        }
        self.shared.recorded.end();
        let (jobs, controls) = self.queue.close();
        let reply = if self.shared.has_failed() { SubmitError::Unknown } else { SubmitError::Stopping };
        jobs.into_iter().for_each(|job| job.finish(Err(reply.clone())));
        self.queue.send_answers();
        drop(controls);
    }
}

/// Starts the thread that looks after closed segments; it ends with the writer.
///
/// # Errors
/// The operating system's.
fn start_tidy(core: &mut LogWriter) -> std::io::Result<JoinHandle<()>> {
    let (wake, woken) = std::sync::mpsc::sync_channel::<()>(1);
    let shared = core.shared().clone();
    core.tidy = Some(wake);
    std::thread::Builder::new().name("store-tidy".to_owned()).spawn(move || {
        // Phones come first; where this is not allowed they only wait a little longer.
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), TIDY_NICE);
        while woken.recv().is_ok() {
            if let Err(e) = super::tidy::compact_segments(&shared) {
                tracing::warn!(error = %e, "closed segments of the journal were left as they are");
            }
        }
    })
}

/// Starts the thread by which the database follows; it ends with the writer.
///
/// # Errors
/// The operating system's.
fn start_follower(core: &LogWriter, queue: &Arc<WriteQueue>) -> std::io::Result<JoinHandle<()>> {
    let (shared, queue) = (core.shared().clone(), queue.clone());
    let thread = std::thread::Builder::new().name("store-follow".to_owned()).spawn(move || {
        let guard = FollowGuard { shared: shared.clone() };
        // Where the writer has ended there is nobody who could open it again.
        shared.follow_recorded(|| drop(queue.control(WriterControl::Recover)));
        drop(guard);
    })?;
    core.shared().recorded.is_followed_by(FollowedBy::Thread);
    Ok(thread)
}

/// A damaged page can make redb panic: the process ends, and nobody waits for what does not come.
struct FollowGuard {
    shared: Arc<crate::shared::shared_state::StoreShared>,
}

impl Drop for FollowGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.fail(FatalError("following the log with the database panicked".to_owned()));
        }
        self.shared.recorded.end();
    }
}

/// Starts the writer's thread, the one by which the database follows, and the one that looks after closed segments.
///
/// # Errors
/// The operating system's.
pub(crate) fn start_writer(mut core: LogWriter, queue: Arc<WriteQueue>) -> std::io::Result<()> {
    let tidy = start_tidy(&mut core)?;
    core.flush = Box::new(FlushThread::start()?);
    let follower = start_follower(&core, &queue)?;
    let followed = core.shared().clone();
    let writer = std::thread::Builder::new().name("store".to_owned()).spawn(move || {
        let shared = core.shared().clone();
        let watchdog = Watchdog { shared: shared.clone(), queue: queue.clone() };
        let mut asker = None;
        let ended = run_writer(core, &queue, &mut asker);
        if let Err(fatal) = &ended {
            shared.fail(fatal.clone());
        }
        shared.stops_tidying.store(true, Ordering::Relaxed);
        // Whoever waits for the end may take the folder at once.
        drop((watchdog, shared));
        let _ = (tidy.join(), follower.join());
        if let Some(asker) = asker {
            let _ = asker.send(ended);
        }
    });
    writer.map(drop).inspect_err(|_| followed.recorded.end())
}

type Asker = oneshot::Sender<Result<(), FatalError>>;

fn run_writer(mut core: LogWriter, queue: &WriteQueue, asker: &mut Option<Asker>) -> Result<(), FatalError> {
    let mut jobs = VecDeque::new();
    let mut group_commit = GroupCommit::default();
    let mut more_to_tidy = true;
    core.wake_tidy();
    loop {
        // Some may be left over from the group before.
        let mut taken = jobs.len();
        if taken == 0 {
            queue.sleep(1, wait_for_work(&mut core, queue, &group_commit, &mut more_to_tidy)?);
            let mut decided = Ok(());
            group_commit.wait(queue, || {
                let count = queue.take_jobs(&mut jobs);
                decided = std::mem::replace(&mut decided, Ok(())).and_then(|()| core.decide(&mut jobs));
                taken += count;
                count
            });
            decided?;
        }
        let before = jobs.len();
        let control = queue.take(&mut jobs);
        taken += jobs.len() - before;
        if taken == 0 && control.is_none() {
            more_to_tidy = true;
        }
        if taken > 0 {
            write_group(&mut core, &mut jobs, queue, (&mut group_commit, taken))?;
            more_to_tidy = true;
        }
        match control {
            None => {}
            Some(WriterControl::Cursor) => core.write_cursor(),
            Some(WriterControl::Recover) => core.recover()?,
            Some(WriterControl::Stop(done)) => {
                while !jobs.is_empty() {
                    let taken = jobs.len();
                    write_group(&mut core, &mut jobs, queue, (&mut group_commit, taken))?;
                }
                core.write_cursor();
                *asker = Some(done);
                return core.stop();
            }
            Some(WriterControl::Abandon) => return Ok(()),
        }
    }
}

/// Does one piece of what nobody waits for, where nobody does, and says until when to sleep.
fn wait_for_work(
    core: &mut LogWriter,
    queue: &WriteQueue,
    group_commit: &GroupCommit,
    more: &mut bool,
) -> Result<Instant, FatalError> {
    let now = queue.now();
    if !*more || queue.waiting().jobs > 0 {
        return Ok(now + TICK);
    }
    if let Err(until) = group_commit.quiet(now) {
        return Ok(until);
    }
    *more = core.idle()?;
    Ok(if *more { now } else { now + TICK })
}

/// Writes one group and answers it; `taken` were taken for it, of whom some may be left over.
fn write_group(
    core: &mut LogWriter,
    jobs: &mut VecDeque<Box<dyn WriteJob>>,
    queue: &WriteQueue,
    (group_commit, taken): (&mut GroupCommit, usize),
) -> Result<(), FatalError> {
    let began = queue.now();
    let written = core.group(jobs);
    let answered = taken.saturating_sub(jobs.len());
    group_commit.answer(queue, (answered, jobs.len()), core.journal.last_flush(), began);
    written?;
    core.recover()
}
