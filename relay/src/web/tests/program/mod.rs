//! Programs that ask, and those that are notified.

pub(super) mod billing;
pub(super) mod made_reports;
pub(super) mod mail;
pub(super) mod mail_previews;
pub(super) mod mail_rounds;
pub(super) mod mail_topics;
pub(super) mod old_app;
pub(super) mod programs;
pub(super) mod programs_api;
pub(super) mod races;
pub(super) mod shape;
pub(super) mod webhooks;
