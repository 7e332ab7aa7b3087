//! What every long-running process of ours needs, written once for box and relay: how many attempts somebody has
//! ([`attempts`]), and who may hold a connection, and for how long ([`listener`]).

pub mod attempts;
pub mod listener;
