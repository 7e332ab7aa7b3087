//! Small files beside the log: keys, notes of the relay, marks, and what repairs are still to be reported.

pub(crate) mod ballast;
pub(crate) mod evidence;
pub(crate) mod fetch_space;
pub(crate) mod fetched;
pub(crate) mod keys;
pub(crate) mod mark;
pub(crate) mod relay_restarts;
pub(crate) mod report;
pub(crate) mod trusted;
pub(crate) mod unreported;
