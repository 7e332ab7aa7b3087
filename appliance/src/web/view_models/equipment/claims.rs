//! Claiming a roll of blank labels: each next item begins as the last one that this person entered so.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use record::ids::StaffId;
use record::tag::Tag;

/// The last item that each person claimed a blank label for; a restart drops it.
#[derive(Debug, Default)]
pub(crate) struct ClaimSeries(Mutex<BTreeMap<StaffId, Tag>>);

impl ClaimSeries {
    pub(crate) fn note_claim(&self, staff: StaffId, item: Tag) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(staff, item);
    }

    /// The item that the next one is like.
    pub(crate) fn last_claim(&self, staff: StaffId) -> Option<Tag> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&staff).copied()
    }
}
