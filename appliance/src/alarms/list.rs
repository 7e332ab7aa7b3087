//! The list of alarms and its file: one for each code, epoch and subject, none dropped that nobody has seen.

use std::io;
use std::sync::Arc;

use record::alarm::AlarmCode;
use record::tree::Hash;

use super::{ActiveAlarm, AlarmAcknowledgement, AlarmCause};
use crate::store::disk::{Disk, file_exists, put_small, read_small, remove_if_there, set_aside_hint};

const DIR: &str = "evidence";
pub(super) const FILE: &str = "evidence/alarms.json";
const NEXT: &str = "evidence/alarms.json.next";
const BYTES_MAX: usize = 64 * 1024;
/// Bytes of a file that is read: nothing is lost because something was long.
const READ_BYTES_MAX: usize = 4 * BYTES_MAX;
/// Alarms of one code; more of them are counted in the newest. Of all codes together they fit into the file.
const OF_CODE_MAX: usize = 8;
const RETENTION_MS: i64 = 30 * 86_400_000;

pub(super) struct AlarmList {
    disk: Arc<dyn Disk>,
    alarms: Vec<ActiveAlarm>,
    unsaved: bool,
}

impl AlarmList {
    pub(super) fn open(disk: Arc<dyn Disk>, now_ms: i64) -> Self {
        let mut list = Self { disk, alarms: Vec::new(), unsaved: false };
        let bad = match list.read() {
            Ok(alarms) => {
                list.alarms = alarms;
                None
            }
            Err(error) => Some(error),
        };
        if let Some(error) = bad {
            tracing::error!(%error, "the list of alarms cannot be read and is begun anew");
            list.put(AlarmCause::new(AlarmCode::HintBad).about(FILE), now_ms, Some(now_ms));
            if let Err(error) = list.save_in_place_of_bad() {
                tracing::error!(%error, "alarms are not kept over a restart");
            }
        }
        list
    }

    fn read(&self) -> io::Result<Vec<ActiveAlarm>> {
        let in_the_way = self.disk.list(DIR).is_err();
        if in_the_way {
            set_aside_hint(&*self.disk, DIR)?;
        }
        if !file_exists(&*self.disk, DIR)? {
            let made = self.disk.make_dir(DIR).and_then(|()| self.disk.sync_dir(""));
            if let Err(error) = made {
                // As on a full disk: they are saved as soon as there is space.
                tracing::warn!(%error, "alarms are not kept over a restart yet");
            }
        }
        if in_the_way {
            return Err(io::Error::new(
                io::ErrorKind::NotADirectory,
                "something else lay in its folder's place",
            ));
        }
        match read_small(&*self.disk, FILE, READ_BYTES_MAX)? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from),
            // The list that was to take the place of a bad one, where the box ended between both steps.
            None => {
                let waiting = read_small(&*self.disk, NEXT, READ_BYTES_MAX).ok().flatten();
                Ok(waiting.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
            }
        }
    }

    /// Unacknowledged ones first; then active ones, the most severe, and the newest first.
    pub(super) fn sorted(&self) -> Arc<[ActiveAlarm]> {
        let mut all = self.alarms.clone();
        all.sort_by_key(|a| (a.seen.is_some(), !a.is_active(), a.cause.code, std::cmp::Reverse(a.first_ms)));
        all.into()
    }

    pub(super) fn stands(&self, is: impl Fn(&AlarmCause) -> bool) -> bool {
        self.alarms.iter().any(|alarm| alarm.is_active() && is(&alarm.cause))
    }

    pub(super) fn is_unsaved(&self) -> bool {
        self.unsaved
    }

    /// Raises one, `over_ms` where it is over already; whether that changed anything.
    pub(super) fn put(&mut self, cause: AlarmCause, now_ms: i64, over_ms: Option<i64>) -> bool {
        let at = self.alarms.iter().position(|a| a.cause.is_same(&cause));
        let Some(at) = at else { return self.add(cause, now_ms, over_ms, "") };
        let known = &mut self.alarms[at];
        let another = known.seen.is_some() && (known.over_ms.is_some() || cause.exceeds(&known.cause));
        if another {
            let before = self.alarms.remove(at);
            return self.add(cause, now_ms, over_ms, &before.id);
        }
        let before = known.clone();
        // A repeated event is counted; an active alarm was already reported.
        known.again = known.again.saturating_add(u32::from(over_ms.is_some()));
        known.over_ms = over_ms;
        known.cause = cause;
        *known != before
    }

    fn add(&mut self, cause: AlarmCause, now_ms: i64, over_ms: Option<i64>, before: &str) -> bool {
        if self.alarms.iter().filter(|a| a.cause.code == cause.code).count() >= OF_CODE_MAX {
            let mut all = self.alarms.iter();
            let gone = all.position(|a| a.cause.code == cause.code && a.seen.is_some() && !a.is_active());
            match gone {
                Some(gone) => drop(self.alarms.remove(gone)),
                None => {
                    let newest = self.alarms.iter_mut().rev().find(|a| a.cause.code == cause.code);
                    return newest.is_some_and(|newest| {
                        newest.again = newest.again.saturating_add(1);
                        newest.seen = None;
                        true
                    });
                }
            }
        }
        let id = self.new_id(&cause, now_ms, before);
        self.alarms.push(ActiveAlarm { id, cause, first_ms: now_ms, over_ms, again: 0, seen: None });
        true
    }

    /// No other alarm's, nor that of the one `before` it: an acknowledgement that comes late must not meet a newer one.
    fn new_id(&self, cause: &AlarmCause, now_ms: i64, before: &str) -> String {
        (0..)
            .map(|salt: u32| {
                Hash::of(format!("{cause:?} {now_ms} {before} {salt}").as_bytes()).to_string()[..8].to_owned()
            })
            .find(|id| !self.alarms.iter().any(|a| a.id == *id))
            .unwrap_or_default()
    }

    pub(super) fn end(&mut self, over: &impl Fn(&AlarmCause) -> bool, now_ms: i64) -> bool {
        let ended = self.alarms.iter_mut().filter(|a| a.is_active() && over(&a.cause));
        ended.map(|alarm| alarm.over_ms = Some(now_ms)).count() > 0
    }

    /// Drops those that are over and were acknowledged long ago.
    pub(super) fn expire(&mut self, now_ms: i64) -> bool {
        let before = self.alarms.len();
        self.alarms.retain(|a| {
            let last = a.over_ms.zip(a.seen.as_ref()).map(|(over_ms, seen)| over_ms.max(seen.at_ms));
            last.is_none_or(|last_ms| now_ms.saturating_sub(last_ms) <= RETENTION_MS)
        });
        self.alarms.len() != before
    }

    /// Notes that somebody has seen it; `None` where there is none, `false` where somebody had before.
    pub(super) fn acknowledge(&mut self, id: &str, seen: AlarmAcknowledgement) -> Option<bool> {
        let alarm = self.alarms.iter_mut().find(|a| a.id == id)?;
        let first = alarm.seen.is_none();
        alarm.seen.get_or_insert(seen);
        Some(first)
    }

    /// It was not written down that somebody has seen it.
    pub(super) fn take_back(&mut self, id: &str) {
        self.alarms.iter_mut().filter(|a| a.id == id).for_each(|a| a.seen = None);
    }

    /// Puts a list that cannot be read aside and this one in its place. This one is durable first: otherwise a power
    /// cut in between would leave the bad one unreported.
    fn save_in_place_of_bad(&mut self) -> io::Result<()> {
        self.unsaved = true;
        self.disk.make_dir(DIR)?;
        if file_exists(&*self.disk, FILE)? {
            remove_if_there(&*self.disk, NEXT)?;
            let file = self.disk.create_new(NEXT)?;
            file.write_at(0, &serde_json::to_vec(&self.alarms)?)?;
            file.sync_data()?;
            self.disk.sync_dir(DIR)?;
            set_aside_hint(&*self.disk, FILE)?;
        }
        self.save()?;
        remove_if_there(&*self.disk, NEXT)
    }

    /// Writes the whole list, durably.
    pub(super) fn save(&mut self) -> io::Result<()> {
        self.unsaved = true;
        self.disk.make_dir(DIR)?;
        let mut bytes = serde_json::to_vec(&self.alarms)?;
        // Quotations are the only part that strangers make long.
        for at in 0..self.alarms.len() {
            if bytes.len() <= BYTES_MAX {
                break;
            }
            self.alarms[at].cause.detail.clear();
            bytes = serde_json::to_vec(&self.alarms)?;
        }
        put_small(&*self.disk, FILE, &bytes)?;
        self.unsaved = false;
        Ok(())
    }
}
