//! Version 1 of the API.

pub(crate) mod alerts;
pub(crate) mod boxes;
pub(crate) mod cleanings;
pub(crate) mod compliance;
pub(crate) mod equipment;
pub(crate) mod facilities;
pub(crate) mod log;
pub(crate) mod reports;
