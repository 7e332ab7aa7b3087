//! The way of the log to the relay: `plan` decides, `link` carries it over MQTT.

pub mod plan;
