//! The typed body of every kind of entry, and `Unknown` for what this version does not know.

#[macro_use]
mod body;
mod body_values;
mod civil_day;
mod cleanings;
mod equipment;
mod equipment_facts;
mod event;
mod facility;
mod loads;
mod logs;
mod open_words;
mod papers;
mod people;
mod problems;
mod protocols;
mod tags;
mod upkeep;

pub use self::body_values::{
    Agent, AnnouncedInspection, CategoryDefaults, CategoryField, CleanedBy, Contact, DayChange,
    EquipmentLoan, FacilityBrand, HighLevelDisinfection, LabelOutcome, LoadItem, MissingPart, NameSource,
    PackSource, PhotoPolicy, Prev, PrintedLabel, ProtocolRef, ProtocolWords, QueuedRecord, Schedule,
    SpauldingClass, StaffRole, Step, StripTest, TimeOfDay, UpkeepReading, WeekdaySet, WhoPolicy,
};
pub use self::civil_day::CivilDay;
pub use self::cleanings::{CheckRecorded, CleaningRecorded, CleaningVoided, PhotoAttached, UseRecorded};
pub use self::equipment::{
    EquipmentAdded, EquipmentChanged, EquipmentMerged, EquipmentResumed, EquipmentRetired,
    EquipmentSuspended, ScheduleSet,
};
pub use self::equipment_facts::{EquipmentFacts, EquipmentPatch, TEXT_FACTS, TextFact};
pub use self::event::{Event, Unknown};
pub use self::facility::{CategorySet, FacilityChanged, LocationSet};
pub use self::loads::{LoadFailed, LoadFinished, LoadStarted, LotClosed, LotOpened};
pub use self::logs::{BoxClaimed, ClockAnchored, DirectiveApplied, DirectiveRefused, LogAdopted, LogStarted};
pub use self::open_words::{
    AccessChange, CheckMethod, CheckResult, CleaningFlag, CleaningTrigger, CompetencyPolicy, FieldType,
    LoadFailure, LoadResult, LotContent, LotEnd, OpenWord, ProblemOutcome, ProblemPolicy, ProblemWord,
    ProofMethod, QueuedPolicy, ReportScope, StripPolicy, TagEnd, TagReason, UpkeepResult,
};
pub use self::papers::{HistoryImported, HistoryRemoved, ImportEnded, PhotoErased, ReportMade, TextErased};
pub use self::people::{
    AccessChanged, CompetencyEnded, CompetencyGranted, StaffAdded, StaffChanged, StaffLeft,
};
pub use self::problems::{ProblemClosed, ProblemReported};
pub use self::protocols::{ProtocolPublished, ProtocolRetired};
pub use self::tags::{AliasAdded, AliasRemoved, LabelPrinted, TagAssigned, TagRevoked};
pub use self::upkeep::{UpkeepDone, UpkeepPlanned};
pub use crate::values::ids::EntryRef;

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
