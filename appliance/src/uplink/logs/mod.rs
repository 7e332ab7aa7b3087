//! Lines of logs that one side lacks, in both directions. Above `exchange` and `transport`.

pub(in crate::uplink) mod log_keys;
pub(in crate::uplink) mod rebase;
pub(in crate::uplink) mod refill;
pub(in crate::uplink) mod relay_answers;
pub(in crate::uplink) mod restarts;
pub(in crate::uplink) mod run_refusals;
pub(in crate::uplink) mod runs;
pub mod stored;
pub(in crate::uplink) mod takeover;
