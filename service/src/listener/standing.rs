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
pub(super) enum Turn {
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
    turn: Turn,
}

/// What is due now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
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
pub(super) struct Standing {
    accepted: Instant,
    /// A whole head came.
    heard: bool,
    idle_since: Instant,
    /// Part of a head is here, the rest is not.
    head_began: Option<Instant>,
    /// The socket takes nothing.
    stalled_since: Option<Instant>,
    finishing_since: Option<Instant>,
    exchanges: Vec<OpenExchange>,
    next: u64,
}

impl Standing {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            accepted: now,
            heard: false,
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
        self.exchanges.push(OpenExchange { number, began, turn: Turn::Program });
        (number, !std::mem::replace(&mut self.heard, true))
    }

    /// Of an exchange that is over nothing is noted.
    pub(super) fn turn(&mut self, number: u64, turn: Turn) {
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
    pub(super) fn due(&self) -> Option<(Instant, Overdue)> {
        if !self.heard {
            return Some((self.first_head_due(), Overdue::Cut));
        }
        if let Some(since) = self.stalled_since {
            return Some((since + TAKE_WITHIN, Overdue::Cut));
        }
        if !self.exchanges.is_empty() {
            let taking = self.exchanges.iter().filter_map(|e| match e.turn {
                Turn::Taking(since) => Some(since),
                Turn::Program | Turn::Client => None,
            });
            return taking.min().map(|since| (since + TAKE_WITHIN, Overdue::Cut));
        }
        Some(match (self.finishing_since, self.head_began) {
            (Some(since), _) => (since.max(self.idle_since) + FINISH_WITHIN, Overdue::Cut),
            (None, Some(since)) => (since + HEAD_WITHIN, Overdue::Cut),
            (None, None) => (self.idle_since + IDLE_WITHIN, Overdue::Finish),
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
                Turn::Program => return None,
                Turn::Client => {}
                Turn::Taking(since) => last_taken = last_taken.max(Some(since)),
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
        let mut standing = Standing::new(start);
        assert_eq!(standing.due(), Some((start + s(10), Overdue::Cut)), "nothing was said yet");
        standing.head_began(start + s(9));
        assert_eq!(standing.due(), Some((start + s(10), Overdue::Cut)), "part of a head wins no time");
        assert_eq!(standing.begin(start + s(9)), (0, true));
        assert_eq!(standing.due(), None, "the program is at work");
        standing.turn(0, Turn::Taking(start + s(12)));
        assert_eq!(standing.begin(start + s(12)), (1, false));
        assert_eq!(standing.due(), Some((start + s(42), Overdue::Cut)), "one of two answers is not taken");
        standing.end(0, start + s(13));
        assert_eq!(standing.due(), None);
        standing.end(1, start + s(20));
        assert_eq!(standing.due(), Some((start + s(80), Overdue::Finish)), "idle");
        standing.head_began(start + s(50));
        standing.head_began(start + s(55));
        assert_eq!(standing.due(), Some((start + s(60), Overdue::Cut)), "the next head");
        standing.begin(start + s(56));
        standing.head_began(start + s(57));
        standing.end(2, start + s(70));
        assert_eq!(standing.due(), Some((start + s(80), Overdue::Cut)), "a head that waited for the program");
        standing.stalled(true, start + s(71));
        assert_eq!(
            standing.due(),
            Some((start + s(101), Overdue::Cut)),
            "the rest of an answer is not taken"
        );
        standing.stalled(false, start + s(90));
        standing.finish(start + s(91));
        assert_eq!(standing.due(), Some((start + s(96), Overdue::Cut)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_served_makes_no_room() {
        let start = Instant::now();
        let mut standing = Standing::new(start);
        assert_eq!(standing.makes_room(start), Some(MakesRoom::Waits(start)));
        standing.begin(start + s(1));
        assert_eq!(standing.makes_room(start + s(9)), None);
        standing.turn(0, Turn::Client);
        assert_eq!(standing.makes_room(start + s(9)), Some(MakesRoom::Waits(start + s(1))));
        standing.turn(0, Turn::Taking(start + s(2)));
        assert_eq!(standing.makes_room(start + s(6)), None, "a weak line has a moment");
        assert_eq!(standing.makes_room(start + s(7)), Some(MakesRoom::TakesNothing(start + s(2))));
        standing.begin(start + s(7));
        assert_eq!(standing.makes_room(start + s(9)), None, "another stream is worked on");
        standing.turn(1, Turn::Client);
        assert!(standing.makes_room(start + s(9)).is_some());
        standing.turn(1, Turn::Program);
        standing.stalled(true, start + s(8));
        standing.end(0, start + s(9));
        standing.end(1, start + s(9));
        assert_eq!(standing.makes_room(start + s(12)), None, "the answer is being written yet");
        assert_eq!(standing.makes_room(start + s(13)), Some(MakesRoom::TakesNothing(start + s(8))));
        assert!(MakesRoom::Waits(start + s(9)) < MakesRoom::TakesNothing(start));
    }
}
