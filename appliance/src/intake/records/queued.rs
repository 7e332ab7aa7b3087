//! Cleanings that waited in a phone: recorded with what is remarkable about them. What was done hours ago in front of an
//! item cannot be asked for again, so hardly anything is refused.

use std::ops::RangeInclusive;

use record::fold::{Equipment, FacilityProtocol, FacilitySettings};
use record::ids::{ProtocolId, StaffId};
use record::kinds::{
    CivilDay, CleanedBy, CleaningRecorded, CleaningTrigger, Contact, Event, MissingPart, NameSource,
    ProblemWord, ProtocolPublished, ProtocolRef, QueuedPolicy, QueuedRecord, SpauldingClass,
};
use record::limits::{LOT_CHARS_MAX, NOTE_CHARS_MAX, PHOTOS_MAX};
use record::redact::PersonalText;
use record::tag::Tag;
use record::tree::Hash;
use serde::Serialize;
use service::clock::Now;

use super::cleaning::{TOOK_MS_MAX, find_clean_until, sort_steps};
use super::cleaning_facts::{find_agent, performed_time};
use super::flags::FlagFacts;
use super::problem::{ProblemForm, find_reportable, report_problem};
use crate::intake::facility::protocols::offered_protocols;
use crate::intake::people::competency::{SignOffVerdict, staff_of};
use crate::intake::{
    ClaimedCleaner, CommandRefusal, Drafts, PhotoRule, RefusalCause, StateView, find_item, is_enough,
    raised_class, text, use_class, way_of, weakest_method,
};

/// For so long a phone that was away may show a version that was replaced.
const SHOWN_AFTER_MS: i64 = 72 * 3_600_000;
/// What was recorded no later than this did not wait.
const AT_ONCE_MS: u64 = 1_000;

/// Who cleaned, as a phone that was away says it: only a badge proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum QueuedCleaner {
    Nobody,
    Entered(String),
    Listed {
        staff: StaffId,
        name: String,
    },
    /// A badge that the phone sent on proved it.
    Badge(StaffId),
}

/// How long a surface stayed wet by the box's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MeasuredContact {
    pub wet_s: u32,
    /// Nobody ended it before the press, so it is no measure once it is long.
    pub is_open: bool,
    pub protocol: Option<ProtocolId>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueuedCleaning {
    pub tag: Tag,
    /// The version of the protocol that the phone showed; absent: it showed none.
    pub protocol: Option<ProtocolRef>,
    pub steps: Vec<u16>,
    pub agent: String,
    pub lot: String,
    pub lot_expires: Option<CivilDay>,
    pub trigger: Option<CleaningTrigger>,
    /// The class of this use, where somebody said that it was higher than usual.
    pub class: Option<SpauldingClass>,
    pub who: QueuedCleaner,
    pub note: String,
    pub photos: Vec<Hash>,
    pub waited_ms: u64,
    /// The press by the phone's wall clock, milliseconds since 1970.
    pub phone_ms: i64,
    /// How long the surface stayed wet by the phone's clock.
    pub contact_s: Option<u32>,
    /// How long by the box's own clock, where a contact time that was started at the box covers it.
    pub measured: Option<MeasuredContact>,
    /// The phone's clock cannot be relied on.
    pub unsure: bool,
    /// From the first look at the item to the press.
    pub took_ms: Option<u32>,
    /// What is wrong with the item, where that was reported with it.
    pub problem: Option<QueuedProblem>,
    pub problem_goes: ReportPlacement,
}

impl QueuedCleaning {
    fn measured_by(&self, protocol: Option<&ProtocolPublished>) -> Option<MeasuredContact> {
        self.measured.filter(|measured| measured.protocol == protocol.map(|followed| followed.protocol))
    }

    /// The same of what the phone measured, seconds: that is of the protocol that it showed.
    fn phone_s_by(&self, protocol: Option<&ProtocolPublished>) -> Option<u32> {
        let followed = protocol.map(|followed| followed.protocol);
        self.contact_s.filter(|_| self.protocol.is_none_or(|shown| Some(shown.id) == followed))
    }
}

/// Where a report goes that comes with a cleaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ReportPlacement {
    Entry,
    /// So much was reported from there that it goes into the cleaning's note.
    Note,
}

/// A report that something is wrong with an item, from a phone's queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueuedProblem {
    pub what: ProblemWord,
    pub text: String,
}

/// Records a cleaning from a phone's queue, and what was reported with it. Where the phone has too many reports, that goes into
/// the note.
pub(in crate::intake) fn record_queued(
    form: &QueuedCleaning,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let Some(problem) = &form.problem else { return record_cleaning(form, &form.note, view, drafts) };
    if form.problem_goes == ReportPlacement::Note || find_reportable(form.tag, view, drafts).is_err() {
        return record_cleaning(form, &join_note(&form.note, problem), view, drafts);
    }
    record_cleaning(form, &form.note, view, drafts)?;
    report_problem(&problem.to_form(form.tag, &form.who), view, drafts)
}

fn join_note(note: &str, problem: &QueuedProblem) -> String {
    let reported = format!("{}: {}", problem.what.as_str(), problem.text.trim());
    let left = NOTE_CHARS_MAX.saturating_sub(note.chars().count() + 1);
    let reported: String = reported.chars().take(left).collect();
    if note.is_empty() { reported } else { format!("{note}\n{reported}") }
}

fn record_cleaning(
    form: &QueuedCleaning,
    note: &str,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let item = find_item(view, form.tag)?;
    if form.photos.len() > PHOTOS_MAX {
        return Err(CommandRefusal::TooManyPhotos);
    }
    let now = view.now();
    let performed_ms = now.wall_ms.saturating_sub_unsigned(form.waited_ms);
    let judged = find_edition(form, item, view);
    let protocol = judged.protocol.as_ref();
    let (who, mut texts) = name_cleaner(&form.who, view, drafts)?;
    let (note, beside) = drafts.optional_text("notes", note)?;
    texts.extend(beside);
    let contact = find_contact(form, protocol);
    let facility = view.facility();
    let settings = &facility.settings;
    let mut steps = form.steps.clone();
    steps.retain(|n| (1..=required_steps(protocol).len()).contains(&usize::from(*n)));
    let mut incomplete = missing_parts(form, item, protocol, &steps, settings);
    let class = use_class(facility, item, protocol, Some(performed_ms), form.class);
    if !is_enough(&way_of(&who), &weakest_method(settings, class)) {
        incomplete.push(MissingPart::Who);
    }
    let id = protocol.map(|p| p.protocol);
    let verdict = SignOffVerdict::of(view.facility(), id, staff_of(&who), performed_ms);
    // Two reasons for which it is not known well enough who cleaned are one.
    incomplete.extend(verdict.missing().filter(|part| !incomplete.contains(part)));
    let flags = FlagFacts {
        item,
        protocol,
        contact,
        is_open: form.measured_by(protocol).is_some_and(|measured| measured.is_open),
        done_ms: performed_ms,
        lot_expires: form.lot_expires,
        verdict,
        photo_draw: None,
        is_old_protocol: !judged.is_present,
        is_unsure: form.unsure,
    };
    let flags = flags.list_flags(view);
    let event = CleaningRecorded {
        tag: item.tag,
        protocol: protocol.map(|p| ProtocolRef { id: p.protocol, version: p.version }),
        agent: find_agent(&form.agent, Some(&steps), protocol)?,
        steps: Some(sort_steps(steps)),
        contact,
        who,
        photos: form.photos.clone(),
        note,
        performed: stated_time(form.waited_ms, &now)?,
        clean_until: find_clean_until(protocol, &incomplete, performed_ms),
        incomplete,
        trigger: form.trigger.clone(),
        class: raised_class(facility, item, protocol, Some(performed_ms), form.class),
        lot: text::check_short("lot", &form.lot, LOT_CHARS_MAX)?,
        lot_expires: form.lot_expires,
        took_ms: form.took_ms.filter(|took| *took <= TOOK_MS_MAX),
        queued: Some(queued_record(form)),
        load: None,
        flags,
    };
    drafts.push(event, texts);
    Ok(())
}

fn queued_record(form: &QueuedCleaning) -> QueuedRecord {
    QueuedRecord {
        waited_s: u32::try_from(form.waited_ms / 1_000).unwrap_or(u32::MAX),
        phone_ms: form.phone_ms,
        unsure: form.unsure,
    }
}

/// How long the surface stayed wet by the box’s clock or the phone’s, and how long it had to.
fn find_contact(form: &QueuedCleaning, protocol: Option<&ProtocolPublished>) -> Option<Contact> {
    let contact = Contact {
        required_s: protocol.and_then(|p| p.contact_s),
        measured_s: form.measured_by(protocol).map(|measured| measured.wet_s),
        phone_s: form.phone_s_by(protocol),
        ..Contact::default()
    };
    (contact != Contact::default()).then_some(contact)
}

/// When it was done, where that is not when it came. A scan that is a minute old is of now; a phone says it to the second.
fn stated_time(waited_ms: u64, now: &Now) -> Result<Option<i64>, CommandRefusal> {
    let performed_ms = now.wall_ms.saturating_sub_unsigned(waited_ms);
    performed_time(Some(performed_ms), now)?;
    Ok((waited_ms > AT_ONCE_MS).then_some(performed_ms))
}

struct JudgedProtocol {
    protocol: Option<ProtocolPublished>,
    /// It is what the phone showed, and what a page shows now.
    is_present: bool,
}

/// The version that the phone showed, as long as it may have been shown in good faith; else what was in force at the press. A
/// phone cannot choose by what it is judged: only by the item's own protocols, and by none that was replaced long before.
fn find_edition(form: &QueuedCleaning, item: &Equipment, view: &dyn StateView) -> JudgedProtocol {
    let facility = view.facility();
    let now_ms = view.now().wall_ms;
    let pressed_ms = now_ms.saturating_sub_unsigned(form.waited_ms);
    let Some(shown) = form.protocol else {
        let protocol = find_offered(item, view, pressed_ms);
        return JudgedProtocol { is_present: protocol.is_none(), protocol };
    };
    let known = facility.protocols.get(&shown.id).filter(|_| item.facts.protocols.contains(&shown.id));
    let Some(known) = known else {
        return JudgedProtocol { protocol: find_offered(item, view, pressed_ms), is_present: false };
    };
    let is_present = known.in_force(now_ms).version == shown.version && !known.retired;
    let protocol = find_shown(known, shown.version, pressed_ms..=now_ms, view);
    JudgedProtocol {
        protocol: Some(protocol.unwrap_or_else(|| known.in_force(pressed_ms).clone())),
        is_present,
    }
}

fn find_offered(item: &Equipment, view: &dyn StateView, at_ms: i64) -> Option<ProtocolPublished> {
    offered_protocols(view.facility(), item, at_ms).first().map(|&own| own.clone())
}

/// A version that was in force at some time from the press to now, or a few days before: so long a phone may have been away.
fn find_shown(
    known: &FacilityProtocol,
    version: u32,
    waited: RangeInclusive<i64>,
    view: &dyn StateView,
) -> Option<ProtocolPublished> {
    let oldest_ms = waited.start().saturating_sub(SHOWN_AFTER_MS);
    if known.newest.version == version {
        return (known.from_ms <= *waited.end()).then(|| known.newest.clone());
    }
    if let Some(at) = known.before.iter().position(|earlier| earlier.published.version == version) {
        let (shown, next) = (&known.before[at], known.before.get(at + 1));
        let replaced_ms = next.map_or(known.from_ms, |next| next.from_ms);
        let was_shown = shown.from_ms <= *waited.end() && oldest_ms <= replaced_ms;
        return was_shown.then(|| shown.published.clone());
    }
    let at = known.editions.iter().position(|edition| edition.version == version)?;
    let replaced = view.entry(known.editions.get(at + 1)?.of)?;
    if view.known_ms(&replaced.head().at) < oldest_ms {
        return None;
    }
    match view.entry(known.editions[at].of)?.event() {
        Event::ProtocolPublished(old) => Some(*old),
        _ => None,
    }
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
        let by_phone = form.phone_s_by(protocol).is_some_and(|s| s >= required_s);
        let by_phone = by_phone && !form.unsure && settings.queued == QueuedPolicy::Count;
        if !by_phone && form.measured_by(protocol).is_none_or(|measured| measured.wet_s < required_s) {
            missing.push(MissingPart::ContactTime);
        }
    }
    if PhotoRule::of(item, protocol) == PhotoRule::Required && form.photos.is_empty() {
        missing.push(MissingPart::Photo);
    }
    missing
}

impl QueuedProblem {
    pub fn to_form(&self, tag: Tag, who: &QueuedCleaner) -> ProblemForm {
        let who = match who {
            QueuedCleaner::Nobody => ClaimedCleaner::Entered(String::new()),
            QueuedCleaner::Entered(name) => ClaimedCleaner::Entered(name.clone()),
            QueuedCleaner::Badge(staff) => ClaimedCleaner::Badge(*staff),
            QueuedCleaner::Listed { staff, name } => {
                ClaimedCleaner::Listed { staff: *staff, name: name.clone() }
            }
        };
        let what = ProblemWord::ALL.contains(&self.what).then(|| self.what.clone());
        let what = what.unwrap_or(ProblemWord::Something);
        ProblemForm {
            tag,
            what: Some(what),
            text: self.text.clone(),
            photos: Vec::new(),
            who,
            pin_ago_s: None,
        }
    }
}

/// A name from the list is whose it is only while they work here, and so is a badge.
fn name_cleaner(
    who: &QueuedCleaner,
    view: &dyn StateView,
    drafts: &Drafts<'_>,
) -> Result<(CleanedBy, Vec<PersonalText>), CommandRefusal> {
    let (name, staff) = match who {
        QueuedCleaner::Badge(staff) if is_present_member(*staff, view) => {
            return Ok((CleanedBy::Badge { staff: *staff }, Vec::new()));
        }
        QueuedCleaner::Badge(_) | QueuedCleaner::Nobody => return Ok((CleanedBy::Unattributed, Vec::new())),
        QueuedCleaner::Entered(name) => (name, None),
        QueuedCleaner::Listed { staff, name } => (name, Some(*staff)),
    };
    let staff = staff.filter(|id| is_present_member(*id, view));
    let name = text::check_name("cleaned_by", name, RefusalCause::OwnName)?;
    let (name, text) = drafts.text(&name)?;
    Ok((CleanedBy::Entered { name, staff, how: staff.map(|_| NameSource::List) }, vec![text]))
}

fn is_present_member(id: StaffId, view: &dyn StateView) -> bool {
    view.facility().staff.get(&id).is_some_and(|member| !member.left)
}
