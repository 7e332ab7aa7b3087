//! The state of one facility as a fold over its entries; box and relay both use this one.
//!
//! The state is a set of rows, each under a [`RowKey`] and each a JSON document, so that the box keeps them in redb and
//! the relay in SQL, loads only those that an event reads, and writes back only those that it changed. What grows with
//! history (cleanings, uses) is not in the rows: it comes out as [`FoldEffect`]s for an index table.

mod apply;
mod rows;
mod values;
mod version;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

pub use self::rows::{
    AdoptedBy, ByProtocol, CleaningRecord, CompleteCleaning, Equipment, EquipmentActivity, EquipmentOutage,
    EquipmentSchedule, FacilitySettings, LastCleaning, LinePlace, RowKey, ServiceState, StaffMember,
    TagAlias, ZonePeriod,
};
pub use self::values::{PassedOver, ValueTimes};
pub use self::version::{RowVersion, RowVersionError};
use crate::anchor::ClockAnchor;
use crate::entry::{Entry, IdempotencyRecord};
use crate::ids::{BootId, ProtocolId, StaffId};
use crate::kinds::{EntryRef, Event, ProtocolPublished};
use crate::run::RunName;
use crate::tag::Tag;
use crate::tree::Hash;

/// Plans, zones and out-of-service spans that are remembered: a compliance period looks back 400 days at most.
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
        /// Which item.
        tag: Tag,
        /// Which entry.
        of: EntryRef,
        /// When, milliseconds since 1970.
        performed_ms: i64,
    },
    /// A text is to be deleted wherever it is kept.
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

/// The rows of one facility: all of them on the box, on the relay those that a batch touches. Rows of some size are
/// shared: a clone is as long as the lists, not as the rows, and a row that changes is copied only where somebody else
/// still looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FacilityState {
    /// Settings.
    pub settings: Arc<FacilitySettings>,
    /// Items, by first tag.
    pub equipment: BTreeMap<Tag, Arc<Equipment>>,
    /// What happened to them lately.
    pub activity: BTreeMap<Tag, Arc<EquipmentActivity>>,
    /// Further tags.
    pub aliases: BTreeMap<Tag, TagAlias>,
    /// Newest versions of protocols.
    pub protocols: BTreeMap<ProtocolId, Arc<ProtocolPublished>>,
    /// People.
    pub staff: BTreeMap<StaffId, StaffMember>,
    /// True time of boots.
    pub boots: BTreeMap<BootId, ClockAnchor>,
}

/// What [`FacilityState::apply`] changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoldChanges {
    /// Rows to write back.
    pub rows: Vec<RowKey>,
    /// Changes to what grows with history.
    pub effects: Vec<FoldEffect>,
    /// What a line that a run brought said and what does not apply any more; to be noted, and no error.
    pub passed: Vec<PassedOver>,
}

impl FoldChanges {
    fn row(&mut self, key: RowKey) {
        self.rows.push(key);
    }

    /// Notes that a line which was found late changes nothing.
    fn pass(&mut self, late: bool, why: PassedOver) {
        if late {
            self.passed.push(why);
        }
    }
}

/// The rows that an event reads or writes; a partial [`FacilityState`] must hold those that exist. A void, an attached photo
/// and an anchor also read the [`RowKey::Activity`] of each cleaning that [`HistoryLookup`] gives for them.
pub fn rows_touched(entry: &Entry, event: &Event) -> Vec<RowKey> {
    let mut keys = vec![RowKey::Boot(entry.head().at.boot)];
    let item = |tag: Tag| [RowKey::Equipment(tag), RowKey::Activity(tag)];
    match event {
        Event::FacilityChanged(_) => keys.push(RowKey::Settings),
        Event::EquipmentAdded(b) => keys.extend(item(b.tag)),
        Event::EquipmentChanged(b) => keys.extend(item(b.tag)),
        Event::EquipmentRetired(b) => keys.extend(item(b.tag)),
        Event::EquipmentSuspended(b) => keys.extend(item(b.tag)),
        Event::EquipmentResumed(b) => keys.extend(item(b.tag)),
        Event::ScheduleSet(b) => keys.extend(item(b.tag)),
        Event::CleaningRecorded(b) => keys.extend(item(b.tag)),
        Event::UseRecorded(b) => keys.extend(item(b.tag)),
        Event::TagAssigned(b) => keys.push(RowKey::Alias(b.tag)),
        Event::TagRevoked(b) => keys.extend([RowKey::Alias(b.tag), RowKey::Equipment(b.tag)]),
        Event::ProtocolPublished(b) => keys.push(RowKey::Protocol(b.protocol)),
        Event::StaffAdded(b) => keys.push(RowKey::Staff(b.staff)),
        Event::StaffChanged(b) => keys.push(RowKey::Staff(b.staff)),
        Event::StaffLeft(b) => keys.push(RowKey::Staff(b.staff)),
        Event::ClockAnchored(b) => keys.push(RowKey::Boot(b.boot)),
        // What these touch is found through `HistoryLookup`, or is no row.
        Event::CleaningVoided(_) | Event::PhotoAttached(_) => {}
        Event::LogStarted(_)
        | Event::LogAdopted(_)
        | Event::BoxClaimed(_)
        | Event::LabelPrinted(_)
        | Event::DirectiveApplied(_)
        | Event::DirectiveRefused(_)
        | Event::TextErased(_)
        | Event::Unknown(_) => {}
    }
    keys
}

fn to_row<T: Serialize>(row: Option<&T>) -> Option<String> {
    // Rows hold strings, integers, lists and maps with text keys: JSON takes them all.
    row.and_then(|row| serde_json::to_string(row).ok())
}

impl FacilityState {
    /// The item that a tag opens: its own first tag or an alias that is not revoked.
    pub fn resolve(&self, tag: Tag) -> Option<&Equipment> {
        let first = match self.aliases.get(&tag) {
            Some(alias) if alias.revoked => return None,
            Some(alias) => alias.equipment,
            None => tag,
        };
        self.equipment.get(&first).map(Arc::as_ref)
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
            RowKey::Equipment(tag) => one(&from.equipment, &mut self.equipment, tag),
            RowKey::Activity(tag) => one(&from.activity, &mut self.activity, tag),
            RowKey::Alias(tag) => one(&from.aliases, &mut self.aliases, tag),
            RowKey::Protocol(id) => one(&from.protocols, &mut self.protocols, id),
            RowKey::Staff(id) => one(&from.staff, &mut self.staff, id),
            RowKey::Boot(id) => one(&from.boots, &mut self.boots, id),
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
        }
    }

    /// Takes a row from where it was kept.
    ///
    /// # Errors
    /// The row was written by a version that this one does not understand: rebuild.
    pub fn load(&mut self, key: RowKey, row: &str) -> Result<(), serde_json::Error> {
        match key {
            RowKey::Settings => self.settings = serde_json::from_str(row)?,
            RowKey::Equipment(tag) => drop(self.equipment.insert(tag, serde_json::from_str(row)?)),
            RowKey::Activity(tag) => drop(self.activity.insert(tag, serde_json::from_str(row)?)),
            RowKey::Alias(tag) => drop(self.aliases.insert(tag, serde_json::from_str(row)?)),
            RowKey::Protocol(id) => drop(self.protocols.insert(id, serde_json::from_str(row)?)),
            RowKey::Staff(id) => drop(self.staff.insert(id, serde_json::from_str(row)?)),
            RowKey::Boot(id) => drop(self.boots.insert(id, serde_json::from_str(row)?)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
