//! What box and relay say to each other.

pub mod alarm;
pub mod claim;
pub mod directive;
pub mod messages;
pub mod topics;
