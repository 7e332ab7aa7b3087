//! How things are cleaned.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::body::is_false;
use super::body_values::{
    Agent, HighLevelDisinfection, PackSource, PhotoPolicy, ProtocolWords, SpauldingClass, Step,
};
use super::civil_day::CivilDay;
use crate::values::ids::ProtocolId;
use crate::values::redact::Redactable;

bodies! {
    /// A version of how to clean something.
    #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
    ProtocolPublished = "protocol.published" {
        /// Shared by all versions.
        protocol: ProtocolId,
        /// From 1, one more each time.
        version: u32,
        /// What people call it.
        name: String,
        /// In order.
        steps: Vec<Step>,
        /// How long the surface must stay wet, seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")] contact_s: Option<u32>,
        /// Whether a stated contact time counts as kept.
        #[serde(default, skip_serializing_if = "is_false")] declared: bool,
        /// What to wipe with.
        #[serde(default, skip_serializing_if = "Vec::is_empty")] agents: Vec<Agent>,
        /// How long it takes, minutes.
        #[serde(default, skip_serializing_if = "Option::is_none")] minutes: Option<u32>,
        /// What to wear.
        #[serde(default, skip_serializing_if = "String::is_empty")] ppe: String,
        /// The manufacturer's instructions.
        #[serde(default, skip_serializing_if = "String::is_empty")] ifu: String,
        /// Which class it serves; it is offered first for items of that class.
        #[serde(default, skip_serializing_if = "Option::is_none")] class: Option<SpauldingClass>,
        /// Whether one press may tick all its steps; absent: for noncritical use only.
        #[serde(default, skip_serializing_if = "Option::is_none")] one_press: Option<bool>,
        /// Whether a cleaning needs a photo; the stricter of this and the item's holds.
        #[serde(default, skip_serializing_if = "Option::is_none")] photo: Option<PhotoPolicy>,
        /// Where photos are optional, one cleaning in this many is asked for one.
        #[serde(default, skip_serializing_if = "Option::is_none")] photo_one_in: Option<u32>,
        /// For how long an item counts as clean after it, hours.
        #[serde(default, skip_serializing_if = "Option::is_none")] hang_h: Option<u16>,
        /// Most minutes from the end of a use to the start of the cleaning.
        #[serde(default, skip_serializing_if = "Option::is_none")] delay_min: Option<u16>,
        /// It is done in loads.
        #[serde(default, skip_serializing_if = "Option::is_none")] hld: Option<HighLevelDisinfection>,
        /// The pack that its draft came from.
        #[serde(default, skip_serializing_if = "Option::is_none")] from_pack: Option<PackSource>,
        /// Who adopted it.
        #[serde(default, skip_serializing_if = "Option::is_none")] approved: Option<Redactable>,
        /// From which day it is used.
        #[serde(default, skip_serializing_if = "Option::is_none")] effective: Option<CivilDay>,
        /// Revision of the manufacturer's instructions.
        #[serde(default, skip_serializing_if = "String::is_empty")] ifu_rev: String,
        /// What people read in other languages, by BCP 47 tag.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")] words: BTreeMap<String, ProtocolWords>,
    }
    /// A protocol that is not offered any more.
    ProtocolRetired = "protocol.retired" {
        /// Which.
        protocol: ProtocolId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Redactable>,
    }
}
