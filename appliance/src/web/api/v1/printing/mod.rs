//! Printers, labels and slips, for programs.

pub(crate) mod discovery;
pub(crate) mod labels;
pub(crate) mod print_bodies;
pub(crate) mod printers;
pub(crate) mod slips;
pub(crate) mod templates;
