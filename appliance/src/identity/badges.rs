//! Staff badges: only a code is stored of what a scanner reads, computed under a key that is in no table, and whose badge it is.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use record::code::is_hidden;
use record::entry::EntryAuthor;
use record::ids::StaffId;
use record::tree::Hash;
use serde::{Deserialize, Serialize};
use service::random::RandomSource;

use super::hmac::hmac_sha256;
use super::removals::{RemovedAccess, UnloggedRemoval, open_notes};
use super::rows::JsonTable;
use super::{IdentityError, SYMBOLS, new_row_id};
use crate::store::StateDb;
use crate::store::disk::{Disk, put_small, read_small, set_aside_hint};

pub(super) const TABLE: &str = "badges";
/// Apart from the table, so that whoever has only the table cannot try out the few codes that a printed number may have.
const KEY_FILE: &str = "keys/badge.key";
const KEY_BYTES: usize = 32;
const KEY_TABLE: &str = "badge_key";
const KEY_NOTE: &str = "note";
const CHARS_MIN: usize = 4;
const CHARS_MAX: usize = 128;
/// Badges of one person, of the staff and revoked.
pub const BADGES_MAX: usize = 3;
const DAY_MS: i64 = 86_400_000;

/// What a scanner read of a badge. It is a secret: nothing shows or stores it.
#[derive(Clone)]
pub struct BadgeCode(String);

impl BadgeCode {
    /// Takes what a scanner typed, with or without the key that it presses at the end.
    ///
    /// # Errors
    /// No badge has this form.
    pub fn read(scanned: &str) -> Result<Self, BadgeRefusal> {
        let code = scanned.trim();
        // Four bytes a character: what is far too long is not counted.
        let fits = code.len() <= CHARS_MAX * 4 && (CHARS_MIN..=CHARS_MAX).contains(&code.chars().count());
        if fits && !code.chars().any(is_hidden) {
            return Ok(Self(code.to_owned()));
        }
        Err(BadgeRefusal::Form)
    }

    /// What may be one in a text that somebody typed: it has a digit, as everything does that a reader types and hardly any name,
    /// and no blanks, as notes have.
    pub(crate) fn find(text: &str) -> Option<Self> {
        let code = Self::read(text).ok()?;
        let has_shape =
            code.0.contains(|c: char| c.is_ascii_digit()) && !code.0.contains(char::is_whitespace);
        has_shape.then_some(code)
    }

    /// One for a badge that the box prints: 78 random bits in 16 symbols. The first is a digit, since a text without one may be
    /// a name.
    fn of_bits([first, rest @ ..]: [u8; 16]) -> Self {
        let first = char::from(b'0' + first % 8);
        Self(
            [first]
                .into_iter()
                .chain(rest.map(|byte: u8| char::from(SYMBOLS[usize::from(byte % 32)].to_ascii_uppercase())))
                .collect(),
        )
    }

    /// As it was read, for what compares it with other things that a scanner reads.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for BadgeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("****")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffBadge {
    pub id: String,
    pub staff: StaffId,
    pub added_ms: i64,
    /// When it was used first on the last day of its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_ms: Option<i64>,
    /// When it came without HTTPS; from then on it proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_ms: Option<i64>,
}

/// Why a badge is not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum BadgeRefusal {
    Form,
    Label,
    /// Somebody has it; who is not disclosed.
    Taken,
    Present(StaffBadge),
    TooMany,
    Revoked,
    /// The others prove nothing, and would not with another key.
    KeyLost,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyTrouble {
    #[error("keys/badge.key is gone")]
    Missing,
    #[error("keys/badge.key is damaged")]
    Damaged,
    #[error("keys/badge.key is another key than that of these badges")]
    Foreign,
    #[error("keys/badge.key cannot be read: {0}")]
    Unreadable(String),
}

#[derive(Debug, Clone)]
pub struct NewBadge {
    pub staff: StaffId,
    pub code: BadgeCode,
    pub now_ms: i64,
}

pub struct BadgeStore {
    rows: JsonTable,
    key_notes: JsonTable,
    removals: JsonTable,
    disk: Arc<dyn Disk>,
    random: Arc<dyn RandomSource>,
    /// As it is in its file, once it was needed.
    key: Mutex<Option<[u8; KEY_BYTES]>>,
    has_any: AtomicBool,
}

impl BadgeStore {
    pub(super) fn open(
        db: impl Into<StateDb>,
        disk: Arc<dyn Disk>,
        random: Arc<dyn RandomSource>,
    ) -> Result<Self, IdentityError> {
        let db = db.into();
        let (rows, key_notes) =
            (JsonTable::open(db.clone(), TABLE)?, JsonTable::open(db.clone(), KEY_TABLE)?);
        let removals = open_notes(db)?;
        let (key, has_any) = (Mutex::default(), AtomicBool::default());
        let store = Self { rows, key_notes, removals, disk, random, key, has_any };
        store.count_again()?;
        Ok(store)
    }

    /// Whether anybody has a badge that proves something: else no page speaks of badges.
    pub fn has_any(&self) -> bool {
        self.has_any.load(Ordering::Relaxed)
    }

    /// Whether a badge can be given to a person. Blocks for the disk, and writes nothing. Badges of those `has_left` names are free.
    ///
    /// # Errors
    /// The inner one says why not, the outer one that the table or the key cannot be read.
    pub fn check(
        &self,
        new: &NewBadge,
        has_left: impl Fn(StaffId) -> bool,
    ) -> Result<Result<(), BadgeRefusal>, IdentityError> {
        let mut held: Vec<(String, StaffBadge)> = self.rows.all()?;
        held.retain(|(_, badge)| !has_left(badge.staff));
        let key = match self.key()? {
            Ok(key) => key,
            Err(_) if held.is_empty() => return Ok(Ok(())),
            Err(_) => return Ok(Err(BadgeRefusal::KeyLost)),
        };
        Ok(check_new(&held, &digest_of(&key, &new.code), new.staff))
    }

    /// Gives a badge to a person. Blocks for the disk. Badges of those `has_left` names are free.
    ///
    /// # Errors
    /// The inner one says why not, the outer one that it could not be stored.
    pub fn enrol(
        &self,
        new: &NewBadge,
        has_left: impl Fn(StaffId) -> bool,
    ) -> Result<Result<StaffBadge, BadgeRefusal>, IdentityError> {
        let has_badges = self.rows.all::<StaffBadge>()?.iter().any(|(_, badge)| !has_left(badge.staff));
        let key = match self.key_or_new(has_badges)? {
            Ok(key) => key,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let digest = digest_of(&key, &new.code);
        let id = new_row_id(self.random.as_ref());
        let enrolled = self.rows.change(|rows| {
            let (left, held): (Vec<_>, Vec<_>) =
                rows.starting::<StaffBadge>("")?.into_iter().partition(|(_, badge)| has_left(badge.staff));
            left.iter().try_for_each(|(key, _)| rows.remove(key))?;
            if let Err(refusal) = check_new(&held, &digest, new.staff) {
                return Ok(Err(refusal));
            }
            let badge = StaffBadge {
                id: id.clone(),
                staff: new.staff,
                added_ms: new.now_ms,
                used_ms: None,
                revoked_ms: None,
            };
            rows.put(&digest, &badge)?;
            Ok(Ok(badge))
        });
        // After a failed commit it may or may not be stored: the file shows which.
        let enrolled = enrolled.or_else(|error| match self.rows.get::<StaffBadge>(&digest) {
            Ok(Some(badge)) if badge.id == id => Ok(Ok(badge)),
            Ok(_) | Err(_) => Err(error),
        })?;
        self.count_again()?;
        Ok(enrolled)
    }

    /// A code for a badge that the box prints: the same once more for the same press of a button. Blocks for the disk.
    ///
    /// # Errors
    /// The key cannot be read or written.
    pub fn make_code(&self, staff: StaffId, press: Option<&str>) -> Result<BadgeCode, IdentityError> {
        let has_badges = !self.rows.all::<StaffBadge>()?.is_empty();
        // Without the key nothing is added anyway.
        let key = self.key_or_new(has_badges)?.ok();
        let Some((press, key)) = press.zip(key) else { return Ok(BadgeCode::of_bits(self.random.bytes())) };
        let made_for = hmac_sha256(&key, format!("print/{staff}/{press}").as_bytes());
        let mut bits = [0; 16];
        bits.copy_from_slice(&made_for[..16]);
        Ok(BadgeCode::of_bits(bits))
    }

    /// Whose badge this is, if it proves that, and notes that it was used, at most once a day. Blocks for the disk.
    ///
    /// # Errors
    /// The table or the key cannot be read.
    pub fn prove(&self, code: &BadgeCode, now_ms: i64) -> Result<Option<StaffId>, IdentityError> {
        let Some((digest, badge)) = self.find(code)?.filter(|(_, badge)| badge.revoked_ms.is_none()) else {
            return Ok(None);
        };
        let today = now_ms.div_euclid(DAY_MS);
        if badge.used_ms.map(|ms| ms.div_euclid(DAY_MS)) != Some(today) {
            let noted = self.rows.update(&digest, |badge: &mut StaffBadge| badge.used_ms = Some(now_ms));
            if let Err(error) = noted {
                tracing::warn!(%error, badge = badge.id, "the use of a badge was not noted");
            }
        }
        Ok(Some(badge.staff))
    }

    /// Revokes the badge that somebody showed where it can be read; it, if it was one until then. Blocks for the disk.
    ///
    /// # Errors
    /// The table or the key cannot be read or written.
    pub fn revoke_shown(&self, code: &BadgeCode, now_ms: i64) -> Result<Option<StaffBadge>, IdentityError> {
        let Some((digest, badge)) = self.find(code)?.filter(|(_, badge)| badge.revoked_ms.is_none()) else {
            return Ok(None);
        };
        self.rows.update(&digest, |badge: &mut StaffBadge| badge.revoked_ms = Some(now_ms))?;
        self.count_again()?;
        Ok(Some(StaffBadge { revoked_ms: Some(now_ms), ..badge }))
    }

    /// A person's badges in the order in which they came, revoked ones too. Blocks for the disk.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn of(&self, staff: StaffId) -> Result<Vec<StaffBadge>, IdentityError> {
        let rows: Vec<(String, StaffBadge)> = self.rows.all()?;
        let mut own: Vec<_> = rows.into_iter().map(|(_, badge)| badge).filter(|b| b.staff == staff).collect();
        own.sort_by(|a, b| (a.added_ms, &a.id).cmp(&(b.added_ms, &b.id)));
        Ok(own)
    }

    /// Takes a badge off a person, and notes for the log who did; whether there was one. Blocks for the disk.
    ///
    /// # Errors
    /// It could not be written, or would be back at the next start.
    pub fn remove(&self, staff: StaffId, id: &str, by: EntryAuthor) -> Result<bool, IdentityError> {
        self.remove_where(staff, by, |badge| badge.id == id)
    }

    /// Takes all badges off a person, and notes for the log who did. Blocks for the disk.
    ///
    /// # Errors
    /// As [`BadgeStore::remove`].
    pub fn remove_all(&self, staff: StaffId, by: EntryAuthor) -> Result<bool, IdentityError> {
        self.remove_where(staff, by, |_| true)
    }

    fn remove_where(
        &self,
        staff: StaffId,
        by: EntryAuthor,
        is_meant: impl Fn(&StaffBadge) -> bool,
    ) -> Result<bool, IdentityError> {
        self.rows.expect_lasting()?;
        let id = new_row_id(self.random.as_ref());
        let removal = UnloggedRemoval { what: RemovedAccess::Badge, staff, by };
        let removed = self.rows.change_both(&self.removals, |rows, notes| {
            let mut meant = rows.starting::<StaffBadge>("")?;
            meant.retain(|(_, badge)| badge.staff == staff && is_meant(badge));
            meant.iter().try_for_each(|(key, _)| rows.remove(key))?;
            if !meant.is_empty() {
                notes.put(&id, &removal)?;
            }
            Ok(!meant.is_empty())
        });
        // After a failed commit they may or may not be gone: the file shows which.
        let removed = removed.or_else(|error| match self.removals.get::<UnloggedRemoval>(&id) {
            Ok(Some(_)) => Ok(true),
            Ok(None) | Err(_) => Err(error),
        })?;
        self.count_again()?;
        Ok(removed)
    }

    /// Whether it is somebody's, revoked or not. Blocks for the disk.
    ///
    /// # Errors
    /// The database's, or the key's file.
    pub fn holds(&self, code: &BadgeCode) -> Result<bool, IdentityError> {
        Ok(self.find(code)?.is_some())
    }

    fn find(&self, code: &BadgeCode) -> Result<Option<(String, StaffBadge)>, IdentityError> {
        // Without the key it belongs to no one, and the people who can help are informed at the start.
        let Ok(key) = self.key()? else { return Ok(None) };
        let digest = digest_of(&key, code);
        let found = self.rows.get::<StaffBadge>(&digest)?;
        Ok(found.map(|badge| (digest, badge)))
    }

    fn count_again(&self) -> Result<(), IdentityError> {
        let rows: Vec<(String, StaffBadge)> = self.rows.all()?;
        self.has_any.store(rows.iter().any(|(_, badge)| badge.revoked_ms.is_none()), Ordering::Relaxed);
        Ok(())
    }

    /// The key, compared with the note stored when it was created.
    fn key(&self) -> Result<Result<[u8; KEY_BYTES], KeyTrouble>, IdentityError> {
        let mut known = self.lock();
        if let Some(key) = *known {
            return Ok(Ok(key));
        }
        let key = match read_small(&*self.disk, KEY_FILE, KEY_BYTES) {
            Ok(None) => Err(KeyTrouble::Missing),
            Ok(Some(bytes)) => bytes.try_into().map_err(|_| KeyTrouble::Damaged),
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(KeyTrouble::Damaged),
            Err(error) => Err(KeyTrouble::Unreadable(error.to_string())),
        };
        let key = match (key, self.key_notes.get::<String>(KEY_NOTE)?) {
            (Ok(key), Some(noted)) if noted != note_of(&key) => Err(KeyTrouble::Foreign),
            (Ok(key), None) => {
                // From a version that stored no note.
                self.key_notes.put(KEY_NOTE, &note_of(&key))?;
                Ok(key)
            }
            (key, _) => key,
        };
        *known = key.as_ref().ok().copied();
        Ok(key)
    }

    /// The key. Where there is none that fits, another is made only if no badge was made under it.
    fn key_or_new(&self, has_badges: bool) -> Result<Result<[u8; KEY_BYTES], BadgeRefusal>, IdentityError> {
        let trouble = match self.key()? {
            Ok(key) => return Ok(Ok(key)),
            Err(_) if has_badges => return Ok(Err(BadgeRefusal::KeyLost)),
            Err(trouble) => trouble,
        };
        let mut known = self.lock();
        if let Some(key) = *known {
            return Ok(Ok(key));
        }
        if trouble != KeyTrouble::Missing {
            set_aside_hint(&*self.disk, KEY_FILE).map_err(key_error)?;
        }
        let key = self.random.bytes::<KEY_BYTES>();
        put_small(&*self.disk, KEY_FILE, &key).map_err(key_error)?;
        self.key_notes.put(KEY_NOTE, &note_of(&key))?;
        *known = Some(key);
        Ok(Ok(key))
    }

    /// Why the badges that are enrolled prove nothing, where that is so. Blocks for the disk.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn key_trouble(&self) -> Result<Option<KeyTrouble>, IdentityError> {
        let has_badges = !self.rows.all::<StaffBadge>()?.is_empty();
        Ok(if has_badges { self.key()?.err() } else { None })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<[u8; KEY_BYTES]>> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The note on the key stored beside the badges: it shows whether a key is another one, and reveals nothing of it.
fn note_of(key: &[u8; KEY_BYTES]) -> String {
    Hash(hmac_sha256(key, b"badge key")).to_string()
}

fn digest_of(key: &[u8; KEY_BYTES], code: &BadgeCode) -> String {
    Hash(hmac_sha256(key, code.0.as_bytes())).to_string()
}

fn check_new(held: &[(String, StaffBadge)], digest: &str, staff: StaffId) -> Result<(), BadgeRefusal> {
    if let Some((_, badge)) = held.iter().find(|(key, _)| key == digest) {
        return Err(refuse_again(badge.clone(), staff));
    }
    match held.iter().filter(|(_, badge)| badge.staff == staff).count() {
        BADGES_MAX.. => Err(BadgeRefusal::TooMany),
        _ => Ok(()),
    }
}

/// Why a badge that is there is not added again.
fn refuse_again(badge: StaffBadge, staff: StaffId) -> BadgeRefusal {
    match (badge.revoked_ms, badge.staff == staff) {
        (Some(_), _) => BadgeRefusal::Revoked,
        (None, true) => BadgeRefusal::Present(badge),
        (None, false) => BadgeRefusal::Taken,
    }
}

fn key_error(error: std::io::Error) -> IdentityError {
    IdentityError { table: TABLE, source: Box::new(redb::Error::Io(error)) }
}

#[cfg(test)]
mod tests;
