//! Limits of printing.

/// Labels of one job: a hospital's whole inventory goes in a few jobs, and one job's submission stays below seconds.
pub const LABELS_MAX: usize = 5_000;

pub const KEY_CHARS_MAX: usize = 200;

pub const REASON_CHARS_MAX: usize = 200;

/// Unfinished jobs at a time: far more than a hospital queues, and few enough to be read at one look.
pub(crate) const OPEN_MAX: u64 = 200;
