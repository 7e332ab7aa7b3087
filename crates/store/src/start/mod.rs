//! A start, step by step: `sequence` has the order.

pub(crate) mod begin;
pub(crate) mod branches;
pub(crate) mod drain;
pub(crate) mod ended;
pub(crate) mod follower;
pub(crate) mod newest;
pub(crate) mod opened_copies;
pub(crate) mod prepare;
pub(crate) mod sequence;
pub(crate) mod shorter;
pub(crate) mod start_state;
pub(crate) mod takeover;
