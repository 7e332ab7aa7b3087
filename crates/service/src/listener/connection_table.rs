//! The state of one connection: whose turn it is, since when, and when its time is over. Pure: the time is an argument.

use std::time::Duration;

use tokio::time::Instant;

/// From an accepted connection to its first whole head, the handshake included; later from the first byte of
/// a head to its last. It counts before it is known whether HTTP/1.1 or HTTP/2 will be spoken.
pub(super) const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Of a connection without a running request.
const IDLE_WITHIN: Duration = Duration::from_secs(60);
/// From the notice that a connection ends (HTTP/2's GOAWAY) to its end, when nothing runs on it.
const FINISH_WITHIN: Duration = Duration::from_secs(5);
/// A client that takes nothing of an answer for this long is gone.
const TAKE_WITHIN: Duration = Duration::from_secs(30);
/// A client that takes nothing of an answer for this long may be evicted.
const TAKE_PROMPTLY: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExchangeTurn {
    /// The program works, or does not read the rest of the request yet.
    Program,
    Client,
    /// Since then a part of the answer waits to be taken by the client.
    Taking(Instant),
}

#[derive(Debug)]
struct OpenExchange {
    number: u64,
    began: Instant,
    turn: ExchangeTurn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OverduePart {
    /// Announce the end, and end it in order.
    Finish,
    Cut,
}

/// The order in which connections are evicted; of two alike the one with the earlier time first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EvictionRank {
    /// For the rest of a request, or for the next one.
    Waits(Instant),
    TakesNothing(Instant),
}

#[derive(Debug)]
pub(super) struct ConnectionState {
    accepted: Instant,
    received: bool,
    idle_since: Instant,
    head_began: Option<Instant>,
    stalled_since: Option<Instant>,
    finishing_since: Option<Instant>,
    exchanges: Vec<OpenExchange>,
    next: u64,
}

impl ConnectionState {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            accepted: now,
            received: false,
            idle_since: now,
            head_began: None,
            stalled_since: None,
            finishing_since: None,
            exchanges: Vec::new(),
            next: 0,
        }
    }

    pub(super) fn begin(&mut self, now: Instant) -> (u64, bool) {
        let (number, began) = (self.next, self.head_began.take().unwrap_or(now));
        self.next += 1;
        self.exchanges.push(OpenExchange { number, began, turn: ExchangeTurn::Program });
        (number, !std::mem::replace(&mut self.received, true))
    }

    pub(super) fn turn(&mut self, number: u64, turn: ExchangeTurn) {
        if let Some(exchange) = self.exchanges.iter_mut().find(|e| e.number == number) {
            exchange.turn = turn;
        }
    }

    pub(super) fn end(&mut self, number: u64, now: Instant) {
        self.exchanges.retain(|e| e.number != number);
        if self.exchanges.is_empty() {
            self.idle_since = now;
            // A head that waited while the program worked has its time from now on.
            self.head_began = self.head_began.map(|_| now);
        }
    }

    pub(super) fn head_began(&mut self, now: Instant) {
        self.head_began.get_or_insert(now);
    }

    pub(super) fn stalled(&mut self, stalled: bool, now: Instant) {
        self.stalled_since = stalled.then_some(now);
        // What is written now may be the last of an answer that nothing holds any more.
        self.idle_since = now;
    }

    /// The client knows, or is being informed, that the connection ends.
    pub(super) fn finish(&mut self, now: Instant) {
        self.finishing_since.get_or_insert(now);
    }

    pub(super) fn first_head_due(&self) -> Instant {
        self.accepted + HEAD_WITHIN
    }

    pub(super) fn due(&self) -> Option<(Instant, OverduePart)> {
        if !self.received {
            return Some((self.first_head_due(), OverduePart::Cut));
        }
        if let Some(since) = self.stalled_since {
            return Some((since + TAKE_WITHIN, OverduePart::Cut));
        }
        if !self.exchanges.is_empty() {
            let taking = self.exchanges.iter().filter_map(|e| match e.turn {
                ExchangeTurn::Taking(since) => Some(since),
                ExchangeTurn::Program | ExchangeTurn::Client => None,
            });
            return taking.min().map(|since| (since + TAKE_WITHIN, OverduePart::Cut));
        }
        Some(match (self.finishing_since, self.head_began) {
            (Some(since), _) => (since.max(self.idle_since) + FINISH_WITHIN, OverduePart::Cut),
            (None, Some(since)) => (since + HEAD_WITHIN, OverduePart::Cut),
            (None, None) => (self.idle_since + IDLE_WITHIN, OverduePart::Finish),
        })
    }

    /// `None` while the program works on it.
    pub(super) fn eviction_rank(&self, now: Instant) -> Option<EvictionRank> {
        let promptly = |since: &Instant| now.duration_since(*since) >= TAKE_PROMPTLY;
        if let Some(since) = self.stalled_since {
            return promptly(&since).then_some(EvictionRank::TakesNothing(since));
        }
        let Some(began) = self.exchanges.iter().map(|e| e.began).min() else {
            return Some(EvictionRank::Waits(self.head_began.unwrap_or(self.idle_since)));
        };
        let mut last_taken = None;
        for exchange in &self.exchanges {
            match exchange.turn {
                ExchangeTurn::Program => return None,
                ExchangeTurn::Client => {}
                ExchangeTurn::Taking(since) => last_taken = last_taken.max(Some(since)),
            }
        }
        match last_taken {
            None => Some(EvictionRank::Waits(began)),
            Some(since) => Some(since).filter(promptly).map(EvictionRank::TakesNothing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn every_phase_has_its_end() {
        let start = Instant::now();
        let mut connection_state = ConnectionState::new(start);
        assert_eq!(connection_state.due(), Some((start + s(10), OverduePart::Cut)), "nothing was said yet");
        connection_state.head_began(start + s(9));
        assert_eq!(
            connection_state.due(),
            Some((start + s(10), OverduePart::Cut)),
            "part of a head wins no time"
        );
        assert_eq!(connection_state.begin(start + s(9)), (0, true));
        assert_eq!(connection_state.due(), None, "the program is at work");
        connection_state.turn(0, ExchangeTurn::Taking(start + s(12)));
        assert_eq!(connection_state.begin(start + s(12)), (1, false));
        assert_eq!(
            connection_state.due(),
            Some((start + s(42), OverduePart::Cut)),
            "one of two answers is not taken"
        );
        connection_state.end(0, start + s(13));
        assert_eq!(connection_state.due(), None);
        connection_state.end(1, start + s(20));
        assert_eq!(connection_state.due(), Some((start + s(80), OverduePart::Finish)), "idle");
        connection_state.head_began(start + s(50));
        connection_state.head_began(start + s(55));
        assert_eq!(connection_state.due(), Some((start + s(60), OverduePart::Cut)), "the next head");
        connection_state.begin(start + s(56));
        connection_state.head_began(start + s(57));
        connection_state.end(2, start + s(70));
        assert_eq!(
            connection_state.due(),
            Some((start + s(80), OverduePart::Cut)),
            "a head that waited for the program"
        );
        connection_state.stalled(true, start + s(71));
        assert_eq!(
            connection_state.due(),
            Some((start + s(101), OverduePart::Cut)),
            "the rest of an answer is not taken"
        );
        connection_state.stalled(false, start + s(90));
        connection_state.finish(start + s(91));
        assert_eq!(connection_state.due(), Some((start + s(96), OverduePart::Cut)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_served_makes_no_room() {
        let start = Instant::now();
        let mut connection_state = ConnectionState::new(start);
        assert_eq!(connection_state.eviction_rank(start), Some(EvictionRank::Waits(start)));
        connection_state.begin(start + s(1));
        assert_eq!(connection_state.eviction_rank(start + s(9)), None);
        connection_state.turn(0, ExchangeTurn::Client);
        assert_eq!(connection_state.eviction_rank(start + s(9)), Some(EvictionRank::Waits(start + s(1))));
        connection_state.turn(0, ExchangeTurn::Taking(start + s(2)));
        assert_eq!(connection_state.eviction_rank(start + s(6)), None, "a weak line has a moment");
        assert_eq!(
            connection_state.eviction_rank(start + s(7)),
            Some(EvictionRank::TakesNothing(start + s(2)))
        );
        connection_state.begin(start + s(7));
        assert_eq!(connection_state.eviction_rank(start + s(9)), None, "another stream is worked on");
        connection_state.turn(1, ExchangeTurn::Client);
        assert!(connection_state.eviction_rank(start + s(9)).is_some());
        connection_state.turn(1, ExchangeTurn::Program);
        connection_state.stalled(true, start + s(8));
        connection_state.end(0, start + s(9));
        connection_state.end(1, start + s(9));
        assert_eq!(connection_state.eviction_rank(start + s(12)), None, "the answer is being written yet");
        assert_eq!(
            connection_state.eviction_rank(start + s(13)),
            Some(EvictionRank::TakesNothing(start + s(8)))
        );
        assert!(EvictionRank::Waits(start + s(9)) < EvictionRank::TakesNothing(start));
    }
}
