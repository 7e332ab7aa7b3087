//! When values were set: a line that a run brings is late in the order, and must not undo what was set after it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{FoldChanges, RowVersion};

/// The corrected times of the lines that set the values of a row, by the value's name. Values that were not
/// set since the row was made are absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValueTimes(BTreeMap<String, i64>);

impl ValueTimes {
    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Why a line that a run brought changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassedOver {
    /// A line with a later time had set the same value.
    Older {
        /// Which value.
        value: String,
    },
    /// What it is about is not there, or is there already, or is in a state in which this means nothing.
    NotApplicable,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Older { value } => write!(f, "`{value}` was set again at a later time"),
            Self::NotApplicable => f.write_str("what it is about is not there or not in that state"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineTime {
    pub(super) ms: i64,
    /// Whether a run brought the line: its place is where it was adopted, not where it was written. Only then
    /// are times compared; otherwise the order decides, whatever the clock did.
    pub(super) late: bool,
    /// The clock was not set, and the time has not been stated since.
    pub(super) is_unsure: bool,
    /// The version that it makes of a row that it changes.
    pub(super) version: RowVersion,
}

impl LineTime {
    pub(super) fn is_behind(self, ms: i64) -> bool {
        self.late && self.ms < ms
    }
}

pub(super) struct ValueSetter<'a> {
    pub(super) times: &'a mut ValueTimes,
    pub(super) changed: &'a mut RowVersion,
    pub(super) made_ms: i64,
    pub(super) line: LineTime,
    pub(super) changes: &'a mut FoldChanges,
}

impl ValueSetter<'_> {
    /// Notes that this line set the value, or that it was ignored.
    pub(super) fn take(&mut self, name: &str) -> bool {
        let set_ms = self.times.0.get(name).copied().unwrap_or(self.made_ms);
        if self.line.is_behind(set_ms) {
            self.changes.passed.push(PassedOver::Older { value: name.to_owned() });
            return false;
        }
        self.times.0.insert(name.to_owned(), self.line.ms);
        *self.changed = self.line.version;
        true
    }

    pub(super) fn set<T: Clone>(&mut self, name: &str, field: &mut T, value: Option<&T>) {
        if let Some(value) = value
            && self.take(name)
        {
            field.clone_from(value);
        }
    }
}
