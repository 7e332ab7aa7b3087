//! Facilities, their items and what counts of them.

pub(super) mod adopted;
pub(super) mod alerts;
pub(super) mod facilities;
pub(super) mod item_history;
pub(super) mod many_facilities;
pub(super) mod map;
pub(super) mod numbers;
pub(super) mod region_log;
pub(super) mod reports;
