//! Runs: unbroken pieces of an epoch that its chain left behind, kept byte for byte and named by what is in them.
//!
//! A [`RunName`] says epoch, place and root; the entry `log.adopted` holds it, the file is called by it, and whoever has the
//! lines can make it anew ([`RunNamer`]). [`split_runs`] cuts what is left of an epoch into runs, [`RunWriter`] writes the
//! file, [`RunReader`] reads it and believes it only where it leads to the name's root.

mod blocks;
mod file;

pub use crate::run_name::{RunName, RunNameError, RunNamer, join_runs, split_runs};
pub use blocks::{BLOCK_LINES, RunBlocks, block_lines, path_in_run};
pub use file::{RunError, RunLine, RunReader, RunSummary, RunWriter, check_run, is_note_of};
