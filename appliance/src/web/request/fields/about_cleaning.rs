//! What forms say about a cleaning beside steps and name: the last day of a lot, why it was cleaned, a higher class.

use record::kinds::{CivilDay, CleaningTrigger, SpauldingClass};

use crate::intake::{CommandRefusal, HAND_TRIGGERS, RefusalCause};
use crate::web::request::fields::optional_day::read_optional_day;

/// The last day of a lot, as it was entered; `None` if empty.
pub(crate) fn read_lot_day(entered: &str) -> Result<Option<CivilDay>, CommandRefusal> {
    read_optional_day(entered)
        .map_err(|_| CommandRefusal::Range { field: "lot_expires", cause: RefusalCause::LotDay })
}

/// Classes above the lowest, and what a form says for them.
pub(crate) const HIGHER_CLASSES: [(&str, SpauldingClass); 2] =
    [("semicritical", SpauldingClass::Semicritical), ("critical", SpauldingClass::Critical)];

pub(crate) fn read_class(entered: &str) -> Option<SpauldingClass> {
    HIGHER_CLASSES.iter().find(|(word, _)| *word == entered).map(|(_, class)| *class)
}

/// What led to a cleaning, as it was chosen; an unknown word is no choice.
pub(crate) fn read_trigger(entered: &str) -> Option<CleaningTrigger> {
    HAND_TRIGGERS.iter().find(|trigger| trigger.as_str() == entered).cloned()
}
