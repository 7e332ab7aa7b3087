//! Cleanings and the log, for programs.

pub(crate) mod app_cards;
pub(crate) mod cleanings;
pub(crate) mod compliance;
pub(crate) mod log;
pub(crate) mod photos;
pub(crate) mod refused_submissions;
pub(crate) mod reports;
pub(crate) mod submissions;
