//! What keeps a cleaning from being recorded, and what its record lacks: found once, for the record and for the page that
//! asks for it.

use record::fold::{Equipment, FacilityState};
use record::ids::StaffId;
use record::kinds::{
    CleanedBy, CleaningTrigger, Contact, MissingPart, NameSource, ProofMethod, ProtocolPublished,
    SpauldingClass,
};
use record::limits::{LOT_CHARS_MAX, PHOTOS_MAX};
use record::redact::PersonalText;
use service::clock::Now;

use super::cleaning_facts::{find_agent, find_cleanable, performed_time};
use super::photo_rule::PhotoRule;
use crate::intake::facility::protocols::offered_protocols;
use crate::intake::people::competency::SignOffVerdict;
use crate::intake::{
    ClaimedCleaner, CleaningForm, CommandRefusal, Drafts, ProofDemand, RefusalCause, check_proof,
    is_blank_text, is_enough, raised_class, text, use_class, way_of, weakest_method,
};

pub static HAND_TRIGGERS: [CleaningTrigger; 5] = [
    CleaningTrigger::Schedule,
    CleaningTrigger::AfterUse,
    CleaningTrigger::Soiled,
    CleaningTrigger::Incident,
    CleaningTrigger::Returned,
];

/// Everything that keeps a cleaning from being recorded, in the order in which it is decided; empty: it can be.
pub fn review_cleaning(form: &CleaningForm, facility: &FacilityState, now: &Now) -> Vec<CommandRefusal> {
    match CleaningReview::of(form, facility, now) {
        Ok(_) => Vec::new(),
        Err(ReviewRefusals { first, others }) => std::iter::once(first).chain(others).collect(),
    }
}

/// Why a cleaning is not recorded.
pub(in crate::intake) struct ReviewRefusals {
    pub(in crate::intake) first: CommandRefusal,
    others: Vec<CommandRefusal>,
}

impl From<CommandRefusal> for ReviewRefusals {
    fn from(first: CommandRefusal) -> Self {
        Self { first, others: Vec::new() }
    }
}

pub(in crate::intake) struct CleaningReview<'a> {
    pub(in crate::intake) item: &'a Equipment,
    pub(in crate::intake) protocol: Option<&'a ProtocolPublished>,
    pub(in crate::intake) cleaner: CheckedCleaner,
    pub(in crate::intake) class: Option<SpauldingClass>,
    pub(in crate::intake) note: Option<String>,
    pub(in crate::intake) agent: String,
    pub(in crate::intake) lot: String,
    pub(in crate::intake) contact: Option<Contact>,
    /// When it was done, where that is not now.
    pub(in crate::intake) performed: Option<i64>,
    pub(in crate::intake) verdict: SignOffVerdict,
    pub(in crate::intake) incomplete: Vec<MissingPart>,
}

impl<'a> CleaningReview<'a> {
    pub(in crate::intake) fn of(
        form: &CleaningForm,
        facility: &'a FacilityState,
        now: &Now,
    ) -> Result<Self, ReviewRefusals> {
        let item = find_cleanable(facility, form.tag)?;
        let performed = performed_time(form.performed_ms, now);
        let stated_ms = performed.as_ref().ok().copied().flatten();
        let protocol = find_protocol(form, item, facility, stated_ms, now)?;
        let class = use_class(facility, item, protocol, stated_ms, form.class);
        let needed = weakest_method(&facility.settings, class);
        let mut found = Findings {
            form,
            explained: !is_blank_text(&form.note),
            refusals: Vec::new(),
            incomplete: Vec::new(),
        };
        let cleaner = found.check_cleaner(facility, &needed);
        let note = found.keep(text::check_note("notes", &form.note));
        if form.photos.len() > PHOTOS_MAX {
            found.refusals.push(CommandRefusal::TooManyPhotos);
        }
        found.check_steps(protocol);
        let contact = contact_record(form, protocol, now);
        found.check_contact(protocol, contact, now);
        found.check_photo(item, protocol);
        let performed = found.keep(performed);
        let done_ms = performed.unwrap_or(now.wall_ms);
        let id = protocol.map(|p| p.protocol);
        let verdict = SignOffVerdict::of(facility, id, form.who.staff(), done_ms);
        if verdict == SignOffVerdict::Incomplete {
            let excused = found.explained || form.steps.is_none();
            found.require_excuse(excused, CommandRefusal::SIGN_OFF_NOTE);
        }
        if verdict.missing().is_some() || !is_enough(&cleaner.method(), &needed) {
            found.incomplete.push(MissingPart::Who);
        }
        let agent = found.keep(find_agent(&form.agent, form.steps.as_deref(), protocol));
        let lot = found.keep(text::check_short("lot", &form.lot, LOT_CHARS_MAX));
        let class = raised_class(facility, item, protocol, performed, form.class);
        let Findings { refusals, incomplete, .. } = found;
        let mut refusals = refusals.into_iter();
        match refusals.next() {
            Some(first) => Err(ReviewRefusals { first, others: refusals.collect() }),
            None => Ok(Self {
                item,
                protocol,
                cleaner,
                class,
                note,
                agent,
                lot,
                contact,
                performed,
                verdict,
                incomplete,
            }),
        }
    }
}

struct Findings<'a> {
    form: &'a CleaningForm,
    /// The note says why something was left out.
    explained: bool,
    refusals: Vec<CommandRefusal>,
    incomplete: Vec<MissingPart>,
}

impl Findings<'_> {
    /// What was checked; where it is refused, the review continues with nothing in its place.
    fn keep<T: Default>(&mut self, checked: Result<T, CommandRefusal>) -> T {
        checked.unwrap_or_else(|refusal| {
            self.refusals.push(refusal);
            T::default()
        })
    }

    fn require_excuse(&mut self, excused: bool, refusal: CommandRefusal) {
        if !excused {
            self.refusals.push(refusal);
        }
    }

    fn check_cleaner(&mut self, facility: &FacilityState, needed: &ProofMethod) -> CheckedCleaner {
        let form = self.form;
        let nameless = *needed == ProofMethod::None || form.proof == ProofDemand::Waived;
        let checked = match check_cleaner(&form.who, form.pin_ago_s, facility) {
            Err(CommandRefusal::Needed { .. }) if nameless => Ok(CheckedCleaner::Unnamed),
            // A person at a page is asked for a name before they are asked to prove it.
            Ok(CheckedCleaner::Unnamed) if !nameless && form.proof == ProofDemand::Required => {
                Err(CommandRefusal::Needed { field: "cleaned_by", cause: RefusalCause::OwnName })
            }
            checked => checked,
        };
        let proven = checked.as_ref().map(CheckedCleaner::method).ok();
        let cleaner = self.keep(checked);
        if let Some(method) = proven {
            self.keep(check_proof(form.proof, &method, needed, &form.note));
        }
        cleaner
    }

    /// A page says what was done, so there a gap needs a note; a plain request that says nothing of steps is taken as it is
    /// and is incomplete.
    fn check_steps(&mut self, protocol: Option<&ProtocolPublished>) {
        let Some(ticked) = &self.form.steps else {
            self.incomplete.extend(protocol.map(|_| MissingPart::StepsNotStated));
            return;
        };
        let left_out = self.keep(steps_left_out(ticked, protocol));
        if !left_out.is_empty() {
            self.incomplete.push(MissingPart::Steps);
            self.require_excuse(self.explained, CommandRefusal::StepsMissing(left_out));
        }
    }

    fn check_contact(&mut self, protocol: Option<&ProtocolPublished>, contact: Option<Contact>, now: &Now) {
        let contact = contact.unwrap_or_default();
        let Some(required_s) = contact.required_s else { return };
        let is_enough_time = contact.measured_s.is_some_and(|s| s >= required_s)
            || (protocol.is_some_and(|p| p.declared) && contact.stated_s.is_some_and(|s| s >= required_s));
        if !is_enough_time {
            self.incomplete.push(MissingPart::ContactTime);
            let excused = self.explained || self.form.steps.is_none();
            self.require_excuse(excused, still_wet(self.form, required_s, now));
        }
    }

    fn check_photo(&mut self, item: &Equipment, protocol: Option<&ProtocolPublished>) {
        let form = self.form;
        if PhotoRule::of(item, protocol).asks(form.photo_draw) && form.photos.is_empty() {
            self.incomplete.push(MissingPart::Photo);
            let excused = self.explained || form.steps.is_none() || form.photo_follows || form.photo_unkept;
            self.require_excuse(excused, CommandRefusal::PhotoMissing);
        }
    }
}

/// The protocol that the cleaning followed: one of the item's, the one that is offered first where none is named, in the
/// version that was in force then. A page is over where it showed another one; of what was done earlier any may be named.
fn find_protocol<'a>(
    form: &CleaningForm,
    item: &Equipment,
    facility: &'a FacilityState,
    stated_ms: Option<i64>,
    now: &Now,
) -> Result<Option<&'a ProtocolPublished>, CommandRefusal> {
    let at_ms = stated_ms.unwrap_or(now.wall_ms);
    let protocol = match form.protocol {
        Some(id) if !item.facts.protocols.contains(&id) => return Err(CommandRefusal::NotItsProtocol),
        Some(id) => facility.protocols.get(&id).map(|p| p.in_force(at_ms)),
        None => offered_protocols(facility, item, at_ms).first().copied(),
    };
    match (protocol, form.protocol_version) {
        (Some(p), Some(version)) if p.version != version && stated_ms.is_some() => {
            let named = facility.protocols.get(&p.protocol).and_then(|known| known.of_version(version));
            named.map(Some).ok_or(CommandRefusal::ProtocolChanged)
        }
        (Some(p), Some(version)) if p.version != version => Err(CommandRefusal::ProtocolChanged),
        (None, Some(_)) => Err(CommandRefusal::ProtocolChanged),
        (protocol, _) => Ok(protocol),
    }
}

/// What was said of the contact time, and what was asked for: by what its start showed where it is measured.
fn contact_record(form: &CleaningForm, protocol: Option<&ProtocolPublished>, now: &Now) -> Option<Contact> {
    let wet = form.wet.filter(|wet| wet.boot == now.boot);
    let contact = Contact {
        required_s: wet.and_then(|wet| wet.required_s).or(protocol.and_then(|p| p.contact_s)),
        measured_s: wet.and_then(|wet| wet.measured_s(now)),
        stated_s: form.stated_s,
        phone_s: None,
    };
    (contact != Contact::default()).then_some(contact)
}

/// Numbers of the required steps that were not ticked. An item without a protocol has one: cleaned as the maker says.
fn steps_left_out(ticked: &[u16], protocol: Option<&ProtocolPublished>) -> Result<Vec<u16>, CommandRefusal> {
    let required: Vec<bool> = protocol.map_or(vec![true], |p| p.steps.iter().map(|s| s.required).collect());
    let numbered = (1u16..).zip(&required);
    if let Some(unknown) = ticked.iter().find(|t| !numbered.clone().any(|(n, _)| n == **t)) {
        return Err(CommandRefusal::UnknownStep(*unknown));
    }
    Ok(numbered.filter(|(n, required)| **required && !ticked.contains(n)).map(|(n, _)| n).collect())
}

fn still_wet(form: &CleaningForm, required_s: u32, now: &Now) -> CommandRefusal {
    match form.wet.and_then(|wet| wet.measured_s(now)) {
        None => CommandRefusal::NotWetted,
        Some(passed_s) => CommandRefusal::StillWet { left_s: required_s.saturating_sub(passed_s).max(1) },
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::intake) enum CheckedCleaner {
    #[default]
    Unnamed,
    Named {
        name: String,
        staff: Option<StaffId>,
    },
    Proven(CleanedBy),
}

pub(in crate::intake) fn check_cleaner(
    who: &ClaimedCleaner,
    pin_ago_s: Option<u32>,
    facility: &FacilityState,
) -> Result<CheckedCleaner, CommandRefusal> {
    Ok(match who {
        ClaimedCleaner::Listed { staff: id, name } => {
            let staff = Some(check_staff(*id, facility)?);
            CheckedCleaner::Named {
                staff,
                name: text::check_name("cleaned_by", name, RefusalCause::OwnName)?,
            }
        }
        ClaimedCleaner::Pin(id) => {
            CheckedCleaner::Proven(CleanedBy::Pin { staff: check_staff(*id, facility)?, ago_s: pin_ago_s })
        }
        ClaimedCleaner::Badge(id) => {
            CheckedCleaner::Proven(CleanedBy::Badge { staff: check_staff(*id, facility)? })
        }
        ClaimedCleaner::Login(id) => {
            CheckedCleaner::Proven(CleanedBy::Login { staff: check_staff(*id, facility)? })
        }
        ClaimedCleaner::Entered(name) => match text::check_name("cleaned_by", name, RefusalCause::OwnName) {
            Ok(name) => CheckedCleaner::Named { name, staff: None },
            Err(CommandRefusal::Needed { .. }) if facility.settings.allow_unattributed => {
                CheckedCleaner::Unnamed
            }
            Err(refusal) => return Err(refusal),
        },
    })
}

fn check_staff(id: StaffId, facility: &FacilityState) -> Result<StaffId, CommandRefusal> {
    match facility.staff.get(&id) {
        Some(staff) if !staff.left => Ok(id),
        _ => Err(CommandRefusal::UnknownStaff(id)),
    }
}

impl CheckedCleaner {
    fn method(&self) -> ProofMethod {
        match self {
            Self::Unnamed => ProofMethod::None,
            Self::Named { staff: None, .. } => ProofMethod::Typed,
            Self::Named { staff: Some(_), .. } => ProofMethod::List,
            Self::Proven(by) => way_of(by),
        }
    }

    /// As an entry names them, and the text that is stored beside it.
    pub(in crate::intake) fn to_record(
        &self,
        drafts: &Drafts<'_>,
    ) -> Result<(CleanedBy, Vec<PersonalText>), CommandRefusal> {
        Ok(match self {
            Self::Unnamed => (CleanedBy::Unattributed, Vec::new()),
            Self::Proven(by) => (*by, Vec::new()),
            Self::Named { name, staff } => {
                let (name, text) = drafts.text(name)?;
                let how = staff.map(|_| NameSource::List);
                (CleanedBy::Entered { name, staff: *staff, how }, vec![text])
            }
        })
    }
}
