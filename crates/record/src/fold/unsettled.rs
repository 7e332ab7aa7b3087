//! Cleanings that were recorded and may have settled nothing: what lists say of an item that is due all the same.

use serde::{Deserialize, Serialize};

use super::{CleaningRecord, LinePlace};
use crate::kinds::{CleaningFlag, EntryRef, MissingPart};
use crate::run::RunName;
use crate::values::ids::ProtocolId;

/// As many as an item remembers.
const UNSETTLED_MAX: usize = 4;

/// A recorded cleaning that lacks something, is voided, or was written down late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsettledCleaning {
    /// Which entry.
    #[serde(flatten)]
    pub of: EntryRef,
    /// The run that brought it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunName>,
    /// When it was done, corrected, milliseconds since 1970.
    pub performed_ms: i64,
    /// When it was written, corrected, milliseconds since 1970.
    pub recorded_ms: i64,
    /// Which protocol was followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ProtocolId>,
    /// What it lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<MissingPart>,
    /// Whether it was taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voided: bool,
}

/// Takes a cleaning in as it is now; `all` is ascending by when each was written.
pub(super) fn place_unsettled(all: &mut Vec<UnsettledCleaning>, cleaning: &CleaningRecord) {
    let LinePlace { of, run } = cleaning.place();
    all.retain(|one| (one.of, one.run) != (of, run));
    if cleaning.is_complete() && cleaning.counts() && !cleaning.flags.contains(&CleaningFlag::Late) {
        return;
    }
    let new = UnsettledCleaning {
        of,
        run,
        performed_ms: cleaning.performed_ms,
        recorded_ms: cleaning.recorded_ms,
        protocol: cleaning.protocol,
        incomplete: cleaning.incomplete.clone(),
        voided: cleaning.voided.is_some(),
    };
    all.insert(all.partition_point(|one| one.recorded_ms <= new.recorded_ms), new);
    if all.len() > UNSETTLED_MAX {
        all.remove(0);
    }
}
