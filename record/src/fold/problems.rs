//! Open reports that something is wrong with an item.

use serde::{Deserialize, Serialize};

use super::values::LineTime;
use super::{FacilityState, FoldChanges, PassedOver, RowKey};
use crate::kinds::{CleanedBy, EntryRef, ProblemClosed, ProblemReported, ProblemWord};
use crate::limits::PHOTOS_MAX;
use crate::run::RunName;
use crate::tree::Hash;

/// Open reports that an item remembers, the newest.
const OPEN_MAX: usize = 8;

/// A report that is not closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenProblem {
    /// Which entry.
    #[serde(flatten)]
    pub of: EntryRef,
    /// The run that brought it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunName>,
    /// What, in one word.
    pub what: ProblemWord,
    /// What, in their own words, by the hash of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Hash>,
    /// Photos, by hash: the first [`crate::limits::PHOTOS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Hash>,
    /// Who says so.
    pub who: CleanedBy,
    /// When, corrected, milliseconds since 1970.
    pub reported_ms: i64,
}

impl FacilityState {
    pub(super) fn problem_reported(
        &mut self,
        b: &ProblemReported,
        of: EntryRef,
        run: Option<RunName>,
        line: LineTime,
        changes: &mut FoldChanges,
    ) {
        if !self.equipment.contains_key(&b.tag) {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        changes.row(RowKey::Activity(b.tag));
        let problems = &mut self.activity_mut(b.tag).problems;
        if b.also.is_some() {
            return;
        }
        problems.push(OpenProblem {
            of,
            run,
            what: b.what.clone(),
            text: b.text.map(|text| text.hash),
            photos: b.photos.iter().take(PHOTOS_MAX).copied().collect(),
            who: b.who,
            reported_ms: line.ms,
        });
        problems.sort_by_key(|problem| problem.reported_ms);
        let surplus = problems.len().saturating_sub(OPEN_MAX);
        problems.drain(..surplus);
    }

    pub(super) fn problem_closed(
        &mut self,
        b: &ProblemClosed,
        run: Option<RunName>,
        line: LineTime,
        changes: &mut FoldChanges,
    ) {
        if !self.activity.contains_key(&b.tag) {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        let problems = &mut self.activity_mut(b.tag).problems;
        // Two branches may give one number to different reports: the one of the closing line's own branch is meant.
        let named = |run| problems.iter().position(|problem| problem.of == b.of && problem.run == run);
        let found = named(run).or_else(|| named(None));
        match found.or_else(|| problems.iter().position(|problem| problem.of == b.of)) {
            Some(place) => drop(problems.remove(place)),
            None => return changes.pass(line.late, PassedOver::NotApplicable),
        }
        changes.row(RowKey::Activity(b.tag));
    }
}
