//! Values that stand in bodies of several kinds.

use serde::{Deserialize, Serialize};

use crate::ids::{Epoch, ProtocolId, StaffId};
use crate::redact::Redactable;
use crate::tag::Tag;
use crate::tree::Hash;

/// What the use of an item can do to a patient (Spaulding, 1968).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", schemars(rename = "Class"))]
pub enum SpauldingClass {
    /// Touches intact skin.
    #[default]
    Noncritical,
    /// Touches mucous membranes or broken skin.
    Semicritical,
    /// Enters sterile tissue.
    Critical,
}

/// Whether a cleaning needs a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PhotoPolicy {
    /// The page does not ask for one.
    None,
    /// If you like.
    #[default]
    Optional,
    /// Without one the cleaning is incomplete.
    Required,
}

/// What a person at a facility may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", schemars(rename = "Role"))]
pub enum StaffRole {
    /// Cleans.
    Technician,
    /// Equipment, labels, staff lists.
    Biomed,
    /// All of the facility.
    FacilityAdmin,
    /// Reads.
    Auditor,
}

/// A local time of day, `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct TimeOfDay {
    /// 0..=23
    pub hour: u8,
    /// 0..=59
    pub minute: u8,
}

impl std::str::FromStr for TimeOfDay {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a time of day reads HH:MM, from 00:00 to 23:59";
        let (h, m) = text.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2).ok_or(wrong)?;
        let part = |t: &str, below: u8| {
            t.parse::<u8>().ok().filter(|&v| v < below && t.bytes().all(|b| b.is_ascii_digit())).ok_or(wrong)
        };
        Ok(Self { hour: part(h, 24)?, minute: part(m, 60)? })
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// When an item is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "every", rename_all = "snake_case")]
pub enum Schedule {
    /// An absolute grid of `n` hours from `schedule.from`.
    Hours {
        /// 1..=8760
        n: u32,
    },
    /// Every `n` civil days in the facility's zone.
    Days {
        /// 1..=366
        n: u32,
    },
    /// Every `n` civil weeks in the facility's zone.
    Weeks {
        /// 1..=52
        n: u32,
    },
    /// By each of these local times: a window ends at each.
    Times {
        /// At least one, ascending.
        at: Vec<TimeOfDay>,
    },
    /// After each use.
    Use {
        /// Seconds after which an uncleaned use counts as missed.
        #[serde(default = "four_hours")]
        #[cfg_attr(feature = "schema", schemars(skip_serializing_if = "is_four_hours"))]
        grace_s: u32,
    },
    /// No schedule any more.
    Never,
}

fn four_hours() -> u32 {
    4 * 3600
}

/// So that its schema is the same where it is read and where it is sent: a member that may be absent.
#[cfg(feature = "schema")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature of serde's skip_serializing_if")]
fn is_four_hours(seconds: &u32) -> bool {
    *seconds == four_hours()
}

/// How it is proven who cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "lowercase")]
pub enum CleanedBy {
    /// A name that somebody typed.
    #[serde(rename = "typed")]
    Entered {
        /// The name.
        name: Redactable,
    },
    /// A PIN.
    Pin {
        /// Whose.
        staff: StaffId,
    },
    /// A badge.
    Badge {
        /// Whose.
        staff: StaffId,
    },
    /// A login with password or token.
    Login {
        /// Whose.
        staff: StaffId,
    },
    /// Nobody said: a visible state.
    Unattributed,
}

/// What a cleaning lacks to count as complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MissingPart {
    /// The request said nothing about steps although the protocol has some (the ancestor's plain POST).
    #[serde(rename = "steps not stated")]
    StepsNotStated,
    /// A required step was not ticked.
    #[serde(rename = "steps")]
    Steps,
    /// The surface was not wet long enough, or nobody measured it.
    #[serde(rename = "contact time")]
    ContactTime,
    /// The item's policy asks for a photo.
    #[serde(rename = "photo")]
    Photo,
    /// A reason that this version does not know.
    #[serde(other, rename = "other")]
    Other,
}

impl MissingPart {
    /// The word on pages and in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::StepsNotStated => "steps not stated",
            Self::Steps => "steps",
            Self::ContactTime => "contact time",
            Self::Photo => "photo",
            Self::Other => "other",
        }
    }
}

/// What came of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelOutcome {
    /// The printer said that it is out.
    Confirmed,
    /// The printer took all bytes and cannot say more.
    Sent,
    /// Nobody knows.
    Unknown,
    /// It did not come out.
    Failed,
    /// Somebody stopped the job first.
    Cancelled,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

/// The end of an epoch that another one follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Prev {
    /// The epoch before.
    pub epoch: Epoch,
    /// How many of its entries count.
    pub size: u64,
    /// Its root at that size.
    pub root: Hash,
}

/// One step of a protocol; steps are numbered from 1 in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// What to do.
    pub text: String,
    /// Whether a cleaning without it is incomplete.
    #[serde(default = "default_yes", skip_serializing_if = "is_true")]
    pub required: bool,
}

fn default_yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if takes a reference")]
fn is_true(flag: &bool) -> bool {
    *flag
}

/// A disinfectant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Agent {
    /// Trade name.
    pub name: String,
    /// EPA registration number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub epa: String,
    /// How it is thinned.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dilution: String,
}

/// How long the surface stayed wet; a member that nobody knows is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contact {
    /// What the protocol asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_s: Option<u32>,
    /// By the box's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_s: Option<u32>,
    /// What a person says; counts only where the protocol takes declarations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_s: Option<u32>,
}

/// A version of a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtocolRef {
    /// Which.
    pub id: ProtocolId,
    /// Its version, from 1.
    pub version: u32,
}

/// The outcome of one label of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintedLabel {
    /// Whose label.
    pub tag: Tag,
    /// What came of it.
    pub outcome: LabelOutcome,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        assert_eq!("07:05".parse(), Ok(TimeOfDay { hour: 7, minute: 5 }));
        for wrong in ["7:05", "24:00", "07:60", "0705", "+7:05", "07:5", ""] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
    }
}
