//! The upward interface: what the listener asks of the module that knows boxes, and the answers.

use std::future::Future;

use bytes::Bytes;
use record::ids::{BoxId, ConnectionId};
use record::topics::UpTopic;

use super::tls::PeerCertificate;

/// One connection of one box. Every call upward names it, so that a late word from an older connection is known as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BoxConnection {
    /// Who: the certificate's common name, and the client id, and the second level of every topic.
    pub box_id: BoxId,
    /// Which connection: made by the listener, never used again.
    pub connection: ConnectionId,
}

/// May this certificate connect now?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Admitted,
    /// No such box, or not with this certificate.
    Unknown,
    Revoked,
    /// It cannot be determined now (the database is unavailable); the box comes again.
    Unavailable,
}

/// What became of one publish. A PUBACK leaves only after this is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishOutcome {
    /// Committed, or rightly ignored: success.
    Done,
    /// Nothing was stored, and the same bytes would be refused again.
    Refused(PublishRefusal),
    /// Nothing was stored; the same bytes may do later.
    Busy,
    /// It may have been stored or not: no PUBACK, the connection ends, the box sends again.
    Unknown,
}

/// Why a publish was refused; the peer sees it as PUBACK's reason code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishRefusal {
    /// Read, and not acceptable (a wrong signature, root, sequence): 0x80.
    Content,
    /// Not readable as what the topic says: 0x99.
    Format,
    /// The box was revoked since it connected: 0x87, and the connection ends.
    Revoked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectionEnd {
    Clean,
    /// Silence, a reset, a broken packet, or a goodbye that keeps the last will: where MQTT publishes the will.
    Lost,
    Stopped,
}

/// Whether a box is there. `Gone` comes at most once a connection, and never for one that a newer one took over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    Connected,
    Gone(ConnectionEnd),
}

/// The consumer behind the listener. For one connection the calls come one after another, in the order of arrival:
/// `admit`, `presence(Connected)`, `publish`…, `presence(Gone)`. Different connections call at the same time, and for a
/// moment two of the same box may (the older one's last publish): compare [`BoxConnection::connection`].
///
/// `publish` and `presence` run in tasks of their own: they continue when the peer is cut off, a panic in one ends only
/// that connection, and each is dropped after [`super::MqttTimeouts::publish`] (which makes a publish `Unknown`).
pub trait Inbox: Send + Sync + 'static {
    /// Asked once a connection, before CONNACK.
    fn admit(&self, certificate: &PeerCertificate) -> impl Future<Output = Admission> + Send;

    /// One message on one of the box's own topics; at most `Settings::packet_bytes_max` bytes, otherwise unread.
    fn publish(
        &self,
        from: BoxConnection,
        up: UpTopic,
        payload: Bytes,
    ) -> impl Future<Output = PublishOutcome> + Send;

    fn presence(&self, of: BoxConnection, presence: Presence) -> impl Future<Output = ()> + Send;
}
