//! Labels from fields to printer bytes, without IO, clock or threads: plain strings in, dots and bytes out.
//!
//! The way of a label: [`Fields`] and a [`Template`] (TOML in millimetres, see [`template`]) → [`layout::lay_out_label`] (code
//! from [`code`], words from [`text`] over the fonts of [`font`]) → a [`Drawing`], whose 1-bit [`Bitmap`] is at once the
//! preview and what is printed → [`readback::check_drawing`], which proves that its codes open the right page →
//! [`media::place_label`], which puts it onto what is in the printer or says why not → a [`language::PrinterSession`], which wraps the
//! dots in the words of one printer language and turns the printer's answers into [`language::PrinterEvent`]s. One more
//! language is one more file with its `mod`, its name in [`language::PrinterLanguage`] and its row in
//! [`language_table::LANGUAGES`]; what it is called stands in the box's `form.ftl`. [`pdf`] draws sheets from the same
//! drawings; [`calibration`] is the test label; [`wording`] tells a person why a label cannot be made.

pub mod bitmap;
pub mod brother_ql;
pub mod calibration;
pub mod code;
mod dpi;
pub mod drawing;
pub mod dymo;
pub mod escpos;
pub mod fields;
pub mod font;
mod label_error;
pub mod language;
pub mod language_table;
pub mod layout;
pub mod logo;
pub mod media;
pub mod pdf;
pub mod readback;
pub mod sheet;
pub mod template;
pub mod text;
pub mod tspl;
pub mod wording;
pub mod zpl;

pub use crate::bitmap::Bitmap;
pub use crate::dpi::Dpi;
pub use crate::drawing::Drawing;
pub use crate::fields::{Field, Fields};
pub use crate::label_error::{LabelError, Subject};
pub use crate::language::{PrinterLanguage, PrinterProfile};
pub use crate::template::Template;
pub use crate::text::Typesetter;
