//! Limits unauthenticated peers: a bound on open handshakes, in all and per address, where the oldest stalled one gives
//! way, so that silent peers cannot keep a good box out.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy)]
pub(super) struct HandshakeLimits {
    pub(super) total_max: usize,
    pub(super) per_address_max: usize,
    /// A handshake that has had this long may be closed for another.
    pub(super) grace: Duration,
}

struct Waiting {
    number: u64,
    since: Instant,
    _hold: oneshot::Sender<()>,
}

#[derive(Default)]
struct Table {
    next: u64,
    total: usize,
    by_address: HashMap<IpAddr, VecDeque<Waiting>>,
}

#[derive(Clone)]
pub(super) struct HandshakeTable {
    table: Arc<Mutex<Table>>,
    bounds: HandshakeLimits,
}

impl HandshakeTable {
    pub(super) fn new(bounds: HandshakeLimits) -> Self {
        Self { table: Arc::default(), bounds }
    }

    /// A place for one more from `address`, if need be by putting out the oldest of its address, or of the busiest
    /// address. `None` where all of them are younger than the grace.
    pub(super) fn enter(&self, address: IpAddr, now: Instant) -> Option<HandshakeSlot> {
        let address = network_of(address);
        let mut table = self.lock();
        if table.by_address.get(&address).map_or(0, VecDeque::len) >= self.bounds.per_address_max {
            table.put_out(address, now, self.bounds.grace)?;
        }
        if table.total >= self.bounds.total_max {
            let busiest = table.by_address.iter().max_by_key(|(_, waiting)| waiting.len());
            let busiest = *busiest?.0;
            table.put_out(busiest, now, self.bounds.grace)?;
        }
        let (hold, put_out) = oneshot::channel();
        let number = table.next;
        table.next += 1;
        table.total += 1;
        table.by_address.entry(address).or_default().push_back(Waiting { number, since: now, _hold: hold });
        Some(HandshakeSlot { handshakes: self.clone(), address, number, put_out })
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn put_out(&mut self, address: IpAddr, now: Instant, grace: Duration) -> Option<()> {
        let oldest = self.by_address.get(&address)?.front()?;
        if now.duration_since(oldest.since) < grace {
            return None;
        }
        let number = oldest.number;
        self.remove(address, number);
        Some(())
    }

    fn remove(&mut self, address: IpAddr, number: u64) {
        let Some(waiting) = self.by_address.get_mut(&address) else { return };
        let before = waiting.len();
        waiting.retain(|one| one.number != number);
        self.total -= before - waiting.len();
        if waiting.is_empty() {
            self.by_address.remove(&address);
        }
    }
}

/// Whoever has one IPv6 address has its whole /64; an IPv4 address in IPv6 form is that address.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        four => four,
    }
}

/// One open handshake; dropping it frees its place.
pub(super) struct HandshakeSlot {
    handshakes: HandshakeTable,
    address: IpAddr,
    number: u64,
    put_out: oneshot::Receiver<()>,
}

impl HandshakeSlot {
    /// Resolves when another took its place.
    pub(super) async fn put_out(&mut self) {
        // The sender is only ever dropped.
        let _ = (&mut self.put_out).await;
    }
}

impl Drop for HandshakeSlot {
    fn drop(&mut self) {
        self.handshakes.lock().remove(self.address, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(1);

    fn table(total_max: usize, per_address_max: usize) -> HandshakeTable {
        HandshakeTable::new(HandshakeLimits { total_max, per_address_max, grace: GRACE })
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn is_out(ticket: &mut HandshakeSlot) -> bool {
        ticket.put_out.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn the_oldest_of_the_address_gives_way() {
        let (table, now) = (table(10, 2), Instant::now());
        let mut first = table.enter(address(1), now).unwrap();
        let mut second = table.enter(address(1), now).unwrap();
        let mut other = table.enter(address(2), now).unwrap();
        assert!(table.enter(address(1), now).is_none(), "within the grace");
        let _third = table.enter(address(1), now + GRACE).unwrap();
        assert_eq!([&mut first, &mut second, &mut other].map(is_out), [true, false, false]);
    }

    #[test]
    fn the_busiest_address_gives_way() {
        let (table, now) = (table(3, 10), Instant::now());
        let mut lone = table.enter(address(1), now).unwrap();
        let mut crowd = [2, 2].map(|last| table.enter(address(last), now).unwrap());
        assert!(table.enter(address(3), now).is_none());
        let _new = table.enter(address(3), now + GRACE).unwrap();
        assert!(!is_out(&mut lone));
        assert_eq!(crowd.each_mut().map(is_out), [true, false]);
    }

    #[test]
    fn places_are_given_back() {
        let (table, now) = (table(2, 2), Instant::now());
        for _ in 0..5 {
            let pair = [1, 1].map(|last| table.enter(address(last), now).unwrap());
            drop(pair);
        }
        let put_out = table.enter(address(1), now).unwrap();
        let _a = table.enter(address(1), now).unwrap();
        let _b = table.enter(address(1), now + GRACE).unwrap();
        drop(put_out);
        assert_eq!(table.lock().total, 2, "one that was put out is not counted twice");
    }

    #[test]
    fn addresses_of_one_owner_count_together() {
        fn is_same_network(a: &str, b: &str) -> bool {
            network_of(a.parse().unwrap()) == network_of(b.parse().unwrap())
        }
        assert!(is_same_network("2001:db8::1", "2001:db8::ffff:1"));
        assert!(!is_same_network("2001:db8::1", "2001:db8:0:1::1"));
        assert!(is_same_network("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(!is_same_network("192.0.2.1", "192.0.2.2"));
    }
}
