//! The rows that make up a facility's state, and the row of history that a cleaning makes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::places::LinePlace;
use super::problems::OpenProblem;
use super::unsettled::{UnsettledCleaning, place_unsettled};
use super::{EquipmentUse, RowVersion, ValueTimes};
use crate::anchor::{ClockAnchor, StatedTime, TimeCertainty};
use crate::entry::{ClockState, EntryTime};
use crate::kinds::{
    AnnouncedInspection, CheckResult, CivilDay, CleanedBy, CleaningFlag, CompetencyPolicy, EntryRef,
    EquipmentFacts, FacilityBrand, MissingPart, OpenWord, ProblemPolicy, QueuedPolicy, Schedule,
    SpauldingClass, StaffRole, TimeOfDay, WhoPolicy,
};
use crate::limits::LATE_ENTRY_MS_MAX;
use crate::run::RunName;
use crate::tree::Hash;
use crate::values::ids::{BootId, ProtocolId};
use crate::values::tag::Tag;

/// Recent complete cleanings by one protocol that an item remembers, so that a void finds the one before.
pub(super) const RECENT_MAX: usize = 8;
/// Protocols by which an item remembers its cleanings: an item has at most 20 at a time.
const PROTOCOLS_MAX: usize = 32;

/// A time zone and when it came into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZonePeriod {
    /// Milliseconds since 1970.
    pub from_ms: i64,
    /// IANA name.
    pub zone: String,
}

/// The facility's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FacilitySettings {
    /// Its name; empty until one was set.
    pub name: String,
    /// Its zones over time; none: UTC, and pages say so.
    pub zones: Vec<ZonePeriod>,
    /// Scheme and host that labels carry; empty: not chosen yet.
    pub label_host: String,
    /// How many labels were printed with each that was chosen, as far as printers said so.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, u64>,
    /// Whether a cleaning needs no name.
    pub allow_unattributed: bool,
    /// How long a technician can undo a record, minutes.
    pub undo_min: u32,
    /// Whom technicians call.
    pub contact: String,
    /// How old a typed PIN may be to prove a record, minutes; 0: it is typed for each record.
    pub pin_proof_min: u32,
    /// Language of printed things and of a page without a preference, BCP 47; empty: the program's own.
    pub locale: String,
    /// The languages that pages offer; none: all that the program has.
    pub languages: Vec<String>,
    /// The allowed proofs of who cleaned, by the class of the use.
    pub who: WhoPolicy,
    /// Whether a reported problem takes the item out of service.
    pub problem: ProblemPolicy,
    /// Whether contact time that a phone measured counts.
    pub queued: QueuedPolicy,
    /// What happens to a cleaning by a person who is not signed off for its protocol.
    pub competency: CompetencyPolicy,
    /// The next announced inspection.
    pub inspection: AnnouncedInspection,
    /// Day of the last full survey.
    pub survey: Option<CivilDay>,
    /// When shifts begin.
    pub shifts: Vec<TimeOfDay>,
    /// How pages and reports show the facility.
    pub brand: FacilityBrand,
    /// How long records are to be kept, years.
    pub retain_years: u32,
    /// What the relay may ask for by directives; none: everything that it may by default.
    pub relay_may: Option<Vec<OpenWord>>,
    /// When each was set.
    #[serde(skip_serializing_if = "ValueTimes::is_empty")]
    pub set_ms: ValueTimes,
    /// The last entry that changed one of them.
    #[serde(skip_serializing_if = "RowVersion::is_unchanged")]
    pub changed: RowVersion,
}

impl Default for FacilitySettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            zones: Vec::new(),
            label_host: String::new(),
            labels: BTreeMap::new(),
            allow_unattributed: false,
            undo_min: 2,
            contact: String::new(),
            pin_proof_min: 5,
            locale: String::new(),
            languages: Vec::new(),
            who: WhoPolicy::default(),
            problem: ProblemPolicy::Tell,
            queued: QueuedPolicy::Count,
            competency: CompetencyPolicy::Warn,
            inspection: AnnouncedInspection::default(),
            survey: None,
            shifts: Vec::new(),
            brand: FacilityBrand::default(),
            retain_years: 7,
            relay_may: None,
            set_ms: ValueTimes::default(),
            changed: RowVersion::default(),
        }
    }
}

impl FacilitySettings {
    /// Whether nothing but how many labels were printed tells these apart.
    pub fn is_same_but_labels(&self, other: &Self) -> bool {
        Self { labels: other.labels.clone(), ..self.clone() } == *other
    }

    /// The zone now in force; UTC where none was set.
    pub fn zone(&self) -> &str {
        self.zones.last().map_or("UTC", |z| &z.zone)
    }
}

/// A schedule and when it came into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EquipmentSchedule {
    /// Milliseconds since 1970.
    pub from_ms: i64,
    /// For which protocol; absent: for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ProtocolId>,
    /// How often.
    pub schedule: Schedule,
}

/// Time out of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EquipmentOutage {
    /// From, milliseconds since 1970.
    pub from_ms: i64,
    /// Until; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// Why, by the hash of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Hash>,
    /// When it is expected back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<CivilDay>,
}

/// Whether an item is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", schemars(rename = "Service"))]
pub enum ServiceState {
    /// In service.
    In,
    /// Out of service for a while.
    Out,
    /// Gone for good.
    Retired,
}

/// One cleanable thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equipment {
    /// Its first tag.
    pub tag: Tag,
    /// What the facility says of it.
    pub facts: EquipmentFacts,
    /// Whether it is used.
    pub service: ServiceState,
    /// Schedules over time.
    pub plans: Vec<EquipmentSchedule>,
    /// Times out of service; the last may be open. Retiring opens one that never ends.
    pub out: Vec<EquipmentOutage>,
    /// The item that this one turned out to be; its tags and codes open that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<Tag>,
    /// Since when it is known, milliseconds since 1970.
    pub added_ms: i64,
    /// When each was set since then.
    #[serde(default, skip_serializing_if = "ValueTimes::is_empty")]
    pub set_ms: ValueTimes,
    /// The last entry that changed this, its schedules and its service state included.
    #[serde(default, skip_serializing_if = "RowVersion::is_unchanged")]
    pub changed: RowVersion,
}

impl Equipment {
    /// Since when and why it is out of service; none where it is in service, or retired.
    pub fn outage(&self) -> Option<&EquipmentOutage> {
        self.out.last().filter(|_| self.service == ServiceState::Out)
    }

    /// The newest schedule for this protocol; for `None`, the one for any protocol. [`Schedule::Never`] is none.
    pub fn schedule(&self, protocol: Option<ProtocolId>) -> Option<&Schedule> {
        let newest = self.plans.iter().rfind(|plan| plan.protocol == protocol)?;
        Some(&newest.schedule).filter(|schedule| **schedule != Schedule::Never)
    }

    /// Each protocol that has a schedule of its own, and for `None` the one for any protocol, with its newest schedule.
    pub fn schedules(&self) -> Vec<(Option<ProtocolId>, &Schedule)> {
        let protocols: std::collections::BTreeSet<_> = self.plans.iter().map(|plan| plan.protocol).collect();
        protocols.into_iter().filter_map(|protocol| Some((protocol, self.schedule(protocol)?))).collect()
    }
}

/// How a line came to count that does not stand in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedBy {
    /// The run that brought it.
    pub run: RunName,
    /// The entry that adopted the run.
    pub by: EntryRef,
    /// When it did, corrected, milliseconds since 1970.
    pub at_ms: i64,
}

/// A complete cleaning that an item remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompleteCleaning {
    /// Which entry.
    #[serde(flatten)]
    pub of: EntryRef,
    /// The run that brought it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunName>,
    /// When it was done, corrected, milliseconds since 1970.
    pub performed_ms: i64,
}

/// The complete cleanings by one protocol that an item remembers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ByProtocol {
    /// Which protocol; absent: none was followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ProtocolId>,
    /// When a schedule of its own first came into force, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// Complete cleanings that are not voided, by time, the newest last; the newest few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<CompleteCleaning>,
}

impl ByProtocol {
    fn last_ms(&self) -> Option<i64> {
        self.done.last().map(|d| d.performed_ms)
    }

    /// Uses up to here require nothing by this protocol any more.
    fn settled_ms(&self) -> i64 {
        self.last_ms().max(self.from_ms.map(|from| from.saturating_sub(1))).unwrap_or(i64::MIN)
    }
}

/// The newest cleaning of an item, complete or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCleaning {
    /// Which entry.
    #[serde(flatten)]
    pub of: EntryRef,
    /// The run that brought it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunName>,
    /// When it was done, corrected, milliseconds since 1970.
    pub performed_ms: i64,
    /// Who.
    pub who: CleanedBy,
    /// The boot in which it was written, where no time server had set the clock then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsure: Option<BootId>,
    /// A hardware clock went on from where one had.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_rtc: bool,
}

impl LastCleaning {
    /// How far its time can be believed.
    pub fn certainty(&self, boots: &BTreeMap<BootId, ClockAnchor>) -> TimeCertainty {
        match self.unsure.map(|boot| boots.get(&boot)) {
            None => TimeCertainty::Certain,
            Some(anchor) if self.is_rtc && !anchor.is_some_and(ClockAnchor::is_bound) => {
                TimeCertainty::Certain
            }
            Some(None) => TimeCertainty::Uncertain,
            Some(Some(anchor)) => TimeCertainty::Corrected(anchor.source),
        }
    }
}

/// A use at its true time, and where it stood before.
#[derive(Debug, Clone, Copy)]
pub(super) struct UseShift {
    pub(super) used: EquipmentUse,
    pub(super) before_ms: i64,
}

/// What happened to an item lately: bounded, whatever its history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EquipmentActivity {
    /// Newest cleaning that is not voided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastCleaning>,
    /// The one before it, for when the newest is voided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<LastCleaning>,
    /// Complete cleanings, by the protocol that they followed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<ByProtocol>,
    /// The newest few that may have settled nothing, ascending by when they were written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsettled: Vec<UnsettledCleaning>,
    /// Uses, ascending: the last, the strictest since the last complete cleaning, and around the last complete cleaning by
    /// each protocol the three before and the two after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<EquipmentUse>,
    /// Cleanings ever recorded, voided ones included.
    #[serde(default)]
    pub cleanings: u64,
    /// Open reports that something is wrong with it, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<OpenProblem>,
}

fn last_performed_ms(l: Option<LastCleaning>) -> Option<i64> {
    l.map(|l| l.performed_ms)
}

impl EquipmentActivity {
    /// When the last complete cleaning was done, by whatever protocol, milliseconds since 1970.
    pub fn last_complete_ms(&self) -> Option<i64> {
        self.done.iter().filter_map(ByProtocol::last_ms).max()
    }

    /// When the last complete cleaning by this protocol was done, milliseconds since 1970.
    pub fn last_by_ms(&self, protocol: ProtocolId) -> Option<i64> {
        self.done.iter().find(|by| by.protocol == Some(protocol))?.last_ms()
    }

    /// When the uses ended: from then on a cleaning is due.
    pub fn use_times(&self) -> Vec<i64> {
        self.uses.iter().map(|used| used.ended_ms).collect()
    }

    /// The strictest class of the uses that a cleaning at this time answers for: those since the complete one before it.
    pub fn class_of_uses(&self, done_ms: i64) -> Option<SpauldingClass> {
        let done = self.done.iter().flat_map(|by| &by.done).map(|done| done.performed_ms);
        let since_ms = done.filter(|done| *done < done_ms).max();
        self.uses
            .iter()
            .filter(|used| Some(used.ended_ms) > since_ms && used.ended_ms <= done_ms)
            .filter_map(|used| used.class)
            .max()
    }

    fn by(&mut self, protocol: Option<ProtocolId>) -> &mut ByProtocol {
        let place = self.done.iter().position(|by| by.protocol == protocol).unwrap_or_else(|| {
            if self.done.len() >= PROTOCOLS_MAX {
                let oldest = (0..self.done.len()).min_by_key(|i| self.done[*i].settled_ms());
                oldest.map(|i| self.done.remove(i));
            }
            self.done.push(ByProtocol { protocol, ..ByProtocol::default() });
            self.done.len() - 1
        });
        &mut self.done[place]
    }

    /// From now on this protocol has its own schedule, which counts what was used since.
    pub(super) fn planned(&mut self, protocol: ProtocolId, from_ms: i64) {
        self.by(Some(protocol)).from_ms.get_or_insert(from_ms);
    }

    fn complete(&mut self, protocol: Option<ProtocolId>, done: CompleteCleaning) {
        let by = self.by(protocol);
        by.done.push(done);
        by.done.sort_by_key(|d| d.performed_ms);
        if by.done.len() > RECENT_MAX {
            by.done.remove(0);
        }
    }

    pub(super) fn used(&mut self, new: EquipmentUse) {
        self.insert_use(new);
        self.bound_uses();
    }

    fn insert_use(&mut self, new: EquipmentUse) {
        let place = self.uses.partition_point(|used| used.ended_ms <= new.ended_ms);
        self.uses.insert(place, new);
    }

    /// Uses ended at other times than was believed. All are taken out before one is put in: what is
    /// remembered depends on which is the last.
    pub(super) fn uses_moved(&mut self, moved: &[UseShift]) {
        for &UseShift { used, before_ms } in moved {
            let before = EquipmentUse { ended_ms: before_ms, ..used };
            if let Some(place) = self.uses.iter().position(|one| *one == before) {
                self.uses.remove(place);
            }
        }
        moved.iter().for_each(|shift| self.insert_use(shift.used));
        self.bound_uses();
    }

    fn bound_uses(&mut self) {
        let mut settled: Vec<i64> = self.done.iter().map(ByProtocol::settled_ms).collect();
        if settled.is_empty() {
            settled.push(i64::MIN);
        }
        let stored = settled.iter().map(|ms| self.count_uses_until(*ms));
        let stored: Vec<_> = stored.map(|at| at.saturating_sub(3)..at + 2).collect();
        let last = self.uses.len().saturating_sub(1);
        let open = self.count_uses_until(self.last_complete_ms().unwrap_or(i64::MIN))..self.uses.len();
        let strictest = open.max_by_key(|i| self.uses[*i].class);
        let mut place = 0..;
        self.uses.retain(|_| {
            place.next().is_some_and(|i| {
                i == last || Some(i) == strictest || stored.iter().any(|range| range.contains(&i))
            })
        });
    }

    fn count_uses_until(&self, ms: i64) -> usize {
        self.uses.partition_point(|used| used.ended_ms <= ms)
    }

    /// As a new cleaning, or one in another state than before.
    pub(super) fn place(&mut self, cleaning: &CleaningRecord) {
        place_unsettled(&mut self.unsettled, cleaning);
        let (LinePlace { of, run }, performed_ms) = (cleaning.place(), cleaning.performed_ms);
        self.done.iter_mut().for_each(|by| by.done.retain(|d| (d.of, d.run) != (of, run)));
        if cleaning.is_complete() && cleaning.counts() {
            self.complete(cleaning.protocol, CompleteCleaning { of, run, performed_ms });
        }
        self.done.retain(|by| by.from_ms.is_some() || !by.done.is_empty());
        let unsure = Some(cleaning.at.boot).filter(|_| cleaning.at.clock != ClockState::Synced);
        let is_rtc = cleaning.at.clock == ClockState::Rtc;
        let this = Some(LastCleaning { of, run, performed_ms, who: cleaning.who, unsure, is_rtc })
            .filter(|_| cleaning.voided.is_none());
        let mut both = [self.last, self.previous].map(|l| l.filter(|l| (l.of, l.run) != (of, run)));
        if both[0].is_none() {
            both.swap(0, 1);
        }
        if this.is_some() && last_performed_ms(both[0]) <= last_performed_ms(this) {
            both = [this, both[0]];
        } else if this.is_some() && last_performed_ms(both[1]) <= last_performed_ms(this) {
            both[1] = this;
        }
        [self.last, self.previous] = both;
        self.bound_uses();
    }
}

/// Where a further tag leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagAlias {
    /// The item's first tag.
    pub equipment: Tag,
    /// A revoked tag opens nothing; its page shows what replaced it.
    pub revoked: bool,
    /// When that was stated, milliseconds since 1970.
    pub set_ms: i64,
    /// The tag that took the place of a revoked one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Tag>,
}

/// A person at the facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMember {
    /// The hash of the text that holds their name.
    pub name: Hash,
    /// What they may do.
    pub role: StaffRole,
    /// Whether they work here no more.
    pub left: bool,
    /// When the name was set, milliseconds since 1970.
    pub name_ms: i64,
    /// When the role was set.
    pub role_ms: i64,
    /// Language of their pages, BCP 47; empty: no preference.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub locale: String,
    /// Their payroll number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub number: String,
    /// The newest entries that say how they sign in: no change of these facts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<EntryRef>,
    /// The last entry that changed this.
    #[serde(default, skip_serializing_if = "RowVersion::is_unchanged")]
    pub changed: RowVersion,
}

/// One cleaning, for the index of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleaningRecord {
    /// Which entry.
    #[serde(flatten)]
    pub of: EntryRef,
    /// Which item.
    pub tag: Tag,
    /// When it was done, corrected, milliseconds since 1970.
    pub performed_ms: i64,
    /// When it was written, corrected, milliseconds since 1970.
    pub recorded_ms: i64,
    /// When it was done, where a person or a phone stated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<StatedTime>,
    /// How the clock stood, for a later correction.
    pub at: EntryTime,
    /// Who.
    pub who: CleanedBy,
    /// Which protocol was followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ProtocolId>,
    /// How long recording it took, contact time left out, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u32>,
    /// What it lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<MissingPart>,
    /// Photos, by hash: the first [`crate::limits::PHOTOS_MAX`]; further ones are in the log only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Hash>,
    /// The entry that voided it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided: Option<EntryRef>,
    /// Visible remarks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<CleaningFlag>,
    /// The newest spot check of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<SpotCheck>,
    /// How it came to count, where a run brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted: Option<AdoptedBy>,
}

/// A check of a cleaning's result by another person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpotCheck {
    /// The entry.
    #[serde(flatten)]
    pub of: EntryRef,
    /// What they found.
    pub result: CheckResult,
}

impl CleaningRecord {
    /// The place of its entry.
    pub fn place(&self) -> LinePlace {
        LinePlace { of: self.of, run: self.adopted.map(|adopted| adopted.run) }
    }

    pub(super) fn set_recorded(&mut self, recorded_ms: i64) {
        self.recorded_ms = recorded_ms;
        self.performed_ms = StatedTime::done_ms(self.stated, recorded_ms);
    }

    /// Whether it counts as complete.
    pub fn is_complete(&self) -> bool {
        self.incomplete.is_empty()
    }

    /// Whether it counts at all: not voided, and not written down too late.
    pub fn counts(&self) -> bool {
        self.voided.is_none() && self.recorded_ms.saturating_sub(self.performed_ms) <= LATE_ENTRY_MS_MAX
    }
}
