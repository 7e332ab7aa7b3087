//! The state of one facility as a fold over its entries; box and relay both use this one.
//!
//! The state is a set of rows, each under a [`RowKey`] and each a JSON document, so that the box keeps them in redb and
//! the relay in SQL, loads only those that an event reads, and writes back only those that it changed. What grows with
//! history (cleanings, uses) is not in the rows: it comes out as [`Effect`]s for an index table.

mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

pub use self::rows::{
    Activity, Alias, ByProtocol, Cleaning, Done, Equipment, Last, Out, Plan, RowKey, Service, Settings,
    Staff, Zone,
};
use crate::anchor::{Anchor, corrected_ms};
use crate::entry::{At, Entry};
use crate::ids::{BootId, Epoch, ProtocolId, StaffId};
use crate::kinds::{
    CleaningRecorded, EntryRef, EquipmentAdded, EquipmentChanged, Event, Missing, ProtocolPublished,
    Schedule, ScheduleSet,
};
use crate::limits::PHOTOS_MAX;
use crate::tag::Tag;
use crate::tree::Hash;

/// Plans, zones and out-of-service spans that are remembered: a compliance period looks back 400 days at most.
const SPANS_MAX: usize = 64;

/// What an entry does beyond the rows: changes to tables that grow with history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A new cleaning.
    Cleaned(Cleaning),
    /// A cleaning is now voided, has one more photo or another time: the whole row again.
    Recleaned(Cleaning),
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
pub trait History {
    /// What looking up can fail with.
    type Error;
    /// The cleaning that an entry recorded, if it did.
    ///
    /// # Errors
    /// The store's own.
    fn cleaning(&self, of: EntryRef) -> Result<Option<Cleaning>, Self::Error>;

    /// Cleanings of a boot whose clock was not synced when they were written, voided ones included.
    ///
    /// # Errors
    /// The store's own.
    fn unsure(&self, boot: BootId) -> Result<Vec<Cleaning>, Self::Error>;
}

/// The rows of one facility: all of them on the box, on the relay those that a batch touches. Rows of some size are
/// shared: a clone is as long as the lists, not as the rows, and a row that changes is copied only where somebody else
/// still looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facility {
    /// Settings.
    pub settings: Arc<Settings>,
    /// Items, by first tag.
    pub equipment: BTreeMap<Tag, Arc<Equipment>>,
    /// What happened to them lately.
    pub activity: BTreeMap<Tag, Arc<Activity>>,
    /// Further tags.
    pub aliases: BTreeMap<Tag, Alias>,
    /// Newest versions of protocols.
    pub protocols: BTreeMap<ProtocolId, Arc<ProtocolPublished>>,
    /// People.
    pub staff: BTreeMap<StaffId, Staff>,
    /// True time of boots.
    pub boots: BTreeMap<BootId, Anchor>,
}

/// What [`Facility::apply`] changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Rows to write back.
    pub rows: Vec<RowKey>,
    /// Changes to what grows with history.
    pub effects: Vec<Effect>,
}

impl Changes {
    fn row(&mut self, key: RowKey) {
        self.rows.push(key);
    }
}

/// The rows that an event reads or writes; a partial [`Facility`] must hold those that exist. A void, an attached photo
/// and an anchor also read the [`RowKey::Activity`] of each cleaning that [`History`] gives for them.
pub fn reads(entry: &Entry, event: &Event) -> Vec<RowKey> {
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
        _ => {}
    }
    keys
}

fn to_row<T: Serialize>(row: Option<&T>) -> Option<String> {
    // Rows hold strings, integers, lists and maps with text keys: JSON takes them all.
    row.and_then(|row| serde_json::to_string(row).ok())
}

fn bounded<T>(list: &mut Vec<T>, item: T) {
    list.push(item);
    if list.len() > SPANS_MAX {
        list.remove(0);
    }
}

impl Facility {
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

    fn item_mut(&mut self, tag: Tag) -> Option<&mut Equipment> {
        self.equipment.get_mut(&tag).map(Arc::make_mut)
    }

    fn activity_mut(&mut self, tag: Tag) -> &mut Activity {
        Arc::make_mut(self.activity.entry(tag).or_default())
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

    /// Folds one entry in. Never fails on what an entry says: an event about an unknown item changes nothing.
    ///
    /// # Errors
    /// The store's own, from looking history up.
    pub fn apply<H: History>(
        &mut self,
        epoch: Epoch,
        entry: &Entry,
        event: &Event,
        history: &H,
    ) -> Result<Changes, H::Error> {
        let mut changes = Changes::default();
        let at = &entry.head().at;
        let now_ms = corrected_ms(at, self.boots.get(&at.boot).copied());
        let of = EntryRef { epoch, seq: entry.seq() };
        match event {
            Event::FacilityChanged(_) => self.facility_changed(event, now_ms, &mut changes),
            Event::EquipmentAdded(b) => self.equipment_added(b, now_ms, &mut changes),
            Event::EquipmentChanged(b) => self.equipment_changed(b, &mut changes),
            Event::EquipmentRetired(b) => {
                self.service(b.tag, Service::Retired, b.reason.map(|r| r.hash), now_ms, &mut changes)
            }
            Event::EquipmentSuspended(b) => {
                self.service(b.tag, Service::Out, b.reason.map(|r| r.hash), now_ms, &mut changes)
            }
            Event::EquipmentResumed(b) => self.service(b.tag, Service::In, None, now_ms, &mut changes),
            Event::TagAssigned(_) | Event::TagRevoked(_) => self.tags(event, &mut changes),
            Event::ProtocolPublished(b) => self.protocol_published(b, &mut changes),
            Event::ScheduleSet(b) => self.planned(b, &mut changes),
            Event::StaffAdded(_) | Event::StaffChanged(_) | Event::StaffLeft(_) => {
                self.people(event, &mut changes)
            }
            Event::CleaningRecorded(b) => self.cleaned(b, of, *at, now_ms, &mut changes),
            Event::CleaningVoided(b) => {
                self.recleaned(history.cleaning(b.of)?, &mut changes, |c| c.voided = Some(of))
            }
            Event::PhotoAttached(b) => self.recleaned(history.cleaning(b.of)?, &mut changes, |c| {
                // Further ones stand in the log and not here: a row stays small whatever a box writes.
                if c.photos.len() < PHOTOS_MAX {
                    c.photos.push(b.photo);
                }
                c.incomplete.retain(|&m| m != Missing::Photo);
            }),
            Event::UseRecorded(b) => {
                if self.equipment.contains_key(&b.tag) {
                    let performed_ms = b.performed.unwrap_or(now_ms).min(now_ms);
                    self.activity_mut(b.tag).used(performed_ms);
                    changes.row(RowKey::Activity(b.tag));
                    changes.effects.push(Effect::Used { tag: b.tag, of, performed_ms });
                }
            }
            Event::ClockAnchored(b) => {
                let anchor = Anchor { up_ms: b.up, wall_ms: b.wall };
                self.boots.insert(b.boot, anchor);
                changes.row(RowKey::Boot(b.boot));
                for cleaning in history.unsure(b.boot)? {
                    self.recleaned(Some(cleaning), &mut changes, |c| {
                        c.recorded_ms = corrected_ms(&c.at, Some(anchor));
                        let performed_ms = if c.stated { c.performed_ms } else { c.recorded_ms };
                        c.performed_ms = performed_ms.min(c.recorded_ms);
                    });
                }
            }
            Event::TextErased(b) => changes.effects.push(Effect::Erased(b.hash)),
            Event::LogStarted(_)
            | Event::BoxClaimed(_)
            | Event::LabelPrinted(_)
            | Event::DirectiveApplied(_)
            | Event::DirectiveRefused(_)
            | Event::Unknown(_) => {}
        }
        Ok(changes)
    }

    fn facility_changed(&mut self, event: &Event, now_ms: i64, changes: &mut Changes) {
        let Event::FacilityChanged(b) = event else { return };
        let settings = Arc::make_mut(&mut self.settings);
        if let Some(zone) = b.zone.as_ref().filter(|z| *z != settings.zone() || settings.zones.is_empty()) {
            bounded(&mut settings.zones, Zone { from_ms: now_ms, zone: zone.clone() });
            changes.effects.push(Effect::AllWindows);
        }
        set(&mut settings.name, b.name.as_ref());
        set(&mut settings.label_host, b.label_host.as_ref());
        set(&mut settings.contact, b.contact.as_ref());
        set(&mut settings.allow_unattributed, b.allow_unattributed.as_ref());
        set(&mut settings.undo_min, b.undo_min.as_ref());
        set(&mut settings.pin_proof_min, b.pin_proof_min.as_ref());
        changes.row(RowKey::Settings);
    }

    fn equipment_added(&mut self, b: &EquipmentAdded, now_ms: i64, changes: &mut Changes) {
        if self.equipment.contains_key(&b.tag) {
            return;
        }
        let b = b.clone();
        let item = Equipment {
            tag: b.tag,
            name: b.name,
            asset_number: b.asset_number,
            serial: b.serial,
            maker: b.maker,
            model: b.model,
            category: b.category,
            location: b.location,
            class: b.class,
            photo: b.photo,
            protocols: b.protocols,
            custom: b.custom,
            service: Service::In,
            plans: Vec::new(),
            out: Vec::new(),
            added_ms: now_ms,
        };
        self.equipment.insert(b.tag, Arc::new(item));
        changes.row(RowKey::Equipment(b.tag));
    }

    fn equipment_changed(&mut self, b: &EquipmentChanged, changes: &mut Changes) {
        let Some(item) = self.item_mut(b.tag) else { return };
        set(&mut item.name, b.name.as_ref());
        set(&mut item.asset_number, b.asset_number.as_ref());
        set(&mut item.serial, b.serial.as_ref());
        set(&mut item.maker, b.maker.as_ref());
        set(&mut item.model, b.model.as_ref());
        set(&mut item.category, b.category.as_ref());
        set(&mut item.location, b.location.as_ref());
        set(&mut item.class, b.class.as_ref());
        set(&mut item.photo, b.photo.as_ref());
        set(&mut item.protocols, b.protocols.as_ref());
        for (name, value) in &b.custom {
            if value.is_empty() {
                item.custom.remove(name);
            } else {
                item.custom.insert(name.clone(), value.clone());
            }
        }
        changes.row(RowKey::Equipment(b.tag));
    }

    fn service(&mut self, tag: Tag, to: Service, reason: Option<Hash>, now_ms: i64, changes: &mut Changes) {
        let Some(item) = self.equipment.get_mut(&tag) else { return };
        if item.service == Service::Retired || item.service == to {
            return;
        }
        let item = Arc::make_mut(item);
        let open = item.out.last_mut().filter(|o| o.until_ms.is_none());
        match (to, open) {
            (Service::In, Some(open)) => open.until_ms = Some(now_ms),
            (Service::In, None) => {}
            (_, Some(open)) => open.reason = reason.or(open.reason),
            (_, None) => bounded(&mut item.out, Out { from_ms: now_ms, until_ms: None, reason }),
        }
        item.service = to;
        changes.row(RowKey::Equipment(tag));
        changes.effects.push(Effect::Windows(tag));
    }

    fn planned(&mut self, b: &ScheduleSet, changes: &mut Changes) {
        let Some(item) = self.item_mut(b.tag) else { return };
        bounded(
            &mut item.plans,
            Plan { from_ms: b.from, protocol: b.protocol, schedule: b.schedule.clone() },
        );
        if let Some(protocol) = b.protocol.filter(|_| matches!(b.schedule, Schedule::Use { .. })) {
            self.activity_mut(b.tag).planned(protocol, b.from);
            changes.row(RowKey::Activity(b.tag));
        }
        changes.row(RowKey::Equipment(b.tag));
        changes.effects.push(Effect::Windows(b.tag));
    }

    fn tags(&mut self, event: &Event, changes: &mut Changes) {
        let (tag, alias) = match event {
            Event::TagAssigned(b) => (b.tag, Alias { equipment: b.equipment, revoked: false }),
            Event::TagRevoked(b) => {
                let equipment = self.aliases.get(&b.tag).map_or(b.tag, |a| a.equipment);
                (b.tag, Alias { equipment, revoked: true })
            }
            _ => return,
        };
        self.aliases.insert(tag, alias);
        changes.row(RowKey::Alias(tag));
    }

    fn protocol_published(&mut self, b: &ProtocolPublished, changes: &mut Changes) {
        if self.protocols.get(&b.protocol).is_some_and(|p| p.version >= b.version) {
            return;
        }
        self.protocols.insert(b.protocol, Arc::new(b.clone()));
        changes.row(RowKey::Protocol(b.protocol));
    }

    fn people(&mut self, event: &Event, changes: &mut Changes) {
        let id = match event {
            Event::StaffAdded(b) => {
                let staff = Staff { name: b.name.hash, role: b.role, left: false };
                self.staff.entry(b.staff).or_insert(staff);
                b.staff
            }
            Event::StaffChanged(b) => {
                let Some(staff) = self.staff.get_mut(&b.staff) else { return };
                set(&mut staff.name, b.name.map(|n| n.hash).as_ref());
                set(&mut staff.role, b.role.as_ref());
                b.staff
            }
            Event::StaffLeft(b) => {
                let Some(staff) = self.staff.get_mut(&b.staff) else { return };
                staff.left = true;
                b.staff
            }
            _ => return,
        };
        changes.row(RowKey::Staff(id));
    }

    fn cleaned(&mut self, b: &CleaningRecorded, of: EntryRef, at: At, now_ms: i64, changes: &mut Changes) {
        if !self.equipment.contains_key(&b.tag) {
            return;
        }
        let cleaning = Cleaning {
            of,
            tag: b.tag,
            // Nobody cleans in the future: a stated time is at most the time of writing.
            performed_ms: b.performed.unwrap_or(now_ms).min(now_ms),
            recorded_ms: now_ms,
            stated: b.performed.is_some(),
            at,
            who: b.who,
            protocol: b.protocol.map(|p| p.id),
            incomplete: b.incomplete.clone(),
            photos: b.photos.iter().take(PHOTOS_MAX).copied().collect(),
            voided: None,
        };
        let activity = self.activity_mut(b.tag);
        activity.cleanings += 1;
        activity.place(&cleaning);
        changes.row(RowKey::Activity(b.tag));
        changes.effects.push(Effect::Cleaned(cleaning));
    }

    /// A cleaning that is already there changes: a void, a photo that came later, true time.
    fn recleaned(
        &mut self,
        cleaning: Option<Cleaning>,
        changes: &mut Changes,
        change: impl FnOnce(&mut Cleaning),
    ) {
        let Some(mut cleaning) = cleaning.filter(|c| c.voided.is_none()) else { return };
        change(&mut cleaning);
        let tag = cleaning.tag;
        self.activity_mut(tag).place(&cleaning);
        changes.row(RowKey::Activity(tag));
        changes.effects.extend([Effect::Recleaned(cleaning), Effect::Windows(tag)]);
    }
}

fn set<T: Clone>(field: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        field.clone_from(value);
    }
}

#[cfg(test)]
mod tests;
