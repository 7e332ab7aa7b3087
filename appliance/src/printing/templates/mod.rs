//! Templates, the logo, and labels drawn with them.

pub(crate) mod designs;
pub(crate) mod layout;
pub(crate) mod page_codes;
pub(crate) mod slips;
