//! Who asks: phones, staff by their session, programs by their token; and what the audit log records of it.
//!
//! The types here are the first arguments of handlers: a value of one proves that the caller was admitted, before
//! anything else of the request was read.

pub(crate) mod badge;
pub(crate) mod permissions;
pub(crate) mod phone;
pub(crate) mod pin;
pub(crate) mod plain_form;
pub(crate) mod program;
pub(crate) mod staff;
pub(crate) mod staff_names;
pub(crate) mod staff_session;
pub(crate) mod trace;
