//! Spot checks: somebody else looks at what a cleaning has done.

use record::entry::EntryAuthor;
use record::kinds::{CheckMethod, CheckRecorded, CheckResult, CleanedBy, StaffRole};
use record::limits::PHOTOS_MAX;

use crate::intake::{CheckForm, CommandRefusal, Drafts, RefusalCause, StateView, text};

const UNIT_CHARS_MAX: usize = 16;

/// Records what somebody found. No one who cleans checks their own work.
pub(in crate::intake) fn record_check(
    form: &CheckForm,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let of = form.line.of;
    let cleaning = view.cleaning(of).ok_or(CommandRefusal::UnknownCleaning { of })?;
    if cleaning.place() != form.line {
        return Err(CommandRefusal::SharedNumber { of });
    }
    if cleaning.voided.is_some() {
        return Err(CommandRefusal::AlreadyVoided);
    }
    if is_own(&drafts.by, &cleaning.who, view) {
        return Err(CommandRefusal::NotAllowed(RefusalCause::OwnCleaning));
    }
    let cause = RefusalCause::CheckResult;
    let result = form.result.clone().filter(|result| CheckResult::ALL.contains(result));
    let result = result.ok_or(CommandRefusal::Needed { field: "result", cause })?;
    let method = form.method.clone().filter(|method| CheckMethod::ALL.contains(method));
    if method.is_none() && form.method.is_some() {
        return Err(CommandRefusal::Range { field: "method", cause: RefusalCause::CheckMethod });
    }
    let unit = text::check_line("unit", &form.unit)?;
    if unit.chars().count() > UNIT_CHARS_MAX {
        return Err(CommandRefusal::TooLong { field: "unit", chars_max: UNIT_CHARS_MAX });
    }
    if form.photos.len() > PHOTOS_MAX {
        return Err(CommandRefusal::TooManyPhotos);
    }
    let (text, texts) = drafts.optional_text("notes", &form.text)?;
    let photos = form.photos.clone();
    let check = CheckRecorded { of, result, method, value: form.value, unit, text, photos };
    drafts.push(check, texts);
    Ok(())
}

/// Whether a technician looks at what they cleaned themselves.
fn is_own(by: &EntryAuthor, who: &CleanedBy, view: &dyn StateView) -> bool {
    let Some(checker) = by.staff else { return false };
    let cleaner = match who {
        CleanedBy::Pin { staff, .. } | CleanedBy::Badge { staff } | CleanedBy::Login { staff } => {
            Some(*staff)
        }
        CleanedBy::Entered { staff, .. } => *staff,
        CleanedBy::Unattributed => None,
    };
    let role = view.facility().staff.get(&checker).map(|person| person.role);
    cleaner == Some(checker) && role == Some(StaffRole::Technician)
}
