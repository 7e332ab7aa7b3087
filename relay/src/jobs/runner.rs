//! The workers: each claims a job, runs it, holds its lease meanwhile, and ends it.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep, timeout};

use super::JobError;
use super::handlers::RelayHandlers;
use super::kind::{ClaimedJob, JobLane, JobResult};
use super::queue::JobQueue;
use super::schedule;
use crate::db::DbError;
use crate::projections::facility_now::find_silent_boxes;

/// How often a lease is made longer.
pub const RENEW_EVERY: Duration = Duration::from_secs(20);
/// How often a worker looks that nobody woke: other processes put jobs in, and moments come.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether facilities need work …
const FACILITIES_EVERY: Duration = Duration::from_secs(5);
/// … and after how many such looks whether a recurring job is missing.
const LOOKS_A_SWEEP: u32 = 12;
const LOOKS_FOR_SILENCE: u32 = 6;
/// Workers of a process that send to webhooks. A receiver has ten seconds: meanwhile they hold no connection to the database.
const WEBHOOK_WORKERS: usize = 4;
/// Workers of a process that send mails, beside one for those that somebody waits for.
const MAIL_WORKERS: usize = 2;
/// How long a job may continue once its process ends …
const GRACE: Duration = Duration::from_secs(2);
/// … and how long until all of them have released theirs.
const STOP_WITHIN: Duration = Duration::from_secs(4);

pub trait JobHandlers: Send + Sync + 'static {
    /// Does the work, and returns the transaction with its result, not committed. The future is dropped where the lease is lost.
    fn run(&self, job: &ClaimedJob) -> impl Future<Output = Result<JobResult, JobError>> + Send;
}

impl JobHandlers for RelayHandlers {
    async fn run(&self, job: &ClaimedJob) -> Result<JobResult, JobError> {
        (job.kind.run)(self, job).await
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorkerKind {
    Own,
    /// What is sent to webhooks: mostly it waits.
    Webhooks,
    /// Mails for which somebody waits, and no others: a provider that is slow with those keeps none of these waiting.
    AwaitedMail,
    Mail,
    Billing,
    Reports,
}

#[derive(Debug)]
pub struct JobRunner<H> {
    queue: JobQueue,
    handlers: H,
    renew_every: Duration,
}

impl<H: JobHandlers> JobRunner<H> {
    /// Leases are renewed each `renew_every`; [`RENEW_EVERY`] outside tests.
    pub fn new(queue: JobQueue, handlers: H, renew_every: Duration) -> Self {
        Self { queue, handlers, renew_every }
    }

    /// Puts in what is missing and runs all that is due, one after the other: one worker's work, for whoever starts none. How many
    /// ran.
    pub async fn run_due(&self) -> Result<usize, DbError> {
        schedule::sweep_jobs(&self.queue).await?;
        schedule::sweep_facilities(&self.queue).await?;
        find_silent_boxes(self.queue.db(), self.queue.now_ms()).await?;
        let mut ran = 0;
        while let Some(job) = self.claim_any(ran).await? {
            self.run_job(&job).await;
            ran += 1;
        }
        Ok(ran)
    }

    async fn claim_any(&self, claims: usize) -> Result<Option<ClaimedJob>, DbError> {
        match self.queue.claim(JobLane::order_of_claim(claims)).await? {
            Some(job) => Ok(Some(job)),
            None => {
                let others = [JobLane::Reports, JobLane::Mail, JobLane::LaterMail, JobLane::Webhooks];
                match self.queue.claim(others).await? {
                    Some(job) => Ok(Some(job)),
                    None => self.queue.claim([JobLane::Billing]).await,
                }
            }
        }
    }

    pub async fn run_job(&self, job: &ClaimedJob) {
        let began_ms = self.queue.up_ms();
        let run = AssertUnwindSafe(self.handlers.run(job)).catch_unwind();
        let outcome = tokio::select! {
            ran = run => ran.unwrap_or_else(|panic| Err(JobError::Panicked(panic_text(&*panic)))),
            () = self.hold_lease(job) => Err(JobError::LeaseLost),
        };
        let took_ms = i64::try_from(self.queue.up_ms().saturating_sub(began_ms)).unwrap_or(i64::MAX);
        let ended = match outcome {
            Ok(result) => self.queue.finish(job, result, took_ms).await,
            Err(error) => Err(error),
        };
        let Err(error) = ended else { return };
        let (kind, key, tries) = (job.kind.word, &job.key, job.tries);
        if matches!(error, JobError::LeaseLost) {
            tracing::warn!(job = job.id, kind, key, "a job's lease was lost: what it did here is taken back");
            return;
        }
        tracing::error!(job = job.id, kind, key, tries, %error, "a job failed: it is tried again until it is dead");
        if let Err(error) = self.queue.fail(job, &error).await {
            tracing::error!(job = job.id, kind, %error, "cannot write down that a job failed: its lease ends by itself");
        }
    }

    /// Renews the lease until another worker has it. A renewal that fails is no loss: whoever took the job would have to write
    /// first, and the end of this one would then be refused.
    async fn hold_lease(&self, job: &ClaimedJob) {
        let mut ticks = interval_at(Instant::now() + self.renew_every, self.renew_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.queue.renew(job).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(job = job.id, %error, "cannot renew a job's lease"),
            }
        }
    }

    async fn claim_for(&self, worker: WorkerKind, claims: usize) -> Result<Option<ClaimedJob>, DbError> {
        match worker {
            WorkerKind::Own => self.queue.claim(JobLane::order_of_claim(claims)).await,
            WorkerKind::Webhooks => self.queue.claim([JobLane::Webhooks]).await,
            WorkerKind::AwaitedMail => self.queue.claim([JobLane::Mail]).await,
            WorkerKind::Mail => self.queue.claim([JobLane::Mail, JobLane::LaterMail]).await,
            WorkerKind::Billing => self.queue.claim([JobLane::Billing]).await,
            WorkerKind::Reports => self.queue.claim([JobLane::Reports]).await,
        }
    }

    async fn work(&self, worker: WorkerKind, mut stop: watch::Receiver<bool>) {
        let mut claims = 0;
        while !*stop.borrow() {
            // Before the look: what is put in behind it wakes.
            let mut woken = std::pin::pin!(self.queue.waker().notified());
            woken.as_mut().enable();
            match self.claim_for(worker, claims).await {
                Ok(Some(job)) => {
                    claims = claims.wrapping_add(1);
                    self.run_until_stopped(&job, &mut stop).await;
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "cannot look for jobs; it is tried again"),
            }
            tokio::select! {
                () = woken => {}
                () = sleep(LOOK_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Cut off, a job leaves nothing behind and is begun again, at once where another process works.
    async fn run_until_stopped(&self, job: &ClaimedJob, stop: &mut watch::Receiver<bool>) {
        let stopped = async {
            // Its sender exists as long as the workers.
            let _ = stop.wait_for(|stop| *stop).await;
            sleep(GRACE).await;
        };
        tokio::select! {
            () = self.run_job(job) => return,
            () = stopped => {}
        }
        if let Err(error) = self.queue.release(job).await {
            tracing::warn!(job = job.id, %error, "cannot release a job: its lease ends by itself");
        }
    }

    async fn sweep(&self, mut stop: watch::Receiver<bool>) {
        let mut ticks = interval(FACILITIES_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks = 0;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stop.changed() => return,
            }
            if looks % LOOKS_A_SWEEP == 0
                && let Err(error) = schedule::sweep_jobs(&self.queue).await
            {
                tracing::error!(%error, "cannot look for jobs that are missing; it is tried again");
            }
            if looks % LOOKS_FOR_SILENCE == 0
                && let Err(error) = find_silent_boxes(self.queue.db(), self.queue.now_ms()).await
            {
                tracing::error!(%error, "cannot look for silent boxes; it is tried again");
            }
            if let Err(error) = schedule::sweep_facilities(&self.queue).await {
                tracing::error!(%error, "cannot look which facilities need work; it is tried again");
            }
            looks = looks.wrapping_add(1);
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".to_owned())
}

/// The tasks that run jobs; they end with this value.
#[derive(Debug)]
pub struct JobWorkers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl JobWorkers {
    /// Starts so many workers, a few more that only send to webhooks, send mails or make reports, and what puts in recurring jobs.
    pub fn start<H: JobHandlers>(runner: &Arc<JobRunner<H>>, workers: usize) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let own = std::iter::repeat_n(WorkerKind::Own, workers);
        let senders = [WorkerKind::Webhooks; WEBHOOK_WORKERS]
            .into_iter()
            .chain([WorkerKind::Mail; MAIL_WORKERS])
            .chain([WorkerKind::AwaitedMail, WorkerKind::Billing, WorkerKind::Billing, WorkerKind::Reports]);
        for kind in own.chain(senders) {
            let (runner, stopped) = (Arc::clone(runner), stopped.clone());
            tasks.spawn(async move { runner.work(kind, stopped).await });
        }
        let runner = Arc::clone(runner);
        tasks.spawn(async move { runner.sweep(stopped).await });
        Self { stop, tasks }
    }

    /// Claims nothing more, lets short work end, and releases the rest.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(STOP_WITHIN, ended).await.is_err() {
            tracing::warn!("a job did not end in time: its lease ends by itself");
        }
    }
}
