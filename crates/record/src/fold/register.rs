//! The facility's lists beside its items: places, categories, protocols, hosts of labels, and what people may clean by.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::values::LineTime;
use super::{FacilityState, FoldChanges, PassedOver, RowKey, RowVersion};
use crate::entry::Digest16;
use crate::kinds::{
    AccessChanged, CategoryDefaults, CategoryField, CategorySet, CivilDay, CompetencyEnded,
    CompetencyGranted, EntryRef, LabelOutcome, LabelPrinted, LocationSet, PrintedLabel, ProtocolPublished,
    ProtocolRetired,
};
use crate::limits::LATE_ENTRY_MS_MAX;
use crate::values::civil_time::{CivilCalendar, ZoneSpan};
use crate::values::ids::ProtocolId;

const VERSIONS_MAX: usize = 16;
const COMPETENCIES_MAX: usize = 200;
const ACCESS_CHANGES_MAX: usize = 8;

/// A place of the pick list and of rounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacilityLocation {
    /// What people call it.
    pub name: String,
    /// The place that it is part of.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub within: String,
    /// Its place in rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u16>,
    /// It is not offered any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// When that was stated, milliseconds since 1970.
    pub set_ms: i64,
    /// The last entry that changed this.
    #[serde(default, skip_serializing_if = "RowVersion::is_unchanged")]
    pub changed: RowVersion,
}

/// A sort of equipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EquipmentCategory {
    /// What people call it.
    pub name: String,
    /// Own fields of its items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<CategoryField>,
    /// What the form of a new item begins with.
    #[serde(default)]
    pub defaults: CategoryDefaults,
    /// It is not offered any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// When that was stated, milliseconds since 1970.
    pub set_ms: i64,
    /// The last entry that changed this.
    #[serde(default, skip_serializing_if = "RowVersion::is_unchanged")]
    pub changed: RowVersion,
}

/// A host that labels carry or carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelHost {
    /// Scheme and host.
    pub host: String,
    /// When it was first set, milliseconds since 1970.
    pub first_ms: i64,
    /// When it was last set, milliseconds since 1970.
    pub last_ms: i64,
}

/// A version of a protocol and the entry that published it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtocolEdition {
    /// From 1.
    pub version: u32,
    /// Which entry.
    #[serde(flatten)]
    pub of: EntryRef,
}

/// A version of a protocol that a newer one follows, as long as something may still be judged by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierProtocol {
    /// As published.
    pub published: ProtocolPublished,
    /// From when on it is in force, milliseconds since 1970.
    pub from_ms: i64,
}

/// A protocol: its newest version, and where the others are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacilityProtocol {
    /// As published last.
    pub newest: ProtocolPublished,
    /// From when on that is in force, milliseconds since 1970: a version may be published before its day.
    #[serde(default)]
    pub from_ms: i64,
    /// Those by which it is cleaned until then, and those by which late entries were done; ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<EarlierProtocol>,
    /// The newest versions, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub editions: Vec<ProtocolEdition>,
    /// It is not offered any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// The last entry that changed this.
    #[serde(default, skip_serializing_if = "RowVersion::is_unchanged")]
    pub changed: RowVersion,
}

impl FacilityProtocol {
    /// The version that is in force at a time; before all of them it is the first.
    pub fn in_force(&self, at_ms: i64) -> &ProtocolPublished {
        let mut known = self.before.iter().rev();
        match self.before.first() {
            Some(first) if at_ms < self.from_ms => {
                &known.find(|version| version.from_ms <= at_ms).unwrap_or(first).published
            }
            _ => &self.newest,
        }
    }

    /// The version of a number, where that is still known.
    pub fn of_version(&self, version: u32) -> Option<&ProtocolPublished> {
        let earlier = self.before.iter().map(|earlier| &earlier.published);
        earlier.chain([&self.newest]).find(|published| published.version == version)
    }

    /// When the newest version comes into force, where that is still to come and another one is used until then.
    pub fn comes_ms(&self, now_ms: i64) -> Option<i64> {
        Some(self.from_ms).filter(|from_ms| *from_ms > now_ms && !self.before.is_empty())
    }

    /// A version that would come into force no earlier than a newer one never does, and is dropped.
    fn publish(&mut self, published: ProtocolPublished, now_ms: i64, from_ms: i64) {
        let newest = std::mem::replace(&mut self.newest, published);
        let newest = EarlierProtocol { published: newest, from_ms: self.from_ms };
        if self.retired {
            self.from_ms = now_ms;
            return self.before.clear();
        }
        self.from_ms = from_ms;
        self.before.push(newest);
        self.before.retain(|earlier| earlier.from_ms < from_ms);
        let counts_ms = now_ms.saturating_sub(LATE_ENTRY_MS_MAX);
        let over = self.before.iter().rposition(|earlier| earlier.from_ms <= counts_ms);
        self.before.drain(..over.unwrap_or(0));
        // The first is the one that is used now.
        while self.before.len() > VERSIONS_MAX {
            self.before.remove(1);
        }
    }
}

impl Deref for FacilityProtocol {
    type Target = ProtocolPublished;
    fn deref(&self) -> &ProtocolPublished {
        &self.newest
    }
}

/// That a person may clean by a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompetencyGrant {
    /// The last day on which that holds; absent: until it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<CivilDay>,
    /// It was ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// The entry.
    #[serde(flatten)]
    pub of: EntryRef,
    /// When that was stated, milliseconds since 1970.
    pub set_ms: i64,
}

/// What a person may clean by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StaffCompetency {
    /// By protocol, ended ones included.
    pub protocols: BTreeMap<ProtocolId, CompetencyGrant>,
}

impl StaffCompetency {
    /// Whether they may clean by a protocol on a day.
    pub fn allows(&self, protocol: ProtocolId, day: CivilDay) -> bool {
        let grant = self.protocols.get(&protocol).filter(|grant| !grant.ended);
        grant.is_some_and(|grant| grant.until.is_none_or(|until| day <= until))
    }
}

impl FacilityState {
    pub(super) fn location_set(&mut self, b: &LocationSet, line: LineTime, changes: &mut FoldChanges) {
        let key = Digest16::of(b.name.as_bytes());
        if self.locations.get(&key).is_some_and(|row| line.is_behind(row.set_ms)) {
            return changes.pass(line.late, PassedOver::Older { value: b.name.clone() });
        }
        let row = FacilityLocation {
            name: b.name.clone(),
            within: b.within.clone(),
            order: b.order,
            retired: b.retired,
            set_ms: line.ms,
            changed: line.version,
        };
        self.locations.insert(key, row);
        changes.row(RowKey::Location(key));
    }

    pub(super) fn category_set(&mut self, b: &CategorySet, line: LineTime, changes: &mut FoldChanges) {
        let key = Digest16::of(b.name.as_bytes());
        if self.categories.get(&key).is_some_and(|row| line.is_behind(row.set_ms)) {
            return changes.pass(line.late, PassedOver::Older { value: b.name.clone() });
        }
        let row = EquipmentCategory {
            name: b.name.clone(),
            fields: b.fields.clone(),
            defaults: b.defaults.clone().unwrap_or_default(),
            retired: b.retired,
            set_ms: line.ms,
            changed: line.version,
        };
        self.categories.insert(key, Arc::new(row));
        changes.row(RowKey::Category(key));
    }

    pub(super) fn host_set(&mut self, host: &str, line: LineTime, changes: &mut FoldChanges) {
        let key = Digest16::of(host.as_bytes());
        let row = self.hosts.entry(key).or_insert_with(|| LabelHost {
            host: host.to_owned(),
            first_ms: line.ms,
            last_ms: line.ms,
        });
        row.first_ms = row.first_ms.min(line.ms);
        row.last_ms = row.last_ms.max(line.ms);
        changes.row(RowKey::Host(key));
    }

    /// Labels carry the host that was chosen when they were printed.
    pub(super) fn labels_printed(&mut self, b: &LabelPrinted, changes: &mut FoldChanges) {
        let out =
            |label: &&PrintedLabel| matches!(label.outcome, LabelOutcome::Confirmed | LabelOutcome::Sent);
        let count = b.labels.iter().filter(out).fold(0_u64, |count, _| count.saturating_add(1));
        let settings = Arc::make_mut(&mut self.settings);
        let labels = settings.labels.entry(settings.label_host.clone()).or_default();
        *labels = labels.saturating_add(count);
        changes.row(RowKey::Settings);
    }

    /// When a day begins in the facility's zone, milliseconds since 1970.
    fn day_ms(&self, day: Option<CivilDay>) -> i64 {
        let zone = ZoneSpan { from_ms: i64::MIN, zone: self.settings.zone().into() };
        day.map_or(i64::MIN, |day| CivilCalendar::new(&[zone]).day_range(day.number()).start)
    }

    pub(super) fn protocol_published(
        &mut self,
        b: &ProtocolPublished,
        of: EntryRef,
        line: LineTime,
        changes: &mut FoldChanges,
    ) {
        let edition = ProtocolEdition { version: b.version, of };
        let from_ms = self.day_ms(b.effective).max(line.ms);
        match self.protocols.get_mut(&b.protocol).map(Arc::make_mut) {
            Some(row) if row.newest.version >= b.version => {
                return changes.pass(line.late, PassedOver::NotApplicable);
            }
            Some(row) => {
                row.editions.push(edition);
                let surplus = row.editions.len().saturating_sub(VERSIONS_MAX);
                row.editions.drain(..surplus);
                // A new version of a retired protocol is in use again.
                row.publish(b.clone(), line.ms, from_ms);
                (row.retired, row.changed) = (false, line.version);
            }
            None => {
                let row = FacilityProtocol {
                    newest: b.clone(),
                    // There is no other version to clean by until then.
                    from_ms: line.ms,
                    before: Vec::new(),
                    editions: vec![edition],
                    retired: false,
                    changed: line.version,
                };
                self.protocols.insert(b.protocol, Arc::new(row));
            }
        }
        changes.row(RowKey::Protocol(b.protocol));
    }

    pub(super) fn protocol_retired(
        &mut self,
        b: &ProtocolRetired,
        line: LineTime,
        changes: &mut FoldChanges,
    ) {
        let Some(row) = self.protocols.get_mut(&b.protocol).filter(|row| !row.retired) else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        let row = Arc::make_mut(row);
        (row.retired, row.changed) = (true, line.version);
        changes.row(RowKey::Protocol(b.protocol));
    }

    pub(super) fn competency_granted(
        &mut self,
        b: &CompetencyGranted,
        of: EntryRef,
        line: LineTime,
        changes: &mut FoldChanges,
    ) {
        let row = self.competency.entry(b.staff).or_default();
        let before = row.protocols.get(&b.protocol);
        if before.is_some_and(|grant| line.is_behind(grant.set_ms)) {
            return changes.pass(line.late, PassedOver::Older { value: "competency".to_owned() });
        }
        if before.is_none() && row.protocols.len() >= COMPETENCIES_MAX {
            return changes.pass(line.late, PassedOver::NotApplicable);
        }
        let grant = CompetencyGrant { until: b.until, ended: false, of, set_ms: line.ms };
        row.protocols.insert(b.protocol, grant);
        changes.row(RowKey::Competency(b.staff));
    }

    pub(super) fn competency_ended(
        &mut self,
        b: &CompetencyEnded,
        of: EntryRef,
        line: LineTime,
        changes: &mut FoldChanges,
    ) {
        let grant = self.competency.get_mut(&b.staff).and_then(|row| row.protocols.get_mut(&b.protocol));
        let Some(grant) = grant else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        if line.is_behind(grant.set_ms) {
            return changes.pass(line.late, PassedOver::Older { value: "competency".to_owned() });
        }
        (grant.ended, grant.of, grant.set_ms) = (true, of, line.ms);
        changes.row(RowKey::Competency(b.staff));
    }

    pub(super) fn access_changed(
        &mut self,
        b: &AccessChanged,
        of: EntryRef,
        line: LineTime,
        changes: &mut FoldChanges,
    ) {
        let Some(staff) = b.staff else { return };
        let Some(member) = self.staff.get_mut(&staff) else {
            return changes.pass(line.late, PassedOver::NotApplicable);
        };
        // In the order of the log, no matter when the line is folded in.
        let place = member.access.partition_point(|earlier| *earlier < of);
        if member.access.get(place) != Some(&of) {
            member.access.insert(place, of);
        }
        if member.access.len() > ACCESS_CHANGES_MAX {
            member.access.remove(0);
        }
        changes.row(RowKey::Staff(staff));
    }
}
