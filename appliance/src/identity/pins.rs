//! PINs: hashed by argon2id, and a lock-out that counts a try before it looks at it, so that pulling the plug wins none.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use record::ids::StaffId;
use redb::Database;
use serde::{Deserialize, Serialize};

use super::IdentityError;
use super::rows::{Change, Rows};
use crate::random::Random;

/// Wrong tries before a person has to wait.
pub const PIN_TRIES: u32 = 5;
/// Wrong tries at the whole box before everybody has to wait: a facility's honest mistakes of an hour are far fewer.
const BOX_TRIES: u32 = 100;
/// The first wait; each further one is twice as long …
const WAIT_MS: i64 = 5 * 60_000;
/// … up to this.
const WAIT_MS_MAX: i64 = 60 * 60_000;
/// A mistake is forgotten after this.
const FORGET_MS: i64 = 60 * 60_000;
const BOX: &str = "box";

/// What a PIN may be: 4 to 8 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A PIN has 4 to 8 digits")]
pub struct PinForm;

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinOutcome {
    /// It fits.
    Right,
    /// It does not.
    Wrong {
        /// Tries left before a wait.
        left: u32,
    },
    /// Too many were wrong; not even looked at.
    Locked {
        /// Until when, milliseconds since 1970.
        until_ms: i64,
    },
    /// This person has no PIN.
    None,
}

#[derive(Serialize, Deserialize)]
struct PinRow {
    salt: String,
    hash: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tries {
    wrong: u32,
    last_ms: i64,
    until_ms: i64,
    waits: u32,
}

/// The PINs of a facility's staff.
pub struct Pins {
    pins: Rows,
    tries: Rows,
    random: Arc<dyn Random>,
    /// One hash at a time: each takes 19 MiB.
    hashing: Mutex<()>,
}

impl Pins {
    pub(super) fn open(db: Arc<Database>, random: Arc<dyn Random>) -> Result<Self, IdentityError> {
        let (pins, tries) = (Rows::open(db.clone(), "identity_pins")?, Rows::open(db, "identity_tries")?);
        Ok(Self { pins, tries, random, hashing: Mutex::new(()) })
    }

    /// Gives a person a PIN, or another one. Blocks: hashing takes tens of milliseconds, and the disk its time.
    ///
    /// # Errors
    /// The inner one when the PIN has another form, the outer one when it could not be kept.
    pub fn set(&self, staff: StaffId, pin: &str) -> Result<Result<(), PinForm>, IdentityError> {
        if !(4..=8).contains(&pin.len()) || !pin.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Err(PinForm));
        }
        let salt = hex(&self.random.bytes::<16>());
        let row = PinRow { hash: self.hash(pin, &salt), salt };
        self.pins.put(&staff.to_string(), &row)?;
        self.tries.remove(&staff.to_string())?;
        Ok(Ok(()))
    }

    /// Takes a person's PIN away.
    ///
    /// # Errors
    /// It could not be written.
    pub fn remove(&self, staff: StaffId) -> Result<(), IdentityError> {
        self.pins.remove(&staff.to_string())
    }

    /// Who has a PIN.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn holders(&self) -> Result<Vec<StaffId>, IdentityError> {
        let rows: Vec<(String, PinRow)> = self.pins.all()?;
        Ok(rows.into_iter().filter_map(|(id, _)| id.parse().ok()).collect())
    }

    /// Looks at one try. Blocks, as [`Pins::set`].
    ///
    /// # Errors
    /// A table cannot be read or written; then nothing was looked at.
    pub fn attempt(&self, staff: StaffId, pin: &str, now_ms: i64) -> Result<PinOutcome, IdentityError> {
        let key = staff.to_string();
        let Some(row) = self.pins.get::<PinRow>(&key)? else { return Ok(PinOutcome::None) };
        // Counted, and on disk, before the PIN is looked at.
        let counted = self.tries.change(|tries| {
            let (mine, of_box) = (read(tries, &key, now_ms)?, read(tries, BOX, now_ms)?);
            let until_ms = mine.until_ms.max(of_box.until_ms);
            if until_ms > now_ms {
                return Ok(Err(until_ms));
            }
            let mine = mine.counted(PIN_TRIES, now_ms);
            tries.put(&key, &mine)?;
            tries.put(BOX, &of_box.counted(BOX_TRIES, now_ms))?;
            Ok(Ok(mine))
        })?;
        let mine = match counted {
            Err(until_ms) => return Ok(PinOutcome::Locked { until_ms }),
            Ok(mine) => mine,
        };
        if same(&self.hash(pin, &row.salt), &row.hash) {
            self.tries.change(|tries| {
                let of_box = read(tries, BOX, now_ms)?;
                tries.put(BOX, &Tries { wrong: of_box.wrong.saturating_sub(1), ..of_box })?;
                tries.remove(&key)
            })?;
            return Ok(PinOutcome::Right);
        }
        Ok(if mine.until_ms > now_ms {
            PinOutcome::Locked { until_ms: mine.until_ms }
        } else {
            PinOutcome::Wrong { left: PIN_TRIES - mine.wrong }
        })
    }

    fn hash(&self, pin: &str, salt: &str) -> String {
        let _one = self.hashing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = [0; 32];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
        // Fails only for lengths out of range, and then fits no PIN.
        match argon2.hash_password_into(pin.as_bytes(), salt.as_bytes(), &mut out) {
            Ok(()) => hex(&out),
            Err(_) => String::new(),
        }
    }
}

fn read(tries: &Change<'_, '_>, key: &str, now_ms: i64) -> Result<Tries, IdentityError> {
    let row: Tries = tries.get(key)?.unwrap_or_default();
    // A clock that was set back must not lock anybody out for a year.
    let clear = row.until_ms <= now_ms && (now_ms - row.last_ms).abs() > FORGET_MS;
    Ok(if clear {
        Tries::default()
    } else {
        Tries { until_ms: row.until_ms.min(now_ms + WAIT_MS_MAX), ..row }
    })
}

impl Tries {
    fn counted(self, tries_max: u32, now_ms: i64) -> Self {
        let wrong = self.wrong + 1;
        if wrong < tries_max {
            return Self { wrong, last_ms: now_ms, ..self };
        }
        let wait_ms = (WAIT_MS << self.waits.min(8)).min(WAIT_MS_MAX);
        Self { wrong: 0, last_ms: now_ms, until_ms: now_ms + wait_ms, waits: self.waits + 1 }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Compares without telling by its time where the difference is.
fn same(a: &str, b: &str) -> bool {
    !b.is_empty() && a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    const NOW: i64 = 1_763_610_000_000;

    fn pins(dir: &std::path::Path) -> Pins {
        let db = Arc::new(Database::create(dir.join("state.redb")).unwrap());
        Pins::open(db, Arc::new(SystemRandom)).unwrap()
    }

    fn person(n: u8) -> StaffId {
        StaffId::new(0, [n; 10])
    }

    #[test]
    fn five_tries_then_a_wait_that_survives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let tom = person(1);
        let locked = PinOutcome::Locked { until_ms: NOW + WAIT_MS };
        {
            let pins = pins(dir.path());
            assert_eq!(pins.attempt(tom, "4711", NOW).unwrap(), PinOutcome::None);
            pins.set(tom, "4711").unwrap().unwrap();
            assert_eq!(pins.attempt(tom, "4711", NOW).unwrap(), PinOutcome::Right);
            for left in (1..PIN_TRIES).rev() {
                assert_eq!(pins.attempt(tom, "0000", NOW).unwrap(), PinOutcome::Wrong { left });
            }
            assert_eq!(pins.attempt(tom, "0000", NOW).unwrap(), locked);
        }
        let pins = pins(dir.path());
        assert_eq!(
            pins.attempt(tom, "4711", NOW + 1).unwrap(),
            locked,
            "the right one is not looked at either"
        );
        assert_eq!(pins.attempt(tom, "4711", NOW + WAIT_MS).unwrap(), PinOutcome::Right);
        pins.set(person(2), "12345678").unwrap().unwrap();
        assert_eq!(pins.attempt(person(2), "12345678", NOW).unwrap(), PinOutcome::Right);
        assert_eq!(pins.holders().unwrap().len(), 2);
        pins.remove(tom).unwrap();
        assert_eq!(pins.attempt(tom, "4711", NOW + WAIT_MS).unwrap(), PinOutcome::None);
    }

    #[test]
    fn what_is_no_pin() {
        let dir = tempfile::tempdir().unwrap();
        let pins = pins(dir.path());
        for wrong in ["", "123", "123456789", "12a4", "１２３４", " 1234"] {
            assert_eq!(pins.set(person(1), wrong).unwrap(), Err(PinForm), "{wrong}");
        }
    }

    #[test]
    fn waits_grow_and_mistakes_are_forgotten() {
        let mut tries = Tries::default();
        for _ in 0..BOX_TRIES - 1 {
            tries = tries.counted(BOX_TRIES, NOW);
        }
        assert_eq!(tries.until_ms, 0);
        let mut waits = Vec::new();
        for _ in 0..6 {
            let locked = Tries { wrong: BOX_TRIES - 1, ..tries }.counted(BOX_TRIES, NOW);
            waits.push((locked.until_ms - NOW) / 60_000);
            tries = locked;
        }
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
        let dir = tempfile::tempdir().unwrap();
        let pins = pins(dir.path());
        let after = pins.tries.change(|change| {
            change.put("x", &Tries { wrong: 4, last_ms: NOW, until_ms: 0, waits: 3 })?;
            read(change, "x", NOW + FORGET_MS + 1)
        });
        assert_eq!(after.unwrap(), Tries::default());
    }
}
