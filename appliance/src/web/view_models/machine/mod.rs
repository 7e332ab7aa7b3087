//! The box itself: health, set-up, backups and packs. Above `page` and `alarms`.

pub(crate) mod backups;
pub(crate) mod bundle_files;
pub(crate) mod doctor_words;
pub(crate) mod health;
pub(crate) mod label_hosts;
pub(crate) mod packs;
pub(crate) mod panel_words;
pub(crate) mod program_notes;
pub(crate) mod setup_words;
