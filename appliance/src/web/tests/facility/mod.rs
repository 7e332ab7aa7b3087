//! The facility and the box itself: settings, set-up, alarms, backups.

pub(in crate::web::tests) mod adopted;
pub(in crate::web::tests) mod alarms;
pub(in crate::web::tests) mod backups;
pub(in crate::web::tests) mod bundle;
pub(in crate::web::tests) mod clock;
pub(in crate::web::tests) mod facility_settings;
pub(in crate::web::tests) mod packs;
pub(in crate::web::tests) mod relay_transports;
pub(in crate::web::tests) mod reminders;
pub(in crate::web::tests) mod reports;
pub(in crate::web::tests) mod setup;
