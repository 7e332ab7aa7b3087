//! Values that occur in bodies of several kinds.

use serde::{Deserialize, Serialize};

use super::civil_day::CivilDay;
use super::open_words::{FieldType, LoadResult, ProofMethod, StripPolicy};
use crate::tree::Hash;
use crate::values::ids::{Epoch, LotId, ProtocolId, StaffId};
use crate::values::redact::Redactable;
use crate::values::tag::Tag;

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
        let hour = read_digits(h, 24).ok_or(wrong)?;
        Ok(Self { hour, minute: read_digits(m, 60).ok_or(wrong)? })
    }
}

fn read_digits(text: &str, below: u8) -> Option<u8> {
    text.parse::<u8>().ok().filter(|&v| v < below && text.bytes().all(|b| b.is_ascii_digit()))
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
        /// On which days of the week, where `n` is 1; windows of the other days do not exist.
        #[serde(default, skip_serializing_if = "WeekdaySet::is_every")]
        #[cfg_attr(feature = "schema", schemars(with = "Vec<u8>"))]
        on: WeekdaySet,
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
        /// On which days of the week; a window is then at most one civil day long.
        #[serde(default, skip_serializing_if = "WeekdaySet::is_every")]
        #[cfg_attr(feature = "schema", schemars(with = "Vec<u8>"))]
        on: WeekdaySet,
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

impl Schedule {
    /// Every `n` civil days, 1..=366.
    pub fn every_days(n: u32) -> Self {
        Self::Days { n, on: WeekdaySet::EVERY }
    }

    /// Each day at these times.
    pub fn every_day_at(at: Vec<TimeOfDay>) -> Self {
        Self::Times { at, on: WeekdaySet::EVERY }
    }
}

/// Some days of the week, at least one; in the log a list of 1 = Monday to 7 = Sunday (ISO 8601), ascending, that is left out
/// where it is all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeekdaySet(u8);

impl WeekdaySet {
    /// All seven.
    pub const EVERY: Self = Self(0b111_1111);

    /// These; `None` where there is none, or one that is no day of the week.
    pub fn of(days: impl IntoIterator<Item = u8>) -> Option<Self> {
        let mut set = 0;
        for day in days {
            set |= 1u8.checked_shl(u32::from(day.checked_sub(1)?)).filter(|_| day <= 7)?;
        }
        (set != 0).then_some(Self(set))
    }

    /// Whether a day is one of them, 1 = Monday to 7 = Sunday.
    pub fn has(self, day: u8) -> bool {
        (1..=7).contains(&day) && self.0 >> (day - 1) & 1 == 1
    }

    /// Them, ascending.
    pub fn days(self) -> impl Iterator<Item = u8> {
        (1..=7).filter(move |&day| self.has(day))
    }

    /// Whether it is all seven.
    pub fn is_every(&self) -> bool {
        *self == Self::EVERY
    }
}

impl Default for WeekdaySet {
    fn default() -> Self {
        Self::EVERY
    }
}

impl Serialize for WeekdaySet {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.days())
    }
}

impl<'de> Deserialize<'de> for WeekdaySet {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let days = Vec::<u8>::deserialize(d)?;
        Self::of(days).ok_or_else(|| serde::de::Error::custom("days of the week are 1 to 7, at least one"))
    }
}

fn four_hours() -> u32 {
    4 * 3600
}

/// An absent member has the same schema where it is read and where it is sent.
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
        /// Whose it is, where it was picked from the list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        staff: Option<StaffId>,
        /// How it came in; absent: somebody typed it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        how: Option<NameSource>,
    },
    /// A PIN.
    Pin {
        /// Whose.
        staff: StaffId,
        /// How long ago it was typed, seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ago_s: Option<u32>,
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

/// How a name that proves nothing came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameSource {
    /// Picked from the list of staff.
    List,
    /// In a way that this version does not know.
    #[serde(other)]
    Other,
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
    /// It is not proven well enough who cleaned.
    #[serde(rename = "who")]
    Who,
    /// A test strip of its load failed or is missing.
    #[serde(rename = "strip")]
    Strip,
    /// The temperature of its load was out of range or not measured.
    #[serde(rename = "temperature")]
    Temperature,
    /// Its leak test failed or is missing.
    #[serde(rename = "leak")]
    Leak,
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
            Self::Who => "who",
            Self::Strip => "strip",
            Self::Temperature => "temperature",
            Self::Leak => "leak",
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
    /// By a phone that waited for the box to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_s: Option<u32>,
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

/// Which ways to say who cleaned are allowed, by the class of the use; a class that is absent keeps what it had.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WhoPolicy {
    /// For use on intact skin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noncritical: Option<Vec<ProofMethod>>,
    /// For use on mucous membranes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semicritical: Option<Vec<ProofMethod>>,
    /// For use in sterile tissue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<Vec<ProofMethod>>,
}

/// A day that may be taken away again: in the log an empty text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct DayChange(pub Option<CivilDay>);

impl Serialize for DayChange {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(day) => s.collect_str(&day),
            None => s.serialize_str(""),
        }
    }
}

impl<'de> Deserialize<'de> for DayChange {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        text.parse().map(|day| Self(Some(day))).map_err(serde::de::Error::custom)
    }
}

/// An announced inspection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AnnouncedInspection {
    /// On which day; an empty one clears.
    pub day: DayChange,
    /// By whom or of what.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
}

/// How pages and reports show a facility.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FacilityBrand {
    /// The name above its pages.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `#rrggbb`, with at least 4.5 : 1 on white.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub colour: String,
    /// A kept photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Hash>,
}

/// An item that was lent or rented.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EquipmentLoan {
    /// Its last day here; an empty one: it is no loaner any more.
    pub until: DayChange,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
}

/// What a protocol of high-level disinfection asks of a load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HighLevelDisinfection {
    /// How often test strips are used.
    pub strip: StripPolicy,
    /// Whether each item is tested for leaks.
    #[serde(default)]
    pub leak: bool,
    /// Lowest temperature of the agent, tenths of a degree Celsius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_min_dc: Option<i32>,
    /// Highest temperature of the agent, tenths of a degree Celsius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_max_dc: Option<i32>,
    /// Whether it is done in a machine.
    #[serde(default)]
    pub machine: bool,
}

/// The pack that a draft came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PackSource {
    /// Its name.
    pub pack: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of it.
    pub sha256: Hash,
    /// Which draft of it; absent: an old record, which was of the draft with its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub draft: String,
}

/// What people read of a protocol in another language.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProtocolWords {
    /// Its name; empty: the same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// As many as the protocol has.
    pub steps: Vec<String>,
    /// What to wear; empty: the same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ppe: String,
}

/// How long a record waited in a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueuedRecord {
    /// From the press to its arrival, seconds.
    pub waited_s: u32,
    /// The press by the phone's wall clock, milliseconds since 1970.
    pub phone_ms: i64,
    /// Whether the phone's clock was set in between, so that its time may be wrong.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsure: bool,
}

/// A field that the items of a category have beyond those of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryField {
    /// Its name in `custom`, 1..=40 characters.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// What may be chosen, where it is a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Whether it must be filled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// What the form of a new item of a category begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CategoryDefaults {
    /// Its class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<SpauldingClass>,
    /// Whether a cleaning needs a photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoPolicy>,
    /// How to clean it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<ProtocolId>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// What a test strip showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripTest {
    /// The lot of strips.
    pub lot: LotId,
    /// Whether the agent was strong enough.
    pub result: LoadResult,
    /// Concentration, hundredths of a percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cp: Option<i64>,
}

/// An item of a load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadItem {
    /// Which, by its first tag.
    pub tag: Tag,
    /// Its leak test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<LoadResult>,
    /// When it was cleaned before, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precleaned: Option<i64>,
    /// When its last use ended, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<i64>,
}

/// What was measured in a maintenance task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpkeepReading {
    /// What.
    pub name: String,
    /// How much.
    pub value: i64,
    /// In which unit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_week() {
        let workdays = WeekdaySet::of(1..=5).unwrap();
        assert_eq!(serde_json::to_string(&workdays).unwrap(), "[1,2,3,4,5]");
        assert_eq!(serde_json::from_str::<WeekdaySet>("[5,1,2,4,3,3]").unwrap(), workdays);
        assert!(workdays.has(5) && !workdays.has(6) && !workdays.has(0) && !workdays.has(8));
        for wrong in ["[]", "[0]", "[8]", "[255]"] {
            assert!(serde_json::from_str::<WeekdaySet>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_of_day() {
        assert_eq!("07:05".parse(), Ok(TimeOfDay { hour: 7, minute: 5 }));
        for wrong in ["7:05", "24:00", "07:60", "0705", "+7:05", "07:5", ""] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong}");
        }
    }
}
