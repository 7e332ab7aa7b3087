//! The one thread that appends: groups of entries, their flush and their commit.

pub(crate) mod building;
pub(crate) mod compose;
pub(crate) mod core;
pub(crate) mod group;
pub(crate) mod group_commit;
pub(crate) mod open_group;
pub(crate) mod tidy;
pub(crate) mod writer_thread;
