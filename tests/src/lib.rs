//! .
pub mod virtual_printer;
