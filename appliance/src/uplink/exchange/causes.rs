//! What does not fit between box and relay, as alarms: how each is raised, and what ends it.

use record::alarm::AlarmCode;
use record::ids::Epoch;

use crate::alarms::AlarmCause;
use crate::alarms::sources::{SideRoom, is_back};
use crate::store::Past;
use crate::uplink::plan::Alarm;

/// Why alarms are over.
#[derive(Debug, Clone)]
pub enum Over {
    LineUp,
    /// Of these ended logs, those that are whole lack nothing any more.
    Whole(Vec<Past>),
    /// The relay cosigned so much of a log.
    Held {
        epoch: Epoch,
        /// How many entries.
        cursor: u64,
    },
}

impl Over {
    /// Whether it ends an alarm.
    pub fn ends(&self, cause: &AlarmCause) -> bool {
        match self {
            Self::LineUp => SideRoom::Uplink.is_of(cause),
            Self::Whole(past) => past.iter().any(|past| is_back(cause, past)),
            Self::Held { epoch, cursor } => is_held(cause, *epoch, *cursor),
        }
    }
}

impl Alarm {
    /// As it is kept and shown; `said` are the relay's own words, where it gave some.
    pub(crate) fn cause(self, epoch: Epoch, said: &str) -> AlarmCause {
        match self {
            Self::RelayWentBack { had, has } => {
                AlarmCause::new(AlarmCode::RelayWentBack).of(epoch).from(has).to(had)
            }
            Self::BoxForgot { relay, own } => {
                AlarmCause::new(AlarmCode::LogForgot).of(epoch).from(own).to(relay)
            }
            Self::OtherHistory { at } => AlarmCause::new(AlarmCode::RelayOther).of(epoch).to(at),
            Self::Refused { from } => {
                AlarmCause::new(AlarmCode::RelayRefused).of(epoch).from(from).detail(said)
            }
            Self::PhotosRefused { count } => AlarmCause::new(AlarmCode::PhotosRefused).to(count),
        }
    }
}

/// Whether the relay's cosignature over the first `cursor` entries of `epoch` ends it.
fn is_held(cause: &AlarmCause, epoch: Epoch, cursor: u64) -> bool {
    let (from, to) = (cause.from.unwrap_or(0), cause.to.unwrap_or(0));
    cause.epoch == Some(epoch)
        && match cause.code {
            AlarmCode::RelayWentBack => cursor >= to,
            AlarmCode::RelayRefused => cursor > from,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF: Epoch = Epoch { n: 1, key: [1; 4] };

    #[test]
    fn each_ends_with_what_it_tells_of() {
        let over = |alarm: Alarm, epoch: Epoch, cursor| is_held(&alarm.cause(OF, ""), epoch, cursor);
        let refused = Alarm::Refused { from: 4 };
        assert!(!over(refused, OF, 4));
        assert!(over(refused, OF, 5), "the refused batch went through");
        assert!(!over(refused, Epoch { n: 2, ..OF }, 5), "of another log");
        let back = Alarm::RelayWentBack { had: 9, has: 4 };
        assert!(!over(back, OF, 8) && over(back, OF, 9));
        for lasting in [Alarm::BoxForgot { relay: 9, own: 4 }, Alarm::OtherHistory { at: 9 }] {
            assert!(!over(lasting, OF, 100), "only the entries themselves end it");
        }
        assert!(!over(Alarm::PhotosRefused { count: 3 }, OF, 100));
    }
}
