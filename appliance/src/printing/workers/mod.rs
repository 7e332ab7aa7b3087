//! One worker for each printer, and who looks after them.

pub(crate) mod label;
pub(crate) mod sheet;
pub(crate) mod status;
pub(crate) mod supervisor;
