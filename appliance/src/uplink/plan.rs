//! What the uplink does next, decided without touching the world: events in, actions out.
//!
//! The cursor is raised only by a verified cosignature over a root that is the box's own; an answer that holds less
//! lowers it, because a relay restored from a backup has forgotten what it once cosigned. One batch is in flight at
//! most. The transport may lose, repeat and reorder anything.

use record::limits::BATCH_ENTRIES_MAX;
use serde::{Deserialize, Serialize};

/// No answer to a hello or a batch for this long ends the connection.
pub const ANSWER_MS_MAX: u64 = 30_000;
/// A refused batch is tried again after this long: the relay may have been mended.
pub const REFUSED_MS: u64 = 600_000;
/// How often the box tells its health.
pub const HEALTH_MS: u64 = 60_000;
/// Answers in a row that move nothing, before the uplink waits for the next tick.
const IDLE_ANSWERS_MAX: u32 = 3;

/// What the relay said, as far as the driver could verify it against the box's own log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A cosigned checkpoint of this epoch whose root is the box's own at that size.
    Holds(u64),
    /// A cosigned checkpoint of this epoch over more entries than the box has: the box has forgotten some.
    HoldsMore(u64),
    /// A cosigned checkpoint of this epoch whose root is not the box's own.
    HoldsOther(u64),
    /// It wants to go on from here.
    Wants(u64),
    /// It refused a batch.
    Refused,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A connection is up and subscribed.
    Connected,
    /// The connection is gone.
    Disconnected,
    /// The log has this many entries.
    Grew(u64),
    /// The relay answered.
    Answered(Answer),
    /// Time passed.
    Tick,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Say who we are and what we hold.
    Hello,
    /// Send entries from here, at most so many; the batch's checkpoint covers exactly its last.
    Send {
        /// First entry.
        from: u64,
        /// How many at most.
        entries_max: usize,
    },
    /// Tell the health.
    Health,
    /// Keep this cursor, durably when it suits.
    Cursor(u64),
    /// End the connection; the driver makes a new one after its back-off.
    Disconnect,
    /// Show it at the box: what the relay holds and the box holds do not fit together.
    Alarm(Alarm),
}

/// What a person at the box must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Alarm {
    /// The relay has lost entries that it once cosigned; the box sends them again.
    RelayWentBack {
        /// What it had cosigned.
        had: u64,
        /// What it holds.
        has: u64,
    },
    /// The relay has cosigned more than this box has: its card forgot. A new epoch is needed.
    BoxForgot {
        /// What the relay holds.
        relay: u64,
        /// What the box holds.
        own: u64,
    },
    /// The relay holds another history of the same log. Nothing more is sent.
    OtherHistory {
        /// At which size they differ.
        at: u64,
    },
    /// The relay refused a batch.
    Refused {
        /// Its first entry.
        from: u64,
    },
    /// The relay does not take photos; this box keeps them.
    PhotosRefused {
        /// How many.
        count: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Down,
    /// Subscribed; the answer to the hello is awaited since then.
    Greeting {
        since_ms: u64,
    },
    /// Nothing is awaited.
    Idle,
    /// A batch is in flight since then.
    Sending {
        from: u64,
        since_ms: u64,
    },
    /// A batch was refused, then.
    Refused {
        since_ms: u64,
    },
    /// Two histories: nothing is sent until the box starts anew.
    Stopped,
}

/// The uplink of one epoch's log.
#[derive(Debug, Clone)]
pub struct Plan {
    size: u64,
    cursor: u64,
    line: Line,
    entries_max: usize,
    idle_answers: u32,
    /// When the health was told last on this connection.
    health_ms: Option<u64>,
}

impl Plan {
    /// Of a log with `size` entries of which `cursor` are known to be cosigned.
    pub fn new(size: u64, cursor: u64) -> Self {
        Self {
            size,
            cursor: cursor.min(size),
            line: Line::Down,
            entries_max: 64,
            idle_answers: 0,
            health_ms: None,
        }
    }

    /// Entries that the relay has cosigned, as far as this box knows.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Whether the relay has said that it holds all of it.
    pub fn is_done(&self) -> bool {
        self.line == Line::Idle && self.cursor >= self.size
    }

    /// Entries that wait.
    pub fn backlog(&self) -> u64 {
        self.size - self.cursor
    }

    /// Takes an event at `up_ms` (monotonic) and says what to do, in this order.
    pub fn on(&mut self, event: Event, up_ms: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Connected => {
                self.line = if self.line == Line::Stopped {
                    Line::Stopped
                } else {
                    Line::Greeting { since_ms: up_ms }
                };
                self.idle_answers = 0;
                self.health_ms = None;
                actions.push(Action::Hello);
            }
            Event::Disconnected => {
                if self.line != Line::Stopped {
                    self.line = Line::Down;
                }
            }
            Event::Grew(size) => self.size = self.size.max(size),
            Event::Answered(answer) => self.answered(answer, up_ms, &mut actions),
            Event::Tick => self.tick(up_ms, &mut actions),
        }
        if self.line == Line::Idle && self.cursor < self.size && self.idle_answers < IDLE_ANSWERS_MAX {
            self.line = Line::Sending { from: self.cursor, since_ms: up_ms };
            actions.push(Action::Send { from: self.cursor, entries_max: self.entries_max });
        }
        actions
    }

    fn answered(&mut self, answer: Answer, up_ms: u64, actions: &mut Vec<Action>) {
        if matches!(self.line, Line::Down | Line::Stopped) {
            return;
        }
        match answer {
            Answer::Holds(held) => self.holds(held, actions),
            Answer::HoldsMore(relay) => {
                self.line = Line::Stopped;
                actions.push(Action::Alarm(Alarm::BoxForgot { relay, own: self.size }));
            }
            Answer::HoldsOther(at) => {
                self.line = Line::Stopped;
                actions.push(Action::Alarm(Alarm::OtherHistory { at }));
            }
            Answer::Wants(from) => {
                let greeting = matches!(self.line, Line::Greeting { .. });
                self.went_back(from, greeting, actions);
                self.line = Line::Idle;
            }
            Answer::Refused => {
                let from = if let Line::Sending { from, .. } = self.line { from } else { self.cursor };
                self.line = Line::Refused { since_ms: up_ms };
                actions.push(Action::Alarm(Alarm::Refused { from }));
            }
        }
    }

    /// The relay holds the first `held` entries of this very log.
    fn holds(&mut self, held: u64, actions: &mut Vec<Action>) {
        let greeting = matches!(self.line, Line::Greeting { .. });
        // The log may have grown since this plan last heard of it, and the line before may have carried that already.
        self.size = self.size.max(held);
        if held > self.cursor {
            self.cursor = held;
            self.idle_answers = 0;
            actions.push(Action::Cursor(held));
            if matches!(self.line, Line::Sending { .. }) {
                self.entries_max = (self.entries_max * 2).min(BATCH_ENTRIES_MAX);
            }
        } else {
            self.went_back(held, greeting, actions);
        }
        self.line = Line::Idle;
    }

    /// The relay holds less than, or as much as, the cursor says.
    fn went_back(&mut self, held: u64, greeting: bool, actions: &mut Vec<Action>) {
        if held < self.cursor {
            if greeting {
                actions.push(Action::Alarm(Alarm::RelayWentBack { had: self.cursor, has: held }));
            }
            self.cursor = held;
            actions.push(Action::Cursor(held));
        }
        if !greeting {
            self.idle_answers += 1;
        }
    }

    fn tick(&mut self, up_ms: u64, actions: &mut Vec<Action>) {
        self.idle_answers = 0;
        match self.line {
            Line::Greeting { since_ms } if up_ms.saturating_sub(since_ms) >= ANSWER_MS_MAX => {
                actions.push(Action::Disconnect);
            }
            Line::Sending { since_ms, .. } if up_ms.saturating_sub(since_ms) >= ANSWER_MS_MAX => {
                self.entries_max = (self.entries_max / 2).max(1);
                actions.push(Action::Disconnect);
            }
            Line::Refused { since_ms } if up_ms.saturating_sub(since_ms) >= REFUSED_MS => {
                self.line = Line::Idle
            }
            _ => {}
        }
        // The first one as soon as the relay has answered: its pages know nothing of disk and printers before.
        let due = self.health_ms.is_none_or(|told_ms| up_ms.saturating_sub(told_ms) >= HEALTH_MS);
        if due && !matches!(self.line, Line::Down | Line::Greeting { .. }) {
            self.health_ms = Some(up_ms);
            actions.push(Action::Health);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(size: u64, cursor: u64) -> Plan {
        let mut plan = Plan::new(size, cursor);
        assert_eq!(plan.on(Event::Connected, 0), [Action::Hello]);
        plan
    }

    fn held(n: u64) -> Event {
        Event::Answered(Answer::Holds(n))
    }

    #[test]
    fn what_the_line_before_carried_counts_before_the_plan_has_heard_of_it() {
        let mut plan = Plan::new(5, 3);
        plan.on(Event::Connected, 0);
        plan.on(Event::Answered(Answer::Holds(7)), 1);
        assert_eq!((plan.cursor(), plan.backlog()), (7, 0));
        plan.on(Event::Grew(6), 2);
        assert_eq!(plan.backlog(), 0);
    }

    #[test]
    fn sends_only_after_the_greeting_and_one_at_a_time() {
        let mut plan = ready(100, 0);
        assert_eq!(plan.on(Event::Grew(200), 1), []);
        assert_eq!(plan.on(held(0), 2), [Action::Send { from: 0, entries_max: 64 }]);
        assert_eq!(plan.on(Event::Grew(300), 3), []);
        assert_eq!(plan.on(held(64), 4), [Action::Cursor(64), Action::Send { from: 64, entries_max: 128 }]);
        assert_eq!(plan.on(held(300), 5), [Action::Cursor(300)]);
        assert_eq!(plan.on(Event::Grew(301), 6), [Action::Send { from: 300, entries_max: 256 }]);
    }

    #[test]
    fn no_answer_ends_the_connection_and_halves_the_batch() {
        let mut plan = ready(100, 0);
        plan.on(held(0), 0);
        assert_eq!(plan.on(Event::Tick, ANSWER_MS_MAX - 1), [Action::Health]);
        assert_eq!(plan.on(Event::Tick, ANSWER_MS_MAX), [Action::Disconnect]);
        plan.on(Event::Disconnected, ANSWER_MS_MAX);
        assert_eq!(plan.on(held(5), ANSWER_MS_MAX), [], "an answer of a dead connection");
        plan.on(Event::Connected, 40_000);
        assert_eq!(plan.on(held(0), 40_001), [Action::Send { from: 0, entries_max: 32 }]);
        let mut silent = ready(0, 0);
        assert_eq!(silent.on(Event::Tick, ANSWER_MS_MAX), [Action::Disconnect]);
    }

    #[test]
    fn tells_its_health_once_the_relay_has_answered_and_then_now_and_again() {
        let mut plan = ready(0, 0);
        assert_eq!(plan.on(Event::Tick, 1), [], "not before");
        plan.on(held(0), 2);
        assert_eq!(plan.on(Event::Tick, 3), [Action::Health]);
        assert_eq!(plan.on(Event::Tick, 2 + HEALTH_MS), []);
        assert_eq!(plan.on(Event::Tick, 3 + HEALTH_MS), [Action::Health]);
        plan.on(Event::Disconnected, 4 + HEALTH_MS);
        plan.on(Event::Connected, 5 + HEALTH_MS);
        plan.on(held(0), 6 + HEALTH_MS);
        assert_eq!(plan.on(Event::Tick, 7 + HEALTH_MS), [Action::Health], "of each connection");
    }

    #[test]
    fn a_relay_that_went_back_gets_it_again() {
        let mut plan = ready(75, 75);
        let alarm = Action::Alarm(Alarm::RelayWentBack { had: 75, has: 63 });
        assert_eq!(
            plan.on(held(63), 1),
            [alarm, Action::Cursor(63), Action::Send { from: 63, entries_max: 64 }]
        );
        let mut plan = ready(75, 75);
        plan.on(held(75), 1);
        assert_eq!(plan.on(Event::Tick, HEALTH_MS), [Action::Health]);
        let wants = Event::Answered(Answer::Wants(10));
        assert_eq!(
            plan.on(wants, HEALTH_MS + 1),
            [Action::Cursor(10), Action::Send { from: 10, entries_max: 64 }]
        );
    }

    #[test]
    fn two_histories_stop_it_for_good() {
        for answer in [Answer::HoldsMore(9), Answer::HoldsOther(3)] {
            let mut plan = ready(5, 0);
            assert!(matches!(plan.on(Event::Answered(answer), 1)[..], [Action::Alarm(_)]));
            assert_eq!(plan.on(Event::Grew(6), 2), []);
            plan.on(Event::Disconnected, 3);
            assert_eq!(plan.on(Event::Connected, 4), [Action::Hello]);
            assert_eq!(plan.on(held(5), 5), []);
        }
    }

    #[test]
    fn a_refusal_waits() {
        let mut plan = ready(5, 0);
        plan.on(held(0), 1);
        let refused = Event::Answered(Answer::Refused);
        assert_eq!(plan.on(refused, 2), [Action::Alarm(Alarm::Refused { from: 0 })]);
        assert_eq!(plan.on(Event::Grew(6), 3), []);
        assert!(
            !plan.on(Event::Tick, 2 + REFUSED_MS - 1).contains(&Action::Send { from: 0, entries_max: 64 })
        );
        assert!(plan.on(Event::Tick, 2 + REFUSED_MS).contains(&Action::Send { from: 0, entries_max: 64 }));
    }

    #[test]
    fn answers_that_move_nothing_do_not_spin() {
        let mut plan = ready(5, 0);
        let mut sent = 0;
        for i in 0..20 {
            sent += plan.on(held(0), i).len();
        }
        assert_eq!(sent, 3);
        assert_eq!(plan.on(Event::Tick, 30), [Action::Health, Action::Send { from: 0, entries_max: 64 }]);
    }
}
