//! Values that entries and messages are made of: names of things, codes, times, and the subset of JSON.

pub(crate) mod civil_time;
pub mod code;
pub(crate) mod gs1;
pub(crate) mod hibc;
pub mod ids;
pub mod json;
pub mod redact;
pub(crate) mod run_name;
pub mod tag;
pub(crate) mod zones;
