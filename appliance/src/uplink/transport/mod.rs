//! How the box reaches the relay: MQTT, HTTPS, by a proxy or not. It imports nothing else of the uplink.

pub mod choice;
pub mod config;
pub(in crate::uplink) mod connection;
pub(in crate::uplink) mod fault;
pub(in crate::uplink) mod http_client;
pub(in crate::uplink) mod https_link;
pub mod mqtt_link;
pub(in crate::uplink) mod probe;
pub mod proxy;
pub mod tls;
