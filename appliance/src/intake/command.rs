//! Commands of people and programs as parsed: nothing in them is trusted but their shape.

use std::collections::BTreeMap;

use record::anchor::AnchorSource;
use record::entry::Digest16;
use record::fold::{LinePlace, RowVersion};
use record::ids::{BootId, ProtocolId, StaffId, UpkeepId};
use record::kinds::{
    AccessChanged, Agent, CategoryDefaults, CategoryField, CheckMethod, CheckResult, CivilDay,
    CleaningTrigger, CompetencyPolicy, DayChange, EntryRef, EquipmentPatch, Event, LabelPrinted, PackSource,
    PhotoPolicy, ProblemOutcome, ProblemPolicy, ProtocolWords, QueuedPolicy, Schedule, SpauldingClass, Step,
    TagEnd, TagReason, TimeOfDay, UpkeepReading, UpkeepResult, WhoPolicy,
};
use record::tag::Tag;
use record::tree::Hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use service::clock::Now;

use super::people::competency::{CompetencyEnding, CompetencySignOff};
use super::records::problem::ProblemForm;
use super::records::uses::UseForm;
use super::{NewStaff, ProofDemand, QueuedCleaning, SettledDirective, StaffChange};

/// A requested change. Serialised only to distinguish a repeated request from another one.
#[derive(Debug, Clone, Serialize)]
pub enum Command {
    AddEquipment(Box<NewEquipment>),
    ChangeEquipment {
        tag: Tag,
        fields: Box<EquipmentPatch>,
        /// When it is due by any protocol; absent: as before.
        schedule: Option<Schedule>,
        /// The version of the item that this change is based on; absent: any.
        seen: Option<RowVersion>,
    },
    RetireEquipment {
        tag: Tag,
        reason: String,
        /// The version of the item that this change is based on; absent: any.
        #[serde(skip_serializing_if = "Option::is_none")]
        seen: Option<RowVersion>,
    },
    SuspendEquipment {
        tag: Tag,
        reason: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        back: Option<CivilDay>,
        /// The version of the item that this change is based on; absent: any.
        #[serde(skip_serializing_if = "Option::is_none")]
        seen: Option<RowVersion>,
    },
    ResumeEquipment {
        tag: Tag,
        /// What came of the reports about it that are open, and what was done.
        closing: ProblemClosing,
        /// The version of the item that this change is based on; absent: any.
        #[serde(skip_serializing_if = "Option::is_none")]
        seen: Option<RowVersion>,
    },
    /// Two items that are one thing: the first is retired, and what opens it opens the second.
    MergeEquipment(EquipmentMerge),
    ReportProblem(Box<ProblemForm>),
    CloseProblem {
        of: EntryRef,
        closing: ProblemClosing,
    },
    AssignTag(NewTag),
    RevokeTag {
        tag: Tag,
        why: TagEnd,
    },
    /// A code that is no tag of ours opens an item too.
    AddAlias(NewAlias),
    RemoveAlias {
        code: Digest16,
    },
    PublishProtocol(Box<NewProtocol>),
    /// A protocol that is not offered any more.
    RetireProtocol {
        protocol: ProtocolId,
        reason: String,
        /// The version of the protocol's row that this was made over; absent: whatever it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        seen: Option<RowVersion>,
    },
    SetSchedule {
        tag: Tag,
        protocol: Option<ProtocolId>,
        schedule: Schedule,
        /// The version of the item that this change is based on; absent: any.
        seen: Option<RowVersion>,
    },
    AddStaff(NewStaff),
    ChangeStaff(StaffChange),
    StaffLeft {
        staff: StaffId,
    },
    ChangeAccess(Box<AccessChanged>),
    GrantCompetency(CompetencySignOff),
    EndCompetency(CompetencyEnding),
    ChangeFacility(Box<SettingsChange>),
    RecordCleaning(Box<CleaningForm>),
    RecordQueued(Box<QueuedCleaning>),
    /// A cleaning that is not to count.
    VoidCleaning {
        /// Which, and whether a run brought it.
        line: LinePlace,
        reason: String,
    },
    /// A place of the pick list.
    SetLocation(Box<LocationChange>),
    SetCategory(Box<CategoryChange>),
    PlanUpkeep(Box<UpkeepPlan>),
    /// What came of a maintenance task.
    RecordUpkeep(Box<UpkeepRecord>),
    RecordUse(UseForm),
    /// What somebody else found who looked at what a cleaning had done.
    RecordCheck(Box<CheckForm>),
    /// A photo that was not ready when its cleaning was recorded.
    AttachPhoto {
        of: EntryRef,
        /// SHA-256 of the stored JPEG.
        photo: Hash,
    },
    /// The end of a job that printed labels once more.
    Reprinted {
        printed: Box<LabelPrinted>,
        reason: String,
    },
    AnchorClock {
        wall_ms: i64,
        source: AnchorSource,
    },
    /// The outcome of a directive of the relay.
    SettleDirective(SettledDirective),
    /// What the box itself has to say: a print job's end, a claim.
    #[serde(serialize_with = "event_kind")]
    Note(Box<Event>),
}

impl Command {
    /// The same, based on this version of the row that it changes; a command that changes no such row stays as it is.
    pub fn made_over(mut self, version: Option<RowVersion>) -> Self {
        match &mut self {
            Self::ChangeEquipment { seen, .. }
            | Self::RetireEquipment { seen, .. }
            | Self::SuspendEquipment { seen, .. }
            | Self::ResumeEquipment { seen, .. }
            | Self::RetireProtocol { seen, .. }
            | Self::SetSchedule { seen, .. } => *seen = version,
            Self::ChangeStaff(change) => change.seen = version,
            Self::MergeEquipment(merge) => merge.seen = version,
            Self::GrantCompetency(form) => form.seen = version,
            Self::EndCompetency(form) => form.seen = version,
            Self::ChangeFacility(settings) => settings.seen = version,
            Self::PublishProtocol(protocol) => protocol.seen = version,
            Self::PlanUpkeep(plan) => plan.seen = version,
            Self::SetLocation(change) => change.over = ListedOver::Present(version),
            Self::SetCategory(change) => change.over = ListedOver::Present(version),
            Self::AddEquipment(_)
            | Self::AssignTag(_)
            | Self::RevokeTag { .. }
            | Self::AddAlias { .. }
            | Self::RemoveAlias { .. }
            | Self::ReportProblem(_)
            | Self::CloseProblem { .. }
            | Self::AddStaff(_)
            | Self::StaffLeft { .. }
            | Self::ChangeAccess(_)
            | Self::RecordCleaning(_)
            | Self::RecordQueued(_)
            | Self::VoidCleaning { .. }
            | Self::RecordUpkeep(_)
            | Self::RecordUse(_)
            | Self::RecordCheck(_)
            | Self::AttachPhoto { .. }
            | Self::Reprinted { .. }
            | Self::AnchorClock { .. }
            | Self::SettleDirective(_)
            | Self::Note(_) => {}
        }
        self
    }
}

fn event_kind<S: Serializer>(event: &Event, s: S) -> Result<S::Ok, S::Error> {
    let body = event.body().map_err(serde::ser::Error::custom)?;
    (event.kind(), body).serialize(s)
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct NewEquipment {
    /// A printed blank tag that is already on it; else a new one is made.
    pub tag: Option<Tag>,
    /// Its facts; `name` must be among them.
    pub fields: EquipmentPatch,
    pub schedule: Option<Schedule>,
    /// A code that is on it already and is to open it, as scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct NewAlias {
    /// As scanned or typed.
    pub code: String,
    pub equipment: Tag,
    /// Whether the questions of [`CodeQuestion`](crate::intake::CodeQuestion) are answered with yes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct NewTag {
    pub tag: Option<Tag>,
    pub equipment: Tag,
    pub why: TagReason,
    /// The tag of the label that was lost: it opens nothing any more.
    pub replaces: Option<Tag>,
}

#[derive(Debug, Clone, Serialize)]
pub struct EquipmentMerge {
    pub from: Tag,
    pub into: Tag,
    pub reason: String,
    /// The version of the first that this change is based on; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<RowVersion>,
}

/// A protocol as written by a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewProtocol {
    /// Of which protocol this is a new version; absent: a new one.
    #[serde(default)]
    pub protocol: Option<ProtocolId>,
    /// What people call it.
    pub name: String,
    /// In order.
    pub steps: Vec<Step>,
    /// How long the surface must stay wet, seconds.
    #[serde(default)]
    pub contact_s: Option<u32>,
    /// Whether a stated contact time counts as kept.
    #[serde(default)]
    pub declared: bool,
    /// What to wipe with.
    #[serde(default)]
    pub agents: Vec<Agent>,
    /// How long it takes, minutes.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// What to wear.
    #[serde(default)]
    pub ppe: String,
    /// The manufacturer's instructions.
    #[serde(default)]
    pub ifu: String,
    /// Which class it serves; it is offered first for items of that class.
    #[serde(default)]
    pub class: Option<SpauldingClass>,
    /// Whether one press may tick all its steps; absent: for noncritical use only.
    #[serde(default)]
    pub one_press: Option<bool>,
    /// Whether a cleaning needs a photo; the stricter of this and the item's holds.
    #[serde(default)]
    pub photo: Option<PhotoPolicy>,
    /// Where `photo` is optional, one cleaning in this many is asked for one: 2 to 100.
    #[serde(default)]
    pub photo_one_in: Option<u32>,
    /// For how long an item counts as clean after it, hours: 1 to 8,760.
    #[serde(default)]
    pub hang_h: Option<u16>,
    /// Most minutes from the end of a use to the start of the cleaning: 1 to 10,080.
    #[serde(default)]
    pub delay_min: Option<u16>,
    /// Who approved it.
    #[serde(default)]
    pub approved: String,
    /// From which day it is used.
    #[serde(default)]
    pub effective: Option<CivilDay>,
    /// Revision of the manufacturer's instructions, at most 60 characters.
    #[serde(default)]
    pub ifu_rev: String,
    /// What people read in other languages, by their code (`en`, `es`), with as many steps as the protocol has.
    #[serde(default)]
    pub words: BTreeMap<String, ProtocolWords>,
    /// The pack that its draft came from.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub from_pack: Option<PackSource>,
    /// The version of the protocol's row that this was made over; absent: whatever it is.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub seen: Option<RowVersion>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ListedOver {
    /// It is not on the list yet.
    New,
    Present(Option<RowVersion>),
}

#[derive(Debug, Clone, Serialize)]
pub struct LocationChange {
    pub name: String,
    /// What it was called so far, where it gets another name; what has that gets the new one with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    pub within: String,
    pub order: Option<u16>,
    /// Whether it is not offered any more.
    pub retired: bool,
    pub over: ListedOver,
}

#[derive(Debug, Clone, Serialize)]
pub struct CategoryChange {
    pub name: String,
    /// What it was called so far, where it gets another name; what has that gets the new one with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    pub fields: Vec<CategoryField>,
    /// What the form of a new item begins with.
    pub defaults: CategoryDefaults,
    /// Whether it is not offered any more.
    pub retired: bool,
    pub over: ListedOver,
}

#[derive(Debug, Clone, Serialize)]
pub struct UpkeepPlan {
    /// Which task; absent: a new one.
    pub upkeep: Option<UpkeepId>,
    pub tag: Tag,
    pub name: String,
    /// How often; never: the task ends.
    pub schedule: Schedule,
    /// From when it counts, milliseconds since 1970; absent: as before where the schedule stays or it goes by the last time and was
    /// done, else from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    pub protocol: Option<ProtocolId>,
    /// Whether an interval goes by the calendar instead of by the last time; absent: as before, a new task by the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_calendar: Option<bool>,
    /// The version of the task that this change is based on; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<RowVersion>,
}

/// What came of a maintenance task.
#[derive(Debug, Clone, Serialize)]
pub struct UpkeepRecord {
    pub upkeep: UpkeepId,
    pub tag: Tag,
    /// Done, or not passed.
    pub result: UpkeepResult,
    pub done_by: String,
    pub staff: Option<StaffId>,
    pub note: String,
    /// When it was done, where that is earlier than now, milliseconds since 1970.
    pub performed_ms: Option<i64>,
    pub readings: Vec<UpkeepReading>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Hash>,
}

/// Settings of the facility, as typed; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SettingsChange {
    /// Its name, at most 120 characters.
    pub name: Option<String>,
    /// Its IANA time zone.
    pub zone: Option<String>,
    /// Scheme and host that labels carry.
    pub label_host: Option<String>,
    /// Whether a cleaning needs no name.
    pub allow_unattributed: Option<bool>,
    /// How long a technician can undo a record, minutes.
    pub undo_min: Option<u32>,
    /// Whom technicians call.
    pub contact: Option<String>,
    /// How old a typed PIN may be to prove a record, minutes; 0: it is typed for each record.
    pub pin_proof_min: Option<u32>,
    /// Whether a report takes its item out of service.
    pub problem: Option<ProblemPolicy>,
    /// What becomes of a cleaning by somebody who is not signed off.
    pub competency: Option<CompetencyPolicy>,
    /// The ways to say who cleaned that are allowed, by class; an empty list of a class takes back what was said of it.
    pub who: Option<WhoPolicy>,
    /// Whether contact time that a phone measured counts.
    pub queued: Option<QueuedPolicy>,
    /// Language and country of printed things, and of a page without a preference; empty: English of the United States.
    pub locale: Option<String>,
    /// The languages that pages offer; none: all that the box has.
    pub languages: Option<Vec<String>>,
    /// Day of the next announced inspection; an empty one clears it, and what it is of.
    pub inspection_day: Option<DayChange>,
    /// By whom or of what that inspection is.
    pub inspection_title: Option<String>,
    /// Day of the last full survey; an empty one clears it.
    pub survey: Option<DayChange>,
    /// When shifts begin.
    pub shifts: Option<Vec<TimeOfDay>>,
    /// The name above pages; empty: the program's.
    pub brand_name: Option<String>,
    /// Their colour, `#rrggbb`; empty: the program's.
    pub brand_colour: Option<String>,
    /// How long records are to be kept, years.
    pub retain_years: Option<u32>,
    /// The version of the settings that these were made over; absent: whatever it is.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub seen: Option<RowVersion>,
}

/// For how long a surface was wet, by the box's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WetTime {
    /// The run of the operating system.
    pub boot: BootId,
    pub up_ms: u64,
    /// Until when, milliseconds since that boot; absent: it still is.
    pub until_up_ms: Option<u64>,
    /// How long it had to be, seconds, when it was wetted; absent: as the protocol says now.
    pub required_s: Option<u32>,
}

impl WetTime {
    /// How long it was wet by now, seconds. Another boot's clock says nothing about this one's.
    pub(crate) fn measured_s(self, now: &Now) -> Option<u32> {
        let until_ms = self.until_up_ms.map_or(now.up_ms, |until| until.min(now.up_ms));
        let wet_ms = until_ms.checked_sub(self.up_ms).filter(|_| self.boot == now.boot)?;
        Some(u32::try_from(wet_ms / 1_000).unwrap_or(u32::MAX))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ClaimedCleaner {
    /// A name that somebody typed; blank means not stated.
    #[serde(rename = "Typed")]
    Entered(String),
    Listed {
        staff: StaffId,
        name: String,
    },
    Pin(StaffId),
    Badge(StaffId),
    Login(StaffId),
}

#[derive(Debug, Clone, Serialize)]
pub struct CheckForm {
    /// Which cleaning, and whether a run brought it.
    pub line: LinePlace,
    pub result: Option<CheckResult>,
    pub method: Option<CheckMethod>,
    pub value: Option<i64>,
    pub unit: String,
    pub text: String,
    pub photos: Vec<Hash>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProblemClosing {
    pub outcome: Option<ProblemOutcome>,
    pub text: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct CleaningForm {
    pub tag: Tag,
    /// Which of the item's protocols was followed; absent: the one that is offered first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ProtocolId>,
    /// The version of the protocol that the page showed; absent: the present version.
    pub protocol_version: Option<u32>,
    /// The steps that were ticked; absent: the request says nothing of steps.
    pub steps: Option<Vec<u16>>,
    pub agent: String,
    pub lot: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot_expires: Option<CivilDay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<CleaningTrigger>,
    /// The class of this use, where that is higher than usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<SpauldingClass>,
    /// How long the surface was wet. The box measures it again each time, so it is not compared when a repeated request is detected.
    #[serde(skip)]
    pub wet: Option<WetTime>,
    /// How long it was wet, as stated, seconds.
    pub stated_s: Option<u32>,
    pub who: ClaimedCleaner,
    /// Before how many seconds the PIN was entered that proves it: a page that is sent once more is the same request.
    #[serde(skip)]
    pub pin_ago_s: Option<u32>,
    /// A page that was sent once more is the same request, however it was asked.
    #[serde(skip)]
    pub proof: ProofDemand,
    /// Photos that are stored already. They are not compared when a repeated request is detected: a retry may find its photo ready.
    #[serde(skip)]
    pub photos: Vec<Hash>,
    /// A photo is still being made upright; it will be attached.
    #[serde(skip)]
    pub photo_follows: bool,
    /// A photo came and the box has no space for it: the cleaning is recorded without.
    #[serde(skip)]
    pub photo_unkept: bool,
    /// What was drawn for its page, where one cleaning in some needs a photo.
    #[serde(skip)]
    pub photo_draw: Option<u32>,
    pub note: String,
    /// When it was done, where that is earlier than now, milliseconds since 1970.
    pub performed_ms: Option<i64>,
    /// From the first view of the page to the press, less the contact time, milliseconds.
    #[serde(skip)]
    pub took_ms: Option<u32>,
}

impl CleaningForm {
    pub fn plain(tag: Tag, name: &str) -> Self {
        Self {
            tag,
            protocol: None,
            protocol_version: None,
            steps: None,
            agent: String::new(),
            lot: String::new(),
            lot_expires: None,
            trigger: None,
            class: None,
            wet: None,
            stated_s: None,
            who: ClaimedCleaner::Entered(name.to_owned()),
            pin_ago_s: None,
            proof: ProofDemand::Any,
            photos: Vec::new(),
            photo_follows: false,
            photo_unkept: false,
            photo_draw: None,
            note: String::new(),
            performed_ms: None,
            took_ms: None,
        }
    }
}
