//! Runs of lines that an entry makes count again.

pub(crate) mod adopt;
pub(crate) mod run_exchange;
pub(crate) mod run_stream;
pub(crate) mod stray_runs;
