//! Cleanings that waited in a phone: recorded with what is remarkable about them. What was done hours ago in front of an
//! item cannot be asked for again, so hardly anything is refused.

use record::fold::{Equipment, FacilitySettings, ServiceState};
use record::kinds::{
    CleanedBy, CleaningFlag, CleaningRecorded, Contact, Event, MissingPart, NameSource, ProofWay,
    ProtocolPublished, ProtocolRef, QueuedPolicy, QueuedRecord,
};
use record::limits::PHOTOS_MAX;
use record::redact::PersonalText;

use super::cleaning::{LOT_CHARS_MAX, begun_ms, find_delay, performed_time, sort_steps};
use super::competency::{SignOffVerdict, staff_of};
use super::{
    CommandRefusal, Drafts, PhotoRule, QueuedCleaner, QueuedCleaning, RefusalCause, StateView, find_item,
    is_enough, text, use_class, weakest_way,
};

/// What was recorded later than this is flagged.
const LATE_MS: u64 = 3_600_000;

/// Records a cleaning from a phone's queue.
pub(super) fn record_queued(
    form: &QueuedCleaning,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let item = find_item(view, form.tag)?;
    if form.photos.len() > PHOTOS_MAX {
        return Err(CommandRefusal::TooManyPhotos);
    }
    let judged = find_edition(form.protocol, item, view);
    let protocol = judged.protocol.as_ref();
    let (who, mut texts) = name_cleaner(&form.who, view, drafts)?;
    let (note, beside) = drafts.optional_text("notes", &form.note)?;
    texts.extend(beside);
    let now = view.now();
    let performed_ms = now.wall_ms.saturating_sub_unsigned(form.waited_ms);
    let contact = Contact {
        required_s: protocol.and_then(|p| p.contact_s),
        phone_s: form.contact_s,
        ..Contact::default()
    };
    let settings = &view.facility().settings;
    let mut steps = form.steps.clone();
    steps.retain(|n| (1..=required_steps(protocol).len()).contains(&usize::from(*n)));
    let mut incomplete = missing_parts(form, item, protocol, &steps, settings);
    if !is_enough(&form.who.way(), &weakest_way(settings, use_class(item, protocol))) {
        incomplete.push(MissingPart::Who);
    }
    let id = protocol.map(|p| p.protocol);
    let verdict = SignOffVerdict::of(view.facility(), id, staff_of(&who), performed_ms);
    // Two reasons for which it is not known well enough who cleaned are one.
    incomplete.extend(verdict.missing().filter(|part| !incomplete.contains(part)));
    let delayed = find_delay(view, item.tag, protocol, begun_ms(performed_ms, Some(contact)));
    let mut flags = list_remarks(form, item, &judged);
    flags.extend(verdict.flag().into_iter().chain(delayed));
    let event = CleaningRecorded {
        tag: item.tag,
        protocol: protocol.map(|p| ProtocolRef { id: p.protocol, version: p.version }),
        steps: Some(sort_steps(steps)),
        agent: text::check_line("agent", &form.agent)?,
        contact: (contact != Contact::default()).then_some(contact),
        who,
        photos: form.photos.clone(),
        note,
        performed: performed_time(Some(performed_ms), &now)?,
        incomplete,
        trigger: form.trigger.clone(),
        class: None,
        lot: text::check_short("lot", &form.lot, LOT_CHARS_MAX)?,
        lot_expires: None,
        took_ms: None,
        queued: Some(QueuedRecord {
            waited_s: u32::try_from(form.waited_ms / 1_000).unwrap_or(u32::MAX),
            phone_ms: form.phone_ms,
            unsure: form.unsure,
        }),
        load: None,
        clean_until: None,
        flags,
    };
    drafts.push(event, texts);
    Ok(())
}

/// The protocol by which a cleaning is judged.
struct JudgedProtocol {
    protocol: Option<ProtocolPublished>,
    /// It is the very version that the phone showed.
    is_shown: bool,
}

/// The version that the phone showed, or what is in force where the box does not know it.
fn find_edition(shown: Option<ProtocolRef>, item: &Equipment, view: &dyn StateView) -> JudgedProtocol {
    let protocols = &view.facility().protocols;
    let Some(shown) = shown else {
        let protocol = present_protocol(item, view);
        return JudgedProtocol { is_shown: protocol.is_none(), protocol };
    };
    let Some(known) = protocols.get(&shown.id) else {
        return JudgedProtocol { protocol: present_protocol(item, view), is_shown: false };
    };
    if known.newest.version == shown.version {
        return JudgedProtocol { protocol: Some(known.newest.clone()), is_shown: true };
    }
    let edition = known.editions.iter().find(|edition| edition.version == shown.version);
    match edition.and_then(|edition| view.entry(edition.of)).map(|entry| entry.event()) {
        Some(Event::ProtocolPublished(old)) => JudgedProtocol { protocol: Some(*old), is_shown: true },
        _ => JudgedProtocol { protocol: Some(known.newest.clone()), is_shown: false },
    }
}

/// What a scan of the item would be judged by now.
fn present_protocol(item: &Equipment, view: &dyn StateView) -> Option<ProtocolPublished> {
    let of_item = item.protocols.iter().filter_map(|id| view.facility().protocols.get(id));
    of_item.into_iter().find(|p| !p.retired).map(|p| p.newest.clone())
}

/// Whether each step must be done. An item without a protocol has one: cleaned as the maker says.
fn required_steps(protocol: Option<&ProtocolPublished>) -> Vec<bool> {
    protocol.map_or(vec![true], |p| p.steps.iter().map(|step| step.required).collect())
}

fn missing_parts(
    form: &QueuedCleaning,
    item: &Equipment,
    protocol: Option<&ProtocolPublished>,
    steps: &[u16],
    settings: &FacilitySettings,
) -> Vec<MissingPart> {
    let mut missing = Vec::new();
    let left_out = (1u16..).zip(required_steps(protocol)).any(|(n, needed)| needed && !steps.contains(&n));
    if left_out {
        missing.push(MissingPart::Steps);
    }
    if let Some(required_s) = protocol.and_then(|p| p.contact_s) {
        let long_enough = form.contact_s.is_some_and(|s| s >= required_s);
        if !long_enough || form.unsure || settings.queued != QueuedPolicy::Count {
            missing.push(MissingPart::ContactTime);
        }
    }
    if PhotoRule::of(item, protocol) == PhotoRule::Required && form.photos.is_empty() && !form.photo_follows {
        missing.push(MissingPart::Photo);
    }
    missing
}

fn list_remarks(form: &QueuedCleaning, item: &Equipment, judged: &JudgedProtocol) -> Vec<CleaningFlag> {
    let found = [
        (form.waited_ms > LATE_MS, CleaningFlag::Late),
        (item.service == ServiceState::Out, CleaningFlag::OutOfService),
        (item.service == ServiceState::Retired, CleaningFlag::Retired),
        (!judged.is_shown, CleaningFlag::OldProtocol),
        (form.unsure, CleaningFlag::PhoneClock),
    ];
    found.into_iter().filter_map(|(holds, flag)| holds.then_some(flag)).collect()
}

impl QueuedCleaner {
    fn way(&self) -> ProofWay {
        match self {
            Self::Nobody => ProofWay::None,
            Self::Entered(_) => ProofWay::Typed,
            Self::Listed { .. } => ProofWay::List,
        }
    }
}

/// A name from the list is whose it is only while they work here.
fn name_cleaner(
    who: &QueuedCleaner,
    view: &dyn StateView,
    drafts: &Drafts<'_>,
) -> Result<(CleanedBy, Vec<PersonalText>), CommandRefusal> {
    let (name, staff) = match who {
        QueuedCleaner::Nobody => return Ok((CleanedBy::Unattributed, Vec::new())),
        QueuedCleaner::Entered(name) => (name, None),
        QueuedCleaner::Listed { staff, name } => (name, Some(*staff)),
    };
    let staff = staff.filter(|id| view.facility().staff.get(id).is_some_and(|member| !member.left));
    let name = text::check_name("cleaned_by", name, RefusalCause::OwnName)?;
    let (name, text) = drafts.text(&name)?;
    Ok((CleanedBy::Entered { name, staff, how: staff.map(|_| NameSource::List) }, vec![text]))
}
