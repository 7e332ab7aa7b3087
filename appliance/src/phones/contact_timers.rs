//! Contact times that run: one an item, whoever started it, measured by the box's own clock and seen from every phone.
//!
//! They are in memory and, a few seconds later, in `state.redb`: a crash may lose the last starts, never a record. No
//! entry of the log mentions one before a cleaning is recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use record::fold::FacilityState;
use record::ids::{BootId, DeviceId, ProtocolId};
use record::tag::Tag;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use serde::{Deserialize, Serialize};
use service::clock::Now;

use crate::store::StateDb;

/// Rows as JSON, by tag; of those that were dropped, by tag and time.
const TIMERS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("contact_timers");
/// Rows altogether; past that the oldest finished one goes, else the oldest.
const TIMERS_MAX: usize = 2_000;
const HOUR_MS: u64 = 3_600_000;
/// For how long after its start a scan shows one.
const SHOWN_MS: u64 = 12 * HOUR_MS;
/// After this time an alarm says that no cleaning was recorded.
const FORGOTTEN_MS: u64 = HOUR_MS;
const LISTED_MS: u64 = SHOWN_MS + 7 * 24 * HOUR_MS;
/// Dropped ones altogether; of more the oldest go.
const DROPPED_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactTimer {
    /// The run of the operating system whose clock measures it.
    pub boot: BootId,
    /// Since when the surface is wet, milliseconds since that boot.
    pub started_up_ms: u64,
    /// The same by the calendar, milliseconds since 1970; for people alone.
    pub started_wall_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_up_ms: Option<u64>,
    /// The protocol that was followed; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ProtocolId>,
    /// Its version at the start; absent: no protocol was followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// How long it had to stay wet by that version, seconds: what the person who started it was shown.
    pub required_s: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticks: Vec<u16>,
    pub opened_up_ms: u64,
    /// Cleanings that the item had at the start: with one more this contact time is used up.
    pub cleanings: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactState {
    /// The surface must stay wet.
    Running { left_ms: u64 },
    /// It was wet long enough, and may still be.
    Over { wet_ms: u64 },
    /// It was wet long enough, and may dry.
    Finished { wet_ms: u64 },
    /// The box was restarted meanwhile: the rest was not measured.
    Rebooted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasuredWet {
    pub wet_ms: u64,
    /// Nobody ended it before, so it is no measure once it is long.
    pub is_open: bool,
    /// Of a cleaning by which protocol; absent: by none.
    pub protocol: Option<ProtocolId>,
}

#[cfg(test)]
impl ContactTimer {
    /// One of three minutes that begins now.
    pub(crate) fn example(now: &Now) -> Self {
        Self {
            boot: now.boot,
            started_up_ms: now.up_ms,
            started_wall_ms: now.wall_ms,
            finished_up_ms: None,
            protocol: None,
            version: None,
            required_s: 180,
            device: None,
            by: "Zoë".to_owned(),
            ticks: vec![1],
            opened_up_ms: now.up_ms,
            cleanings: 0,
        }
    }
}

impl ContactTimer {
    /// Its state where the protocol requires `required_s` seconds.
    pub fn state(&self, now: &Now, required_s: u32) -> ContactState {
        let Some(until_ms) = self.measured_until_ms(now) else { return ContactState::Rebooted };
        let wet_ms = until_ms - self.started_up_ms;
        match (u64::from(required_s) * 1_000).checked_sub(wet_ms) {
            Some(left_ms) if left_ms > 0 => ContactState::Running { left_ms },
            _ if self.finished_up_ms.is_some() => ContactState::Finished { wet_ms },
            _ => ContactState::Over { wet_ms },
        }
    }

    /// Whether it is of a cleaning by that protocol, in whatever version. How long one agent was wet says nothing of another.
    pub fn is_of(&self, protocol: Option<ProtocolId>) -> bool {
        self.protocol == protocol
    }

    /// How long a cleaning by this protocol has to stay wet, seconds: what this one was started with, whatever was published
    /// since. `contact_s` is what the protocol asks for now.
    pub fn required_for(&self, protocol: Option<ProtocolId>, contact_s: u32, now: &Now) -> u32 {
        if self.boot == now.boot && self.is_of(protocol) { self.required_s } else { contact_s }
    }

    /// For how long the surface was wet at a press that is reported later; absent where this is not its contact time.
    fn wet_at(&self, press_up_ms: u64, boot: BootId) -> Option<MeasuredWet> {
        let pressed_ms = press_up_ms.checked_sub(self.started_up_ms)?;
        let until_ms = self.finished_up_ms.map_or(press_up_ms, |finished| finished.min(press_up_ms));
        let wet_ms = until_ms.checked_sub(self.started_up_ms)?;
        let is_open = self.finished_up_ms.is_none_or(|finished| finished > press_up_ms);
        let measured = MeasuredWet { wet_ms, is_open, protocol: self.protocol };
        (self.boot == boot && pressed_ms <= SHOWN_MS).then_some(measured)
    }

    fn measured_until_ms(&self, now: &Now) -> Option<u64> {
        let until_ms = self.finished_up_ms.map_or(now.up_ms, |finished| finished.min(now.up_ms));
        (self.boot == now.boot && until_ms >= self.started_up_ms).then_some(until_ms)
    }

    /// How long ago it was started, milliseconds: by the box's running clock, across a restart of the box by the calendar.
    fn age_ms(&self, now: &Now) -> u64 {
        let by_calendar = now.wall_ms.saturating_sub(self.started_wall_ms);
        let running = now.up_ms.checked_sub(self.started_up_ms).filter(|_| self.boot == now.boot);
        running.unwrap_or_else(|| u64::try_from(by_calendar).unwrap_or(0))
    }

    /// Whether it is the contact time of the cleaning that an item waits for.
    fn counts(&self, tag: Tag, facility: &FacilityState, now: &Now) -> bool {
        !self.is_used_up(tag, facility) && self.age_ms(now) <= SHOWN_MS
    }

    /// Whether somebody is at it: the surface must stay wet, or it is not long since it was wetted.
    fn is_in_progress(&self, now: &Now) -> bool {
        let is_running = matches!(self.state(now, self.required_s), ContactState::Running { .. });
        is_running || self.age_ms(now) < FORGOTTEN_MS
    }

    fn is_used_up(&self, tag: Tag, facility: &FacilityState) -> bool {
        count_cleanings(tag, facility) != self.cleanings
    }
}

pub fn count_cleanings(tag: Tag, facility: &FacilityState) -> u64 {
    facility.activity.get(&tag).map_or(0, |activity| activity.cleanings)
}

/// The contact times of a box, shared by all pages.
#[derive(Default)]
pub struct ContactTimers {
    db: Option<StateDb>,
    rows: Mutex<TimerRows>,
    /// Held while writing, so that older data never overwrites newer data.
    saving: Mutex<()>,
}

/// Which row, in the file and in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TimerKey {
    Newest(Tag),
    Dropped(Tag, i64),
}

impl TimerKey {
    fn text(self) -> String {
        match self {
            Self::Newest(tag) => tag.to_string(),
            Self::Dropped(tag, started_ms) => format!("{tag} {started_ms}"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None => text.parse().ok().map(Self::Newest),
            Some((tag, started_ms)) => Some(Self::Dropped(tag.parse().ok()?, started_ms.parse().ok()?)),
        }
    }
}

/// A contact time after which no cleaning was recorded until it was too old for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunCleaning {
    pub tag: Tag,
    /// By the calendar, milliseconds since 1970.
    pub started_ms: i64,
    /// The name that was typed; empty: none.
    pub by: String,
}

impl BegunCleaning {
    /// When the cleaning may have been, milliseconds since 1970: one of that time that was entered later is this one.
    pub fn performed_ms(&self) -> std::ops::Range<i64> {
        self.started_ms..self.started_ms.saturating_add_unsigned(SHOWN_MS)
    }
}

#[derive(Default)]
struct TimerRows {
    timers: BTreeMap<Tag, ContactTimer>,
    /// Too old for a cleaning that is recorded now, by their start.
    dropped: BTreeMap<(Tag, i64), ContactTimer>,
    /// These are not in the file yet.
    unsaved: BTreeSet<TimerKey>,
    starts: u64,
}

impl TimerRows {
    fn row(&self, key: TimerKey) -> Option<&ContactTimer> {
        match key {
            TimerKey::Newest(tag) => self.timers.get(&tag),
            TimerKey::Dropped(tag, started_ms) => self.dropped.get(&(tag, started_ms)),
        }
    }

    fn insert(&mut self, key: TimerKey, timer: ContactTimer) {
        match key {
            TimerKey::Newest(tag) => self.timers.insert(tag, timer),
            TimerKey::Dropped(tag, started_ms) => self.dropped.insert((tag, started_ms), timer),
        };
    }

    fn remove_dropped(&mut self, tag: Tag, started_ms: i64) {
        self.dropped.remove(&(tag, started_ms));
        self.unsaved.insert(TimerKey::Dropped(tag, started_ms));
    }

    /// Takes out what was recorded, and sets aside what is too old to be.
    fn drop_old(&mut self, facility: &FacilityState, now: &Now) {
        let old = self.timers.iter().filter(|(tag, timer)| !timer.counts(**tag, facility, now));
        for tag in old.map(|(tag, _)| *tag).collect::<Vec<_>>() {
            let timer = self.timers.remove(&tag).filter(|timer| !timer.is_used_up(tag, facility));
            self.unsaved.insert(TimerKey::Newest(tag));
            if let Some(timer) = timer {
                let key = TimerKey::Dropped(tag, timer.started_wall_ms);
                self.unsaved.insert(key);
                self.insert(key, timer);
            }
        }
        let old = self.dropped.iter().filter(|(_, timer)| timer.age_ms(now) > LISTED_MS);
        for (tag, started_ms) in old.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.remove_dropped(tag, started_ms);
        }
        while self.dropped.len() > DROPPED_MAX {
            let oldest = self.dropped.keys().min_by_key(|(_, started_ms)| *started_ms).copied();
            let Some(oldest) = oldest else { break };
            self.remove_dropped(oldest.0, oldest.1);
        }
    }
}

impl std::fmt::Debug for ContactTimers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContactTimers").field("timers", &self.rows().timers.len()).finish_non_exhaustive()
    }
}

impl ContactTimers {
    /// Reads what ran when the box ended; a row that cannot be read is left out.
    ///
    /// # Errors
    /// The database's.
    pub fn open(db: impl Into<StateDb>) -> Result<Self, redb::Error> {
        let db = db.into();
        let mut rows = TimerRows::default();
        let write = db.db().begin_write()?;
        write.open_table(TIMERS)?;
        write.commit()?;
        let read = db.db().begin_read()?;
        let mut unreadable = 0;
        for row in read.open_table(TIMERS)?.iter()? {
            let (key, value) = row?;
            match (TimerKey::read(key.value()), serde_json::from_slice(value.value())) {
                (Some(key), Ok(timer)) => rows.insert(key, timer),
                _ => unreadable += 1,
            }
        }
        if unreadable > 0 {
            tracing::warn!(rows = unreadable, "contact times cannot be read");
        }
        Ok(Self { db: Some(db), rows: Mutex::new(rows), saving: Mutex::default() })
    }

    fn rows(&self) -> MutexGuard<'_, TimerRows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn start(&self, tag: Tag, timer: ContactTimer) {
        Self::start_in(&mut self.rows(), tag, timer);
    }

    /// Starts one where the item has none of this protocol that counts and that this run of the operating system measures.
    pub fn start_first(&self, tag: Tag, timer: ContactTimer, facility: &FacilityState, now: &Now) {
        let mut rows = self.rows();
        let present = rows.timers.get(&tag).filter(|present| present.is_of(timer.protocol));
        let present = present.filter(|present| present.counts(tag, facility, now));
        if present.is_none_or(|present| present.boot != now.boot) {
            Self::start_in(&mut rows, tag, timer);
        }
    }

    fn start_in(rows: &mut TimerRows, tag: Tag, timer: ContactTimer) {
        if rows.timers.len() >= TIMERS_MAX && !rows.timers.contains_key(&tag) {
            let oldest = rows
                .timers
                .iter()
                .min_by_key(|(_, timer)| (timer.finished_up_ms.is_none(), timer.started_wall_ms))
                .map(|(tag, _)| *tag);
            if let Some(oldest) = oldest {
                rows.timers.remove(&oldest);
                rows.unsaved.insert(TimerKey::Newest(oldest));
            }
        }
        rows.timers.insert(tag, timer);
        rows.starts += 1;
        rows.unsaved.insert(TimerKey::Newest(tag));
    }

    pub fn find(
        &self,
        tag: Tag,
        protocol: Option<ProtocolId>,
        facility: &FacilityState,
        now: &Now,
    ) -> Option<ContactTimer> {
        self.find_any(tag, facility, now).filter(|timer| timer.is_of(protocol))
    }

    /// The one of an item, by whichever protocol: no cleaning was recorded since, and it is not of another day.
    pub fn find_any(&self, tag: Tag, facility: &FacilityState, now: &Now) -> Option<ContactTimer> {
        let timer = self.rows().timers.get(&tag).cloned()?;
        timer.counts(tag, facility, now).then_some(timer)
    }

    /// For how long the surface was wet at a press that a phone reports later: by the newest contact time that was
    /// started before it, and after which no cleaning was recorded.
    pub fn wet_at(
        &self,
        tag: Tag,
        press_up_ms: u64,
        facility: &FacilityState,
        boot: BootId,
    ) -> Option<MeasuredWet> {
        let rows = self.rows();
        let dropped = rows.dropped.range((tag, i64::MIN)..=(tag, i64::MAX)).map(|(_, timer)| timer);
        let own = rows.timers.get(&tag).into_iter().chain(dropped.rev());
        let mut open = own.filter(|timer| !timer.is_used_up(tag, facility));
        open.find_map(|timer| timer.wet_at(press_up_ms, boot))
    }

    pub fn being_cleaned(&self, facility: &FacilityState, now: &Now) -> BTreeSet<Tag> {
        let rows = self.rows();
        let cleaned = rows
            .timers
            .iter()
            .filter(|(tag, timer)| timer.counts(**tag, facility, now) && timer.is_in_progress(now));
        cleaned.map(|(tag, _)| *tag).collect()
    }

    /// How many were started since the program began: a page that shows them is old once this is more.
    pub fn starts(&self) -> u64 {
        self.rows().starts
    }

    /// “It may dry now” of a cleaning by that protocol, where it was wet for `required_s` seconds; else nothing.
    pub fn finish(&self, tag: Tag, protocol: Option<ProtocolId>, now: &Now, required_s: u32) {
        let mut rows = self.rows();
        let own = rows.timers.get_mut(&tag).filter(|timer| timer.is_of(protocol));
        let Some(timer) = own else { return };
        if matches!(timer.state(now, required_s), ContactState::Over { .. }) {
            timer.finished_up_ms = Some(now.up_ms);
            rows.unsaved.insert(TimerKey::Newest(tag));
        }
    }

    /// What was begun and not recorded in time, the newest first; also of items that were cleaned again since.
    pub fn begun(&self) -> Vec<BegunCleaning> {
        let rows = self.rows();
        let begun = rows.dropped.iter().map(|((tag, started_ms), timer)| BegunCleaning {
            tag: *tag,
            started_ms: *started_ms,
            by: timer.by.clone(),
        });
        let mut begun: Vec<_> = begun.collect();
        begun.sort_by_key(|one| std::cmp::Reverse(one.started_ms));
        begun
    }

    /// Deletes the name that was typed on one of these phones, at whatever item; the contact times continue.
    pub fn forget_names(&self, phone: &[DeviceId]) {
        let mut rows = self.rows();
        let TimerRows { timers, unsaved, .. } = &mut *rows;
        let named = timers.iter_mut().filter(|(_, timer)| {
            !timer.by.is_empty() && timer.device.is_some_and(|device| phone.contains(&device))
        });
        for (tag, timer) in named {
            timer.by.clear();
            unsaved.insert(TimerKey::Newest(*tag));
        }
    }

    /// Deletes what is over. What is left are items at which a contact time was begun a while ago and no cleaning
    /// recorded yet: each has an alarm until it is dropped, and from then on it is listed.
    pub fn tidy(&self, facility: &FacilityState, now: &Now) -> BTreeMap<String, u32> {
        let mut rows = self.rows();
        rows.drop_old(facility, now);
        let forgotten = rows.timers.iter().filter(|(_, timer)| timer.age_ms(now) >= FORGOTTEN_MS);
        forgotten.map(|(tag, _)| (tag.to_string(), 1)).collect()
    }

    /// Writes what changed, all in one transaction; nothing where nothing did.
    ///
    /// # Errors
    /// The database's: it is tried again with the next.
    pub fn save(&self) -> Result<(), redb::Error> {
        let Some(db) = &self.db else { return Ok(()) };
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let changed: Vec<(TimerKey, Option<ContactTimer>)> = {
            let mut rows = self.rows();
            let unsaved = std::mem::take(&mut rows.unsaved);
            unsaved.into_iter().map(|key| (key, rows.row(key).cloned())).collect()
        };
        if changed.is_empty() {
            return Ok(());
        }
        let written = write_rows(&db.db(), &changed);
        if written.is_err() {
            self.rows().unsaved.extend(changed.iter().map(|(key, _)| *key));
        }
        written
    }
}

fn write_rows(db: &Database, changed: &[(TimerKey, Option<ContactTimer>)]) -> Result<(), redb::Error> {
    let write = db.begin_write()?;
    {
        let mut table = write.open_table(TIMERS)?;
        for (key, timer) in changed {
            match timer {
                // Rows hold numbers and texts: JSON takes them all.
                Some(timer) => {
                    let row = serde_json::to_vec(timer).unwrap_or_default();
                    table.insert(key.text().as_str(), row.as_slice())?;
                }
                None => drop(table.remove(key.text().as_str())?),
            }
        }
    }
    write.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests;
