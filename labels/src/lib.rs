//! Labels from fields to printer bytes, without IO, clock or threads: plain strings in, dots and bytes out.
//!
//! The way of a label: [`LabelFields`] → [`layout::equipment`] (code from [`code`], words from [`text`] over the fonts
//! of [`font`]) → a 1-bit [`Bitmap`], which is at once the preview and what is printed → [`readback::check`], which
//! proves that its code opens the right page → a [`language::Session`], which wraps the dots in the words of one
//! printer language and turns the printer's answers into [`language::Event`]s. [`escpos`] is the first language; one
//! more is one more file like it, its line in [`language::Language`], and nothing else.

pub mod bitmap;
pub mod code;
pub mod escpos;
pub mod font;
pub mod language;
pub mod layout;
pub mod readback;
pub mod text;

pub use bitmap::Bitmap;
pub use language::{Language, Profile};
pub use layout::{Dpi, LabelError, LabelFields};
pub use text::Typesetter;
