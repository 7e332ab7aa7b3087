//! Every MQTT topic of the system, in both directions; no other code spells one.

use std::fmt;

use crate::values::ids::BoxId;

/// What a box publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpTopic {
    /// After each subscription: who I am, what I hold.
    Hello,
    /// Entries with the checkpoint that covers them.
    Batch,
    /// Once a minute, quality of service 0.
    Health,
    /// The last will.
    Gone,
}

/// What the relay publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DownTopic {
    /// A cosigned checkpoint, a requested position or a refusal.
    Ack,
    /// A signed request.
    Directive,
}

/// One topic of one box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// From the box.
    Up(BoxId, UpTopic),
    /// To the box.
    Down(BoxId, DownTopic),
}

const PREFIX: &str = "ct/1/";

impl UpTopic {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Hello, "hello"), (Self::Batch, "batch"), (Self::Health, "health"), (Self::Gone, "gone")];

    /// Whether it is published with quality of service 1 (else 0).
    pub fn at_least_once(self) -> bool {
        self != Self::Health
    }
}

impl DownTopic {
    const ALL: [(Self, &'static str); 2] = [(Self::Ack, "ack"), (Self::Directive, "directive")];
}

fn topic_word<T: Copy + PartialEq>(all: &[(T, &'static str)], one: T) -> &'static str {
    all.iter().find(|(t, _)| *t == one).map_or("", |(_, w)| w)
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up(id, up) => write!(f, "{PREFIX}{id}/up/{}", topic_word(&UpTopic::ALL, *up)),
            Self::Down(id, down) => write!(f, "{PREFIX}{id}/down/{}", topic_word(&DownTopic::ALL, *down)),
        }
    }
}

impl Topic {
    /// Reads a topic. `None` for anything that is not exactly one of ours: wildcards, other versions, more levels.
    pub fn parse(text: &str) -> Option<Self> {
        let mut levels = text.strip_prefix(PREFIX)?.split('/');
        let id = levels.next()?.parse().ok()?;
        let (direction, what) = (levels.next()?, levels.next()?);
        if levels.next().is_some() {
            return None;
        }
        match direction {
            "up" => UpTopic::ALL.iter().find(|(_, w)| *w == what).map(|(u, _)| Self::Up(id, *u)),
            "down" => DownTopic::ALL.iter().find(|(_, w)| *w == what).map(|(d, _)| Self::Down(id, *d)),
            _ => None,
        }
    }

    /// The one filter that a box subscribes to: everything sent down to it.
    pub fn down_filter(id: BoxId) -> String {
        format!("{PREFIX}{id}/down/#")
    }

    /// Whether a subscription filter of box `id` stays within its own `down/`.
    pub fn may_subscribe(id: BoxId, filter: &str) -> bool {
        let own = format!("{PREFIX}{id}/down/");
        filter.strip_prefix(&own).is_some_and(|rest| {
            matches!(rest, "#" | "+") || DownTopic::ALL.iter().any(|(_, word)| *word == rest)
        })
    }

    /// The filters by which a relay behind an outside broker hears every box; `share` names its group.
    pub fn shared_up_filters(share: &str) -> [String; 4] {
        UpTopic::ALL.map(|(_, what)| format!("$share/{share}/{PREFIX}+/up/{what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(fill: u8) -> BoxId {
        BoxId::new(1, [fill; 10])
    }

    #[test]
    fn round_trip() {
        for (up, _) in UpTopic::ALL {
            let topic = Topic::Up(id(1), up);
            assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
        }
        for (down, _) in DownTopic::ALL {
            let topic = Topic::Down(id(1), down);
            assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
        }
    }

    #[test]
    fn only_exact_topics() {
        let own = Topic::Up(id(1), UpTopic::Batch).to_string();
        let strange = ["", "#", "ct/1/+/up/batch", "$SYS/x", "ct/2/x/up/batch"].map(str::to_owned);
        for wrong in strange.into_iter().chain([format!("{own}/"), format!("{own}x"), own.to_lowercase()]) {
            assert_eq!(Topic::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn subscribes_only_to_its_own() {
        assert!(Topic::may_subscribe(id(1), &Topic::down_filter(id(1))));
        assert!(Topic::may_subscribe(id(1), &Topic::Down(id(1), DownTopic::Ack).to_string()));
        for wrong in [
            Topic::down_filter(id(2)),
            "#".into(),
            "+/1/+/down/#".into(),
            format!("$share/g/{}", Topic::down_filter(id(1))),
        ] {
            assert!(!Topic::may_subscribe(id(1), &wrong), "{wrong}");
        }
    }
}
