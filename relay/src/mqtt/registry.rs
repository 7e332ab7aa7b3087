//! Who is connected: one line per box, the newest connection's; and the way down to it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use record::ids::{BoxId, ConnectionId};
use record::topics::DownTopic;
use tokio::sync::{mpsc, oneshot};

use super::acl::OpenDownTopics;
use super::inbox::BoxConnection;
use super::metrics::{Metrics, count_message, uncount_message};

/// Messages that wait for one box. It reads while it is connected, so a full queue means a stalled line.
const QUEUE_MAX: usize = 32;

/// A message on its way down.
#[derive(Debug)]
pub(crate) struct OutgoingMessage {
    pub(super) down: DownTopic,
    pub(super) payload: Bytes,
}

/// Why a connection is ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DisconnectReason {
    /// A newer connection of the same box.
    TakenOver,
    /// [`Outbox::disconnect`].
    Administrative,
}

/// Why a message was not queued. Nothing is kept for later: the box asks again when it connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Not connected to this process, or it has not subscribed yet.
    #[error("the box is not connected here, or has not subscribed")]
    NotConnected,
    /// It does not read what it was sent before.
    #[error("{QUEUE_MAX} messages are waiting for the box already")]
    QueueFull,
}

struct Line {
    connection: ConnectionId,
    queue: mpsc::Sender<OutgoingMessage>,
    ways: Arc<AtomicU8>,
    kick: Option<oneshot::Sender<DisconnectReason>>,
}

/// The way down to boxes. Clones share one registry; made before the listener, so that the inbox can hold one.
#[derive(Clone, Default)]
pub struct Outbox {
    lines: Arc<Mutex<HashMap<BoxId, Line>>>,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("connected", &self.connected()).finish_non_exhaustive()
    }
}

impl Outbox {
    /// With nobody connected.
    pub fn new() -> Self {
        Self::default()
    }

    /// Queues a message; never waits. `Ok` says that the connection stands, not that the box has it.
    pub fn send(&self, to: BoxId, down: DownTopic, payload: Bytes) -> Result<(), NotSent> {
        let sent = match self.lines().get(&to) {
            Some(line) if OpenDownTopics(line.ways.load(Ordering::Acquire)).has(down) => {
                line.queue.try_send(OutgoingMessage { down, payload }).map_err(|error| match error {
                    mpsc::error::TrySendError::Full(_) => NotSent::QueueFull,
                    mpsc::error::TrySendError::Closed(_) => NotSent::NotConnected,
                })
            }
            _ => Err(NotSent::NotConnected),
        };
        if sent.is_err() {
            count_message(&self.metrics.unsent);
        }
        sent
    }

    /// Ends a box's connection, as after revoking it. Whether there was one.
    pub fn disconnect(&self, id: BoxId) -> bool {
        let kick = self.lines().get_mut(&id).and_then(|line| line.kick.take());
        kick.is_some_and(|kick| kick.send(DisconnectReason::Administrative).is_ok())
    }

    /// The connection that a box has here now.
    pub fn connection(&self, of: BoxId) -> Option<ConnectionId> {
        self.lines().get(&of).map(|line| line.connection)
    }

    /// How many boxes are connected here now.
    pub fn connected(&self) -> usize {
        self.lines().len()
    }

    /// What the listener counts.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Takes the box's line. The new one is in before the old one is told, so there is no moment without.
    pub(crate) fn enter(&self, origin: BoxConnection) -> (RegistryEntry, SessionInputs) {
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        let (kick, kicked) = oneshot::channel();
        let ways = Arc::new(AtomicU8::new(0));
        let line = Line { connection: origin.connection, queue, ways: Arc::clone(&ways), kick: Some(kick) };
        let old = self.lines().insert(origin.box_id, line);
        if let Some(kick) = old.and_then(|line| line.kick) {
            count_message(&self.metrics.taken_over);
            // The old one may be ending by itself already.
            let _ = kick.send(DisconnectReason::TakenOver);
        }
        count_message(&self.metrics.connected);
        (RegistryEntry { outbox: self.clone(), origin, ways }, SessionInputs { messages, kicked })
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<BoxId, Line>> {
        // Nothing panics while it is held; were it so, the map would still be whole.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, origin: BoxConnection) -> bool {
        let mut lines = self.lines();
        let current = lines.get(&origin.box_id).is_some_and(|line| line.connection == origin.connection);
        if current {
            lines.remove(&origin.box_id);
        }
        current
    }
}

/// What the registry sends to a session.
pub(crate) struct SessionInputs {
    pub(crate) messages: mpsc::Receiver<OutgoingMessage>,
    pub(crate) kicked: oneshot::Receiver<DisconnectReason>,
}

/// A session's line in the registry; dropping it takes away its own line only, never a newer one's.
pub(crate) struct RegistryEntry {
    outbox: Outbox,
    origin: BoxConnection,
    ways: Arc<AtomicU8>,
}

impl RegistryEntry {
    /// From now on these ways are open.
    pub(super) fn open(&self, ways: OpenDownTopics) {
        self.ways.store(ways.0, Ordering::Release);
    }

    /// Gives the line up. Whether it was still this connection's: if not, a newer one speaks for the box.
    pub(super) fn leave(&self) -> bool {
        self.outbox.leave(self.origin)
    }
}

impl Drop for RegistryEntry {
    fn drop(&mut self) {
        uncount_message(&self.outbox.metrics.connected);
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(connection: u8) -> BoxConnection {
        BoxConnection { box_id: BoxId::new(1, [1; 10]), connection: ConnectionId::new(1, [connection; 10]) }
    }

    const BOTH: OpenDownTopics = OpenDownTopics(3);

    fn send(outbox: &Outbox) -> Result<(), NotSent> {
        outbox.send(origin(0).box_id, DownTopic::Ack, Bytes::from_static(b"x"))
    }

    #[test]
    fn sends_only_where_it_was_asked_for() {
        let outbox = Outbox::new();
        assert_eq!(send(&outbox), Err(NotSent::NotConnected));
        let (entry, mut ends) = outbox.enter(origin(1));
        assert_eq!(send(&outbox), Err(NotSent::NotConnected), "before SUBACK");
        entry.open(OpenDownTopics(2));
        assert_eq!(send(&outbox), Err(NotSent::NotConnected), "other way");
        entry.open(BOTH);
        assert_eq!(send(&outbox), Ok(()));
        assert_eq!(ends.messages.try_recv().unwrap().down, DownTopic::Ack);
        drop(entry);
        assert_eq!(send(&outbox), Err(NotSent::NotConnected));
    }

    #[test]
    fn a_stalled_box_is_no_memory() {
        let outbox = Outbox::new();
        let (entry, _ends) = outbox.enter(origin(1));
        entry.open(BOTH);
        for _ in 0..QUEUE_MAX {
            assert_eq!(send(&outbox), Ok(()));
        }
        assert_eq!(send(&outbox), Err(NotSent::QueueFull));
    }

    #[test]
    fn the_newest_speaks_for_the_box() {
        let outbox = Outbox::new();
        let (old, mut old_ends) = outbox.enter(origin(1));
        let (new, mut new_ends) = outbox.enter(origin(2));
        assert_eq!(old_ends.kicked.try_recv(), Ok(DisconnectReason::TakenOver));
        assert!(!old.leave());
        drop(old);
        assert_eq!(outbox.connection(origin(0).box_id), Some(origin(2).connection));
        assert!(new_ends.kicked.try_recv().is_err());
        assert!(new.leave());
        assert_eq!(outbox.connected(), 0);
    }

    #[test]
    fn disconnects_once() {
        let outbox = Outbox::new();
        assert!(!outbox.disconnect(origin(0).box_id));
        let (_seat, mut ends) = outbox.enter(origin(1));
        assert!(outbox.disconnect(origin(0).box_id));
        assert_eq!(ends.kicked.try_recv(), Ok(DisconnectReason::Administrative));
        assert!(!outbox.disconnect(origin(0).box_id));
    }
}
