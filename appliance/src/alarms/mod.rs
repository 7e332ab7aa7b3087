//! What somebody at the facility must know: each alarm stays, over restarts too, until a person has acknowledged it.
//!
//! An alarm is a code with what it is about; pages, API, command line and health report word it by [`AlarmWorder`] or messages. The list is one small
//! file, written whole before the caller that raised an alarm continues.

mod list;
pub mod reminders;
pub mod sources;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use record::alarm::{AlarmCode, SUBJECT_CHARS_MAX};
use record::ids::{Epoch, StaffId};
use record::messages::HealthAlarm;
use serde::{Deserialize, Serialize};
use service::clock::Clock;
use tokio::sync::watch;

use self::list::AlarmList;
use self::reminders::ReminderTable;
use crate::store::StateDb;
use crate::store::disk::Disk;

/// Characters of what is quoted with an alarm: a reason, or words of the relay.
const DETAIL_CHARS_MAX: usize = 300;

/// What an alarm is about. Two with the same code, epoch and subject are one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmCause {
    pub code: AlarmCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// Behind the last entry that it is about; of photos, how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// Which file, part or printer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Of missing entries, in how many separate parts; absent where they are one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pieces: Option<u64>,
    /// What the part itself said: a reason, or the relay's words. Shown as a quotation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl AlarmCause {
    pub fn new(code: AlarmCode) -> Self {
        Self { code, epoch: None, from: None, to: None, subject: None, pieces: None, detail: String::new() }
    }

    #[must_use]
    pub fn of(self, epoch: Epoch) -> Self {
        Self { epoch: Some(epoch), ..self }
    }

    #[must_use]
    pub fn from(self, seq: u64) -> Self {
        Self { from: Some(seq), ..self }
    }

    /// Up to this entry, which is not of it.
    #[must_use]
    pub fn to(self, end: u64) -> Self {
        Self { to: Some(end), ..self }
    }

    #[must_use]
    pub fn about(self, subject: &str) -> Self {
        Self { subject: Some(plain_text(subject, SUBJECT_CHARS_MAX)), ..self }
    }

    /// In so many separate parts.
    #[must_use]
    pub fn with_pieces(self, pieces: u64) -> Self {
        Self { pieces: Some(pieces), ..self }
    }

    #[must_use]
    pub fn detail(self, words: &str) -> Self {
        Self { detail: plain_text(words, DETAIL_CHARS_MAX), ..self }
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.code, self.epoch, &self.subject) == (other.code, other.epoch, &other.subject)
    }

    /// Whether it reaches further than what somebody acknowledged.
    fn exceeds(&self, seen: &Self) -> bool {
        self.from.unwrap_or(0) < seen.from.unwrap_or(0) || self.to.unwrap_or(0) > seen.to.unwrap_or(0)
    }
}

fn plain_text(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Who acknowledged an alarm: a person, a program, or (both absent) whoever has the box's command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmReader {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmAcknowledgement {
    #[serde(flatten)]
    pub by: AlarmReader,
    pub at_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveAlarm {
    /// Names it in addresses and commands: eight hex digits.
    pub id: String,
    #[serde(flatten)]
    pub cause: AlarmCause,
    /// When it was raised, milliseconds since 1970.
    pub first_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_ms: Option<i64>,
    /// How often more the like happened since.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub again: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<AlarmAcknowledgement>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde wants")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl ActiveAlarm {
    /// Whether its condition still holds.
    pub fn is_active(&self) -> bool {
        self.over_ms.is_none()
    }

    pub fn reported(&self) -> HealthAlarm {
        let range = match (self.cause.from, self.cause.to) {
            (Some(from), Some(to)) => format!(" {from}-{to}"),
            (Some(from), None) => format!(" {from}-"),
            (None, _) => String::new(),
        };
        let log = self.cause.epoch.map(|epoch| plain_text(&format!("{epoch}{range}"), SUBJECT_CHARS_MAX));
        HealthAlarm {
            code: self.cause.code.as_str().to_owned(),
            subject: self.cause.subject.clone().or(log),
            since: self.first_ms,
            over: self.over_ms,
            seen: self.seen.is_some(),
        }
    }
}

/// Words an alarm as one paragraph of English, for those who read no page.
pub type AlarmWorder = fn(&ActiveAlarm) -> String;

/// Why an alarm is not acknowledged.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum AcknowledgeError {
    Unknown(String),
    /// It could not be written down.
    Unsaved(std::io::Error),
}

/// The alarms of the box, shared by all who raise and show them.
pub struct AlarmStore {
    clock: Arc<dyn Clock>,
    list: Mutex<AlarmList>,
    shown: watch::Sender<Arc<[ActiveAlarm]>>,
    reminders: OnceLock<ReminderTable>,
}

impl AlarmStore {
    /// Reads what was there when the box ended. A list that cannot be read is put aside and reported; the box continues.
    pub fn open(disk: Arc<dyn Disk>, clock: Arc<dyn Clock>) -> Self {
        let list = AlarmList::open(disk, clock.now().wall_ms);
        let shown = watch::Sender::new(list.sorted());
        Self { clock, list: Mutex::new(list), shown, reminders: OnceLock::new() }
    }

    /// Opens what waits for somebody, which is kept in `state.redb`.
    ///
    /// # Errors
    /// The database's: there is none until the next start.
    pub fn open_reminders(&self, state: impl Into<StateDb>) -> Result<(), redb::Error> {
        let table = ReminderTable::open(state)?;
        self.reminders.get_or_init(|| table);
        Ok(())
    }

    pub fn reminders(&self) -> Option<&ReminderTable> {
        self.reminders.get()
    }

    fn list(&self) -> MutexGuard<'_, AlarmList> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of them: those first that nobody has acknowledged, the gravest of them first.
    pub fn all(&self) -> Arc<[ActiveAlarm]> {
        self.shown.borrow().clone()
    }

    pub fn watch(&self) -> watch::Receiver<Arc<[ActiveAlarm]>> {
        self.shown.subscribe()
    }

    /// How many nobody has acknowledged.
    pub fn unseen(&self) -> usize {
        self.shown.borrow().iter().filter(|alarm| alarm.seen.is_none()).count()
    }

    pub fn stands(&self, is: impl Fn(&AlarmCause) -> bool) -> bool {
        self.shown.borrow().iter().any(|alarm| alarm.is_active() && is(&alarm.cause))
    }

    /// Raises one that stays active until [`Self::end`].
    pub fn raise(&self, cause: AlarmCause) {
        self.change(|list, now_ms| list.put(cause, now_ms, None));
    }

    pub fn report(&self, cause: AlarmCause) {
        self.change(|list, now_ms| list.put(cause, now_ms, Some(now_ms)));
    }

    pub fn change_together(&self, change: impl FnOnce(&mut AlarmChanges<'_>)) {
        self.change(|list, now_ms| {
            let mut changes = AlarmChanges { list, now_ms, changed: false };
            change(&mut changes);
            changes.changed
        });
    }

    /// Whether all that was raised is on the disk.
    pub fn is_saved(&self) -> bool {
        !self.list().is_unsaved()
    }

    /// The condition of these is over; they stay until somebody has acknowledged them.
    pub fn end(&self, over: impl Fn(&AlarmCause) -> bool) {
        if self.stands(&over) {
            self.change(|list, now_ms| list.end(&over, now_ms));
        }
    }

    /// Deletes what was acknowledged and over long ago, and writes what could not be written before.
    pub fn tidy(&self) {
        self.change(AlarmList::expire);
    }

    fn change(&self, change: impl FnOnce(&mut AlarmList, i64) -> bool) {
        let now_ms = self.clock.now().wall_ms;
        let mut list = self.list();
        let changed = change(&mut list, now_ms);
        let saved = if changed || list.is_unsaved() { list.save() } else { Ok(()) };
        if let Err(error) = saved {
            tracing::error!(%error, "alarms are not kept over a restart; they are written down as soon as that is possible");
        }
        if changed {
            self.shown.send_replace(list.sorted());
        }
    }

    /// Notes durably that somebody has seen an alarm; `false` where somebody had before.
    ///
    /// # Errors
    /// [`AcknowledgeError`]; the alarm stays as it was.
    pub fn acknowledge(&self, id: &str, by: AlarmReader) -> Result<bool, AcknowledgeError> {
        let at_ms = self.clock.now().wall_ms;
        let mut list = self.list();
        let Some(first) = list.acknowledge(id, AlarmAcknowledgement { by, at_ms }) else {
            return Err(AcknowledgeError::Unknown(plain_text(id, SUBJECT_CHARS_MAX)));
        };
        if first {
            if let Err(error) = list.save() {
                list.take_back(id);
                return Err(AcknowledgeError::Unsaved(error));
            }
            self.shown.send_replace(list.sorted());
        }
        Ok(first)
    }
}

pub struct AlarmChanges<'a> {
    list: &'a mut AlarmList,
    now_ms: i64,
    changed: bool,
}

impl AlarmChanges<'_> {
    /// As [`AlarmStore::raise`].
    pub fn raise(&mut self, cause: AlarmCause) {
        self.changed |= self.list.put(cause, self.now_ms, None);
    }

    /// As [`AlarmStore::report`].
    pub fn report(&mut self, cause: AlarmCause) {
        self.changed |= self.list.put(cause, self.now_ms, Some(self.now_ms));
    }

    /// As [`AlarmStore::end`].
    pub fn end(&mut self, over: impl Fn(&AlarmCause) -> bool) {
        self.changed |= self.list.end(&over, self.now_ms);
    }

    /// As [`AlarmStore::stands`].
    pub fn stands(&self, is: impl Fn(&AlarmCause) -> bool) -> bool {
        self.list.stands(is)
    }
}

#[cfg(test)]
pub(crate) mod tests;
