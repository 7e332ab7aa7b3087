//! Reports that something is wrong with an item, and what came of them.

use record::fold::{Equipment, OpenProblem, ServiceState};
use record::ids::DeviceId;
use record::kinds::{
    CleanedBy, EntryRef, EquipmentSuspended, ProblemClosed, ProblemOutcome, ProblemPolicy, ProblemReported,
    ProblemWord,
};
use record::limits::PHOTOS_MAX;
use record::tag::Tag;
use record::tree::Hash;
use serde::Serialize;

use super::cleaning::find_cleaner;
use crate::intake::{
    ClaimedCleaner, CommandRefusal, Drafts, ProblemClosing, RefusalCause, StateView, in_use,
};

/// A report that something is wrong with an item, as submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProblemForm {
    pub tag: Tag,
    pub what: Option<ProblemWord>,
    pub text: String,
    /// Photos that are stored already; as with a cleaning, they are not compared when a repeated request is detected.
    #[serde(skip)]
    pub photos: Vec<Hash>,
    pub who: ClaimedCleaner,
    /// Before how many seconds the PIN was entered that proves it; as with a cleaning.
    #[serde(skip)]
    pub pin_ago_s: Option<u32>,
}

/// Open reports of one item; what comes then is added to the newest of them.
const OF_ITEM_MAX: usize = 3;
/// Reports that one device may make within an hour: here those count that are open, or stay with one that is.
pub const REPORTS_OF_DEVICE_MAX: u32 = 5;
const HOUR_MS: i64 = 3_600_000;

pub(in crate::intake) fn find_reportable<'a>(
    tag: Tag,
    view: &'a dyn StateView,
    drafts: &Drafts<'_>,
) -> Result<&'a Equipment, CommandRefusal> {
    let item = in_use(view, tag)?;
    if drafts.by.device.is_some_and(|device| reports_of_device(view, device) >= REPORTS_OF_DEVICE_MAX) {
        return Err(CommandRefusal::ReportsSpent);
    }
    Ok(item)
}

pub(in crate::intake) fn report_problem(
    form: &ProblemForm,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let item = find_reportable(form.tag, view, drafts)?;
    let cause = RefusalCause::ProblemKind;
    let what = form.what.clone().filter(|what| ProblemWord::ALL.contains(what));
    let what = what.ok_or(CommandRefusal::Needed { field: "what", cause })?;
    if form.photos.len() > PHOTOS_MAX {
        return Err(CommandRefusal::TooManyPhotos);
    }
    let (who, mut texts) = match &form.who {
        // A report without a name says as much as one with it.
        ClaimedCleaner::Entered(name) if name.trim().is_empty() => (CleanedBy::Unattributed, Vec::new()),
        who => find_cleaner(who, form.pin_ago_s, view, drafts)?,
    };
    let (text, beside) = drafts.optional_text("notes", &form.text)?;
    texts.extend(beside);
    // Behind what the command makes beside it.
    let before = drafts.made.len() as u64;
    let also = open_problems(view, item).iter().skip(OF_ITEM_MAX - 1).last().map(|open| open.report.of);
    let of = EntryRef { epoch: view.epoch(), seq: view.size() + before };
    drafts.push(ProblemReported { tag: item.tag, what, text, photos: form.photos.clone(), who, also }, texts);
    if item.service == ServiceState::In && is_suspending(&view.facility().settings.problem, &who) {
        // Everybody who scans the item reads why it is out: what a stranger typed is only in the report, which staff reads.
        let public = if is_proven(&who) { &*form.text } else { "" };
        let (reason, texts) = drafts.optional_text("notes", public)?;
        let suspended = EquipmentSuspended {
            tag: item.tag,
            reason,
            problem: Some(of),
            load: None,
            back: None,
            again: false,
        };
        drafts.push(suspended, texts);
    }
    Ok(())
}

fn is_suspending(policy: &ProblemPolicy, who: &CleanedBy) -> bool {
    match policy {
        ProblemPolicy::Anyone => true,
        ProblemPolicy::Proven => is_proven(who),
        ProblemPolicy::Tell | ProblemPolicy::Other(_) => false,
    }
}

fn is_proven(who: &CleanedBy) -> bool {
    matches!(who, CleanedBy::Pin { .. } | CleanedBy::Badge { .. } | CleanedBy::Login { .. })
}

fn open_problems<'a>(view: &'a dyn StateView, item: &Equipment) -> &'a [OpenProblem] {
    view.facility().activity.get(&item.tag).map_or(&[], |activity| &activity.problems)
}

fn reports_of_device(view: &dyn StateView, device: DeviceId) -> u32 {
    let since_ms = view.now().wall_ms.saturating_sub(HOUR_MS);
    let open = view.facility().activity.values().flat_map(|activity| &activity.problems);
    let reports = open.flat_map(OpenProblem::reports);
    let recent = reports.filter(|report| report.reported_ms >= since_ms);
    let made = recent.filter_map(|report| view.entry(report.of));
    // A row's time is that of its folding: by a clock that was ahead it would be recent for as long.
    let by_device = made
        .filter(|made| made.head().by.device == Some(device) && view.known_ms(&made.head().at) >= since_ms);
    u32::try_from(by_device.count()).unwrap_or(u32::MAX)
}

pub(in crate::intake) fn close_problem(
    of: EntryRef,
    closing: &ProblemClosing,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let mut all = view.facility().activity.iter();
    let tag = all.find_map(|(tag, row)| row.problems.iter().any(|open| open.report.of == of).then_some(*tag));
    let tag = tag.ok_or(CommandRefusal::UnknownProblem { of })?;
    let cause = RefusalCause::ProblemOutcome;
    let outcome = closing.outcome.clone().filter(|outcome| ProblemOutcome::ALL.contains(outcome));
    let outcome = outcome.ok_or(CommandRefusal::Needed { field: "outcome", cause })?;
    let (text, texts) = drafts.optional_text("notes", &closing.text)?;
    drafts.push(ProblemClosed { of, tag, outcome, text }, texts);
    Ok(())
}

/// Closes whatever is open of an item; with one that has such, what came of it must be said.
pub(in crate::intake) fn close_of_item(
    item: &Equipment,
    outcome: Option<&ProblemOutcome>,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    for open in open_problems(view, item) {
        let cause = RefusalCause::ProblemOutcome;
        let outcome = outcome.filter(|outcome| ProblemOutcome::ALL.contains(outcome));
        let outcome = outcome.cloned().ok_or(CommandRefusal::Needed { field: "outcome", cause })?;
        drafts.push(ProblemClosed { of: open.report.of, tag: item.tag, outcome, text: None }, Vec::new());
    }
    Ok(())
}
