//! What every long-running process of ours needs, written once for box and relay.

pub mod attempts;
