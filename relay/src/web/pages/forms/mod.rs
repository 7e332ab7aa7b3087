//! Forms that several pages have in common, and what a browser brings to them.

pub(crate) mod browser;
pub(crate) mod confirm;
pub(crate) mod member_form;
pub(crate) mod named_places;
pub(crate) mod organisation_path;
pub(crate) mod passkey_refusal;
pub(crate) mod picture_form;
pub(crate) mod single_form;
