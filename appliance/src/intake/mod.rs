//! The only producer of entries: command and state in, drafts or a refusal with its reason out; pure.

mod command;
mod command_sources;
mod equipment;
mod facility;
mod people;
mod records;
mod refusals;
mod text;

pub use record::anchor::AnchorSource;
use record::anchor::corrected_ms;
use record::entry::{Digest16, Entry, EntryAuthor, EntryDraft, EntryTime, IdempotencyRecord};
use record::fold::{CleaningRecord, Equipment, FacilityState, LinePlace, RowVersion, ServiceState};
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event, LabelPrinted, ProblemOutcome};
use record::redact::{PersonalText, Redactable};
use record::tag::Tag;
use service::clock::Now;
use service::random::RandomSource;

pub use self::command::{
    CategoryChange, CheckForm, ClaimedCleaner, CleaningForm, Command, EquipmentMerge, ListedOver,
    LocationChange, NewAlias, NewEquipment, NewProtocol, NewTag, ProblemClosing, SettingsChange, UpkeepPlan,
    UpkeepRecord, WetTime,
};
pub use self::command_sources::{
    COMMAND_SOURCES, CommandSources, MADE_BY_BOX, MadeByBox, NOT_YET, NotYet, ONE_SIDED, OneSided,
    UNREAD_SETTINGS, ways_of,
};
pub use self::equipment::tags::{find_named_item, open_tags, read_code};
pub use self::facility::brand::BrandColour;
pub use self::facility::directive::SettledDirective;
pub use self::facility::protocols::{TRANSLATION_LANGUAGES, offered_protocols};
pub use self::facility::settings::{FACILITY_LOCALES, HostChange, foreign_label_address, weigh_label_host};
pub use self::people::attribution::{
    PROOF_METHODS, ProofDemand, methods_from, methods_of_class, stated_class, use_class, weakest_method,
};
use self::people::attribution::{check_proof, is_enough, raised_class, way_of};
pub use self::people::competency::{
    CompetencyEnding, CompetencySignOff, SignOffVerdict, facility_day, find_grant, grant_version,
    is_signed_off,
};
pub use self::people::permissions::Permission;
pub use self::people::staff::{NewStaff, PAGE_LANGUAGES, StaffChange};
pub(crate) use self::records::photo_rule::PhotoRule;
pub use self::records::problem::{ProblemForm, REPORTS_OF_DEVICE_MAX};
pub use self::records::queued::{
    MeasuredContact, QueuedCleaner, QueuedCleaning, QueuedProblem, ReportPlacement,
};
pub use self::records::review::{HAND_TRIGGERS, review_cleaning};
pub use self::records::uses::UseForm;
pub use self::refusals::cause::{
    ClockRefusal, FacilityRefusal, ItemRefusal, LanguageRefusal, RefusalCause, RenameRefusal, SignOffRefusal,
};
pub use self::refusals::refusal::{CodeQuestion, CommandRefusal, CustomFieldRule, RefusalFacts};
pub(crate) use self::text::is_blank_text;

/// What intake may know. The store answers on its writer thread, so nothing changes between the look and the entry.
pub trait StateView {
    /// The clock’s reading, with the time as far as it is known.
    fn now(&self) -> Now;
    fn epoch(&self) -> Epoch;
    /// How many entries that epoch has: the number of the next one.
    fn size(&self) -> u64;
    fn facility(&self) -> &FacilityState;
    fn by_key(&self, key: &Digest16) -> Option<(LinePlace, Digest16)>;
    fn cleaning(&self, of: EntryRef) -> Option<CleaningRecord>;
    fn entry(&self, of: EntryRef) -> Option<Entry>;
    /// When the last cleaning and the last use of each boot was written for which `is_meant` holds and whose clock was unverified.
    fn last_of_unsure_boots(&self, is_meant: &dyn Fn(BootId) -> bool) -> Vec<EntryTime>;
    /// When that was, as far as the log knows it, milliseconds since 1970.
    fn known_ms(&self, at: &EntryTime) -> i64 {
        corrected_ms(at, self.facility().boots.get(&at.boot).copied())
    }
}

#[derive(Debug, Clone)]
pub struct CommandRequest {
    pub by: EntryAuthor,
    /// The idempotency key: the same request under it again gets the first answer again.
    pub key: Option<String>,
    /// What came, where the command was made of that and of what was there then: a repeat is known by what came. Absent: by
    /// the command.
    pub sent: Option<String>,
    pub command: Command,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandDecision {
    New(Vec<EntryDraft>),
    /// The very request was carried out before, by the entry at this place.
    Again(LinePlace),
}

pub fn decide_command(
    request: &CommandRequest,
    view: &dyn StateView,
    random: &dyn RandomSource,
) -> Result<CommandDecision, CommandRefusal> {
    people::permissions::check_permission(&request.by, &request.command, view)?;
    let idem = idempotency_record(request)?;
    if let Some(idem) = idem
        && let Some((line, earlier)) = view.by_key(&idem.key)
    {
        return if earlier == idem.req {
            Ok(CommandDecision::Again(line))
        } else {
            Err(CommandRefusal::KeyReused)
        };
    }
    let mut drafts = Drafts { by: request.by, idem, random, made: Vec::new() };
    make_drafts(&request.command, view, &mut drafts)?;
    Ok(CommandDecision::New(drafts.made))
}

fn make_drafts(
    command: &Command,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    match command {
        Command::AddEquipment(new) => equipment::items::decide_add(new, view, drafts),
        Command::ChangeEquipment { tag, fields, schedule, seen } => {
            let item = in_use_over(view, *tag, *seen)?;
            equipment::items::decide_change(item, fields, schedule.as_ref(), view, drafts)
        }
        Command::RetireEquipment { tag, reason, seen } => {
            let item = in_use_over(view, *tag, *seen)?;
            records::problem::close_of_item(item, Some(&ProblemOutcome::Retired), view, drafts)?;
            equipment::items::retire_item(item, reason, drafts)
        }
        Command::SuspendEquipment { tag, reason, back, seen } => {
            let item = in_use_over(view, *tag, *seen)?;
            equipment::items::suspend_item(item, reason, *back, *seen, view, drafts)
        }
        Command::ResumeEquipment { tag, closing, seen } => {
            let item = in_use_over(view, *tag, *seen)?;
            equipment::items::resume_item(item, closing, view, drafts)
        }
        Command::MergeEquipment(merge) => equipment::tags::merge_items(merge, view, drafts),
        Command::ReportProblem(form) => records::problem::report_problem(form, view, drafts),
        Command::CloseProblem { of, closing } => records::problem::close_problem(*of, closing, view, drafts),
        Command::AssignTag(new) => equipment::tags::assign_tag(new, view, drafts),
        Command::RevokeTag { tag, why } => equipment::tags::revoke_tag(*tag, why, view, drafts),
        Command::AddAlias(new) => equipment::tags::add_alias(new, view, drafts),
        Command::RemoveAlias { code } => equipment::tags::remove_alias(*code, view, drafts),
        Command::SetSchedule { tag, protocol, schedule, seen } => {
            let item = in_use_over(view, *tag, *seen)?;
            facility::settings::decide_schedule(item, *protocol, schedule, view.now().wall_ms, drafts)
        }
        Command::PublishProtocol(new) => facility::protocols::publish_protocol(new, view, drafts),
        Command::RetireProtocol { protocol, reason, seen } => {
            facility::protocols::retire_protocol(*protocol, reason, *seen, view, drafts)
        }
        Command::ChangeFacility(requested) => facility::settings::change_settings(requested, view, drafts),
        Command::AddStaff(person) => people::staff::add_member(person, view, drafts),
        Command::ChangeStaff(change) => {
            require_seen(change.seen, people::staff::find_member(change.staff, view)?.changed)?;
            people::staff::change_member(change, drafts)
        }
        Command::StaffLeft { staff } => people::staff::remove_member(*staff, view, drafts),
        Command::ChangeAccess(change) => people::access::record_access_change(change, view, drafts),
        Command::GrantCompetency(form) => people::competency::grant_competency(form, view, drafts),
        Command::EndCompetency(form) => people::competency::end_competency(form, view, drafts),
        Command::RecordCleaning(form) => records::cleaning::decide_cleaning(form, view, drafts),
        Command::RecordQueued(form) => records::queued::record_queued(form, view, drafts),
        Command::VoidCleaning { line, reason } => records::cleaning::decide_void(*line, reason, view, drafts),
        Command::SetLocation(change) => equipment::lists::set_location(change, view, drafts),
        Command::SetCategory(change) => equipment::lists::set_category(change, view, drafts),
        Command::PlanUpkeep(plan) => equipment::upkeep::plan_upkeep(plan, view, drafts),
        Command::RecordUpkeep(record) => equipment::upkeep::record_upkeep(record, view, drafts),
        Command::RecordUse(form) => records::uses::record_use(form, view, drafts),
        Command::RecordCheck(form) => records::check::record_check(form, view, drafts),
        Command::AttachPhoto { of, photo } => records::cleaning::decide_attach(*of, *photo, view, drafts),
        Command::Reprinted { printed, reason } => record_reprint(printed, reason, drafts),
        Command::AnchorClock { wall_ms, source } => {
            facility::clock::anchor_clock(*wall_ms, *source, view, drafts)
        }
        Command::SettleDirective(settled) => {
            facility::directive::settle_directive(settled, drafts);
            Ok(())
        }
        Command::Note(event) => note_event(event, drafts),
    }
}

/// An event of the box itself: it is never refused.
fn note_event(event: &Event, drafts: &mut Drafts<'_>) -> Result<(), CommandRefusal> {
    drafts.push(event.clone(), Vec::new());
    Ok(())
}

fn record_reprint(
    printed: &LabelPrinted,
    reason: &str,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let (reason, texts) = drafts.optional_text("reason", reason)?;
    drafts.push(LabelPrinted { reason, ..printed.clone() }, texts);
    Ok(())
}

fn idempotency_record(request: &CommandRequest) -> Result<Option<IdempotencyRecord>, CommandRefusal> {
    let Some(key) = &request.key else { return Ok(None) };
    if key.is_empty() || key.len() > 200 || key.chars().any(char::is_control) {
        return Err(CommandRefusal::KeyForm);
    }
    let digest = match &request.sent {
        Some(sent) => Some(request_digest(key, sent.as_bytes())),
        None => command_digest(key, &request.command),
    };
    let req = digest.ok_or(CommandRefusal::KeyForm)?;
    Ok(Some(IdempotencyRecord { key: Digest16::of(key.as_bytes()), req }))
}

/// By which a repeat of a command is known. The key goes into it: the log is read by many, for ever, and a command holds names and
/// reasons that may be erased from it; who does not know the key cannot try texts against the digest.
pub fn command_digest(key: &str, command: &Command) -> Option<Digest16> {
    Some(request_digest(key, &serde_json::to_vec(command).ok()?))
}

pub fn request_digest(key: &str, request: &[u8]) -> Digest16 {
    Digest16::of(&[key.as_bytes(), &[0], request].concat())
}

struct Drafts<'a> {
    by: EntryAuthor,
    idem: Option<IdempotencyRecord>,
    random: &'a dyn RandomSource,
    made: Vec<EntryDraft>,
}

impl Drafts<'_> {
    /// The first draft carries the idempotency key.
    fn push(&mut self, event: impl Into<Event>, texts: Vec<PersonalText>) {
        self.made.push(EntryDraft { by: self.by, idem: self.idem.take(), event: event.into(), texts });
    }

    fn text(&self, text: &str) -> Result<(Redactable, PersonalText), CommandRefusal> {
        let text = PersonalText::new(text, self.random.bytes())
            .map_err(|_| CommandRefusal::TooLong { field: "notes", chars_max: 1_000 })?;
        Ok((text.redactable(), text))
    }

    /// A reason or note; an empty one is none.
    fn optional_text(
        &self,
        field: &'static str,
        words: &str,
    ) -> Result<(Option<Redactable>, Vec<PersonalText>), CommandRefusal> {
        match text::check_note(field, words)? {
            None => Ok((None, Vec::new())),
            Some(words) => self.text(&words).map(|(redactable, text)| (Some(redactable), vec![text])),
        }
    }
}

/// A change applies to the version it was made from: a row that somebody else changed since is not overwritten.
fn require_seen(seen: Option<RowVersion>, now: RowVersion) -> Result<(), CommandRefusal> {
    if seen.is_none_or(|seen| seen == now) { Ok(()) } else { Err(CommandRefusal::Changed { now }) }
}

fn find_item(view: &dyn StateView, tag: Tag) -> Result<&Equipment, CommandRefusal> {
    find_named_item(view.facility(), tag).ok_or(CommandRefusal::UnknownTag(tag))
}

/// An item that is not retired.
fn in_use(view: &dyn StateView, tag: Tag) -> Result<&Equipment, CommandRefusal> {
    let item = find_item(view, tag)?;
    if item.service == ServiceState::Retired {
        Err(CommandRefusal::Retired { name: item.facts.name.clone() })
    } else {
        Ok(item)
    }
}

fn in_use_over(
    view: &dyn StateView,
    tag: Tag,
    seen: Option<RowVersion>,
) -> Result<&Equipment, CommandRefusal> {
    let item = in_use(view, tag)?;
    require_seen(seen, item.changed)?;
    Ok(item)
}

#[cfg(test)]
mod tests;
