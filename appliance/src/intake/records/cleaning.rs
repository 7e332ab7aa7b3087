//! Cleanings, voids and photos that come later.

use record::fold::LinePlace;
use record::kinds::{
    CleanedBy, CleaningRecorded, CleaningVoided, EntryRef, MissingPart, PhotoAttached, ProtocolPublished,
    ProtocolRef,
};
use record::limits::PHOTOS_MAX;
use record::redact::PersonalText;
use record::tree::Hash;

use super::flags::FlagFacts;
use super::review::{CleaningReview, check_cleaner};
use crate::intake::{ClaimedCleaner, CleaningForm, CommandRefusal, Drafts, StateView, text};

/// What takes longer is no measure of how long recording takes: somebody went away meanwhile.
pub(in crate::intake) const TOOK_MS_MAX: u32 = 1_800_000;

pub(in crate::intake) fn decide_cleaning(
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
pub(in crate::intake) fn find_clean_until(
    protocol: Option<&ProtocolPublished>,
    incomplete: &[MissingPart],
    done_ms: i64,
) -> Option<i64> {
    let hang_h = protocol.and_then(|protocol| protocol.hang_h).filter(|_| incomplete.is_empty())?;
    Some(done_ms.saturating_add(i64::from(hang_h) * 3_600_000))
}

pub(in crate::intake) fn sort_steps(mut steps: Vec<u16>) -> Vec<u16> {
    steps.sort_unstable();
    steps.dedup();
    steps
}

pub(in crate::intake) fn find_cleaner(
    who: &ClaimedCleaner,
    pin_ago_s: Option<u32>,
    view: &dyn StateView,
    drafts: &Drafts<'_>,
) -> Result<(CleanedBy, Vec<PersonalText>), CommandRefusal> {
    check_cleaner(who, pin_ago_s, view.facility())?.to_record(drafts)
}

pub(in crate::intake) fn decide_void(
    line: LinePlace,
    reason: &str,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let of = line.of;
    let cleaning = view.cleaning(of).ok_or(CommandRefusal::UnknownCleaning { of })?;
    if cleaning.place() != line {
        // An entry names another by epoch and number alone, and would void the one that is in the chain.
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
pub(in crate::intake) fn decide_attach(
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
