//! Words, codes and pictures as dots.

pub mod bitmap;
pub mod code;
pub(crate) mod dpi;
pub mod drawing;
pub mod font;
pub mod logo;
pub mod text;
