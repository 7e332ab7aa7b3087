//! What every long-running process of ours needs, written once for box and relay.
//!
//! The seams to time and randomness ([`clock`], [`random`]), limits of calls and of sign-in attempts ([`limit`],
//! [`attempts`]), connections and their time limits ([`listener`]), clients behind a balancer ([`proxy_header`]),
//! sockets from systemd ([`activation`]), [`settings`], the administration socket ([`admin_socket`]), the log
//! ([`logging`]), whose a new file is ([`ownership`]), notifications to systemd ([`process`]), exit statuses ([`exit`]),
//! newer zone data ([`zone_data`]) and messages that their sender signs ([`signature`]).

#![warn(missing_docs)]

pub mod activation;
pub mod admin_socket;
pub mod attempts;
pub mod clock;
pub mod exit;
pub mod limit;
pub mod listener;
pub mod logging;
pub mod ownership;
pub mod process;
pub mod proxy_header;
pub mod random;
pub mod settings;
pub mod signature;
pub mod zone_data;
