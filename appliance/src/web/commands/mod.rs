//! From a form or an API call to the log.

pub(crate) mod access_log;
pub(crate) mod alarms;
pub(crate) mod badges;
pub(crate) mod photo_follow;
pub(crate) mod photo_upload;
pub(crate) mod pins;
pub(crate) mod refused_records;
pub(crate) mod reminders;
pub(crate) mod removals;
pub(crate) mod run;
pub(crate) mod waiting_access;
pub(crate) mod waiting_phones;
