//! What is signed: notes, checkpoints, what ties a log's key to those before, and packs.

pub mod checkpoint;
pub mod pack;
pub mod sign;
pub mod vouch;
