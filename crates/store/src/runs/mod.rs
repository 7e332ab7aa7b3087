//! Sealed files of lines that their epoch does not count.

pub(crate) mod open_runs;
pub(crate) mod run_file;
pub(crate) mod run_roots;
