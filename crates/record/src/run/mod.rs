//! Runs: unbroken pieces of an epoch that its chain left behind, stored byte for byte and named by their content.
//!
//! A [`RunName`] has epoch, place and root; it is in the entry `log.adopted` and is the file's name, and follows from
//! the lines alone ([`RunNamer`]). [`split_runs`] cuts what is left of an epoch into runs, [`RunWriter`] writes the
//! file, [`RunReader`] reads it and accepts it only where it leads to the name's root.

mod blocks;
mod file;

pub use crate::values::run_name::{RunName, RunNameError, RunNamer, join_runs, split_runs};
pub use blocks::{BLOCK_LINES, RunBlocks, block_lines, path_in_run};
pub use file::{RunError, RunLine, RunReader, RunSummary, RunWriter, check_run, is_note_of};
