//! The listener's bounds and times, each with its default.

use std::time::Duration;

use record::limits::MQTT_PACKET_BYTES_MAX;
use service::proxy_header::ProxyHeaders;

#[derive(Debug, Clone)]
pub struct MqttSettings {
    /// Bytes of the largest packet that is taken, header included.
    pub packet_bytes_max: usize,
    /// Publishes that a box may leave unacknowledged; the protocol needs one.
    pub receive_max: u16,
    /// Publishes of one box that wait for the inbox, those without a PUBACK included.
    pub waiting_max: usize,
    /// Bytes of publishes that wait for the inbox, over all boxes.
    pub held_bytes_max: usize,
    pub connections_max: usize,
    pub handshakes_max: usize,
    /// Of those, from one address; a hospital's boxes share one.
    pub handshakes_per_address_max: usize,
    pub timing: MqttTimeouts,
    pub proxies: Option<ProxyHeaders>,
}

#[derive(Debug, Clone)]
pub struct MqttTimeouts {
    /// From the TCP connection to the end of the TLS handshake.
    pub tls: Duration,
    pub connect: Duration,
    pub admit: Duration,
    /// For the inbox to take a publish; after that its outcome counts as unknown.
    pub publish: Duration,
    pub write: Duration,
    /// For publishes under way to settle when the listener stops.
    pub drain: Duration,
    /// For a peer to read the reason before its connection is closed.
    pub linger: Duration,
    /// How long a handshake is left alone, however many wait behind it.
    pub handshake_grace: Duration,
    /// The longest keep-alive granted, in seconds.
    pub keep_alive_s_max: u16,
}

impl Default for MqttSettings {
    fn default() -> Self {
        Self {
            packet_bytes_max: MQTT_PACKET_BYTES_MAX,
            receive_max: 2,
            waiting_max: 4,
            held_bytes_max: 64 * 1024 * 1024,
            connections_max: 4_000,
            handshakes_max: 1_000,
            handshakes_per_address_max: 250,
            timing: MqttTimeouts::default(),
            proxies: None,
        }
    }
}

impl Default for MqttTimeouts {
    fn default() -> Self {
        Self {
            tls: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            admit: Duration::from_secs(5),
            publish: Duration::from_secs(15),
            write: Duration::from_secs(10),
            // With `linger` less than the 5 s in which a stopping process must be gone.
            drain: Duration::from_secs(4),
            linger: Duration::from_millis(500),
            handshake_grace: Duration::from_millis(250),
            keep_alive_s_max: 90,
        }
    }
}
