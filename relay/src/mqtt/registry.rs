//! Who is connected: one entry per box, the newest connection's; and how to publish to it.

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

/// Messages that wait for one box. It reads while it is connected, so a full queue means a stalled connection.
const QUEUE_MAX: usize = 32;

#[derive(Debug)]
pub(crate) struct OutgoingMessage {
    pub(super) down: DownTopic,
    pub(super) payload: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DisconnectReason {
    TakenOver,
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

struct ActiveConnection {
    connection: ConnectionId,
    /// Serial of the certificate with which it was opened.
    serial: String,
    queue: mpsc::Sender<OutgoingMessage>,
    topics: Arc<AtomicU8>,
    kick: Option<oneshot::Sender<DisconnectReason>>,
}

/// Publishes to connected boxes. Clones share one registry; made before the listener, so that the inbox can hold one.
#[derive(Clone, Default)]
pub struct BoxPublisher {
    connections: Arc<Mutex<HashMap<BoxId, ActiveConnection>>>,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for BoxPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxPublisher").field("connected", &self.connected()).finish_non_exhaustive()
    }
}

impl BoxPublisher {
    pub fn new() -> Self {
        Self::default()
    }

    /// Queues a message; never waits. `Ok` says that the connection is open, not that the box has it.
    pub fn send(&self, to: BoxId, down: DownTopic, payload: Bytes) -> Result<(), NotSent> {
        let sent = match self.connections().get(&to) {
            Some(active) if OpenDownTopics(active.topics.load(Ordering::Acquire)).has(down) => {
                active.queue.try_send(OutgoingMessage { down, payload }).map_err(|error| match error {
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
        let kick = self.connections().get_mut(&id).and_then(|active| active.kick.take());
        kick.is_some_and(|kick| kick.send(DisconnectReason::Administrative).is_ok())
    }

    /// As [`Self::disconnect`], where the connection is by this certificate.
    pub fn disconnect_by(&self, id: BoxId, serial: &str) -> bool {
        let is_by = self.connections().get(&id).is_some_and(|active| active.serial == serial);
        is_by && self.disconnect(id)
    }

    pub fn connection(&self, of: BoxId) -> Option<ConnectionId> {
        self.connections().get(&of).map(|active| active.connection)
    }

    pub fn connected(&self) -> usize {
        self.connections().len()
    }

    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Takes the box's place. The new one is in before the old one is informed, so there is no moment without.
    pub(crate) fn enter(&self, origin: BoxConnection, serial: &str) -> (RegistryEntry, SessionInputs) {
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        let (kick, kicked) = oneshot::channel();
        let topics = Arc::new(AtomicU8::new(0));
        let active = ActiveConnection {
            connection: origin.connection,
            serial: serial.to_owned(),
            queue,
            topics: Arc::clone(&topics),
            kick: Some(kick),
        };
        let old = self.connections().insert(origin.box_id, active);
        if let Some(kick) = old.and_then(|active| active.kick) {
            count_message(&self.metrics.taken_over);
            // The old one may be ending by itself already.
            let _ = kick.send(DisconnectReason::TakenOver);
        }
        count_message(&self.metrics.connected);
        (RegistryEntry { publisher: self.clone(), origin, topics }, SessionInputs { messages, kicked })
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<BoxId, ActiveConnection>> {
        // Nothing panics while it is held; were it so, the map would still be whole.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, origin: BoxConnection) -> bool {
        let mut connections = self.connections();
        let current =
            connections.get(&origin.box_id).is_some_and(|active| active.connection == origin.connection);
        if current {
            connections.remove(&origin.box_id);
        }
        current
    }
}

pub(crate) struct SessionInputs {
    pub(crate) messages: mpsc::Receiver<OutgoingMessage>,
    pub(crate) kicked: oneshot::Receiver<DisconnectReason>,
}

/// A session's entry in the registry; dropping it removes its own entry only, never a newer one's.
pub(crate) struct RegistryEntry {
    publisher: BoxPublisher,
    origin: BoxConnection,
    topics: Arc<AtomicU8>,
}

impl RegistryEntry {
    pub(super) fn open(&self, topics: OpenDownTopics) {
        self.topics.store(topics.0, Ordering::Release);
    }

    /// Leaves the registry. Whether it was still this connection's: if not, a newer one represents the box.
    pub(super) fn leave(&self) -> bool {
        self.publisher.leave(self.origin)
    }
}

impl Drop for RegistryEntry {
    fn drop(&mut self) {
        uncount_message(&self.publisher.metrics.connected);
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

    fn send(publisher: &BoxPublisher) -> Result<(), NotSent> {
        publisher.send(origin(0).box_id, DownTopic::Ack, Bytes::from_static(b"x"))
    }

    #[test]
    fn sends_only_where_it_was_asked_for() {
        let publisher = BoxPublisher::new();
        assert_eq!(send(&publisher), Err(NotSent::NotConnected));
        let (entry, mut ends) = publisher.enter(origin(1), "01");
        assert_eq!(send(&publisher), Err(NotSent::NotConnected), "before SUBACK");
        entry.open(OpenDownTopics(2));
        assert_eq!(send(&publisher), Err(NotSent::NotConnected), "other way");
        entry.open(BOTH);
        assert_eq!(send(&publisher), Ok(()));
        assert_eq!(ends.messages.try_recv().unwrap().down, DownTopic::Ack);
        drop(entry);
        assert_eq!(send(&publisher), Err(NotSent::NotConnected));
    }

    #[test]
    fn a_stalled_box_is_no_memory() {
        let publisher = BoxPublisher::new();
        let (entry, _ends) = publisher.enter(origin(1), "01");
        entry.open(BOTH);
        for _ in 0..QUEUE_MAX {
            assert_eq!(send(&publisher), Ok(()));
        }
        assert_eq!(send(&publisher), Err(NotSent::QueueFull));
    }

    #[test]
    fn the_newest_speaks_for_the_box() {
        let publisher = BoxPublisher::new();
        let (old, mut old_ends) = publisher.enter(origin(1), "01");
        let (new, mut new_ends) = publisher.enter(origin(2), "01");
        assert_eq!(old_ends.kicked.try_recv(), Ok(DisconnectReason::TakenOver));
        assert!(!old.leave());
        drop(old);
        assert_eq!(publisher.connection(origin(0).box_id), Some(origin(2).connection));
        assert!(new_ends.kicked.try_recv().is_err());
        assert!(new.leave());
        assert_eq!(publisher.connected(), 0);
    }

    #[test]
    fn disconnects_once() {
        let publisher = BoxPublisher::new();
        assert!(!publisher.disconnect(origin(0).box_id));
        let (_seat, mut ends) = publisher.enter(origin(1), "01");
        assert!(!publisher.disconnect_by(origin(0).box_id, "02"), "it is by another certificate");
        assert!(ends.kicked.try_recv().is_err());
        assert!(publisher.disconnect(origin(0).box_id));
        assert_eq!(ends.kicked.try_recv(), Ok(DisconnectReason::Administrative));
        assert!(!publisher.disconnect(origin(0).box_id));
    }
}
