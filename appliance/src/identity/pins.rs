//! PINs: hashed by argon2id, and counted by [`super::attempts`] before they are looked at.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::entry::EntryAuthor;
use record::ids::{DeviceId, StaffId};
use record::kinds::StaffRole;
use serde::{Deserialize, Serialize};
use service::attempts::OriginKind;
use service::random::RandomSource;

use super::attempts::{AttemptSource, AttemptStore, LockedUntil, WrongPins};
use super::hash_queue::{HashQueue, HashTurn};
use super::removals::{RemovedAccess, UnloggedRemoval, open_notes};
use super::rows::JsonTable;
use super::{IdentityError, new_row_id};
use crate::store::StateDb;

const DIGITS_MAX: usize = 8;

/// The fewest digits of a PIN with this role. From outside, some 80 PINs a day are looked at for one person: people who
/// can change records and staff have one that is not found so.
pub fn pin_digits_min(role: StaffRole) -> usize {
    match role {
        StaffRole::Technician | StaffRole::Auditor => 4,
        StaffRole::Biomed | StaffRole::FacilityAdmin => 6,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinForm {
    pub digits_min: usize,
}

impl PinForm {
    pub fn of(role: StaffRole) -> Self {
        Self { digits_min: pin_digits_min(role) }
    }

    pub fn check(self, pin: &str) -> Result<(), Self> {
        let fits = (self.digits_min..=DIGITS_MAX).contains(&pin.len());
        if fits && pin.bytes().all(|b| b.is_ascii_digit()) { Ok(()) } else { Err(self) }
    }
}

impl std::fmt::Display for PinForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.digits_min {
            6 => write!(f, "The PIN of biomed and of a facility admin has 6 to {DIGITS_MAX} digits"),
            from => write!(f, "A PIN has {from} to {DIGITS_MAX} digits"),
        }
    }
}

impl std::error::Error for PinForm {}

/// One try to sign in, or to prove who one is.
pub struct PinAttempt {
    pub staff: StaffId,
    pub pin: String,
    /// The device, by the secret in its HTTPS cookie, or by the one that the answer gives it.
    pub device: DeviceId,
    pub address: IpAddr,
    pub now_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinOutcome {
    Right,
    Wrong {
        left: u32,
    },
    /// Too many were wrong; not even looked at.
    Locked {
        until_ms: i64,
    },
    /// Too many are tried at this moment; not looked at and not counted.
    Busy,
    None,
}

pub(super) const TABLE: &str = "identity_pins";

#[derive(Serialize, Deserialize)]
pub(super) struct PinRow {
    salt: String,
    hash: String,
    /// It came without HTTPS, where anybody in the building could read it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    exposed: bool,
}

pub struct PinStore {
    pins: JsonTable,
    removals: JsonTable,
    attempts: AttemptStore,
    queue: HashQueue,
    random: Arc<dyn RandomSource>,
    /// Hashed where there is no PIN, so that it takes as long as where there is one.
    nobody: PinRow,
    /// Whose PIN came without HTTPS, as the table has it: each staff page asks.
    exposed: Mutex<BTreeSet<StaffId>>,
}

impl PinStore {
    pub(super) fn open(db: impl Into<StateDb>, random: Arc<dyn RandomSource>) -> Result<Self, IdentityError> {
        let db = db.into();
        let (pins, removals) = (JsonTable::open(db.clone(), TABLE)?, open_notes(db.clone())?);
        let attempts = AttemptStore::open(db)?;
        let nobody = PinRow { salt: to_hex(&random.bytes::<16>()), hash: String::new(), exposed: false };
        let exposed = pins.all::<PinRow>()?.into_iter().filter(|(_, row)| row.exposed);
        let exposed = Mutex::new(exposed.filter_map(|(id, _)| id.parse().ok()).collect());
        Ok(Self { pins, removals, attempts, queue: HashQueue::new(), random, nobody, exposed })
    }

    /// Gives a person a PIN, or another one, and ends their waits. Blocks: hashing takes tens of milliseconds, and the disk
    /// its time.
    ///
    /// # Errors
    /// The inner one when the PIN has another form, the outer one when it could not be stored.
    pub fn set(
        &self,
        staff: StaffId,
        role: StaffRole,
        pin: &str,
    ) -> Result<Result<(), PinForm>, IdentityError> {
        if let Err(form) = PinForm::of(role).check(pin) {
            return Ok(Err(form));
        }
        let salt = to_hex(&self.random.bytes::<16>());
        let hash = hash_pin(&self.queue.wait(), pin, &salt);
        {
            // Held over both: what was exposed meanwhile is the previous PIN.
            let mut exposed = self.exposed();
            self.pins.put(&staff.to_string(), &PinRow { salt, hash, exposed: false })?;
            exposed.remove(&staff);
        }
        // The PIN is set by now, whatever becomes of its waits.
        if let Err(error) = self.attempts.unlock(staff).and_then(|()| self.attempts.mark_reported(staff)) {
            tracing::warn!(%error, %staff, "a PIN was set, and the waits for wrong ones go on");
        }
        Ok(Ok(()))
    }

    /// Whether a PIN that is removed stays so.
    ///
    /// # Errors
    /// There was no space for the file at this start: the next one would bring it back.
    pub fn expect_lasting(&self) -> Result<(), IdentityError> {
        self.pins.expect_lasting()
    }

    /// Takes a person's PIN away, notes for the log who did, and deletes the devices that they signed in on. Whether they had one.
    ///
    /// # Errors
    /// It could not be written, or would be back at the next start.
    pub fn remove(&self, staff: StaffId, by: EntryAuthor) -> Result<bool, IdentityError> {
        self.expect_lasting()?;
        let (key, id) = (staff.to_string(), new_row_id(self.random.as_ref()));
        if self.pins.get::<PinRow>(&key)?.is_none() {
            return Ok(false);
        }
        let removal = UnloggedRemoval { what: RemovedAccess::Pin, staff, by };
        {
            let mut exposed = self.exposed();
            let removed = self.pins.change_both(&self.removals, |pins, notes| {
                pins.remove(&key)?;
                notes.put(&id, &removal)
            });
            // After a failed commit it may or may not be gone: the file shows which.
            removed.or_else(|error| match self.removals.get::<UnloggedRemoval>(&id) {
                Ok(Some(_)) => Ok(()),
                Ok(None) | Err(_) => Err(error),
            })?;
            exposed.remove(&staff);
        }
        self.attempts.forget(staff)?;
        Ok(true)
    }

    /// Who has a PIN.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn holders(&self) -> Result<Vec<StaffId>, IdentityError> {
        let rows: Vec<(String, PinRow)> = self.pins.all()?;
        Ok(rows.into_iter().filter_map(|(id, _)| id.parse().ok()).collect())
    }

    /// Looks at one try. Blocks, as [`PinStore::set`], and up to two seconds more for its turn.
    ///
    /// For somebody who is not known here, or has no PIN, as long is hashed as for anybody else; but nothing is counted or
    /// written, because there is nothing to guess, and invented people must keep no new device out.
    ///
    /// # Errors
    /// A table cannot be read or written; then nothing was looked at.
    pub(super) fn check(&self, attempt: &PinAttempt) -> Result<PinOutcome, IdentityError> {
        let (outcome, payer) = self.look(attempt)?;
        if outcome == PinOutcome::Right {
            self.attempts.refund(&payer)?;
            if payer.origin == OriginKind::UnknownDevice {
                self.attempts.refund_network(attempt.address);
            }
        }
        Ok(outcome)
    }

    /// Looks at a PIN that came without HTTPS: one that is right has to be changed from now on. Whether it was right is not disclosed:
    /// it counts as a try like a wrong one, so that the remaining tries reveal nothing either. Only the audit records it.
    ///
    /// # Errors
    /// As [`PinStore::check`].
    pub fn expose(&self, attempt: &PinAttempt) -> Result<bool, IdentityError> {
        let key = attempt.staff.to_string();
        let before: Option<PinRow> = self.pins.get(&key)?;
        let (outcome, _) = self.look(attempt)?;
        let Some(before) = before.filter(|_| outcome == PinOutcome::Right) else { return Ok(false) };
        let mut exposed = self.exposed();
        // Another one that was set meanwhile is nobody else's.
        self.pins.update(&key, |row: &mut PinRow| row.exposed |= row.hash == before.hash)?;
        if self.pins.get::<PinRow>(&key)?.is_some_and(|row| row.exposed) {
            exposed.insert(attempt.staff);
        }
        Ok(true)
    }

    /// Whether a person has to change their PIN, because it came without HTTPS.
    pub fn is_exposed(&self, staff: StaffId) -> bool {
        self.exposed().contains(&staff)
    }

    fn exposed(&self) -> MutexGuard<'_, BTreeSet<StaffId>> {
        self.exposed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came of a try that was counted, and who paid for it.
    fn look(&self, attempt: &PinAttempt) -> Result<(PinOutcome, AttemptSource), IdentityError> {
        let PinAttempt { staff, device, address, now_ms, .. } = *attempt;
        let row: Option<PinRow> = self.pins.get(&staff.to_string())?;
        let origin = self.attempts.origin(staff, device, now_ms)?;
        let payer = AttemptSource { staff, has_pin: row.is_some(), device, origin, now_ms };
        let stranger = origin == OriginKind::UnknownDevice;
        if stranger && let Err(wait) = self.attempts.take_network(address, now_ms) {
            return Ok((PinOutcome::Locked { until_ms: wait.until_ms }, payer));
        }
        if let Some(wait) = self.attempts.refused(&payer)? {
            return Ok((PinOutcome::Locked { until_ms: wait.until_ms }, payer));
        }
        let Some(turn) = self.queue.enter((!stranger).then_some(device)) else {
            if stranger {
                self.attempts.refund_network(address);
            }
            return Ok((PinOutcome::Busy, payer));
        };
        // Counted, and on disk, before the PIN is looked at.
        let left = match self.attempts.take(&payer)? {
            Err(wait) => return Ok((PinOutcome::Locked { until_ms: wait.until_ms }, payer)),
            Ok(left) => left,
        };
        let stored = row.as_ref().unwrap_or(&self.nobody);
        let fits = same_digits(&hash_pin(&turn, &attempt.pin, &stored.salt), &stored.hash);
        let outcome = match (row, fits) {
            (None, _) => PinOutcome::None,
            (Some(_), false) => PinOutcome::Wrong { left },
            (Some(_), true) => PinOutcome::Right,
        };
        Ok((outcome, payer))
    }

    /// Whether this person has signed in on this device in the last 180 days.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn is_known(&self, staff: StaffId, device: DeviceId, now_ms: i64) -> Result<bool, IdentityError> {
        Ok(self.attempts.origin(staff, device, now_ms)? == OriginKind::KnownDevice)
    }

    /// Whether anybody who has a PIN has signed in on this device in the last 180 days.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn knows_device(&self, device: DeviceId, now_ms: i64) -> Result<bool, IdentityError> {
        for staff in self.holders()? {
            if self.is_known(staff, device, now_ms)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ends whatever wait keeps a person out: on their devices, on new ones, and of all new devices together.
    ///
    /// # Errors
    /// It could not be written.
    pub fn unlock(&self, staff: StaffId) -> Result<(), IdentityError> {
        self.attempts.unlock(staff)?;
        self.attempts.unlock_program()
    }

    /// Until when no PIN at all is looked at on devices that are new to their people: the whole program's tries are used up.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn new_devices_locked(&self, now_ms: i64) -> Result<Option<i64>, IdentityError> {
        self.attempts.program_locked(now_ms)
    }

    /// Until when a person's PIN is not looked at.
    ///
    /// # Errors
    /// A table cannot be read.
    pub fn locked(&self, staff: StaffId, now_ms: i64) -> Result<LockedUntil, IdentityError> {
        self.attempts.locked(staff, now_ms)
    }

    /// What strangers typed for a person between their last sign-in and the one before; few are not worth reporting.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn wrong_pins(&self, staff: StaffId) -> Result<Option<WrongPins>, IdentityError> {
        self.attempts.wrong_pins(staff)
    }

    /// For whom strangers typed many wrong PINs within the last day.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn alarms(&self, now_ms: i64) -> Result<Vec<(StaffId, WrongPins)>, IdentityError> {
        self.attempts.alarms(now_ms)
    }
}

/// Fails only for lengths out of range; what comes back then fits no PIN.
fn hash_pin(turn: &HashTurn<'_>, pin: &str, salt: &str) -> String {
    turn.hash(pin, salt).map_or_else(String::new, |hash| to_hex(&hash))
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Compares in a time that does not depend on where the difference is.
fn same_digits(a: &str, b: &str) -> bool {
    !b.is_empty() && a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0
}

#[cfg(test)]
mod tests;
