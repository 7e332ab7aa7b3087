//! When entries were written, as far as that is known by now, and whether it is an estimate.

use record::anchor::{TimeCertainty, corrected_ms, time_certainty};
use record::entry::EntryTime;
use record::fold::{FacilityState, LinePlace};
use record::tag::Tag;

use crate::store::LogReader;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrittenTime {
    pub(crate) ms: i64,
    pub(crate) certainty: TimeCertainty,
}

impl WrittenTime {
    pub(crate) fn of(facility: &FacilityState, at: &EntryTime) -> Self {
        let anchor = facility.boots.get(&at.boot).copied();
        Self { ms: corrected_ms(at, anchor), certainty: time_certainty(at, anchor) }
    }

    /// Corrects a time that was taken as `believed_ms` when its entry was folded: if that was the reading of a clock
    /// that nobody had set, it becomes the corrected reading; a time that somebody stated stays.
    pub(crate) fn of_believed(facility: &FacilityState, at: &EntryTime, believed_ms: i64) -> Self {
        let written = Self::of(facility, at);
        let ms = if believed_ms == at.wall { written.ms } else { believed_ms };
        Self { ms, ..written }
    }

    pub(crate) fn is_guess(self) -> bool {
        self.certainty == TimeCertainty::Uncertain
    }
}

/// How far the time of a line can be trusted; `Certain` for one that cannot be read.
pub(crate) fn entry_certainty(
    reader: &LogReader,
    facility: &FacilityState,
    line: LinePlace,
) -> TimeCertainty {
    let entry = reader.line(line).ok().flatten();
    entry.map_or(TimeCertainty::Certain, |entry| WrittenTime::of(facility, &entry.head().at).certainty)
}

pub(crate) fn use_certainty(
    reader: &LogReader,
    facility: &FacilityState,
    tag: Tag,
    ended_ms: i64,
) -> TimeCertainty {
    let uses = reader.uses_of(tag, ended_ms..ended_ms.saturating_add(1), None, 1).unwrap_or_default();
    uses.first().map_or(TimeCertainty::Certain, |used| entry_certainty(reader, facility, used.line))
}

/// The same of what else was written of an item then, such as that it is out of service.
pub(crate) fn note_certainty(
    reader: &LogReader,
    facility: &FacilityState,
    tag: Tag,
    at_ms: i64,
) -> TimeCertainty {
    let notes = reader.notes_of(tag, at_ms..at_ms.saturating_add(1), None, 1).unwrap_or_default();
    notes.first().map_or(TimeCertainty::Certain, |note| entry_certainty(reader, facility, note.line))
}
