//! Labels from fields to printer bytes, without IO, clock or threads: plain strings in, dots and bytes out.
//!
//! The way of a label: [`Fields`] and a [`Template`] (TOML in millimetres, see [`template`]) → [`layout::draw`] (code
//! from [`code`], words from [`text`] over the fonts of [`font`]) → a [`Drawing`], whose 1-bit [`Bitmap`] is at once the
//! preview and what is printed → [`readback::check_drawing`], which proves that its codes open the right page →
//! [`media::place`], which puts it onto what is in the printer or says why not → a [`language::Session`], which wraps the
//! dots in the words of one printer language and turns the printer's answers into [`language::Event`]s. One more
//! language is one more file, its row in [`language::LANGUAGES`], and nothing else. [`pdf`] draws sheets from the same
//! drawings; [`calibration`] is the test label.

pub mod bitmap;
pub mod brother_ql;
pub mod calibration;
pub mod code;
pub mod drawing;
pub mod dymo;
pub mod escpos;
pub mod fields;
pub mod font;
pub mod language;
pub mod layout;
pub mod logo;
pub mod media;
pub mod pdf;
pub mod readback;
pub mod sheet;
pub mod template;
pub mod text;
pub mod tspl;
pub mod zpl;

pub use bitmap::Bitmap;
pub use drawing::Drawing;
pub use fields::{Field, Fields};
pub use language::{Language, Profile};
pub use layout::{Dpi, LabelError};
pub use template::Template;
pub use text::Typesetter;
