//! What an account's admins set up and look through.

mod access_acts;
pub(crate) mod access_export;
pub(crate) mod access_log;
pub(crate) mod brand;
pub(crate) mod mail_previews;
pub(crate) mod people;
mod press_outcome;
pub(crate) mod programs;
pub(crate) mod providers;
pub(crate) mod support;
pub(crate) mod webhooks;
