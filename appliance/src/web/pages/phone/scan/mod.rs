//! A scanned label: its page, its form, and the result.

pub(crate) mod about;
pub(crate) mod contact_time;
pub(crate) mod draft;
pub(crate) mod entered;
mod first_view;
pub(crate) mod instructions;
mod leave;
pub(crate) mod lot;
mod out_of_service;
pub(crate) mod page;
mod press;
mod proof;
mod recorded;
mod shown;
pub(crate) mod someone_else;
pub(crate) mod submit;
mod view;
mod wet;
pub(crate) mod who;
