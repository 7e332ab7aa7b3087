//! One connection's way up: its publishes one after another into the inbox, each bounded in time, none cut short by
//! the peer, and at the end the word that it is gone.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use record::topics::UpTopic;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::inbox::{BoxConnection, ConnectionEnd, Inbox, Presence, PublishOutcome};
use super::metrics::{Metrics, count_message};

pub(super) struct PublishJob {
    pub(super) up: UpTopic,
    pub(super) payload: Bytes,
    /// Nobody listens where no PUBACK is due.
    pub(super) reply: oneshot::Sender<PublishOutcome>,
    pub(super) held: HeldPayload,
}

/// The bytes of one publish, counted against the bound of all connections until the inbox is done with it.
pub(super) struct HeldPayload {
    bytes: u64,
    metrics: Arc<Metrics>,
    _permit: OwnedSemaphorePermit,
}

impl HeldPayload {
    pub(super) fn new(bytes: u32, metrics: &Arc<Metrics>, permit: OwnedSemaphorePermit) -> Self {
        metrics.held_bytes.fetch_add(bytes.into(), Ordering::Relaxed);
        Self { bytes: bytes.into(), metrics: Arc::clone(metrics), _permit: permit }
    }
}

impl Drop for HeldPayload {
    fn drop(&mut self) {
        self.metrics.held_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

pub(super) struct UplinkPath {
    pub(super) jobs: mpsc::Sender<PublishJob>,
    /// Sent once: how it ended, or `None` where a newer connection represents the box.
    pub(super) end: oneshot::Sender<Option<ConnectionEnd>>,
}

/// Opens the uplink of one connection, with space for `waiting_max` publishes. The future ends when all is delivered.
pub(super) fn open_delivery<I: Inbox>(
    inbox: Arc<I>,
    origin: BoxConnection,
    waiting_max: usize,
    time_max: Duration,
    metrics: Arc<Metrics>,
) -> (UplinkPath, impl Future<Output = ()> + Send) {
    let (jobs, waiting) = mpsc::channel(waiting_max);
    let (end, ended) = oneshot::channel();
    let work = Work { inbox, origin, time_max, metrics };
    (UplinkPath { jobs, end }, work.run(waiting, ended))
}

struct Work<I> {
    inbox: Arc<I>,
    origin: BoxConnection,
    time_max: Duration,
    metrics: Arc<Metrics>,
}

impl<I: Inbox> Work<I> {
    async fn run(
        self,
        mut waiting: mpsc::Receiver<PublishJob>,
        ended: oneshot::Receiver<Option<ConnectionEnd>>,
    ) {
        self.presence(Presence::Connected).await;
        while let Some(job) = waiting.recv().await {
            let outcome = self.publish(job.up, job.payload).await;
            drop(job.held);
            let was_awaited = job.reply.send(outcome).is_ok();
            if outcome == PublishOutcome::Unknown && was_awaited {
                // What came after it was sent in the belief that it would be stored; the box will send all of it again.
                break;
            }
        }
        drop(waiting);
        // A session that ended without a word has panicked; its box is as gone as any.
        if let Some(end) = ended.await.unwrap_or(Some(ConnectionEnd::Lost)) {
            self.presence(Presence::Gone(end)).await;
        }
    }

    async fn publish(&self, up: UpTopic, payload: Bytes) -> PublishOutcome {
        let (inbox, origin) = (Arc::clone(&self.inbox), self.origin);
        let outcome = self.bounded(async move { inbox.publish(origin, up, payload).await }).await;
        let outcome = outcome.unwrap_or(PublishOutcome::Unknown);
        match outcome {
            PublishOutcome::Done => {}
            PublishOutcome::Refused(_) => count_message(&self.metrics.publishes_refused),
            PublishOutcome::Busy => count_message(&self.metrics.publishes_crowded_out),
            PublishOutcome::Unknown => count_message(&self.metrics.publishes_unknown),
        }
        outcome
    }

    async fn presence(&self, presence: Presence) {
        let (inbox, origin) = (Arc::clone(&self.inbox), self.origin);
        let reported = self.bounded(async move { inbox.presence(origin, presence).await }).await;
        if reported.is_none() {
            tracing::warn!(box_id = %origin.box_id, ?presence, "the presence of a box could not be noted");
        }
    }

    /// In a task of its own, so that a panic in it is an outcome; `None` for that and for too long.
    async fn bounded<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let mut task = tokio::spawn(work);
        if let Ok(joined) = tokio::time::timeout(self.time_max, &mut task).await {
            joined.ok()
        } else {
            task.abort();
            None
        }
    }
}
