//! The words of pages.

pub(crate) use crate::wording::*;
