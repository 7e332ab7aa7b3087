//! What does not fit between box and relay, as alarms: how each is raised, and what ends it.

use record::alarm::AlarmCode;
use record::ids::Epoch;

use crate::alarms::AlarmCause;
use crate::alarms::sources::{OptionalPart, is_back};
use crate::store::PastLog;
use crate::uplink::plan::UplinkAlarm;

#[derive(Debug, Clone)]
pub enum ExchangeEnd {
    LineUp,
    Whole(Vec<PastLog>),
    /// The relay cosigned so much of a log.
    Held {
        epoch: Epoch,
        cursor: u64,
    },
}

impl ExchangeEnd {
    pub fn ends(&self, cause: &AlarmCause) -> bool {
        match self {
            Self::LineUp => OptionalPart::Uplink.is_of(cause),
            Self::Whole(past) => past.iter().any(|past| is_back(cause, past)),
            Self::Held { epoch, cursor } => is_held(cause, *epoch, *cursor),
        }
    }
}

impl UplinkAlarm {
    /// The alarm as stored and shown; `message` is the relay's own text, where it gave some.
    pub(crate) fn cause(self, epoch: Epoch, message: &str) -> AlarmCause {
        match self {
            Self::RelayWentBack { had, has } => {
                AlarmCause::new(AlarmCode::RelayWentBack).of(epoch).from(has).to(had)
            }
            Self::BoxForgot { relay, own } => {
                AlarmCause::new(AlarmCode::LogForgot).of(epoch).from(own).to(relay)
            }
            Self::OtherHistory { at } => AlarmCause::new(AlarmCode::RelayOther).of(epoch).to(at),
            Self::Refused { from } => {
                AlarmCause::new(AlarmCode::RelayRefused).of(epoch).from(from).detail(message)
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
        let over = |alarm: UplinkAlarm, epoch: Epoch, cursor| is_held(&alarm.cause(OF, ""), epoch, cursor);
        let refused = UplinkAlarm::Refused { from: 4 };
        assert!(!over(refused, OF, 4));
        assert!(over(refused, OF, 5), "the refused batch went through");
        assert!(!over(refused, Epoch { n: 2, ..OF }, 5), "of another log");
        let back = UplinkAlarm::RelayWentBack { had: 9, has: 4 };
        assert!(!over(back, OF, 8) && over(back, OF, 9));
        for lasting in [UplinkAlarm::BoxForgot { relay: 9, own: 4 }, UplinkAlarm::OtherHistory { at: 9 }] {
            assert!(!over(lasting, OF, 100), "only the entries themselves end it");
        }
        assert!(!over(UplinkAlarm::PhotosRefused { count: 3 }, OF, 100));
    }
}
