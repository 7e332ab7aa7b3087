//! How a mail stands: from waiting to what its provider last said of it.

use crate::db::delivery::mails::StoredState;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    Sent,
    /// Its receiver takes it later.
    Delayed,
    Delivered,
    /// It is not taken.
    Failed,
    /// Nothing is sent to its address.
    Suppressed,
    /// Its reader switched its topic off.
    Declined,
    /// Its reader got too many of such mails that day.
    Capped,
    /// It may have left, longer ago than a provider remembers: sent again it could come twice.
    Unsure,
    Bounced,
    /// Its reader called it unwanted.
    Complained,
}

impl MailState {
    /// As it is stored, and how high it is: messages of a provider come in any order, and the last word counts.
    pub fn stored(self) -> StoredState {
        let (word, rank, has_left) = match self {
            Self::Sent => ("sent", 1, true),
            Self::Delayed => ("delayed", 2, true),
            Self::Delivered => ("delivered", 3, true),
            Self::Failed => ("failed", 4, false),
            Self::Suppressed => ("suppressed", 4, false),
            Self::Declined => ("declined", 4, false),
            Self::Capped => ("capped", 4, false),
            Self::Unsure => ("unsure", 0, false),
            Self::Bounced => ("bounced", 5, true),
            Self::Complained => ("complained", 6, true),
        };
        StoredState { word, rank, has_left }
    }
}
