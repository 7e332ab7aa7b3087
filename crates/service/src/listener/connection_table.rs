//! Where one connection stands: whose turn it is, since when, and when it has had its time. Pure: it is told the time.

use std::time::Duration;

use tokio::time::Instant;

/// From an accepted connection to its first whole head, the handshake included; later from the first byte of a head to
/// its last. It counts before anybody knows whether HTTP/1.1 or HTTP/2 will be spoken.
pub(super) const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// A connection without a request that runs.
const IDLE_WITHIN: Duration = Duration::from_secs(60);
/// From the news that a connection ends (HTTP/2's GOAWAY) to its end, when nothing runs on it.
const FINISH_WITHIN: Duration = Duration::from_secs(5);
/// A client that takes nothing of an answer for this long is gone.
const TAKE_WITHIN: Duration = Duration::from_secs(30);
/// A client that takes nothing of an answer for this long makes room where somebody has to.
const TAKE_PROMPTLY: Duration = Duration::from_secs(5);

/// Whose turn it is in one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExchangeTurn {
    /// The program's: it works, or does not want the rest of the request yet.
    Program,
    /// The client's: the rest of the request is awaited.
    Client,
    /// The client's since then: a part of the answer waits to be taken.
    Taking(Instant),
}

/// A request and its answer.
#[derive(Debug)]
struct OpenExchange {
    number: u64,
    began: Instant,
    turn: ExchangeTurn,
}

/// What is due now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OverduePart {
    /// Say that it ends, and end it in order.
    Finish,
    /// Close it.
    Cut,
}

/// In which order connections make room, and of two alike the one with the earlier time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MakesRoom {
    /// It waits for the rest of a request, or for the next one.
    Waits(Instant),
    /// It takes nothing of its answer.
    TakesNothing(Instant),
}

/// One connection's standing.
#[derive(Debug)]
pub(super) struct ConnectionState {
    accepted: Instant,
    /// A whole head came.
    received: bool,
    idle_since: Instant,
    /// Part of a head is here, the rest is not.
    head_began: Option<Instant>,
    /// The socket takes nothing.
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

    /// A head is whole: the exchange's number, and whether it is the connection's first.
    pub(super) fn begin(&mut self, now: Instant) -> (u64, bool) {
        let (number, began) = (self.next, self.head_began.take().unwrap_or(now));
        self.next += 1;
        self.exchanges.push(OpenExchange { number, began, turn: ExchangeTurn::Program });
        (number, !std::mem::replace(&mut self.received, true))
    }

    /// Of an exchange that is over nothing is noted.
    pub(super) fn turn(&mut self, number: u64, turn: ExchangeTurn) {
        if let Some(exchange) = self.exchanges.iter_mut().find(|e| e.number == number) {
            exchange.turn = turn;
        }
    }

    pub(super) fn end(&mut self, number: u64, now: Instant) {
        self.exchanges.retain(|e| e.number != number);
        if self.exchanges.is_empty() {
            self.idle_since = now;
            // A head that lay waiting while the program worked has its time from now on.
            self.head_began = self.head_began.map(|_| now);
        }
    }

    /// Part of a head came.
    pub(super) fn head_began(&mut self, now: Instant) {
        self.head_began.get_or_insert(now);
    }

    /// The socket takes nothing from now on, or takes something again.
    pub(super) fn stalled(&mut self, stalled: bool, now: Instant) {
        self.stalled_since = stalled.then_some(now);
        // What is written now may be all that is left of an answer that nobody holds any more.
        self.idle_since = now;
    }

    /// The client has been told that the connection ends, or is being told.
    pub(super) fn finish(&mut self, now: Instant) {
        self.finishing_since.get_or_insert(now);
    }

    /// Until when the first head must be here.
    pub(super) fn first_head_due(&self) -> Instant {
        self.accepted + HEAD_WITHIN
    }

    /// When something is due next and what, unless the next move is the program's.
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

    /// Whether it may be closed so that another finds a place; not while the program is at work on it.
    pub(super) fn makes_room(&self, now: Instant) -> Option<MakesRoom> {
        let promptly = |since: &Instant| now.duration_since(*since) >= TAKE_PROMPTLY;
        if let Some(since) = self.stalled_since {
            return promptly(&since).then_some(MakesRoom::TakesNothing(since));
        }
        let Some(began) = self.exchanges.iter().map(|e| e.began).min() else {
            return Some(MakesRoom::Waits(self.head_began.unwrap_or(self.idle_since)));
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
            None => Some(MakesRoom::Waits(began)),
            Some(since) => Some(since).filter(promptly).map(MakesRoom::TakesNothing),
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
        assert_eq!(connection_state.makes_room(start), Some(MakesRoom::Waits(start)));
        connection_state.begin(start + s(1));
        assert_eq!(connection_state.makes_room(start + s(9)), None);
        connection_state.turn(0, ExchangeTurn::Client);
        assert_eq!(connection_state.makes_room(start + s(9)), Some(MakesRoom::Waits(start + s(1))));
        connection_state.turn(0, ExchangeTurn::Taking(start + s(2)));
        assert_eq!(connection_state.makes_room(start + s(6)), None, "a weak line has a moment");
        assert_eq!(connection_state.makes_room(start + s(7)), Some(MakesRoom::TakesNothing(start + s(2))));
        connection_state.begin(start + s(7));
        assert_eq!(connection_state.makes_room(start + s(9)), None, "another stream is worked on");
        connection_state.turn(1, ExchangeTurn::Client);
        assert!(connection_state.makes_room(start + s(9)).is_some());
        connection_state.turn(1, ExchangeTurn::Program);
        connection_state.stalled(true, start + s(8));
        connection_state.end(0, start + s(9));
        connection_state.end(1, start + s(9));
        assert_eq!(connection_state.makes_room(start + s(12)), None, "the answer is being written yet");
        assert_eq!(connection_state.makes_room(start + s(13)), Some(MakesRoom::TakesNothing(start + s(8))));
        assert!(MakesRoom::Waits(start + s(9)) < MakesRoom::TakesNothing(start));
    }
}
