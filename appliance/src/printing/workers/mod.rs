//! One worker for each printer, and who looks after them.

mod drawn_label;
pub(crate) mod label;
pub(crate) mod sheet;
pub(crate) mod status;
pub(crate) mod supervisor;
