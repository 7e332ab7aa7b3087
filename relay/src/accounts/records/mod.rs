//! What is written down of who did what, and in whose log.

pub mod access_log;
pub mod person_log;
pub mod region_log;
