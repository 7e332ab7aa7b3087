//! A scanned label: its page, what it sends, and what comes of that.

pub(crate) mod contact_time;
pub(crate) mod draft;
pub(crate) mod instructions;
pub(crate) mod lot;
mod out_of_service;
pub(crate) mod page;
mod proof;
mod recorded;
pub(crate) mod someone_else;
pub(crate) mod submit;
pub(crate) mod who;
