//! Which part of a list is asked for.

pub(crate) mod listing;
pub(crate) mod page_cursor;
