//! Cleanings, uses and spot checks.

use serde::{Deserialize, Serialize};

use super::body::is_false;
use super::body_values::{CleanedBy, Contact, MissingPart, ProtocolRef, QueuedRecord, SpauldingClass};
use super::civil_day::CivilDay;
use super::open_words::{CheckMethod, CheckResult, CleaningFlag, CleaningTrigger};
use crate::tree::Hash;
use crate::values::ids::{EntryRef, LoadId};
use crate::values::redact::Redactable;
use crate::values::tag::Tag;

bodies! {
    /// A cleaning. Never edited and never deleted.
    CleaningRecorded = "cleaning.recorded" {
        /// Which item, by its first tag.
        tag: Tag,
        /// By which protocol.
        #[serde(default, skip_serializing_if = "Option::is_none")] protocol: Option<ProtocolRef>,
        /// The steps that were ticked, by number; absent: nobody said.
        #[serde(default, skip_serializing_if = "Option::is_none")] steps: Option<Vec<u16>>,
        /// With what.
        #[serde(default, skip_serializing_if = "String::is_empty")] agent: String,
        /// How long it stayed wet.
        #[serde(default, skip_serializing_if = "Option::is_none")] contact: Option<Contact>,
        /// Who, and how that was proven.
        who: CleanedBy,
        /// Photos by the SHA-256 of the kept JPEG.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] photos: Vec<Hash>,
        /// What was different.
        #[serde(default, skip_serializing_if = "Option::is_none")] note: Option<Redactable>,
        /// When it was done, where that is earlier than when it was written: milliseconds since 1970, as stated.
        #[serde(default, skip_serializing_if = "Option::is_none")] performed: Option<i64>,
        /// What it lacks to be complete.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] incomplete: Vec<MissingPart>,
        /// What led to it.
        #[serde(default, skip_serializing_if = "Option::is_none")] trigger: Option<CleaningTrigger>,
        /// The class of this use, where it was raised.
        #[serde(default, skip_serializing_if = "Option::is_none")] class: Option<SpauldingClass>,
        /// Lot number of what it was wiped with.
        #[serde(default, skip_serializing_if = "String::is_empty")] lot: String,
        /// When that lot expires.
        #[serde(default, skip_serializing_if = "Option::is_none")] lot_expires: Option<CivilDay>,
        /// From the first view of the page to the press, less the contact time, milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")] took_ms: Option<u32>,
        /// It waited in a phone for the box to answer.
        #[serde(default, skip_serializing_if = "Option::is_none")] queued: Option<QueuedRecord>,
        /// The load that made it.
        #[serde(default, skip_serializing_if = "Option::is_none")] load: Option<LoadId>,
        /// Until when the item counts as clean, milliseconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")] clean_until: Option<i64>,
        /// Visible remarks; none of them makes it incomplete.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] flags: Vec<CleaningFlag>,
    }
    /// A cleaning that does not count; both entries stay visible.
    CleaningVoided = "cleaning.voided" {
        /// Which.
        #[serde(flatten)] of: EntryRef,
        /// Why.
        reason: Redactable,
    }
    /// An item was used.
    UseRecorded = "use.recorded" {
        /// Which, by its first tag.
        tag: Tag,
        /// When, where that is earlier than when it was written.
        #[serde(default, skip_serializing_if = "Option::is_none")] performed: Option<i64>,
        /// When the use ended, milliseconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")] ended: Option<i64>,
        /// How long before it was written the use ended, seconds, where somebody said that and no time: it is what counts where
        /// the box's clock was not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")] ago_s: Option<u32>,
        /// The class of this use, where it was raised.
        #[serde(default, skip_serializing_if = "Option::is_none")] class: Option<SpauldingClass>,
        /// A sticker of its load went into a chart.
        #[serde(default, skip_serializing_if = "is_false")] sticker: bool,
    }
    /// A photo that was not ready when its cleaning was recorded.
    PhotoAttached = "photo.attached" {
        /// Which cleaning.
        #[serde(flatten)] of: EntryRef,
        /// SHA-256 of the kept JPEG.
        photo: Hash,
    }
    /// Somebody else looked at what a cleaning had done.
    CheckRecorded = "check.recorded" {
        /// The entry of the cleaning.
        #[serde(flatten)] of: EntryRef,
        /// What they found.
        result: CheckResult,
        /// How.
        #[serde(default, skip_serializing_if = "Option::is_none")] method: Option<CheckMethod>,
        /// What was measured.
        #[serde(default, skip_serializing_if = "Option::is_none")] value: Option<i64>,
        /// In which unit.
        #[serde(default, skip_serializing_if = "String::is_empty")] unit: String,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")] text: Option<Redactable>,
        /// Photos by the SHA-256 of the kept JPEG.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] photos: Vec<Hash>,
    }
}
