//! People, what they may clean by, and how they sign in.

use serde::{Deserialize, Serialize};

use super::body_values::StaffRole;
use super::civil_day::CivilDay;
use super::open_words::{AccessChange, OpenWord};
use crate::values::ids::{ProtocolId, StaffId};
use crate::values::redact::Redactable;

bodies! {
    /// A person at the facility.
    StaffAdded = "staff.added" {
        /// Their id.
        staff: StaffId,
        /// Their name.
        name: Redactable,
        /// What they may do.
        role: StaffRole,
        /// Language of their pages, BCP 47.
        #[serde(default, skip_serializing_if = "Option::is_none")] locale: Option<String>,
        /// Their payroll number.
        #[serde(default, skip_serializing_if = "String::is_empty")] number: String,
    }
    /// A person's name or role; what is absent stays.
    StaffChanged = "staff.changed" {
        /// Whose.
        staff: StaffId,
        /// Their name.
        #[serde(default, skip_serializing_if = "Option::is_none")] name: Option<Redactable>,
        /// What they may do.
        #[serde(default, skip_serializing_if = "Option::is_none")] role: Option<StaffRole>,
        /// Language of their pages, BCP 47; empty: no preference any more.
        #[serde(default, skip_serializing_if = "Option::is_none")] locale: Option<String>,
        /// Their payroll number.
        #[serde(default, skip_serializing_if = "Option::is_none")] number: Option<String>,
    }
    /// They work here no more.
    StaffLeft = "staff.left" {
        /// Who.
        staff: StaffId,
    }
    /// A person may clean by a protocol.
    CompetencyGranted = "competency.granted" {
        /// Who.
        staff: StaffId,
        /// By which.
        protocol: ProtocolId,
        /// The last day on which that holds.
        #[serde(default, skip_serializing_if = "Option::is_none")] until: Option<CivilDay>,
        /// A remark.
        #[serde(default, skip_serializing_if = "Option::is_none")] text: Option<Redactable>,
    }
    /// A person may not clean by a protocol any more.
    CompetencyEnded = "competency.ended" {
        /// Who.
        staff: StaffId,
        /// By which.
        protocol: ProtocolId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Redactable>,
    }
    /// Who may sign in, and how, became another.
    AccessChanged = "access.changed" {
        /// What changed.
        what: AccessChange,
        /// Whose.
        #[serde(default, skip_serializing_if = "Option::is_none")] staff: Option<StaffId>,
        /// Of a token or pass.
        #[serde(default, skip_serializing_if = "String::is_empty")] name: String,
        /// What a token or pass may do.
        #[serde(default, skip_serializing_if = "Option::is_none")] scope: Option<OpenWord>,
        /// When it ends, milliseconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")] until: Option<i64>,
    }
}

impl AccessChanged {
    /// Of a person, or of everybody; tokens and passes say more.
    pub fn new(what: AccessChange, staff: Option<StaffId>) -> Self {
        Self { what, staff, name: String::new(), scope: None, until: None }
    }
}
