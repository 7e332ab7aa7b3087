//! What this box cannot know while a part of its history is missing.

use record::alarm::AlarmCode;
use record::tag::Tag;
use web::error::HttpError;

use crate::alarms::AlarmCause;
use crate::alarms::sources::is_of_missing;
use crate::intake::CommandRefusal;
use crate::store::MissingEntries;
use crate::web::context::AppState;
use crate::web::http_error::tag_not_known_now;

impl AppState {
    /// Whether entries that count are in no copy on this box.
    pub(crate) fn lacks_any(&self) -> bool {
        self.store.misses_entries() || self.alarms.stands(is_of_missing) || self.knows_nothing_yet()
    }

    /// Whether this box knows no equipment, and the relay holds a log under its name. Of a box that does know some such a log says
    /// nothing: whoever has a copy of its certificate can make one up.
    pub(crate) fn knows_nothing_yet(&self) -> bool {
        self.store.facility().equipment.is_empty()
            && self.alarms.stands(|cause: &AlarmCause| cause.code == AlarmCode::LogUnvouched)
    }

    pub(crate) fn lacks_entry(&self, epoch_n: u32, seq: u64) -> bool {
        self.store.missing().iter().any(|missing: &MissingEntries| {
            missing.epoch.n == epoch_n && missing.from <= seq && missing.to.is_none_or(|to| seq < to)
        })
    }

    pub(crate) fn unknown_tag(&self, tag: Tag) -> HttpError {
        match self.lacks_any() {
            true => tag_not_known_now(tag),
            false => CommandRefusal::UnknownTag(tag).into(),
        }
    }
}
