//! What is folded from the logs, as rows, and what pages read of it.

pub mod adoptions;
pub mod cleanings;
pub mod command_keys;
pub mod comparison;
pub mod dashboard;
pub mod figures;
pub mod gaps;
pub mod history;
pub mod old_ids;
pub mod projections;
pub mod repeats;
pub mod rollups;
pub mod state;
