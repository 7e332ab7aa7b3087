//! Alarms in words. Above `page`.

pub(crate) mod alarm_banner;
pub(crate) mod alarm_words;
pub(crate) mod list;
