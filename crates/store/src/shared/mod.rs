//! What writer and readers share: the queue, the durable state, the cursor.

pub(crate) mod cursor;
pub(crate) mod follow;
pub(crate) mod job;
pub(crate) mod queue;
pub(crate) mod rebase;
pub(crate) mod recorded;
pub(crate) mod scrub_report;
pub(crate) mod shared_state;
pub(crate) mod side_file_check;
pub(crate) mod snapshot;
