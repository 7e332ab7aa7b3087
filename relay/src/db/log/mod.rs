//! What boxes signed: logs, runs, the texts and photos beside them.

pub mod entries;
pub mod epochs;
pub mod log_keys;
pub mod log_pages;
pub mod photos;
pub mod run_drops;
pub mod run_names;
pub mod runs;
pub mod segments;
pub mod texts;
