//! The language of the system.
pub mod anchor;
pub mod checkpoint;
pub mod entry;
pub mod fold;
pub mod ids;
pub mod json;
pub mod kinds;
pub mod limits;
pub mod redact;
pub mod sign;
pub mod tag;
pub mod topics;
pub mod tree;
