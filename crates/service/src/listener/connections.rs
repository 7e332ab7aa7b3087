//! The places for connections, bounded together and for each network. When none is free, one connection is evicted: one
//! that never sent a whole request before any other, and among equals the one that has waited longest.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::connection_table::{ConnectionState, ExchangeTurn};
use crate::attempts::ClientNetwork;

/// How many connections there may be at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Of everybody; at least 1.
    pub together: usize,
    /// Of one IPv4 address or one /64 of IPv6; 0 is no limit.
    pub per_address: usize,
}

/// A bounded set of connections, shared by listeners of one program.
#[derive(Debug)]
pub struct ConnectionTable {
    limits: ConnectionLimits,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    spots: HashMap<u64, Arc<Spot>>,
    everybody: Crowd,
    networks: HashMap<ClientNetwork, Crowd>,
}

/// By number, in the order of arrival.
#[derive(Debug, Default)]
struct Crowd {
    all: BTreeSet<u64>,
    silent: BTreeSet<u64>,
}

#[derive(Debug)]
struct Spot {
    evict: Notify,
    network: ClientNetwork,
    connection_state: Mutex<ConnectionState>,
}

/// The place that one connection holds until it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionPlace {
    connections: Arc<ConnectionTable>,
    number: u64,
    spot: Arc<Spot>,
}

/// Over when it is dropped.
#[derive(Debug)]
pub(super) struct RequestExchange {
    place: Arc<ConnectionPlace>,
    number: u64,
}

fn lock_unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ConnectionTable {
    /// Room for so many.
    pub fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, table: Mutex::default() })
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        lock_unpoisoned(&self.table).spots.len()
    }

    /// `None` when all places, or all of this network's, are being served.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Arc<ConnectionPlace>> {
        let (network, now) = (ClientNetwork::of(address), Instant::now());
        let ConnectionLimits { together, per_address } = self.limits;
        let mut table = lock_unpoisoned(&self.table);
        let neighbours = table.networks.get(&network).map_or(0, |crowd| crowd.all.len());
        if per_address > 0 && neighbours >= per_address && !table.evict(Some(network), now) {
            return None;
        }
        if table.spots.len() >= together.max(1) && !table.evict(None, now) {
            return None;
        }
        let spot =
            Spot { evict: Notify::new(), network, connection_state: Mutex::new(ConnectionState::new(now)) };
        let (number, spot) = (table.next, Arc::new(spot));
        table.next += 1;
        table.spots.insert(number, Arc::clone(&spot));
        table.everybody.add(number);
        table.networks.entry(network).or_default().add(number);
        Some(Arc::new(ConnectionPlace { connections: Arc::clone(self), number, spot }))
    }

    /// Closes the first in the order of eviction; false when there is none.
    pub(super) fn evict(&self) -> bool {
        lock_unpoisoned(&self.table).evict(None, Instant::now())
    }
}

impl Crowd {
    fn add(&mut self, number: u64) {
        self.all.insert(number);
        self.silent.insert(number);
    }

    fn remove(&mut self, number: u64) {
        self.all.remove(&number);
        self.silent.remove(&number);
    }
}

impl Table {
    fn evict(&mut self, of: Option<ClientNetwork>, now: Instant) -> bool {
        let crowd = match of {
            None => Some(&self.everybody),
            Some(network) => self.networks.get(&network),
        };
        let Some(crowd) = crowd else { return false };
        let waiting = || {
            let spots = crowd.all.iter().filter_map(|number| Some((*number, self.spots.get(number)?)));
            let ready = spots.filter_map(|(n, spot)| {
                Some((lock_unpoisoned(&spot.connection_state).eviction_rank(now)?, n))
            });
            ready.min().map(|(_, number)| number)
        };
        // A flood of silent connections costs no search.
        let Some(number) = crowd.silent.first().copied().or_else(waiting) else { return false };
        if let Some(spot) = self.remove(number) {
            spot.evict.notify_one();
        }
        true
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Spot>> {
        let spot = self.spots.remove(&number)?;
        self.everybody.remove(number);
        if let Some(crowd) = self.networks.get_mut(&spot.network) {
            crowd.remove(number);
            if crowd.all.is_empty() {
                self.networks.remove(&spot.network);
            }
        }
        Some(spot)
    }

    fn received(&mut self, number: u64, network: ClientNetwork) {
        self.everybody.silent.remove(&number);
        if let Some(crowd) = self.networks.get_mut(&network) {
            crowd.silent.remove(&number);
        }
    }
}

impl ConnectionPlace {
    pub(super) fn evicted(&self) -> impl Future<Output = ()> + use<> {
        let spot = Arc::clone(&self.spot);
        async move { spot.evict.notified().await }
    }

    pub(super) fn begin(self: &Arc<Self>) -> RequestExchange {
        let (number, first) = self.connection_state().begin(Instant::now());
        if first {
            lock_unpoisoned(&self.connections.table).received(self.number, self.spot.network);
        }
        RequestExchange { place: Arc::clone(self), number }
    }

    pub(super) fn connection_state(&self) -> MutexGuard<'_, ConnectionState> {
        lock_unpoisoned(&self.spot.connection_state)
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        lock_unpoisoned(&self.connections.table).remove(self.number);
    }
}

impl RequestExchange {
    pub(super) fn place(&self) -> &Arc<ConnectionPlace> {
        &self.place
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn turn(&self, turn: ExchangeTurn) {
        self.place.connection_state().turn(self.number, turn);
    }
}

impl Drop for RequestExchange {
    fn drop(&mut self) {
        self.place.connection_state().end(self.number, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn table_of(together: usize, per_address: usize) -> Arc<ConnectionTable> {
        ConnectionTable::new(ConnectionLimits { together, per_address })
    }

    fn from(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    async fn is_evicted(place: &ConnectionPlace) -> bool {
        tokio::time::timeout(Duration::ZERO, place.evicted()).await.is_ok()
    }

    async fn later() {
        tokio::time::advance(Duration::from_secs(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_that_keeps_the_program_waiting_longest_makes_room() {
        let all = table_of(2, 0);
        let first = all.enter(from(1)).unwrap();
        let running = first.begin();
        later().await;
        let second = all.enter(from(2)).unwrap();
        drop(second.begin());
        later().await;
        let third = all.enter(from(3)).unwrap();
        assert!(is_evicted(&second).await, "idle, and the first is being served");
        assert_eq!(all.open(), 2);
        let also_running = third.begin();
        assert!(all.enter(from(4)).is_none(), "both are being served");
        drop(running);
        assert!(all.enter(from(4)).is_some());
        assert!(is_evicted(&first).await);
        drop((also_running, first, second, third));
        assert_eq!(all.open(), 0);
        assert!(lock_unpoisoned(&all.table).networks.is_empty(), "nothing is kept of those who have gone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_one_makes_room_before_any_other() {
        let all = table_of(3, 0);
        let idle = all.enter(from(1)).unwrap();
        drop(idle.begin());
        later().await;
        let (older, newer) = (all.enter(from(2)).unwrap(), all.enter(from(3)).unwrap());
        let _new = all.enter(from(4)).unwrap();
        assert!(is_evicted(&older).await && !is_evicted(&newer).await && !is_evicted(&idle).await);
    }

    fn address_of_network(last: u16) -> IpAddr {
        IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last])
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_has_its_share_makes_room_itself() {
        let all = table_of(10, 2);
        let other = all.enter(from(1)).unwrap();
        later().await;
        let crowd = [all.enter(from(2)).unwrap(), all.enter(from(2)).unwrap()];
        let third = all.enter(from(2)).unwrap();
        assert!(is_evicted(&crowd[0]).await && !is_evicted(&crowd[1]).await && !is_evicted(&other).await);
        let _served = [crowd[1].begin(), third.begin()];
        assert!(all.enter(from(2)).is_none(), "all of its own are being served");
        assert!(all.enter(from(3)).is_some());
        let houses = [all.enter(address_of_network(1)).unwrap(), all.enter(address_of_network(2)).unwrap()];
        let _third = all.enter(address_of_network(3)).unwrap();
        assert!(is_evicted(&houses[0]).await, "a /64 is one address");
    }
}
