//! The places for connections: when none is free, the one whose request has been incomplete longest makes room.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

/// A request is being served, or its answer written: such a connection is never closed to make room.
const SERVED: u64 = u64::MAX;

/// A bounded set of connections, shared by listeners of one program.
#[derive(Debug)]
pub struct Connections {
    max: usize,
    began: Instant,
    live: Mutex<BTreeMap<u64, Arc<Spot>>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Spot {
    evict: Notify,
    /// Since when the box has waited for the rest of a request, or for the next one: milliseconds, or [`SERVED`].
    waiting_since_ms: AtomicU64,
}

/// The place that one connection holds until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    all: Arc<Connections>,
    number: u64,
    spot: Arc<Spot>,
}

impl Connections {
    /// Room for `max` connections at a time.
    pub fn new(max: usize) -> Arc<Self> {
        let (live, next) = (Mutex::default(), AtomicU64::new(0));
        Arc::new(Self { max: max.max(1), began: Instant::now(), live, next })
    }

    /// How many are open now.
    pub fn open(&self) -> usize {
        self.lock().len()
    }

    /// A place for a new connection; `None` when all are taken by requests that are being served.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Arc<Place>> {
        if self.open() >= self.max && !self.evict() {
            return None;
        }
        let spot = Arc::new(Spot { evict: Notify::new(), waiting_since_ms: AtomicU64::new(self.now_ms()) });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, spot.clone());
        Some(Arc::new(Place { all: self.clone(), number, spot }))
    }

    /// Closes the connection that has kept the box waiting longest; false when none does.
    pub(super) fn evict(&self) -> bool {
        let mut live = self.lock();
        let waiting = live.iter().map(|(number, s)| (s.waiting_since_ms.load(Ordering::Relaxed), *number));
        let Some((_, number)) = waiting.filter(|(since, _)| *since != SERVED).min() else { return false };
        if let Some(spot) = live.remove(&number) {
            spot.evict.notify_one();
        }
        true
    }

    fn now_ms(&self) -> u64 {
        let since = Instant::now().duration_since(self.began);
        u64::try_from(since.as_millis()).unwrap_or(SERVED - 1)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<Spot>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Resolves when this connection has to make room.
    pub(super) fn evicted(&self) -> impl Future<Output = ()> + use<> {
        let spot = self.spot.clone();
        async move { spot.evict.notified().await }
    }

    /// The head of a request is here; its body may not be.
    pub(super) fn request_began(&self) {
        self.spot.waiting_since_ms.store(self.all.now_ms(), Ordering::Relaxed);
    }

    /// All of a request is here.
    pub(super) fn request_complete(&self) {
        self.spot.waiting_since_ms.store(SERVED, Ordering::Relaxed);
    }

    /// The answer is written; the box waits for the next request.
    pub(super) fn answered(&self) {
        self.request_began();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.lock().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_one_that_keeps_the_box_waiting_longest_makes_room() {
        let all = Connections::new(2);
        let first = all.enter().unwrap();
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        let second = all.enter().unwrap();
        first.request_complete();
        let third = all.enter().unwrap();
        second.evicted().await;
        assert_eq!(all.open(), 2);
        third.request_complete();
        assert!(all.enter().is_none(), "both are being served");
        first.answered();
        assert!(all.enter().is_some());
        drop((first, second, third));
        assert_eq!(all.open(), 0);
    }
}
