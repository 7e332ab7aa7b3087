//! What admins and the operator do.

pub(super) mod access_log;
pub(super) mod entered_forms;
pub(super) mod fleet;
pub(super) mod logo;
pub(super) mod operations;
pub(super) mod people;
pub(super) mod platform;
