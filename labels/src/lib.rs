//! Labels from fields to printer bytes, without IO, clock or threads: plain strings in, dots and bytes out.
//!
//! A label's steps: [`Fields`] and a [`Template`] (TOML in millimetres, see [`template`]) → [`layout::lay_out_label`]
//! (code from [`code`], words from [`text`] over the fonts of [`font`]) → a [`Drawing`], whose 1-bit [`Bitmap`] is at
//! once the preview and what is printed → [`readback::check_drawing`], which proves that its codes open the right page
//! → [`media::place_label`], which puts it onto the media in the printer or refuses → a [`language::PrinterSession`],
//! which encodes the dots in one printer language and turns the printer's answers into [`language::PrinterEvent`]s. One
//! more language is one more file in `printers` with its `mod`, its name in [`language::PrinterLanguage`] and its row
//! in [`language_table::LANGUAGES`]; its name for people is in the box's `form.ftl`. [`pdf`] draws sheets from the same
//! drawings; [`calibration`] is the test label; [`wording`] has the messages of refusals for a person.

#![warn(missing_docs)]

pub mod calibration;
pub mod field;
pub mod fields;
mod label_error;
pub mod layout;
pub mod media;
pub mod pdf;
mod printers;
mod raster;
pub mod readback;
pub mod sheet;
pub mod template;
pub mod wording;

pub use crate::field::Field;
pub use crate::fields::Fields;
pub use crate::label_error::{LabelError, Subject};
pub use crate::printers::language::{PrinterLanguage, PrinterProfile};
pub use crate::printers::{brother_ql, dymo, escpos, language, language_table, tspl, zpl};
pub use crate::raster::bitmap::Bitmap;
pub use crate::raster::dpi::Dpi;
pub use crate::raster::drawing::Drawing;
pub use crate::raster::text::Typesetter;
pub use crate::raster::{bitmap, code, drawing, font, logo, text};
pub use crate::template::Template;
