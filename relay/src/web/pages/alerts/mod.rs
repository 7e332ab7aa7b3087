//! Alerts: all of them, one, and the rules by which they open and are told.

pub(crate) mod list;
pub(crate) mod one;
pub(crate) mod rules;

pub(crate) const PATH: &str = "/app/alerts";
