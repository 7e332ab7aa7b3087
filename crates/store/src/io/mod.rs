//! The disk and its faults: the interface that tests replace, errors, files that are flushed.

pub(crate) mod caught;
pub mod disk;
pub(crate) mod disk_calls;
pub(crate) mod error;
pub(crate) mod flush;
pub(crate) mod gated_file;
pub mod system_disk;
pub(crate) mod unreadable;
