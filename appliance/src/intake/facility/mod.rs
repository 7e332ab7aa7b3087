//! The facility's settings, clock and protocols. Above `people`.

pub(in crate::intake) mod brand;
pub(in crate::intake) mod clock;
pub(in crate::intake) mod directive;
pub(in crate::intake) mod protocols;
pub(in crate::intake) mod settings;
