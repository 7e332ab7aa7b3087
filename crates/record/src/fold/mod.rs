//! The state of one facility as a fold over its entries; box and relay both use this one.
//!
//! The state is a set of rows, each under a [`RowKey`] and each a JSON document, so that the box keeps them in redb and
//! the relay in SQL, loads only those that an event reads, and writes back only those that it changed. What grows with
//! history (cleanings, uses, other lines about an item) is not in the rows: it comes out as [`FoldEffect`]s for an index table.

mod apply;
mod codes;
mod loads;
mod notes;
mod places;
mod problems;
mod register;
mod rows;
mod unsettled;
mod uses;
mod values;
mod version;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

pub use self::codes::{CodeAlias, CodeTable};
pub use self::loads::{AgentLot, ItemUpkeep, OldRecordsFile, OpenLoad, UpkeepTask};
pub use self::places::{LinePlace, RowKey};
pub use self::problems::{OpenProblem, ReportedProblem};
pub use self::register::{
    CompetencyGrant, EarlierProtocol, EquipmentCategory, FacilityLocation, FacilityProtocol, LabelHost,
    ProtocolEdition, StaffCompetency,
};
pub use self::rows::{
    AdoptedBy, ByProtocol, CleaningRecord, CompleteCleaning, Equipment, EquipmentActivity, EquipmentOutage,
    EquipmentSchedule, FacilitySettings, LastCleaning, ServiceState, SpotCheck, StaffMember, TagAlias,
    ZonePeriod,
};
pub use self::unsettled::UnsettledCleaning;
pub use self::uses::{EquipmentUse, UseRecord};
pub use self::values::{PassedOver, ValueTimes};
pub use self::version::{RowVersion, RowVersionError};
use crate::anchor::ClockAnchor;
use crate::entry::{Digest16, Entry, IdempotencyRecord};
use crate::kinds::{EntryRef, Event};
use crate::run::RunName;
use crate::tree::Hash;
use crate::values::ids::{BootId, ImportId, LoadId, LotId, ProtocolId, StaffId};
use crate::values::tag::Tag;

/// Plans, zones and out-of-service spans remembered: a compliance period looks back 400 days at most.
const SPANS_MAX: usize = 64;

/// What an entry does beyond the rows: changes to tables that grow with history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoldEffect {
    /// A new cleaning.
    Cleaned(CleaningRecord),
    /// A cleaning is now voided, has one more photo or another time: the whole row again.
    Recleaned(CleaningRecord),
    /// A use.
    Used {
        /// As its entry states it.
        used: UseRecord,
        /// When it ended, corrected, milliseconds since 1970; where that was not stated, when it was.
        ended_ms: i64,
    },
    /// A use ended at another time than was believed until now.
    UseMoved {
        /// As its entry states it.
        used: UseRecord,
        /// When it was believed to have ended, milliseconds since 1970.
        before_ms: i64,
        /// When it ended, milliseconds since 1970.
        ended_ms: i64,
    },
    /// An item's history has one more line, apart from its cleanings and uses.
    Noted {
        /// Which item.
        tag: Tag,
        /// Which entry.
        of: EntryRef,
        /// When, milliseconds since 1970.
        at_ms: i64,
    },
    /// A text is to be deleted in every copy.
    Erased(Hash),
    /// Due windows of this item may be others than before.
    Windows(Tag),
    /// Due windows of every item may be others than before.
    AllWindows,
}

/// History that an event needs to see; the store answers from its index.
pub trait HistoryLookup {
    /// What looking up can fail with.
    type Error;
    /// The cleaning that an entry recorded, or that it records once more (see [`HistoryLookup::first_of_key`]), if it did. Of
    /// several branches the one that the run `near` brought, else the one in the chain, else the first that counted.
    ///
    /// # Errors
    /// The store's own.
    fn cleaning(&self, of: EntryRef, near: Option<RunName>) -> Result<Option<CleaningRecord>, Self::Error>;

    /// Cleanings of a boot whose clock was not synced when they were written, voided ones included.
    ///
    /// # Errors
    /// The store's own.
    fn unsure(&self, boot: BootId) -> Result<Vec<CleaningRecord>, Self::Error>;

    /// Uses of a boot whose clock was not synced when they were written, in any order: those of
    /// [`FoldEffect::Used`].
    ///
    /// # Errors
    /// The store's own.
    fn unsure_uses(&self, boot: BootId) -> Result<Vec<UseRecord>, Self::Error>;

    /// The line before this one, in the order of folding, that recorded a cleaning or a use under this key and for this
    /// request: a phone sends again what its box had lost sight of, and both places may count in the end.
    ///
    /// # Errors
    /// The store's own.
    fn first_of_key(
        &self,
        idem: &IdempotencyRecord,
        line: LinePlace,
    ) -> Result<Option<LinePlace>, Self::Error>;
}

/// The rows of one facility: all of them on the box, on the relay those that a batch touches. Large rows are
/// shared: a clone costs as much as the lists, not the rows, and a changed row is copied only where another
/// clone still holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FacilityState {
    /// Settings.
    pub settings: Arc<FacilitySettings>,
    /// Items, by first tag.
    pub equipment: BTreeMap<Tag, Arc<Equipment>>,
    /// The same items, by what their asset numbers are compared by.
    numbered: BTreeSet<(Digest16, Tag)>,
    /// What happened to them lately.
    pub activity: BTreeMap<Tag, Arc<EquipmentActivity>>,
    /// Further tags.
    pub aliases: BTreeMap<Tag, TagAlias>,
    /// Protocols, in their newest versions.
    pub protocols: BTreeMap<ProtocolId, Arc<FacilityProtocol>>,
    /// People.
    pub staff: BTreeMap<StaffId, StaffMember>,
    /// True time of boots.
    pub boots: BTreeMap<BootId, ClockAnchor>,
    /// Codes on items that are no tags, by the digest of the code.
    pub codes: CodeTable,
    /// Places, by the digest of the name.
    pub locations: BTreeMap<Digest16, FacilityLocation>,
    /// Categories, by the digest of the name.
    pub categories: BTreeMap<Digest16, Arc<EquipmentCategory>>,
    /// What people may clean by.
    pub competency: BTreeMap<StaffId, StaffCompetency>,
    /// Lots of agent, strips and indicators.
    pub lots: BTreeMap<LotId, Arc<AgentLot>>,
    /// Loads that have not ended.
    pub loads: BTreeMap<LoadId, Arc<OpenLoad>>,
    /// Maintenance tasks, by the item's first tag.
    pub upkeep: BTreeMap<Tag, Arc<ItemUpkeep>>,
    /// Files of old records.
    pub old_records: BTreeMap<ImportId, OldRecordsFile>,
    /// Hosts that labels carry or carried, by their digest.
    pub hosts: BTreeMap<Digest16, LabelHost>,
}

/// What [`FacilityState::apply`] changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoldChanges {
    /// Rows to write back.
    pub rows: Vec<RowKey>,
    /// Changes to what grows with history.
    pub effects: Vec<FoldEffect>,
    /// What a line of a run stated and what does not apply any more; no error.
    pub passed: Vec<PassedOver>,
}

impl FoldChanges {
    fn row(&mut self, key: RowKey) {
        self.rows.push(key);
    }

    fn pass(&mut self, late: bool, why: PassedOver) {
        if late {
            self.passed.push(why);
        }
    }
}

fn item_keys(tag: Tag) -> [RowKey; 2] {
    [RowKey::Equipment(tag), RowKey::Activity(tag)]
}

fn text_digest(text: &str) -> Digest16 {
    Digest16::of(text.as_bytes())
}

/// The rows that an event reads or writes; a partial [`FacilityState`] must hold those that exist. A void, an attached photo
/// and an anchor also read the [`RowKey::Activity`] of each cleaning and use that [`HistoryLookup`] gives for them.
pub fn rows_touched(entry: &Entry, event: &Event) -> Vec<RowKey> {
    let mut keys = vec![RowKey::Boot(entry.head().at.boot)];
    match event {
        Event::FacilityChanged(b) => {
            keys.push(RowKey::Settings);
            keys.extend(b.label_host.as_deref().map(|host| RowKey::Host(text_digest(host))));
        }
        Event::LabelPrinted(_) => keys.push(RowKey::Settings),
        Event::LocationSet(b) => keys.push(RowKey::Location(text_digest(&b.name))),
        Event::CategorySet(b) => keys.push(RowKey::Category(text_digest(&b.name))),
        Event::EquipmentAdded(b) => keys.extend(item_keys(b.tag)),
        Event::EquipmentChanged(b) => keys.extend(item_keys(b.tag)),
        Event::EquipmentRetired(b) => keys.extend(item_keys(b.tag)),
        Event::EquipmentSuspended(b) => keys.extend(item_keys(b.tag)),
        Event::EquipmentResumed(b) => keys.extend(item_keys(b.tag)),
        Event::ScheduleSet(b) => keys.extend(item_keys(b.tag)),
        Event::CleaningRecorded(b) => keys.extend(item_keys(b.tag)),
        Event::UseRecorded(b) => keys.extend(item_keys(b.tag)),
        Event::ProblemReported(b) => keys.extend(item_keys(b.tag)),
        Event::ProblemClosed(b) => keys.extend(item_keys(b.tag)),
        Event::UpkeepPlanned(b) => keys.extend([RowKey::Equipment(b.tag), RowKey::Upkeep(b.tag)]),
        Event::UpkeepDone(b) => keys.push(RowKey::Upkeep(b.tag)),
        Event::EquipmentMerged(b) => keys.extend(item_keys(b.from).into_iter().chain(item_keys(b.into))),
        Event::AliasAdded(b) => {
            keys.extend([RowKey::Code(text_digest(&b.code)), RowKey::Equipment(b.equipment)])
        }
        Event::AliasRemoved(b) => keys.push(RowKey::Code(text_digest(&b.code))),
        Event::TagAssigned(b) => keys.push(RowKey::Alias(b.tag)),
        Event::TagRevoked(b) => keys.extend([RowKey::Alias(b.tag), RowKey::Equipment(b.tag)]),
        // Its day begins in the facility's zone.
        Event::ProtocolPublished(b) => keys.extend([RowKey::Protocol(b.protocol), RowKey::Settings]),
        Event::ProtocolRetired(b) => keys.push(RowKey::Protocol(b.protocol)),
        Event::StaffAdded(b) => keys.push(RowKey::Staff(b.staff)),
        Event::StaffChanged(b) => keys.push(RowKey::Staff(b.staff)),
        Event::StaffLeft(b) => keys.push(RowKey::Staff(b.staff)),
        Event::CompetencyGranted(b) => keys.push(RowKey::Competency(b.staff)),
        Event::CompetencyEnded(b) => keys.push(RowKey::Competency(b.staff)),
        Event::AccessChanged(b) => keys.extend(b.staff.map(RowKey::Staff)),
        Event::LotOpened(b) => keys.push(RowKey::Lot(b.lot)),
        Event::LotClosed(b) => keys.push(RowKey::Lot(b.lot)),
        Event::LoadStarted(b) => keys.push(RowKey::Load(b.load)),
        Event::LoadFinished(b) => keys.push(RowKey::Load(b.load)),
        Event::LoadFailed(b) => keys.push(RowKey::Load(b.load)),
        Event::HistoryImported(b) => keys.push(RowKey::History(b.import)),
        Event::HistoryRemoved(b) => keys.push(RowKey::History(b.import)),
        Event::ClockAnchored(b) => keys.push(RowKey::Boot(b.boot)),
        Event::ReportMade(b) => keys.extend(b.tag.map(RowKey::Equipment)),
        // What these touch is found through `HistoryLookup`, or is no row.
        Event::CleaningVoided(_) | Event::PhotoAttached(_) | Event::CheckRecorded(_) => {}
        Event::LogStarted(_)
        | Event::LogAdopted(_)
        | Event::BoxClaimed(_)
        | Event::DirectiveApplied(_)
        | Event::DirectiveRefused(_)
        | Event::TextErased(_)
        | Event::PhotoErased(_)
        | Event::ImportEnded(_)
        | Event::Unknown(_) => {}
    }
    keys
}

fn to_row<T: Serialize>(row: Option<&T>) -> Option<String> {
    // Rows hold strings, integers, lists and maps with text keys: JSON takes them all.
    row.and_then(|row| serde_json::to_string(row).ok())
}

impl FacilityState {
    /// The item that a tag opens: its own first tag or an alias that is not revoked, through merges.
    pub fn resolve(&self, tag: Tag) -> Option<&Equipment> {
        let first = match self.aliases.get(&tag) {
            Some(alias) if alias.revoked => return None,
            Some(alias) => alias.equipment,
            None => tag,
        };
        self.follow_merges(first)
    }

    /// Takes one row as another facility has it, or as it has none.
    pub fn share_row(&mut self, from: &Self, key: RowKey) {
        fn one<K: Ord + Copy, V: Clone>(from: &BTreeMap<K, V>, to: &mut BTreeMap<K, V>, key: K) {
            match from.get(&key) {
                Some(row) => drop(to.insert(key, row.clone())),
                None => drop(to.remove(&key)),
            }
        }
        match key {
            RowKey::Settings => self.settings.clone_from(&from.settings),
            RowKey::Equipment(tag) => self.set_item(tag, from.equipment.get(&tag).cloned()),
            RowKey::Activity(tag) => one(&from.activity, &mut self.activity, tag),
            RowKey::Alias(tag) => one(&from.aliases, &mut self.aliases, tag),
            RowKey::Protocol(id) => one(&from.protocols, &mut self.protocols, id),
            RowKey::Staff(id) => one(&from.staff, &mut self.staff, id),
            RowKey::Boot(id) => one(&from.boots, &mut self.boots, id),
            RowKey::Code(digest) => match from.codes.get(&digest) {
                Some(row) => self.codes.set(digest, row.clone()),
                None => self.codes.remove(&digest),
            },
            RowKey::Location(digest) => one(&from.locations, &mut self.locations, digest),
            RowKey::Category(digest) => one(&from.categories, &mut self.categories, digest),
            RowKey::Competency(id) => one(&from.competency, &mut self.competency, id),
            RowKey::Lot(id) => one(&from.lots, &mut self.lots, id),
            RowKey::Load(id) => one(&from.loads, &mut self.loads, id),
            RowKey::Upkeep(tag) => one(&from.upkeep, &mut self.upkeep, tag),
            RowKey::History(id) => one(&from.old_records, &mut self.old_records, id),
            RowKey::Host(digest) => one(&from.hosts, &mut self.hosts, digest),
        }
    }

    /// One row as JSON; `None` when there is none.
    pub fn row(&self, key: RowKey) -> Option<String> {
        match key {
            RowKey::Settings => to_row(Some(&self.settings)),
            RowKey::Equipment(tag) => to_row(self.equipment.get(&tag)),
            RowKey::Activity(tag) => to_row(self.activity.get(&tag)),
            RowKey::Alias(tag) => to_row(self.aliases.get(&tag)),
            RowKey::Protocol(id) => to_row(self.protocols.get(&id)),
            RowKey::Staff(id) => to_row(self.staff.get(&id)),
            RowKey::Boot(id) => to_row(self.boots.get(&id)),
            RowKey::Code(digest) => to_row(self.codes.get(&digest)),
            RowKey::Location(digest) => to_row(self.locations.get(&digest)),
            RowKey::Category(digest) => to_row(self.categories.get(&digest)),
            RowKey::Competency(id) => to_row(self.competency.get(&id)),
            RowKey::Lot(id) => to_row(self.lots.get(&id)),
            RowKey::Load(id) => to_row(self.loads.get(&id)),
            RowKey::Upkeep(tag) => to_row(self.upkeep.get(&tag)),
            RowKey::History(id) => to_row(self.old_records.get(&id)),
            RowKey::Host(digest) => to_row(self.hosts.get(&digest)),
        }
    }

    /// Sets a row from its stored form.
    ///
    /// # Errors
    /// This version does not understand the stored row: rebuild.
    pub fn load(&mut self, key: RowKey, row: &str) -> Result<(), serde_json::Error> {
        match key {
            RowKey::Settings => self.settings = serde_json::from_str(row)?,
            RowKey::Equipment(tag) => self.set_item(tag, Some(serde_json::from_str(row)?)),
            RowKey::Activity(tag) => drop(self.activity.insert(tag, serde_json::from_str(row)?)),
            RowKey::Alias(tag) => drop(self.aliases.insert(tag, serde_json::from_str(row)?)),
            RowKey::Protocol(id) => drop(self.protocols.insert(id, serde_json::from_str(row)?)),
            RowKey::Staff(id) => drop(self.staff.insert(id, serde_json::from_str(row)?)),
            RowKey::Boot(id) => drop(self.boots.insert(id, serde_json::from_str(row)?)),
            RowKey::Code(digest) => self.codes.set(digest, serde_json::from_str(row)?),
            RowKey::Location(digest) => drop(self.locations.insert(digest, serde_json::from_str(row)?)),
            RowKey::Category(digest) => drop(self.categories.insert(digest, serde_json::from_str(row)?)),
            RowKey::Competency(id) => drop(self.competency.insert(id, serde_json::from_str(row)?)),
            RowKey::Lot(id) => drop(self.lots.insert(id, serde_json::from_str(row)?)),
            RowKey::Load(id) => drop(self.loads.insert(id, serde_json::from_str(row)?)),
            RowKey::Upkeep(tag) => drop(self.upkeep.insert(tag, serde_json::from_str(row)?)),
            RowKey::History(id) => drop(self.old_records.insert(id, serde_json::from_str(row)?)),
            RowKey::Host(digest) => drop(self.hosts.insert(digest, serde_json::from_str(row)?)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
