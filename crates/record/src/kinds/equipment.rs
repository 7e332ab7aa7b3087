//! Items, their service state and schedules.

use serde::{Deserialize, Serialize};

use super::body::is_false;
use super::body_values::Schedule;
use super::civil_day::CivilDay;
use super::equipment_facts::{EquipmentFacts, EquipmentPatch, read_facts, write_facts};
use crate::values::ids::{EntryRef, LoadId, ProtocolId};
use crate::values::redact::Redactable;
use crate::values::tag::Tag;

bodies! {
    /// A cleanable thing. Its tag names it for life.
    EquipmentAdded = "equipment.added" {
        /// Its first tag.
        tag: Tag,
        /// What is known of it.
        #[serde(flatten, serialize_with = "write_facts", deserialize_with = "read_facts")] facts: EquipmentFacts,
    }
    /// Fields of an item; what is absent stays, an empty text clears.
    EquipmentChanged = "equipment.changed" {
        /// Which item.
        tag: Tag,
        /// What is another one.
        #[serde(flatten)] patch: EquipmentPatch,
    }
    /// Gone for good; its history stays.
    EquipmentRetired = "equipment.retired" {
        /// Which item.
        tag: Tag,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Redactable>,
    }
    /// Out of service: makes no due windows.
    EquipmentSuspended = "equipment.suspended" {
        /// Which item.
        tag: Tag,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Redactable>,
        /// The report that led to it.
        #[serde(default, skip_serializing_if = "Option::is_none")] problem: Option<EntryRef>,
        /// The failed load that led to it.
        #[serde(default, skip_serializing_if = "Option::is_none")] load: Option<LoadId>,
        /// When it is expected back.
        #[serde(default, skip_serializing_if = "Option::is_none")] back: Option<CivilDay>,
        /// It was out of service already: from now on this holds instead of what was said before, and what is absent is not known.
        #[serde(default, skip_serializing_if = "is_false")] again: bool,
    }
    /// Back in service.
    EquipmentResumed = "equipment.resumed" {
        /// Which item.
        tag: Tag,
        /// What was done.
        #[serde(default, skip_serializing_if = "Option::is_none")] text: Option<Redactable>,
        /// The spot check that showed it to be good.
        #[serde(default, skip_serializing_if = "Option::is_none")] checked: Option<EntryRef>,
    }
    /// Two entries of the register are one thing: the first is retired, and its tags open the second.
    EquipmentMerged = "equipment.merged" {
        /// Which is retired.
        from: Tag,
        /// Which stays.
        into: Tag,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Redactable>,
    }
    /// When an item is due.
    ScheduleSet = "schedule.set" {
        /// Which item.
        tag: Tag,
        /// For which of its protocols; absent: for any.
        #[serde(default, skip_serializing_if = "Option::is_none")] protocol: Option<ProtocolId>,
        /// How often.
        schedule: Schedule,
        /// From when on, milliseconds since 1970: windows begun before do not exist.
        from: i64,
    }
}
