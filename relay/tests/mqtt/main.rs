//! The MQTT 5 listener over real TLS sockets: by hand-made bytes, by rumqttc, and by Mosquitto's own clients.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

mod pki;
mod raw;
mod relay_under_test;

mod ack;
mod connect;
mod ends;
mod handshake;
mod limits;
mod other_clients;
mod publish;
mod sending;
mod subscribe;

use std::future::Future;
use std::time::Duration;

/// Waits for what must come. Long, because the machine may be busy; a test that passes never waits so long.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("nothing came for a minute")
}
