//! The event of an entry: one of the bodies, or what this version does not know.

use serde_json::value::RawValue;

use super::body::EventBody;
use super::cleanings::{CheckRecorded, CleaningRecorded, CleaningVoided, PhotoAttached, UseRecorded};
use super::equipment::{
    EquipmentAdded, EquipmentChanged, EquipmentMerged, EquipmentResumed, EquipmentRetired,
    EquipmentSuspended, ScheduleSet,
};
use super::facility::{CategorySet, FacilityChanged, LocationSet};
use super::loads::{LoadFailed, LoadFinished, LoadStarted, LotClosed, LotOpened};
use super::logs::{BoxClaimed, ClockAnchored, DirectiveApplied, DirectiveRefused, LogAdopted, LogStarted};
use super::papers::{HistoryImported, HistoryRemoved, ImportEnded, PhotoErased, ReportMade, TextErased};
use super::people::{AccessChanged, CompetencyEnded, CompetencyGranted, StaffAdded, StaffChanged, StaffLeft};
use super::problems::{ProblemClosed, ProblemReported};
use super::protocols::{ProtocolPublished, ProtocolRetired};
use super::tags::{AliasAdded, AliasRemoved, LabelPrinted, TagAssigned, TagRevoked};
use super::upkeep::{UpkeepDone, UpkeepPlanned};

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
            /// As [`Event::write_body`].
            pub fn body(&self) -> Result<Box<RawValue>, serde_json::Error> {
                let mut json = Vec::new();
                self.write_body(&mut json)?;
                RawValue::from_string(String::from_utf8_lossy(&json).into_owned())
            }

            /// Adds the body's JSON to `out`.
            ///
            /// # Errors
            /// Only for an [`Event::Unknown`] whose body is no JSON, or more than one value.
            pub fn write_body(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
                match self {
                    $(Self::$name(body) => serde_json::to_writer(out, body),)*
                    Self::Unknown(unknown) => {
                        let body: &RawValue = serde_json::from_str(&unknown.body)?;
                        out.extend_from_slice(body.get().as_bytes());
                        Ok(())
                    }
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
