//! One connection to the relay, by whichever transport: the session above it sees no difference.

use bytes::Bytes;
use record::topics::UpTopic;

use super::https_link::{HttpsReceiver, HttpsSender};
use super::mqtt_link::{LinkError, LinkEvent, LinkReceiver, LinkSender};

#[derive(Debug, Clone)]
pub(in crate::uplink) enum ConnectionSender {
    Mqtt(LinkSender),
    Https(HttpsSender),
}

/// The receiving half of either; dropping it cuts the connection.
pub(in crate::uplink) enum ConnectionReceiver {
    Mqtt(LinkReceiver),
    Https(HttpsReceiver),
}

impl ConnectionSender {
    /// Hands a message to the connection; never waits. `Ok` says nothing about its arrival.
    ///
    /// # Errors
    /// It is too large, the connection is slower than the caller, or it has ended.
    pub(in crate::uplink) fn publish(&self, up: UpTopic, payload: Bytes) -> Result<(), LinkError> {
        match self {
            Self::Mqtt(sender) => sender.publish(up, payload),
            Self::Https(sender) => sender.publish(up, payload),
        }
    }
}

impl ConnectionReceiver {
    /// The next event. After [`LinkEvent::Closed`] there is nothing but that. Dropping the future loses nothing.
    pub(in crate::uplink) async fn next(&mut self) -> LinkEvent {
        match self {
            Self::Mqtt(receiver) => receiver.next().await,
            Self::Https(receiver) => receiver.next().await,
        }
    }

    pub(in crate::uplink) async fn close(self) {
        match self {
            Self::Mqtt(receiver) => receiver.close().await,
            Self::Https(receiver) => receiver.close().await,
        }
    }
}
