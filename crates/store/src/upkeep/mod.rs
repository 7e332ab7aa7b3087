//! What runs beside recording: checks, copies, exports and the state of health.

pub(crate) mod backup;
pub(crate) mod health;
pub(crate) mod log_check;
pub(crate) mod log_copy;
pub(crate) mod scrub;
pub(crate) mod state_copy;
