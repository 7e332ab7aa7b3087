//! Reading what is durable, on threads of its own.

pub(crate) mod adopted;
pub(crate) mod ended_notes;
#[cfg(any(test, feature = "test"))]
pub mod held_reads;
pub(crate) mod history;
pub(crate) mod read_pool;
pub(crate) mod reader;
