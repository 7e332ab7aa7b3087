//! Open reports that something is wrong with an item.

use serde::{Deserialize, Serialize};

use super::values::LineTime;
use super::{FacilityState, FoldChanges, PassedOver, RowKey};
use crate::kinds::{CleanedBy, EntryRef, ProblemClosed, ProblemReported, ProblemWord};
use crate::limits::PHOTOS_MAX;
use crate::run::RunName;
use crate::tree::Hash;

const OPEN_MAX: usize = 8;
/// Additions to an open report that are remembered, the newest.
const ADDED_MAX: usize = 8;

/// One report of a problem with an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedProblem {
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
    /// Who reported it.
    pub who: CleanedBy,
    /// When, corrected, milliseconds since 1970.
    pub reported_ms: i64,
}

/// A report that is not closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenProblem {
    /// The report itself.
    #[serde(flatten)]
    pub report: ReportedProblem,
    /// What was reported on top of it, the newest, ascending in time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<ReportedProblem>,
    /// Additions before those.
    #[serde(default)]
    pub earlier: u32,
}

impl OpenProblem {
    /// Itself, then what was added.
    pub fn reports(&self) -> impl Iterator<Item = &ReportedProblem> {
        std::iter::once(&self.report).chain(&self.added)
    }

    /// Reports, including those that it no longer remembers.
    pub fn count(&self) -> u32 {
        let added = u32::try_from(self.added.len()).unwrap_or(u32::MAX);
        self.earlier.saturating_add(added).saturating_add(1)
    }

    /// When the latest was reported, milliseconds since 1970.
    pub fn latest_ms(&self) -> i64 {
        self.added
            .last()
            .map_or(self.report.reported_ms, |last| last.reported_ms.max(self.report.reported_ms))
    }

    fn add(&mut self, more: ReportedProblem) {
        self.added.push(more);
        self.added.sort_by_key(|report| report.reported_ms);
        while self.added.len() > ADDED_MAX {
            // Reports that anybody can make must not push out one whose author is proven.
            let unproven = self.added.iter().position(|report| !is_proven(&report.who));
            self.added.remove(unproven.unwrap_or(0));
            self.earlier = self.earlier.saturating_add(1);
        }
    }
}

fn is_proven(who: &CleanedBy) -> bool {
    matches!(who, CleanedBy::Pin { .. } | CleanedBy::Badge { .. } | CleanedBy::Login { .. })
}

fn find_report(problems: &[OpenProblem], of: EntryRef, run: Option<RunName>) -> Option<usize> {
    problems.iter().position(|open| open.report.of == of && open.report.run == run)
}

/// Two branches may give one number to different reports: the one of the line's own branch is meant.
fn find_named(problems: &[OpenProblem], of: EntryRef, run: Option<RunName>) -> Option<usize> {
    find_report(problems, of, run)
        .or_else(|| find_report(problems, of, None))
        .or_else(|| problems.iter().position(|open| open.report.of == of))
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
        let report = ReportedProblem {
            of,
            run,
            what: b.what.clone(),
            text: b.text.map(|text| text.hash),
            photos: b.photos.iter().take(PHOTOS_MAX).copied().collect(),
            who: b.who,
            reported_ms: line.ms,
        };
        changes.row(RowKey::Activity(b.tag));
        let problems = &mut self.activity_mut(b.tag).problems;
        let added_to = b.also.and_then(|also| find_named(problems, also, run));
        // Whoever closed the report before this addition was found has not seen it: it opens again.
        if let Some(open) = added_to.and_then(|place| problems.get_mut(place)) {
            return open.add(report);
        }
        problems.push(OpenProblem { report, added: Vec::new(), earlier: 0 });
        problems.sort_by_key(|open| open.report.reported_ms);
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
        match find_named(problems, b.of, run) {
            Some(place) => drop(problems.remove(place)),
            None => return changes.pass(line.late, PassedOver::NotApplicable),
        }
        changes.row(RowKey::Activity(b.tag));
    }
}
