//! The languages of printers: dots in, a printer's bytes out, and its answers read.

pub mod brother_ql;
pub mod dymo;
pub mod escpos;
pub mod language;
pub mod language_table;
pub mod tspl;
pub mod zpl;
