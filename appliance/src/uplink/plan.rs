//! What the uplink does next, decided without I/O: events in, actions out.
//!
//! The cursor is raised only by a verified cosignature over a root that is the box's own; an answer that holds less
//! lowers it, because a relay restored from a backup has lost what it once cosigned. One batch is in flight at
//! most. The transport may lose, repeat and reorder anything.

use record::limits::BATCH_ENTRIES_MAX;
use record::messages::RETRY_S_MAX;
use serde::{Deserialize, Serialize};

/// No answer to a hello or a batch for this long ends the connection.
pub const ANSWER_MS_MAX: u64 = 30_000;
/// A refused batch is tried again after this long: the relay may have been fixed.
pub const REFUSED_MS: u64 = 600_000;
/// How often the box reports its health.
pub const HEALTH_MS: u64 = 60_000;
/// Answers in a row that move nothing, before the uplink waits for the next tick.
const IDLE_ANSWERS_MAX: u32 = 3;

/// What the relay said, as far as the driver could verify it against the box's own log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A cosigned checkpoint of this epoch whose root is the box's own at that size.
    Holds(u64),
    /// A cosigned checkpoint of this epoch over more entries than the box has: the box has lost some.
    HoldsMore(u64),
    /// A cosigned checkpoint of this epoch whose root is not the box's own.
    HoldsOther(u64),
    Wants(u64),
    Refused,
    /// Others are before this box: it is to come again after so many seconds.
    Busy(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UplinkEvent {
    Connected,
    Disconnected,
    /// The log has this many entries.
    Grew(u64),
    Answered(Answer),
    Tick,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UplinkAction {
    Hello,
    /// Send entries from here, at most so many; the batch's checkpoint covers exactly its last.
    Send {
        from: u64,
        entries_max: usize,
    },
    Health,
    Cursor(u64),
    /// End the connection; the driver makes a new one after its back-off.
    Disconnect,
    /// Show it at the box: what the relay holds and the box holds do not fit together.
    Alarm(UplinkAlarm),
}

/// What a person at the box must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum UplinkAlarm {
    /// The relay has lost entries that it once cosigned; the box sends them again.
    RelayWentBack {
        had: u64,
        has: u64,
    },
    /// The relay has cosigned more than this box has: its card lost some. A new epoch is needed.
    BoxForgot {
        relay: u64,
        own: u64,
    },
    /// The relay holds another history of the same log. Nothing more is sent.
    OtherHistory {
        at: u64,
    },
    Refused {
        from: u64,
    },
    /// The relay does not take photos; this box retains them.
    PhotosRefused {
        count: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinkState {
    Down,
    /// Subscribed; the answer to the hello is awaited since then.
    Greeting {
        since_ms: u64,
    },
    Idle,
    Sending {
        from: u64,
        since_ms: u64,
    },
    Refused {
        since_ms: u64,
    },
    /// The relay is busy: what was sent last is sent again then.
    Postponed {
        until_ms: u64,
        greets: bool,
    },
    /// Two histories: nothing is sent until the box restarts.
    Stopped,
}

#[derive(Debug, Clone)]
pub struct UplinkPlan {
    size: u64,
    cursor: u64,
    link: LinkState,
    entries_max: usize,
    idle_answers: u32,
    /// When the health was reported last on this connection.
    health_ms: Option<u64>,
}

impl UplinkPlan {
    /// Of a log with `size` entries of which `cursor` are known to be cosigned.
    pub fn new(size: u64, cursor: u64) -> Self {
        Self {
            size,
            cursor: cursor.min(size),
            link: LinkState::Down,
            entries_max: 64,
            idle_answers: 0,
            health_ms: None,
        }
    }

    /// Entries that the relay has cosigned, as far as this box knows.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    pub fn is_done(&self) -> bool {
        self.link == LinkState::Idle && self.cursor >= self.size
    }

    pub fn backlog(&self) -> u64 {
        self.size - self.cursor
    }

    /// Takes an event at `up_ms` (monotonic) and says what to do, in this order.
    pub fn on(&mut self, event: UplinkEvent, up_ms: u64) -> Vec<UplinkAction> {
        let mut actions = Vec::new();
        match event {
            UplinkEvent::Connected => {
                self.link = if self.link == LinkState::Stopped {
                    LinkState::Stopped
                } else {
                    LinkState::Greeting { since_ms: up_ms }
                };
                self.idle_answers = 0;
                self.health_ms = None;
                actions.push(UplinkAction::Hello);
            }
            UplinkEvent::Disconnected => {
                if self.link != LinkState::Stopped {
                    self.link = LinkState::Down;
                }
            }
            UplinkEvent::Grew(size) => self.size = self.size.max(size),
            UplinkEvent::Answered(answer) => self.answered(answer, up_ms, &mut actions),
            UplinkEvent::Tick => self.tick(up_ms, &mut actions),
        }
        if self.link == LinkState::Idle && self.cursor < self.size && self.idle_answers < IDLE_ANSWERS_MAX {
            self.link = LinkState::Sending { from: self.cursor, since_ms: up_ms };
            actions.push(UplinkAction::Send { from: self.cursor, entries_max: self.entries_max });
        }
        actions
    }

    fn answered(&mut self, answer: Answer, up_ms: u64, actions: &mut Vec<UplinkAction>) {
        if matches!(self.link, LinkState::Down | LinkState::Stopped) {
            return;
        }
        match answer {
            Answer::Holds(held) => self.holds(held, actions),
            Answer::HoldsMore(relay) => {
                self.link = LinkState::Stopped;
                actions.push(UplinkAction::Alarm(UplinkAlarm::BoxForgot { relay, own: self.size }));
            }
            Answer::HoldsOther(at) => {
                self.link = LinkState::Stopped;
                actions.push(UplinkAction::Alarm(UplinkAlarm::OtherHistory { at }));
            }
            Answer::Wants(from) => {
                let greeting = matches!(self.link, LinkState::Greeting { .. });
                self.went_back(from, greeting, actions);
                self.link = LinkState::Idle;
            }
            Answer::Refused => {
                let from = if let LinkState::Sending { from, .. } = self.link { from } else { self.cursor };
                self.link = LinkState::Refused { since_ms: up_ms };
                actions.push(UplinkAction::Alarm(UplinkAlarm::Refused { from }));
            }
            Answer::Busy(retry_s) => {
                let greets = matches!(self.link, LinkState::Greeting { .. });
                let wait_ms = u64::from(retry_s.clamp(1, RETRY_S_MAX)) * 1_000;
                self.link = LinkState::Postponed { until_ms: up_ms.saturating_add(wait_ms), greets };
            }
        }
    }

    /// The relay holds the first `held` entries of this very log.
    fn holds(&mut self, held: u64, actions: &mut Vec<UplinkAction>) {
        let greeting = matches!(self.link, LinkState::Greeting { .. });
        // The log may have grown since this plan was last informed, and the connection before may have carried that already.
        self.size = self.size.max(held);
        if held > self.cursor {
            self.cursor = held;
            self.idle_answers = 0;
            actions.push(UplinkAction::Cursor(held));
            if matches!(self.link, LinkState::Sending { .. }) {
                self.entries_max = (self.entries_max * 2).min(BATCH_ENTRIES_MAX);
            }
        } else {
            self.went_back(held, greeting, actions);
        }
        self.link = LinkState::Idle;
    }

    /// The relay holds less than, or as much as, the cursor says.
    fn went_back(&mut self, held: u64, greeting: bool, actions: &mut Vec<UplinkAction>) {
        if held < self.cursor {
            if greeting {
                actions.push(UplinkAction::Alarm(UplinkAlarm::RelayWentBack { had: self.cursor, has: held }));
            }
            self.cursor = held;
            actions.push(UplinkAction::Cursor(held));
        }
        if !greeting {
            self.idle_answers += 1;
        }
    }

    fn tick(&mut self, up_ms: u64, actions: &mut Vec<UplinkAction>) {
        self.idle_answers = 0;
        match self.link {
            LinkState::Greeting { since_ms } if up_ms.saturating_sub(since_ms) >= ANSWER_MS_MAX => {
                actions.push(UplinkAction::Disconnect);
            }
            LinkState::Sending { since_ms, .. } if up_ms.saturating_sub(since_ms) >= ANSWER_MS_MAX => {
                self.entries_max = (self.entries_max / 2).max(1);
                actions.push(UplinkAction::Disconnect);
            }
            LinkState::Refused { since_ms } if up_ms.saturating_sub(since_ms) >= REFUSED_MS => {
                self.link = LinkState::Idle
            }
            LinkState::Postponed { until_ms, greets } if up_ms >= until_ms => {
                if greets {
                    self.link = LinkState::Greeting { since_ms: up_ms };
                    actions.push(UplinkAction::Hello);
                } else {
                    self.link = LinkState::Idle;
                }
            }
            _ => {}
        }
        // The first one as soon as the relay has answered: its pages know nothing of disk and printers before.
        let due = self.health_ms.is_none_or(|reported_ms| up_ms.saturating_sub(reported_ms) >= HEALTH_MS);
        if due && !matches!(self.link, LinkState::Down | LinkState::Greeting { .. }) {
            self.health_ms = Some(up_ms);
            actions.push(UplinkAction::Health);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(size: u64, cursor: u64) -> UplinkPlan {
        let mut plan = UplinkPlan::new(size, cursor);
        assert_eq!(plan.on(UplinkEvent::Connected, 0), [UplinkAction::Hello]);
        plan
    }

    fn held(n: u64) -> UplinkEvent {
        UplinkEvent::Answered(Answer::Holds(n))
    }

    #[test]
    fn what_the_line_before_carried_counts_before_the_plan_has_heard_of_it() {
        let mut plan = UplinkPlan::new(5, 3);
        plan.on(UplinkEvent::Connected, 0);
        plan.on(UplinkEvent::Answered(Answer::Holds(7)), 1);
        assert_eq!((plan.cursor(), plan.backlog()), (7, 0));
        plan.on(UplinkEvent::Grew(6), 2);
        assert_eq!(plan.backlog(), 0);
    }

    #[test]
    fn sends_only_after_the_greeting_and_one_at_a_time() {
        let mut plan = ready(100, 0);
        assert_eq!(plan.on(UplinkEvent::Grew(200), 1), []);
        assert_eq!(plan.on(held(0), 2), [UplinkAction::Send { from: 0, entries_max: 64 }]);
        assert_eq!(plan.on(UplinkEvent::Grew(300), 3), []);
        assert_eq!(
            plan.on(held(64), 4),
            [UplinkAction::Cursor(64), UplinkAction::Send { from: 64, entries_max: 128 }]
        );
        assert_eq!(plan.on(held(300), 5), [UplinkAction::Cursor(300)]);
        assert_eq!(plan.on(UplinkEvent::Grew(301), 6), [UplinkAction::Send { from: 300, entries_max: 256 }]);
    }

    #[test]
    fn no_answer_ends_the_connection_and_halves_the_batch() {
        let mut plan = ready(100, 0);
        plan.on(held(0), 0);
        assert_eq!(plan.on(UplinkEvent::Tick, ANSWER_MS_MAX - 1), [UplinkAction::Health]);
        assert_eq!(plan.on(UplinkEvent::Tick, ANSWER_MS_MAX), [UplinkAction::Disconnect]);
        plan.on(UplinkEvent::Disconnected, ANSWER_MS_MAX);
        assert_eq!(plan.on(held(5), ANSWER_MS_MAX), [], "an answer of a dead connection");
        plan.on(UplinkEvent::Connected, 40_000);
        assert_eq!(plan.on(held(0), 40_001), [UplinkAction::Send { from: 0, entries_max: 32 }]);
        let mut silent = ready(0, 0);
        assert_eq!(silent.on(UplinkEvent::Tick, ANSWER_MS_MAX), [UplinkAction::Disconnect]);
    }

    #[test]
    fn tells_its_health_once_the_relay_has_answered_and_then_now_and_again() {
        let mut plan = ready(0, 0);
        assert_eq!(plan.on(UplinkEvent::Tick, 1), [], "not before");
        plan.on(held(0), 2);
        assert_eq!(plan.on(UplinkEvent::Tick, 3), [UplinkAction::Health]);
        assert_eq!(plan.on(UplinkEvent::Tick, 2 + HEALTH_MS), []);
        assert_eq!(plan.on(UplinkEvent::Tick, 3 + HEALTH_MS), [UplinkAction::Health]);
        plan.on(UplinkEvent::Disconnected, 4 + HEALTH_MS);
        plan.on(UplinkEvent::Connected, 5 + HEALTH_MS);
        plan.on(held(0), 6 + HEALTH_MS);
        assert_eq!(plan.on(UplinkEvent::Tick, 7 + HEALTH_MS), [UplinkAction::Health], "of each connection");
    }

    #[test]
    fn a_relay_that_went_back_gets_it_again() {
        let mut plan = ready(75, 75);
        let alarm = UplinkAction::Alarm(UplinkAlarm::RelayWentBack { had: 75, has: 63 });
        assert_eq!(
            plan.on(held(63), 1),
            [alarm, UplinkAction::Cursor(63), UplinkAction::Send { from: 63, entries_max: 64 }]
        );
        let mut plan = ready(75, 75);
        plan.on(held(75), 1);
        assert_eq!(plan.on(UplinkEvent::Tick, HEALTH_MS), [UplinkAction::Health]);
        let wants = UplinkEvent::Answered(Answer::Wants(10));
        assert_eq!(
            plan.on(wants, HEALTH_MS + 1),
            [UplinkAction::Cursor(10), UplinkAction::Send { from: 10, entries_max: 64 }]
        );
    }

    #[test]
    fn two_histories_stop_it_for_good() {
        for answer in [Answer::HoldsMore(9), Answer::HoldsOther(3)] {
            let mut plan = ready(5, 0);
            assert!(matches!(plan.on(UplinkEvent::Answered(answer), 1)[..], [UplinkAction::Alarm(_)]));
            assert_eq!(plan.on(UplinkEvent::Grew(6), 2), []);
            plan.on(UplinkEvent::Disconnected, 3);
            assert_eq!(plan.on(UplinkEvent::Connected, 4), [UplinkAction::Hello]);
            assert_eq!(plan.on(held(5), 5), []);
        }
    }

    #[test]
    fn a_refusal_waits() {
        let mut plan = ready(5, 0);
        plan.on(held(0), 1);
        let refused = UplinkEvent::Answered(Answer::Refused);
        assert_eq!(plan.on(refused, 2), [UplinkAction::Alarm(UplinkAlarm::Refused { from: 0 })]);
        assert_eq!(plan.on(UplinkEvent::Grew(6), 3), []);
        assert!(
            !plan
                .on(UplinkEvent::Tick, 2 + REFUSED_MS - 1)
                .contains(&UplinkAction::Send { from: 0, entries_max: 64 })
        );
        assert!(
            plan.on(UplinkEvent::Tick, 2 + REFUSED_MS)
                .contains(&UplinkAction::Send { from: 0, entries_max: 64 })
        );
    }

    #[test]
    fn a_busy_relay_gets_the_batch_again_by_the_same_connection() {
        let mut plan = ready(5, 0);
        let send = UplinkAction::Send { from: 0, entries_max: 64 };
        assert_eq!(plan.on(held(0), 1), [send]);
        let busy = |retry_s| UplinkEvent::Answered(Answer::Busy(retry_s));
        assert_eq!(plan.on(busy(40), 2), [], "it is no alarm");
        assert_eq!(plan.on(UplinkEvent::Tick, 3), [UplinkAction::Health]);
        assert_eq!(plan.on(UplinkEvent::Grew(6), 4), [], "nothing else is sent meanwhile");
        assert_eq!(plan.on(UplinkEvent::Tick, 2 + ANSWER_MS_MAX), [], "what is not awaited is not missed");
        assert_eq!(plan.on(UplinkEvent::Tick, 40_002), [send]);
        plan.on(busy(0), 40_003);
        assert_eq!(plan.on(UplinkEvent::Tick, 41_002), [], "at least a second");
        assert_eq!(plan.on(UplinkEvent::Tick, 41_003), [send]);
        plan.on(busy(u32::MAX), 41_004);
        let longest = 41_004 + u64::from(RETRY_S_MAX) * 1_000;
        assert!(!plan.on(UplinkEvent::Tick, longest - 1).contains(&send));
        assert!(plan.on(UplinkEvent::Tick, longest).contains(&send), "at most as long as the protocol says");
        let mut greeting = ready(5, 0);
        greeting.on(busy(2), 0);
        assert_eq!(greeting.on(UplinkEvent::Tick, 2_000)[0], UplinkAction::Hello, "the hello goes again");
        assert_eq!(greeting.on(held(0), 2_001), [send]);
    }

    #[test]
    fn answers_that_move_nothing_do_not_spin() {
        let mut plan = ready(5, 0);
        let mut sent = 0;
        for i in 0..20 {
            sent += plan.on(held(0), i).len();
        }
        assert_eq!(sent, 3);
        assert_eq!(
            plan.on(UplinkEvent::Tick, 30),
            [UplinkAction::Health, UplinkAction::Send { from: 0, entries_max: 64 }]
        );
    }
}
