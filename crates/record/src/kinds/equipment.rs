//! Items, their service state and schedules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::body::is_false;
use super::body_values::{EquipmentLoan, PhotoPolicy, Schedule, SpauldingClass};
use super::civil_day::CivilDay;
use crate::values::ids::{EntryRef, LoadId, ProtocolId};
use crate::values::redact::Redactable;
use crate::values::tag::Tag;

bodies! {
    /// A cleanable thing. Its tag names it for life.
    EquipmentAdded = "equipment.added" {
        /// Its first tag.
        tag: Tag,
        /// What people call it.
        name: String,
        /// The hospital's own number.
        #[serde(default, skip_serializing_if = "String::is_empty")] asset_number: String,
        /// The maker's number.
        #[serde(default, skip_serializing_if = "String::is_empty")] serial: String,
        /// Who made it.
        #[serde(default, skip_serializing_if = "String::is_empty")] maker: String,
        /// Which model.
        #[serde(default, skip_serializing_if = "String::is_empty")] model: String,
        /// What sort of thing.
        #[serde(default, skip_serializing_if = "String::is_empty")] category: String,
        /// Where it is.
        #[serde(default, skip_serializing_if = "String::is_empty")] location: String,
        /// Default class; a use may raise it.
        #[serde(default)] class: SpauldingClass,
        /// Whether a cleaning needs a photo.
        #[serde(default)] photo: PhotoPolicy,
        /// How to clean it; the first is the one that a scan offers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] protocols: Vec<ProtocolId>,
        /// The facility's own fields.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")] custom: BTreeMap<String, String>,
        /// It is lent or rented, and until when.
        #[serde(default, skip_serializing_if = "Option::is_none")] loan: Option<EquipmentLoan>,
        /// Used once: it takes no protocol.
        #[serde(default, skip_serializing_if = "is_false")] single_use: bool,
        /// Where photos are optional, one cleaning in this many is asked for one; 0 clears.
        #[serde(default, skip_serializing_if = "Option::is_none")] photo_one_in: Option<u32>,
    }
    /// Fields of an item; what is absent stays, an empty text clears.
    EquipmentChanged = "equipment.changed" {
        /// Which item.
        tag: Tag,
        /// What people call it.
        #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<String>,
        /// The hospital's own number.
        #[serde(default, skip_serializing_if = "Option::is_none")] asset_number: Option<String>,
        /// The maker's number.
        #[serde(default, skip_serializing_if = "Option::is_none")] serial: Option<String>,
        /// Who made it.
        #[serde(default, skip_serializing_if = "Option::is_none")] maker: Option<String>,
        /// Which model.
        #[serde(default, skip_serializing_if = "Option::is_none")] model: Option<String>,
        /// What sort of thing.
        #[serde(default, skip_serializing_if = "Option::is_none")] category: Option<String>,
        /// Where it is.
        #[serde(default, skip_serializing_if = "Option::is_none")] location: Option<String>,
        /// Default class.
        #[serde(default, skip_serializing_if = "Option::is_none")] class: Option<SpauldingClass>,
        /// Whether a cleaning needs a photo.
        #[serde(default, skip_serializing_if = "Option::is_none")] photo: Option<PhotoPolicy>,
        /// How to clean it.
        #[serde(default, skip_serializing_if = "Option::is_none")] protocols: Option<Vec<ProtocolId>>,
        /// The facility's own fields: an empty value removes one.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")] custom: BTreeMap<String, String>,
        /// It is lent or rented, and until when.
        #[serde(default, skip_serializing_if = "Option::is_none")] loan: Option<EquipmentLoan>,
        /// Used once: it takes no protocol.
        #[serde(default, skip_serializing_if = "Option::is_none")] single_use: Option<bool>,
        /// Where photos are optional, one cleaning in this many is asked for one; 0 clears.
        #[serde(default, skip_serializing_if = "Option::is_none")] photo_one_in: Option<u32>,
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
