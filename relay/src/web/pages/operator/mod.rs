//! The pages of whoever runs the platform.

pub(crate) mod platform;
pub(crate) mod platform_notices;
pub(crate) mod platform_records;
