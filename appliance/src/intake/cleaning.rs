//! Cleanings, voids and photos that come later.

use record::fold::{Equipment, LinePlace, ServiceState};
use record::ids::ProtocolId;
use record::kinds::{
    CleanedBy, CleaningFlag, CleaningRecorded, CleaningVoided, Contact, EntryRef, MissingPart, NameSource,
    PhotoAttached, ProofWay, ProtocolPublished, ProtocolRef,
};
use record::limits::PHOTOS_MAX;
use record::redact::PersonalText;
use record::tag::Tag;
use record::tree::Hash;
use service::clock::Now;

use super::competency::{SignOffVerdict, staff_of};
use super::photo_rule::PhotoRule;
use super::{
    ClaimedCleaner, CleaningForm, CommandRefusal, Drafts, ProofDemand, RefusalCause, StateView, check_proof,
    find_item, is_enough, raised_class, text, use_class, way_of, weakest_way,
};

/// A year: what was done earlier belongs on the paper that it was written on.
const PERFORMED_BEFORE_MS_MAX: i64 = 366 * 86_400_000;
/// Past the contact time by more than this, a record says that it came long after.
const WET_LONG_S: u32 = 600;
/// What takes longer is no measure of how long recording takes: somebody went away meanwhile.
pub(super) const TOOK_MS_MAX: u32 = 1_800_000;
/// Of the lot of a disinfectant.
pub(super) const LOT_CHARS_MAX: usize = 40;
/// A phone's form may carry a time a little ahead of the box's clock.
const PERFORMED_AHEAD_MS_MAX: i64 = 60_000;

/// Records a cleaning, complete or with what it lacks.
pub(super) fn decide_cleaning(
    form: &CleaningForm,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let item = find_cleanable(view, form.tag)?;
    let protocol = find_protocol(form, item, view)?;
    let performed = performed_time(form.performed_ms, &view.now())?;
    let facility = view.facility();
    let needed = weakest_way(&facility.settings, use_class(facility, item, protocol, performed));
    let nameless = needed == ProofWay::None || form.proof == ProofDemand::Waived;
    let (who, mut texts) = match find_cleaner(&form.who, form.pin_ago_s, view, drafts) {
        Err(CommandRefusal::Needed { .. }) if nameless => (CleanedBy::Unattributed, Vec::new()),
        found => found?,
    };
    check_proof(form.proof, &way_of(&who), &needed, &form.note)?;
    let note = text::check_note("notes", &form.note)?;
    if form.photos.len() > PHOTOS_MAX {
        return Err(CommandRefusal::TooManyPhotos);
    }
    let contact = contact_record(form, protocol, &view.now());
    let is_picked = PhotoRule::of(item, protocol).picks(form.photo_draw);
    let sample = is_picked.then_some(CleaningFlag::PhotoSample);
    let mut incomplete = missing_parts(form, item, protocol, contact, note.is_some(), &view.now())?;
    let (id, done_ms) = (protocol.map(|p| p.protocol), performed.unwrap_or(view.now().wall_ms));
    let verdict = SignOffVerdict::of(facility, id, staff_of(&who), done_ms);
    let delayed = find_delay(view, item.tag, protocol, begun_ms(done_ms, contact));
    if verdict.missing().is_some() {
        require_excuse(note.is_some() || form.steps.is_none(), || CommandRefusal::SIGN_OFF_NOTE)?;
    }
    if verdict.missing().is_some() || !is_enough(&way_of(&who), &needed) {
        incomplete.push(MissingPart::Who);
    }
    let note = match note {
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
        agent: text::check_line("agent", &form.agent)?,
        contact,
        who,
        photos: form.photos.clone(),
        note,
        performed,
        incomplete,
        trigger: None,
        class: raised_class(facility, item, protocol, performed),
        lot: text::check_short("lot", &form.lot, LOT_CHARS_MAX)?,
        lot_expires: None,
        took_ms: form.took_ms.filter(|took| *took <= TOOK_MS_MAX),
        queued: None,
        load: None,
        clean_until: None,
        flags: list_flags(form, contact, [verdict.flag(), delayed, sample]),
    };
    drafts.push(event, texts);
    Ok(())
}

/// What is to be seen of a record beside what it lacks. A contact time that somebody ended was measured, however long it was.
fn list_flags(
    form: &CleaningForm,
    contact: Option<Contact>,
    others: [Option<CleaningFlag>; 3],
) -> Vec<CleaningFlag> {
    let contact = contact.unwrap_or_default();
    let measured = contact.required_s.zip(contact.measured_s);
    let is_open = form.wet.is_some_and(|wet| wet.until_up_ms.is_none());
    let is_long = measured.is_some_and(|(required_s, s)| s > required_s.saturating_add(WET_LONG_S));
    let wet_long = (is_open && is_long).then_some(CleaningFlag::WetLong);
    wet_long.into_iter().chain(others.into_iter().flatten()).collect()
}

/// When a cleaning began, as far as that is known: what is recorded at its end has its contact time behind it.
pub(super) fn begun_ms(done_ms: i64, contact: Option<Contact>) -> i64 {
    let contact = contact.unwrap_or_default();
    let wet_s = contact.measured_s.or(contact.phone_s).unwrap_or(0);
    done_ms.saturating_sub(i64::from(wet_s) * 1_000)
}

/// Whether the cleaning after an item’s last use began later than its protocol allows.
pub(super) fn find_delay(
    view: &dyn StateView,
    tag: Tag,
    protocol: Option<&ProtocolPublished>,
    begun_ms: i64,
) -> Option<CleaningFlag> {
    let most_ms = i64::from(protocol?.delay_min?) * 60_000;
    let activity = view.facility().activity.get(&tag)?;
    let cleaned_ms = activity.last.map_or(i64::MIN, |last| last.performed_ms);
    let used_ms = activity.uses.iter().rfind(|used| used.ended_ms <= begun_ms)?.ended_ms;
    let is_delayed = used_ms > cleaned_ms && begun_ms.saturating_sub(used_ms) > most_ms;
    is_delayed.then_some(CleaningFlag::Delayed)
}

pub(super) fn sort_steps(mut steps: Vec<u16>) -> Vec<u16> {
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// An item that takes records: out of service it does, retired it does not.
pub(super) fn find_cleanable(view: &dyn StateView, tag: Tag) -> Result<&Equipment, CommandRefusal> {
    let item = find_item(view, tag)?;
    if item.service == ServiceState::Retired {
        Err(CommandRefusal::Retired { name: item.name.clone() })
    } else {
        Ok(item)
    }
}

/// The protocol that the cleaning followed: one of the item's, its first where none is named, in the version that the
/// page showed.
fn find_protocol<'a>(
    form: &CleaningForm,
    item: &Equipment,
    view: &'a dyn StateView,
) -> Result<Option<&'a ProtocolPublished>, CommandRefusal> {
    let expected = match form.protocol {
        Some(id) if !item.protocols.contains(&id) => return Err(CommandRefusal::NotItsProtocol),
        Some(id) => Some(id),
        None => {
            let retired = |id: &&ProtocolId| view.facility().protocols.get(id).is_some_and(|p| p.retired);
            item.protocols.iter().find(|id| !retired(id)).copied()
        }
    };
    let protocol = expected.and_then(|id| view.facility().protocols.get(&id)).map(|p| &p.newest);
    match (protocol, form.protocol_version) {
        (Some(p), Some(version)) if p.version != version => Err(CommandRefusal::ProtocolChanged),
        (None, Some(_)) => Err(CommandRefusal::ProtocolChanged),
        (protocol, _) => Ok(protocol),
    }
}

pub(super) fn find_cleaner(
    who: &ClaimedCleaner,
    pin_ago_s: Option<u32>,
    view: &dyn StateView,
    drafts: &Drafts<'_>,
) -> Result<(CleanedBy, Vec<PersonalText>), CommandRefusal> {
    let staff = |id| match view.facility().staff.get(id) {
        Some(staff) if !staff.left => Ok(*id),
        _ => Err(CommandRefusal::UnknownStaff(*id)),
    };
    Ok(match who {
        ClaimedCleaner::Listed { staff: id, name } => {
            let staff = Some(staff(id)?);
            let name = text::check_name("cleaned_by", name, RefusalCause::OwnName)?;
            let (name, text) = drafts.text(&name)?;
            (CleanedBy::Entered { name, staff, how: Some(NameSource::List) }, vec![text])
        }
        ClaimedCleaner::Pin(id) => (CleanedBy::Pin { staff: staff(id)?, ago_s: pin_ago_s }, Vec::new()),
        ClaimedCleaner::Badge(id) => (CleanedBy::Badge { staff: staff(id)? }, Vec::new()),
        ClaimedCleaner::Login(id) => (CleanedBy::Login { staff: staff(id)? }, Vec::new()),
        ClaimedCleaner::Entered(name) => match text::check_name("cleaned_by", name, RefusalCause::OwnName) {
            Ok(name) => drafts
                .text(&name)
                .map(|(name, text)| (CleanedBy::Entered { name, staff: None, how: None }, vec![text]))?,
            Err(CommandRefusal::Needed { .. }) if view.facility().settings.allow_unattributed => {
                (CleanedBy::Unattributed, Vec::new())
            }
            Err(refusal) => return Err(refusal),
        },
    })
}

fn contact_record(form: &CleaningForm, protocol: Option<&ProtocolPublished>, now: &Now) -> Option<Contact> {
    let contact = Contact {
        required_s: protocol.and_then(|p| p.contact_s),
        measured_s: form.wet.and_then(|wet| wet.measured_s(now)),
        stated_s: form.stated_s,
        phone_s: None,
    };
    (contact != Contact::default()).then_some(contact)
}

/// What the cleaning lacks. A page says what was done, so there a gap needs a note; a plain request that says nothing of
/// steps is taken as it is and is incomplete.
fn missing_parts(
    form: &CleaningForm,
    item: &Equipment,
    protocol: Option<&ProtocolPublished>,
    contact: Option<Contact>,
    explained: bool,
    now: &Now,
) -> Result<Vec<MissingPart>, CommandRefusal> {
    let mut missing = Vec::new();
    let stated = form.steps.is_some();
    match &form.steps {
        None if protocol.is_some() => missing.push(MissingPart::StepsNotStated),
        None => {}
        Some(ticked) => {
            let left_out = steps_left_out(ticked, protocol)?;
            if !left_out.is_empty() {
                missing.push(MissingPart::Steps);
                require_excuse(explained, || CommandRefusal::StepsMissing(left_out))?;
            }
        }
    }
    if let Some(required_s) = contact.and_then(|c| c.required_s) {
        let contact = contact.unwrap_or_default();
        let stored = contact.measured_s.is_some_and(|s| s >= required_s)
            || (protocol.is_some_and(|p| p.declared) && contact.stated_s.is_some_and(|s| s >= required_s));
        if !stored {
            missing.push(MissingPart::ContactTime);
            require_excuse(explained || !stated, || still_wet(form, required_s, now))?;
        }
    }
    if PhotoRule::of(item, protocol).asks(form.photo_draw) && form.photos.is_empty() {
        missing.push(MissingPart::Photo);
        require_excuse(explained || !stated || form.photo_follows || form.photo_unkept, || {
            CommandRefusal::PhotoMissing
        })?;
    }
    Ok(missing)
}

fn require_excuse(excused: bool, refusal: impl FnOnce() -> CommandRefusal) -> Result<(), CommandRefusal> {
    if excused { Ok(()) } else { Err(refusal()) }
}

/// Numbers of the required steps that were not ticked. An item without a protocol has one: cleaned as the maker says.
fn steps_left_out(ticked: &[u16], protocol: Option<&ProtocolPublished>) -> Result<Vec<u16>, CommandRefusal> {
    let required: Vec<bool> = protocol.map_or(vec![true], |p| p.steps.iter().map(|s| s.required).collect());
    let numbered = || (1u16..).zip(&required);
    if let Some(unknown) = ticked.iter().find(|t| !numbered().any(|(n, _)| n == **t)) {
        return Err(CommandRefusal::UnknownStep(*unknown));
    }
    Ok(numbered().filter(|(n, required)| **required && !ticked.contains(n)).map(|(n, _)| n).collect())
}

fn still_wet(form: &CleaningForm, required_s: u32, now: &Now) -> CommandRefusal {
    match form.wet.and_then(|wet| wet.measured_s(now)) {
        None => CommandRefusal::NotWetted,
        Some(passed_s) => CommandRefusal::StillWet { left_s: required_s.saturating_sub(passed_s).max(1) },
    }
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
