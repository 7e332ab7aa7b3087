//! The tables of redb that follow the log, and what is in them before a commit.

pub(crate) mod fold;
pub(crate) mod key_runs;
pub(crate) mod pending;
pub(crate) mod places;
pub(crate) mod stored;
pub(crate) mod tables;
pub(crate) mod unsure_boots;
pub(crate) mod view;
