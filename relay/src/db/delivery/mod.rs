//! What leaves for people and for other programs: alerts, mails and webhooks.

pub mod alert_causes;
pub mod alert_settings;
pub mod alerts;
pub mod mail_preferences;
pub mod mail_rounds;
pub mod mail_words;
pub mod mails;
pub mod report_schedules;
pub mod reports;
pub mod suppressions;
pub mod webhook_deliveries;
pub mod webhook_events;
pub mod webhooks;
