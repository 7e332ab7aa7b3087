//! What box and relay both answer to programs, each thing in one shape, so that a script can ask either. No IO, no clock.

mod cleaning;
mod compliance;
mod equipment;
mod list;
mod time;

pub use self::cleaning::{CleanerProof, CleaningDetails, CleaningSources, CleaningTexts};
pub use self::compliance::{ComplianceDay, CompliancePeriod, ItemCompliance};
pub use self::equipment::{
    DueBecause, Equipment, EquipmentDueState, EquipmentStatus, NewestCleaning, ProtocolSchedule,
};
pub use self::list::ListJson;
pub use self::time::utc_text;
