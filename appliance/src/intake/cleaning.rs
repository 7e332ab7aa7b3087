//! Cleanings, voids and photos that come later.

use record::fold::{Equipment, FacilityState, LinePlace, ServiceState};
use record::kinds::{
    CleanedBy, CleaningRecorded, CleaningVoided, EntryRef, MissingPart, PhotoAttached, ProtocolPublished,
    ProtocolRef,
};
use record::limits::PHOTOS_MAX;
use record::redact::PersonalText;
use record::tag::Tag;
use record::tree::Hash;
use service::clock::Now;

use super::flags::FlagFacts;
use super::review::{CleaningReview, check_cleaner};
use super::{
    ClaimedCleaner, CleaningForm, CommandRefusal, Drafts, RefusalCause, StateView, find_named_item, text,
};

/// A year: what was done earlier belongs on the paper that it was written on.
const PERFORMED_BEFORE_MS_MAX: i64 = 366 * 86_400_000;
/// What takes longer is no measure of how long recording takes: somebody went away meanwhile.
pub(super) const TOOK_MS_MAX: u32 = 1_800_000;
/// A phone's form may carry a time a little ahead of the box's clock.
const PERFORMED_AHEAD_MS_MAX: i64 = 60_000;

/// Records a cleaning, complete or with what it lacks.
pub(super) fn decide_cleaning(
    form: &CleaningForm,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let now = view.now();
    let review = CleaningReview::of(form, view.facility(), &now).map_err(|refusals| refusals.first)?;
    let CleaningReview { item, protocol, contact, performed, verdict, incomplete, .. } = review;
    let done_ms = performed.unwrap_or(now.wall_ms);
    let flags = FlagFacts {
        item,
        protocol,
        contact,
        is_open: form.wet.is_some_and(|wet| wet.until_up_ms.is_none()),
        done_ms,
        lot_expires: form.lot_expires,
        verdict,
        photo_draw: form.photo_draw,
        is_old_protocol: false,
        is_unsure: false,
    };
    let flags = flags.list_flags(view);
    let (who, mut texts) = review.cleaner.to_record(drafts)?;
    let note = match review.note {
        None => None,
        Some(words) => {
            let (redactable, text) = drafts.text(&words)?;
            texts.push(text);
            Some(redactable)
        }
    };
    let event = CleaningRecorded {
        tag: item.tag,
        protocol: protocol.map(|p| ProtocolRef { id: p.protocol, version: p.version }),
        steps: form.steps.clone().map(sort_steps),
        agent: review.agent,
        contact,
        who,
        photos: form.photos.clone(),
        note,
        performed,
        clean_until: find_clean_until(protocol, &incomplete, done_ms),
        incomplete,
        trigger: form.trigger.clone(),
        class: review.class,
        lot: review.lot,
        lot_expires: form.lot_expires,
        took_ms: form.took_ms.filter(|took| *took <= TOOK_MS_MAX),
        queued: None,
        load: None,
        flags,
    };
    drafts.push(event, texts);
    Ok(())
}

/// Until when an item counts as clean after a cleaning that lacks nothing, where its protocol says for how long.
pub(super) fn find_clean_until(
    protocol: Option<&ProtocolPublished>,
    incomplete: &[MissingPart],
    done_ms: i64,
) -> Option<i64> {
    let hang_h = protocol.and_then(|protocol| protocol.hang_h).filter(|_| incomplete.is_empty())?;
    Some(done_ms.saturating_add(i64::from(hang_h) * 3_600_000))
}

/// What it was wiped with: what was said, or the one disinfectant of a protocol whose steps were done.
pub(super) fn find_agent(
    entered: &str,
    steps: Option<&[u16]>,
    protocol: Option<&ProtocolPublished>,
) -> Result<String, CommandRefusal> {
    let entered = text::check_line("agent", entered)?;
    Ok(match protocol.map(|protocol| protocol.agents.as_slice()) {
        Some([only]) if entered.is_empty() && steps.is_some_and(|steps| !steps.is_empty()) => {
            only.name.clone()
        }
        _ => entered,
    })
}

pub(super) fn sort_steps(mut steps: Vec<u16>) -> Vec<u16> {
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// An item that takes records: out of service it does, retired it does not.
pub(super) fn find_cleanable(facility: &FacilityState, tag: Tag) -> Result<&Equipment, CommandRefusal> {
    let item = find_named_item(facility, tag).ok_or(CommandRefusal::UnknownTag(tag))?;
    if item.service == ServiceState::Retired {
        Err(CommandRefusal::Retired { name: item.name.clone() })
    } else {
        Ok(item)
    }
}

pub(super) fn find_cleaner(
    who: &ClaimedCleaner,
    pin_ago_s: Option<u32>,
    view: &dyn StateView,
    drafts: &Drafts<'_>,
) -> Result<(CleanedBy, Vec<PersonalText>), CommandRefusal> {
    check_cleaner(who, pin_ago_s, view.facility())?.to_record(drafts)
}

/// A stated time that is not now; what is within a minute of now is now.
pub(super) fn performed_time(stated_ms: Option<i64>, now: &Now) -> Result<Option<i64>, CommandRefusal> {
    let Some(stated) = stated_ms else { return Ok(None) };
    if let Some(cause) = find_time_fault(stated, now) {
        return Err(CommandRefusal::Range { field: "performed_at", cause });
    }
    Ok(Some(stated).filter(|_| now.wall_ms.saturating_sub(stated) > PERFORMED_AHEAD_MS_MAX))
}

/// Why nothing was done at a stated time.
pub(super) fn find_time_fault(stated_ms: i64, now: &Now) -> Option<RefusalCause> {
    let before = now.wall_ms.saturating_sub(stated_ms);
    if before < -PERFORMED_AHEAD_MS_MAX {
        Some(RefusalCause::PerformedAhead)
    } else if before > PERFORMED_BEFORE_MS_MAX {
        Some(RefusalCause::PerformedLongAgo)
    } else {
        None
    }
}

/// Voids a cleaning, with the reason.
pub(super) fn decide_void(
    line: LinePlace,
    reason: &str,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let of = line.of;
    let cleaning = view.cleaning(of).ok_or(CommandRefusal::UnknownCleaning { of })?;
    if cleaning.place() != line {
        // An entry names another by epoch and number alone, and would void the one that stands in the chain.
        return Err(CommandRefusal::SharedNumber { of });
    }
    if cleaning.voided.is_some() {
        return Err(CommandRefusal::AlreadyVoided);
    }
    let (reason, text) = drafts.text(&text::check_reason(reason)?)?;
    drafts.push(CleaningVoided { of, reason }, vec![text]);
    Ok(())
}

/// Attaches a photo that was not ready in time.
pub(super) fn decide_attach(
    of: EntryRef,
    photo: Hash,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let cleaning = view.cleaning(of).ok_or(CommandRefusal::UnknownCleaning { of })?;
    if cleaning.photos.len() >= PHOTOS_MAX {
        return Err(CommandRefusal::TooManyPhotos);
    }
    drafts.push(PhotoAttached { of, photo }, Vec::new());
    Ok(())
}
