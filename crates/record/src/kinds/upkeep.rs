//! Maintenance, apart from cleaning.

use serde::{Deserialize, Serialize};

use super::body_values::{CleanedBy, Schedule, UpkeepReading};
use super::open_words::UpkeepResult;
use crate::tree::Hash;
use crate::values::ids::{ProtocolId, UpkeepId};
use crate::values::redact::Redactable;
use crate::values::tag::Tag;

bodies! {
    /// A maintenance task of an item, apart from its cleanings.
    UpkeepPlanned = "upkeep.planned" {
        /// Shared by its entries.
        upkeep: UpkeepId,
        /// Which item, by its first tag.
        tag: Tag,
        /// What is to be done.
        name: String,
        /// How often; `never` ends it.
        schedule: Schedule,
        /// From when on, milliseconds since 1970.
        from: i64,
        /// How it is done.
        #[serde(default, skip_serializing_if = "Option::is_none")] protocol: Option<ProtocolId>,
        /// Whether an interval goes by the calendar, from `from` on, instead of by the last time that the task was done.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")] by_calendar: bool,
    }
    /// A maintenance task was done.
    UpkeepDone = "upkeep.done" {
        /// Which.
        upkeep: UpkeepId,
        /// Which item, by its first tag.
        tag: Tag,
        /// What came of it.
        result: UpkeepResult,
        /// Who.
        who: CleanedBy,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")] text: Option<Redactable>,
        /// Photos by the SHA-256 of the kept JPEG.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] photos: Vec<Hash>,
        /// When, where that is earlier than when it was written, milliseconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")] performed: Option<i64>,
        /// What was measured.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] readings: Vec<UpkeepReading>,
    }
}
