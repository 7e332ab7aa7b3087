//! The typed body of every kind of entry, and `Unknown` for what this version has not heard of.

use serde_json::value::RawValue;

/// The types of bodies, each with the name of its kind in front of its members.
macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident = $kind:literal { $($(#[$fdoc:meta])* $field:ident: $ty:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }

            impl super::EventBody for $name {
                const KIND: &'static str = $kind;
            }
        )*
    };
}

mod cleanings;
mod equipment;
mod facility;
mod loads;
mod logs;
mod papers;
mod people;
mod problems;
mod protocols;
mod tags;
mod upkeep;

pub use self::cleanings::{CheckRecorded, CleaningRecorded, CleaningVoided, PhotoAttached, UseRecorded};
pub use self::equipment::{
    EquipmentAdded, EquipmentChanged, EquipmentMerged, EquipmentResumed, EquipmentRetired,
    EquipmentSuspended, ScheduleSet,
};
pub use self::facility::{CategorySet, FacilityChanged, LocationSet};
pub use self::loads::{LoadFailed, LoadFinished, LoadStarted, LotClosed, LotOpened};
pub use self::logs::{BoxClaimed, ClockAnchored, DirectiveApplied, DirectiveRefused, LogAdopted, LogStarted};
pub use self::papers::{HistoryImported, HistoryRemoved, ImportEnded, PhotoErased, ReportMade, TextErased};
pub use self::people::{
    AccessChanged, CompetencyEnded, CompetencyGranted, StaffAdded, StaffChanged, StaffLeft,
};
pub use self::problems::{ProblemClosed, ProblemReported};
pub use self::protocols::{ProtocolPublished, ProtocolRetired};
pub use self::tags::{AliasAdded, AliasRemoved, LabelPrinted, TagAssigned, TagRevoked};
pub use self::upkeep::{UpkeepDone, UpkeepPlanned};
pub use crate::body_values::{
    Agent, AnnouncedInspection, CategoryDefaults, CategoryField, CleanedBy, Contact, DayChange,
    EquipmentLoan, FacilityBrand, HighLevelDisinfection, LabelOutcome, LoadItem, MissingPart, NameSource,
    PackSource, PhotoPolicy, Prev, PrintedLabel, ProtocolRef, ProtocolWords, QueuedRecord, Schedule,
    SpauldingClass, StaffRole, Step, StripTest, TimeOfDay, UpkeepReading, WeekdaySet, WhoPolicy,
};
pub use crate::civil_day::CivilDay;
pub use crate::ids::EntryRef;
pub use crate::open_words::{
    AccessChange, CheckMethod, CheckResult, CleaningFlag, CleaningTrigger, CompetencyPolicy, FieldType,
    LoadFailure, LoadResult, LotContent, LotEnd, OpenWord, ProblemOutcome, ProblemPolicy, ProblemWord,
    ProofWay, QueuedPolicy, ReportScope, StripPolicy, TagEnd, TagReason, UpkeepResult,
};

/// A body and the kind of its entries.
trait EventBody {
    /// The kind's name in the log.
    const KIND: &'static str;
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if takes a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

macro_rules! events {
    ($($name:ident,)*) => {
        /// What happened: the body of an entry, typed by its kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name(Box<$name>),)*
            /// A kind, or a shape of a known kind, that this version does not understand: kept, passed on, shown.
            Unknown(Unknown),
        }

        impl Event {
            /// Every kind that this version understands.
            pub const KINDS: &'static [&'static str] = &[$(<$name as EventBody>::KIND),*];

            /// Reads a body. Never fails: what does not fit is [`Event::Unknown`].
            pub fn read(kind: &str, body: &str) -> Self {
                match kind {
                    $(<$name as EventBody>::KIND => serde_json::from_str(body).map(|b| Self::$name(Box::new(b))).ok(),)*
                    _ => None,
                }
                .unwrap_or_else(|| Self::Unknown(Unknown { kind: kind.into(), body: body.into() }))
            }

            /// The kind's name in the log.
            pub fn kind(&self) -> &str {
                match self {
                    $(Self::$name(_) => <$name as EventBody>::KIND,)*
                    Self::Unknown(unknown) => &unknown.kind,
                }
            }

            /// The body's JSON.
            ///
            /// # Errors
            /// Only for an [`Event::Unknown`] whose body is no JSON.
            pub fn body(&self) -> Result<Box<RawValue>, serde_json::Error> {
                match self {
                    $(Self::$name(body) => serde_json::value::to_raw_value(body),)*
                    Self::Unknown(unknown) => RawValue::from_string(unknown.body.to_string()),
                }
            }
        }

        $(impl From<$name> for Event {
            fn from(body: $name) -> Self {
                Self::$name(Box::new(body))
            }
        })*
    };
}

/// An event that this version does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its kind as written.
    pub kind: Box<str>,
    /// Its body as written.
    pub body: Box<str>,
}

events! {
    LogStarted,
    LogAdopted,
    BoxClaimed,
    ClockAnchored,
    DirectiveApplied,
    DirectiveRefused,
    FacilityChanged,
    LocationSet,
    CategorySet,
    EquipmentAdded,
    EquipmentChanged,
    EquipmentRetired,
    EquipmentSuspended,
    EquipmentResumed,
    EquipmentMerged,
    ScheduleSet,
    TagAssigned,
    TagRevoked,
    AliasAdded,
    AliasRemoved,
    LabelPrinted,
    ProtocolPublished,
    ProtocolRetired,
    StaffAdded,
    StaffChanged,
    StaffLeft,
    CompetencyGranted,
    CompetencyEnded,
    AccessChanged,
    CleaningRecorded,
    CleaningVoided,
    UseRecorded,
    PhotoAttached,
    CheckRecorded,
    ProblemReported,
    ProblemClosed,
    LotOpened,
    LotClosed,
    LoadStarted,
    LoadFinished,
    LoadFailed,
    UpkeepPlanned,
    UpkeepDone,
    ImportEnded,
    HistoryImported,
    HistoryRemoved,
    TextErased,
    PhotoErased,
    ReportMade,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_does_not_fit_is_unknown_and_kept() {
        for (kind, body) in [
            ("use.recorded", "{}"),
            ("moon.landed", r#"{"a":1}"#),
            ("use.recorded", r#"{"tag":"ABCDEFGH4"}"#),
        ] {
            let event = Event::read(kind, body);
            assert!(matches!(event, Event::Unknown(_)), "{kind}");
            assert_eq!(event.kind(), kind);
            assert_eq!(event.body().unwrap().get(), body);
        }
    }

    #[test]
    fn a_newer_box_may_add_members_and_words() {
        let body =
            r#"{"tag":"ABCDEFGH3","who":{"proof":"unattributed"},"incomplete":["mood"],"weather":"fine"}"#;
        let Event::CleaningRecorded(cleaning) = Event::read("cleaning.recorded", body) else { panic!() };
        assert_eq!(cleaning.incomplete, [MissingPart::Other]);
    }
}
