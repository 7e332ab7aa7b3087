//! What several pages show and no page owns.

pub(crate) mod alarm_banner;
pub(crate) mod alarms;
pub(crate) mod discovery;
pub(crate) mod formats;
pub(crate) mod history;
pub(crate) mod item_status;
pub(crate) mod items;
pub(crate) mod jobs;
pub(crate) mod label_fields;
pub(crate) mod labels;
pub(crate) mod missing;
pub(crate) mod photos;
pub(crate) mod printers;
pub(crate) mod program_notes;
pub(crate) mod proofs;
pub(crate) mod protocols;
pub(crate) mod rates;
pub(crate) mod receipts;
pub(crate) mod schedules;
pub(crate) mod sheets;
pub(crate) mod snapshot;
pub(crate) mod status_board;
pub(crate) mod templates;
pub(crate) mod verification;
pub(crate) mod wording;
