//! Sessions of staff browsers: known here by a hash, ended by idleness, by age, by hand or by leaving.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::ids::{BootId, StaffId};
use serde::{Deserialize, Serialize};
use service::clock::Now;
use service::random::RandomSource;

use super::pending_keys::PendingKeys;
use super::rows::JsonTable;
use super::{IdentityError, new_secret, secret_digest};

mod held_pin;

pub use self::held_pin::HeldPin;
use crate::store::StateDb;

pub(super) const TABLE: &str = "identity_sessions";
/// An unattended desk is signed out after this.
const IDLE_MS_MAX: i64 = 60 * 60_000;
/// A tablet that many use is signed out after this.
const SHARED_IDLE_MS_MAX: i64 = 5 * 60_000;
const AGE_MS_MAX: i64 = 12 * 60 * 60_000;
/// Sessions of one person at a time; past that their own one that was idle longest ends, and nobody else's.
const PERSON_SESSIONS_MAX: usize = 10;
/// Sessions of everybody at a time; past that the one that was idle longest ends.
const SESSIONS_MAX: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BrowserUse {
    /// One person, as far as anybody knows.
    #[default]
    Own,
    Shared,
}

impl BrowserUse {
    fn idle_ms_max(self) -> i64 {
        match self {
            Self::Own => IDLE_MS_MAX,
            Self::Shared => SHARED_IDLE_MS_MAX,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    pub staff: StaffId,
    /// When they signed in, milliseconds since 1970.
    pub began_ms: i64,
    seen_ms: i64,
    /// Absent: what it proved is recorded, and it proves no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pin: Option<PinEntry>,
    #[serde(default)]
    pub browser: BrowserUse,
    /// Its end, milliseconds since 1970, where a pass has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until_ms: Option<i64>,
}

/// When a PIN was typed, by the monotonic clock: a time of day could come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct PinEntry {
    boot: BootId,
    up_ms: u64,
}

impl PinEntry {
    fn of(now: &Now) -> Self {
        Self { boot: now.boot, up_ms: now.up_ms }
    }

    fn age_ms(self, now: &Now) -> Option<u64> {
        now.up_ms.checked_sub(self.up_ms).filter(|_| self.boot == now.boot)
    }
}

impl SessionRow {
    /// How long ago its PIN was typed, milliseconds; absent: before the machine started, or for a record on a shared tablet.
    pub fn pin_age_ms(&self, now: &Now) -> Option<u64> {
        self.pin?.age_ms(now)
    }

    fn is_over(&self, now_ms: i64) -> bool {
        // A clock that was set far back ends it as well.
        !(0..AGE_MS_MAX).contains(&(now_ms - self.began_ms))
            || now_ms - self.seen_ms > self.browser.idle_ms_max()
            || self.until_ms.is_some_and(|until_ms| now_ms >= until_ms)
    }
}

pub struct SessionStore {
    rows: JsonTable,
    live: Mutex<BTreeMap<String, SessionRow>>,
    /// Those that were used, or found to be over, since they were written down.
    unsaved: PendingKeys,
    random: Arc<dyn RandomSource>,
}

impl SessionStore {
    pub(super) fn open(db: impl Into<StateDb>, random: Arc<dyn RandomSource>) -> Result<Self, IdentityError> {
        let rows = JsonTable::open(db, TABLE)?;
        let live = Mutex::new(rows.all()?.into_iter().collect());
        Ok(Self { rows, live, unsaved: PendingKeys::default(), random })
    }

    /// Signs somebody in, in a browser of their own, whose PIN was typed just now: the secret for their cookie. Blocks for a
    /// disk's time.
    ///
    /// # Errors
    /// It could not be stored.
    pub fn begin(&self, staff: StaffId, now: &Now) -> Result<String, IdentityError> {
        self.begin_in(BrowserUse::Own, staff, now)
    }

    pub fn begin_in(&self, browser: BrowserUse, staff: StaffId, now: &Now) -> Result<String, IdentityError> {
        let pin = Some(PinEntry::of(now));
        let now_ms = now.wall_ms;
        let session = SessionRow { staff, began_ms: now_ms, seen_ms: now_ms, pin, browser, until_ms: None };
        self.begin_session(session)
    }

    /// Signs the holder of a pass in, who typed no PIN, for at most `left_ms` milliseconds.
    ///
    /// # Errors
    /// It could not be stored.
    pub fn begin_until(
        &self,
        browser: BrowserUse,
        staff: StaffId,
        now: &Now,
        left_ms: i64,
    ) -> Result<String, IdentityError> {
        let now_ms = now.wall_ms;
        let until_ms = Some(now_ms + left_ms);
        self.begin_session(SessionRow {
            staff,
            began_ms: now_ms,
            seen_ms: now_ms,
            pin: None,
            browser,
            until_ms,
        })
    }

    fn begin_session(&self, session: SessionRow) -> Result<String, IdentityError> {
        let (secret, staff, now_ms) = (new_secret(self.random.as_ref()), session.staff, session.began_ms);
        let mut over: Vec<String> = Vec::new();
        {
            let mut live = self.lock();
            over.extend(live.iter().filter(|(_, s)| s.is_over(now_ms)).map(|(key, _)| key.clone()));
            for key in &over {
                live.remove(key);
            }
            over.extend(make_room(&mut live, staff));
            live.insert(secret_digest(&secret), session);
        }
        self.rows.change(|rows| {
            over.iter().try_for_each(|key| rows.remove(key))?;
            rows.put(&secret_digest(&secret), &session)
        })?;
        Ok(secret)
    }

    /// The session of a cookie, marked as used; nothing is written before [`SessionStore::save_uses`].
    pub fn find(&self, secret: &str, now_ms: i64) -> Option<SessionRow> {
        let key = secret_digest(secret);
        let found = {
            let mut live = self.lock();
            let session = live.get_mut(&key)?;
            if session.is_over(now_ms) {
                live.remove(&key);
                None
            } else {
                session.seen_ms = now_ms;
                Some(*session)
            }
        };
        self.unsaved.note(key);
        found
    }

    /// Writes down which sessions were used and which are over, all in one transaction; nothing where none was. A restart
    /// makes a session as much older as this is behind.
    ///
    /// # Errors
    /// It could not be written: it is tried again with the next.
    pub fn save_uses(&self) -> Result<(), IdentityError> {
        self.unsaved.save(|keys| self.write_uses(keys))
    }

    fn write_uses(&self, keys: &BTreeSet<String>) -> Result<(), IdentityError> {
        let used: Vec<(&String, Option<i64>)> = {
            let live = self.lock();
            keys.iter().map(|key| (key, live.get(key).map(|session| session.seen_ms))).collect()
        };
        self.rows.change(|rows| {
            used.iter().try_for_each(|(key, seen_ms)| match seen_ms {
                // One that ended meanwhile stays ended.
                Some(seen_ms) => match rows.get::<SessionRow>(key)? {
                    Some(row) => rows.put(key, &SessionRow { seen_ms: *seen_ms, ..row }),
                    None => Ok(()),
                },
                None => rows.remove(key),
            })
        })
    }

    fn write_pin(&self, key: &str, pin: Option<PinEntry>) -> Result<(), IdentityError> {
        self.rows.update(key, |row: &mut SessionRow| row.pin = pin)
    }

    /// Notes that the PIN of this session's person was typed in it again.
    ///
    /// # Errors
    /// It could not be written; it counts all the same, until a restart.
    pub fn renew_pin(&self, secret: &str, now: &Now) -> Result<(), IdentityError> {
        let (key, pin) = (secret_digest(secret), Some(PinEntry::of(now)));
        let found = self.lock().get_mut(&key).map(|session| session.pin = pin);
        found.map_or(Ok(()), |()| self.write_pin(&key, pin))
    }

    /// Says who uses the browser of this session.
    ///
    /// # Errors
    /// It could not be written; it holds all the same, until a restart.
    pub fn set_browser(&self, secret: &str, browser: BrowserUse) -> Result<(), IdentityError> {
        let key = secret_digest(secret);
        let found = self.lock().get_mut(&key).map(|session| session.browser = browser);
        found.map_or(Ok(()), |()| self.rows.update(&key, |row: &mut SessionRow| row.browser = browser))
    }

    pub fn counts(&self, now_ms: i64) -> BTreeMap<StaffId, usize> {
        let mut counts = BTreeMap::new();
        for session in self.lock().values().filter(|s| !s.is_over(now_ms)) {
            *counts.entry(session.staff).or_default() += 1;
        }
        counts
    }

    /// Signs out.
    ///
    /// # Errors
    /// It could not be written; the session has ended all the same, until a restart.
    pub fn end(&self, secret: &str) -> Result<(), IdentityError> {
        let key = secret_digest(secret);
        self.lock().remove(&key);
        self.rows.remove(&key)
    }

    /// Signs a person out everywhere.
    ///
    /// # Errors
    /// As [`SessionStore::end`].
    pub fn end_all(&self, staff: StaffId) -> Result<(), IdentityError> {
        self.end_where(|_, session| session.staff == staff).map(drop)
    }

    /// Signs a person out everywhere but in the session of this secret; how many sessions were not over yet.
    ///
    /// # Errors
    /// As [`SessionStore::end`].
    pub fn end_all_but(&self, staff: StaffId, secret: &str, now_ms: i64) -> Result<usize, IdentityError> {
        let own = secret_digest(secret);
        self.end_where(|key, session| session.staff == staff && key != own)
            .map(|ended| count_live_sessions(&ended, now_ms))
    }

    /// Signs everybody out but the session of this secret; how many sessions were not over yet.
    ///
    /// # Errors
    /// As [`SessionStore::end`].
    pub fn end_others(&self, secret: &str, now_ms: i64) -> Result<usize, IdentityError> {
        let own = secret_digest(secret);
        self.end_where(|key, _| key != own).map(|ended| count_live_sessions(&ended, now_ms))
    }

    fn end_where(&self, ends: impl Fn(&str, &SessionRow) -> bool) -> Result<Vec<SessionRow>, IdentityError> {
        let ended: Vec<(String, SessionRow)> = {
            let mut live = self.lock();
            let ending = live.iter().filter(|(key, s)| ends(key, s)).map(|(key, s)| (key.clone(), *s));
            let ended: Vec<(String, SessionRow)> = ending.collect();
            for (key, _) in &ended {
                live.remove(key);
            }
            ended
        };
        self.rows.change(|rows| ended.iter().try_for_each(|(key, _)| rows.remove(key)))?;
        Ok(ended.into_iter().map(|(_, session)| session).collect())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, SessionRow>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count_live_sessions(sessions: &[SessionRow], now_ms: i64) -> usize {
    sessions.iter().filter(|session| !session.is_over(now_ms)).count()
}

/// Ends what has to end before one more session of this person begins; the keys.
fn make_room(live: &mut BTreeMap<String, SessionRow>, staff: StaffId) -> Vec<String> {
    let mut own: Vec<(i64, String)> = live
        .iter()
        .filter(|(_, session)| session.staff == staff)
        .map(|(key, session)| (session.seen_ms, key.clone()))
        .collect();
    own.sort();
    let over = (own.len() + 1).saturating_sub(PERSON_SESSIONS_MAX);
    let mut ended: Vec<String> = own.into_iter().take(over).map(|(_, key)| key).collect();
    for key in &ended {
        live.remove(key);
    }
    if live.len() >= SESSIONS_MAX
        && let Some(key) = live.iter().min_by_key(|(_, s)| s.seen_ms).map(|(key, _)| key.clone())
    {
        live.remove(&key);
        ended.push(key);
    }
    ended
}

/// What a form under a session carries: a stranger's page cannot know it.
pub(crate) fn form_token(secret: &str) -> String {
    secret_digest(&format!("form {secret}"))[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use redb::Database;
    use service::random::SystemRandom;

    use super::*;
    use crate::counted_disk::CountedDisk;

    const NOW: i64 = 1_763_610_000_000;

    fn at(wall_ms: i64, up_ms: u64) -> Now {
        let boot = BootId::new(0, [3; 10]);
        Now { wall_ms, boot, up_ms, state: record::entry::ClockState::Synced }
    }

    #[test]
    fn sessions_end_and_outlive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let open = || {
            let db = Arc::new(Database::create(dir.path().join("state.redb")).unwrap());
            SessionStore::open(db, Arc::new(SystemRandom)).unwrap()
        };
        let tom = StaffId::new(0, [1; 10]);
        let sessions = open();
        let (idle, used, left) = (
            sessions.begin(tom, &at(NOW, 0)).unwrap(),
            sessions.begin(tom, &at(NOW, 0)).unwrap(),
            sessions.begin(tom, &at(NOW, 0)).unwrap(),
        );
        assert_eq!(sessions.find("guess", NOW), None);
        sessions.end(&left).unwrap();
        for minutes in (0..700).step_by(50) {
            assert!(sessions.find(&used, NOW + minutes * 60_000).is_some());
        }
        sessions.save_uses().unwrap();
        drop(sessions);
        let sessions = open();
        assert_eq!(sessions.find(&left, NOW), None);
        assert_eq!(sessions.find(&idle, NOW + IDLE_MS_MAX + 1), None);
        assert_eq!(sessions.find(&used, NOW + AGE_MS_MAX - 40 * 60_000).map(|s| s.staff), Some(tom));
        assert_eq!(sessions.find(&used, NOW + AGE_MS_MAX), None);
        let again = sessions.begin(tom, &at(NOW, 0)).unwrap();
        sessions.end_all(tom).unwrap();
        assert_eq!(sessions.find(&again, NOW), None);
    }

    #[test]
    fn no_clock_makes_an_old_pin_fresh() {
        let dir = tempfile::tempdir().unwrap();
        let db = Arc::new(Database::create(dir.path().join("state.redb")).unwrap());
        let sessions = SessionStore::open(db.clone(), Arc::new(SystemRandom)).unwrap();
        let secret = sessions.begin(StaffId::new(0, [1; 10]), &at(NOW, 1_000)).unwrap();
        let age = |sessions: &SessionStore, now: &Now| {
            sessions.find(&secret, now.wall_ms).and_then(|s| s.pin_age_ms(now))
        };
        assert_eq!(age(&sessions, &at(NOW + 400_000, 401_000)), Some(400_000));
        assert_eq!(age(&sessions, &at(NOW + 1_000, 401_000)), Some(400_000), "the clock was set back");
        let booted = Now { boot: BootId::new(0, [4; 10]), ..at(NOW + 1_000, 2_000) };
        assert_eq!(age(&sessions, &booted), None, "what another boot counted says nothing");
        sessions.renew_pin(&secret, &at(NOW + 500_000, 501_000)).unwrap();
        sessions.renew_pin("guess", &at(NOW, 0)).unwrap();
        drop(sessions);
        let sessions = SessionStore::open(db, Arc::new(SystemRandom)).unwrap();
        assert_eq!(age(&sessions, &at(NOW + 500_000, 502_000)), Some(1_000), "kept over a restart");
    }

    #[test]
    fn a_session_on_a_shared_tablet_is_short_and_its_pin_is_spent() {
        let dir = tempfile::tempdir().unwrap();
        let db = Arc::new(Database::create(dir.path().join("state.redb")).unwrap());
        let open = || Arc::new(SessionStore::open(db.clone(), Arc::new(SystemRandom)).unwrap());
        let (sessions, tom) = (open(), StaffId::new(0, [1; 10]));
        let shared = sessions.begin_in(BrowserUse::Shared, tom, &at(NOW, 0)).unwrap();
        let own = sessions.begin(tom, &at(NOW, 0)).unwrap();
        HeldPin::take(&sessions, &shared, None).unwrap().write_used().unwrap();
        drop(sessions);
        let sessions = open();
        let found = sessions.find(&shared, NOW + SHARED_IDLE_MS_MAX).unwrap();
        assert_eq!((found.pin_age_ms(&at(NOW, 0)), found.browser), (None, BrowserUse::Shared));
        sessions.renew_pin(&shared, &at(NOW, 5)).unwrap();
        let found = sessions.find(&shared, NOW + SHARED_IDLE_MS_MAX).unwrap();
        assert_eq!(found.pin_age_ms(&at(NOW, 5)), Some(0));
        assert_eq!(sessions.find(&shared, NOW + 2 * SHARED_IDLE_MS_MAX + 1), None);
        let is_in = |at_ms| sessions.find(&own, at_ms).is_some();
        assert!(is_in(NOW + 2 * SHARED_IDLE_MS_MAX + 1), "a browser of somebody’s own");
        sessions.set_browser(&own, BrowserUse::Shared).unwrap();
        assert!(!is_in(NOW + 3 * SHARED_IDLE_MS_MAX + 2));
    }

    #[test]
    fn a_pin_is_held_by_one_and_goes_back_unless_it_is_used() {
        let db = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap();
        let sessions = Arc::new(SessionStore::open(Arc::new(db), Arc::new(SystemRandom)).unwrap());
        let secret = sessions.begin(StaffId::new(0, [1; 10]), &at(NOW, 100)).unwrap();
        let (take, age) = (
            |entered: Option<&Now>| HeldPin::take(&sessions, &secret, entered),
            |held: &HeldPin| held.age_ms(&at(NOW, 500)),
        );
        let held = take(None).unwrap();
        assert_eq!(age(&held), Some(400));
        assert!(take(None).is_none(), "somebody has it");
        held.put_back();
        drop(take(None).unwrap());
        let mut held = take(None).unwrap();
        held.use_up();
        drop(held);
        assert!(take(None).is_none(), "it may be in a record");
        // One that comes with the request is visible to no other request, and remains for the next if it was not used.
        let held = take(Some(&at(NOW, 450))).unwrap();
        assert_eq!((age(&held), take(None).is_none()), (Some(50), true));
        held.put_back();
        let held = take(None).unwrap();
        sessions.renew_pin(&secret, &at(NOW, 490)).unwrap();
        drop(held);
        assert_eq!(age(&take(None).unwrap()), Some(10), "a newer one stays");
        let held = take(None).unwrap();
        sessions.end(&secret).unwrap();
        drop(held);
        assert!(take(Some(&at(NOW, 500))).is_none(), "the session is over");
    }

    #[test]
    fn a_session_of_an_earlier_version_is_read() {
        let row = r#"{"staff":"01KAFJWQ400000000000000004","began_ms":1,"seen_ms":2,"pin":{"boot":"01KAFNHYM0081040G2081040G2","up_ms":3}}"#;
        let row: SessionRow = serde_json::from_str(row).unwrap();
        assert_eq!((row.pin.map(|pin| pin.up_ms), row.browser), (Some(3), BrowserUse::Own));
    }

    #[test]
    fn everybody_else_is_signed_out() {
        let db = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap();
        let sessions = SessionStore::open(Arc::new(db), Arc::new(SystemRandom)).unwrap();
        let begin = |n| sessions.begin(StaffId::new(0, [n; 10]), &at(NOW, 0)).unwrap();
        let (own, _, _) = (begin(1), begin(1), begin(2));
        assert_eq!(sessions.counts(NOW).into_values().collect::<Vec<_>>(), [2, 1]);
        assert_eq!(sessions.end_others(&own, NOW).unwrap(), 2);
        assert_eq!(sessions.counts(NOW).into_values().collect::<Vec<_>>(), [1]);
        assert!(sessions.find(&own, NOW).is_some());
    }

    #[test]
    fn they_are_bounded() {
        let db = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap();
        let sessions = SessionStore::open(Arc::new(db), Arc::new(SystemRandom)).unwrap();
        let first = sessions.begin(StaffId::new(0, [0; 10]), &at(NOW, 0)).unwrap();
        for n in 0..SESSIONS_MAX {
            let somebody = StaffId::new(i64::try_from(n / PERSON_SESSIONS_MAX).unwrap(), [1; 10]);
            sessions.begin(somebody, &at(NOW + 1, 0)).unwrap();
        }
        assert_eq!(sessions.lock().len(), SESSIONS_MAX);
        assert_eq!(sessions.find(&first, NOW + 2), None);
    }

    #[test]
    fn whoever_signs_in_often_ends_only_their_own() {
        let db = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap();
        let sessions = SessionStore::open(Arc::new(db), Arc::new(SystemRandom)).unwrap();
        let other = sessions.begin(StaffId::new(0, [1; 10]), &at(NOW, 0)).unwrap();
        let often = StaffId::new(0, [2; 10]);
        let begin = |n: i64| sessions.begin(often, &at(NOW + n, 0)).unwrap();
        let (first, second) = (begin(1), begin(2));
        for n in 3..=11 {
            begin(n);
        }
        assert_eq!(sessions.find(&first, NOW + 20), None, "their own oldest");
        assert!(sessions.find(&second, NOW + 20).is_some());
        assert!(sessions.find(&other, NOW + 20).is_some(), "somebody else's, idle longer");
        assert_eq!(sessions.rows.all::<SessionRow>().unwrap().len(), 1 + PERSON_SESSIONS_MAX);
    }

    #[test]
    fn uses_are_written_together_and_each_once() {
        let (db, syncs) = CountedDisk::open();
        let open = || SessionStore::open(db.clone(), Arc::new(SystemRandom)).unwrap();
        let sessions = open();
        let begin = |n| sessions.begin(StaffId::new(0, [n; 10]), &at(NOW, 0)).unwrap();
        let before = syncs.count();
        let first = begin(1);
        let commit = syncs.count() - before;
        let others: Vec<String> = (2..20).map(begin).collect();
        let before = syncs.count();
        // Used each minute for two hours: by the row alone it would be over.
        for minute in 1..=120 {
            assert!(sessions.find(&first, NOW + minute * 60_000).is_some());
        }
        assert!(others.iter().all(|secret| sessions.find(secret, NOW + 2 * IDLE_MS_MAX).is_none()));
        assert_eq!(syncs.count(), before, "whoever looks waits for no disk");
        sessions.save_uses().unwrap();
        assert_eq!(syncs.count() - before, commit);
        sessions.save_uses().unwrap();
        assert_eq!(syncs.count() - before, commit, "nothing was left");
        drop(sessions);
        let sessions = open();
        assert_eq!(sessions.lock().len(), 1);
        assert!(sessions.find(&first, NOW + 2 * IDLE_MS_MAX).is_some());
    }

    #[test]
    fn a_session_that_ends_while_it_is_used_stays_ended_on_disk() {
        let db = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap();
        let sessions = SessionStore::open(Arc::new(db), Arc::new(SystemRandom)).unwrap();
        let secret = sessions.begin(StaffId::new(0, [1; 10]), &at(NOW, 0)).unwrap();
        let key = secret_digest(&secret);
        // Somebody has read it; before they write, it ends.
        let read = sessions.find(&secret, NOW + 1).unwrap();
        sessions.end(&secret).unwrap();
        sessions.lock().insert(key.clone(), read);
        sessions.save_uses().unwrap();
        sessions.write_pin(&key, Some(PinEntry::of(&at(NOW, 0)))).unwrap();
        assert_eq!(sessions.rows.all::<SessionRow>().unwrap(), []);
    }
}
