//! Uses of an item: when they ended, by what is known of the clock.

use serde::{Deserialize, Serialize};

use super::LinePlace;
use crate::anchor::{ClockAnchor, StatedTime, corrected_ms};
use crate::entry::{ClockState, EntryTime};
use crate::kinds::{EntryRef, SpauldingClass, UseRecorded};
use crate::run::RunName;
use crate::values::tag::Tag;

/// A use as its entry states it, as far as its time depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseRecord {
    /// Which entry.
    #[serde(flatten)]
    pub of: EntryRef,
    /// The run that brought it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunName>,
    /// Which item, by its first tag.
    pub tag: Tag,
    /// When it was written.
    pub at: EntryTime,
    /// When it ended, where that was stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<StatedTime>,
    /// Its class, where that was above the item's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<SpauldingClass>,
}

impl UseRecord {
    /// From its entry.
    pub fn of(line: LinePlace, at: EntryTime, body: &UseRecorded) -> Self {
        let stated = StatedTime::of_use(body, &at);
        Self { of: line.of, run: line.run, tag: body.tag, at, stated, class: body.class }
    }

    /// Its line.
    pub fn place(&self) -> LinePlace {
        LinePlace { of: self.of, run: self.run }
    }

    /// Whether its time follows from anchors of its boot.
    pub fn is_unsure(&self) -> bool {
        self.at.clock != ClockState::Synced
    }

    /// When it ended, milliseconds since 1970, by the anchor of its boot; where that was not stated, when it
    /// was.
    pub fn ended_ms(&self, anchor: Option<ClockAnchor>) -> i64 {
        StatedTime::done_ms(self.stated, corrected_ms(&self.at, anchor))
    }
}

/// A use of an item, as far as the cleaning that follows it is judged by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EquipmentUse {
    /// When it ended, milliseconds since 1970; where that was not stated, when it was.
    pub ended_ms: i64,
    /// Its class, where that was above the item's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<SpauldingClass>,
}
