//! The relay's own MQTT 5 listener for boxes: TLS 1.3 with client certificates, one session a box, an [`Inbox`] above it
//! and an [`BoxPublisher`] down; it knows MQTT, and neither SQL nor HTTP nor what a message means.

mod acl;
mod codec;
mod deliver;
mod handshakes;
mod inbox;
mod listener;
mod metrics;
mod packet_ids;
mod registry;
mod session;
mod settings;
mod tls;

pub use inbox::{Admission, BoxConnection, ConnectionEnd, Inbox, Presence, PublishOutcome, PublishRefusal};
pub use listener::MqttListener;
pub use metrics::Metrics;
pub use registry::{BoxPublisher, NotSent};
pub use settings::{MqttSettings, MqttTimeouts};
pub use tls::{PeerCertificate, TlsError, serial_text, server_config};
