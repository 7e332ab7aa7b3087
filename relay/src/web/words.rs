//! The words of the pages.

pub(crate) use crate::wording::*;
