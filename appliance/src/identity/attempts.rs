//! Tries to sign in, counted on disk before a PIN is looked at: [`service::attempts`] decides, this stores.

use std::net::IpAddr;

use record::ids::{DeviceId, StaffId};
use serde::{Deserialize, Serialize};
use service::attempts::{AttemptBucket, AttemptPolicy, AttemptWait, BOX, ClientNetwork, OriginKind};
use service::limit::RateLimiter;

use super::IdentityError;
use super::rows::{JsonTable, TableWrite};
use crate::store::StateDb;

const DAY_MS: i64 = 24 * 60 * 60_000;
/// A device on which somebody has not signed in for so long is a stranger again.
const KNOWN_MS: i64 = 180 * DAY_MS;
/// Devices of one person; the one that was used longest ago goes.
const KNOWN_MAX: usize = 50;
/// Networks that are watched at a time; a building has fewer.
const NETWORKS_MAX: usize = 4_096;
/// Wrong PINs of strangers within a day that are reported to everybody who looks after the box.
const ALARM_TRIES: usize = 20;
/// Wrong PINs of strangers that are reported to the person: fewer are their own typing errors on a new phone.
const REPORTED_ATTEMPTS: u32 = 5;
/// The row of the whole program, beside those of people.
const PROGRAM: &str = "program";

/// Wrong PINs that were typed for somebody on devices on which they never signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongPins {
    pub count: u32,
    pub since_ms: i64,
}

/// Until when somebody's PIN is not looked at, milliseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LockedUntil {
    pub new_devices_ms: Option<i64>,
    /// On a device of theirs on which too many wrong ones were typed.
    pub own_device_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct AttemptSource {
    pub(super) staff: StaffId,
    /// Whether this person has a PIN at all. Without one nothing is counted: a stranger could fill the disk with that,
    /// or use up the tries of all new devices by invented people.
    pub(super) has_pin: bool,
    pub(super) device: DeviceId,
    pub(super) origin: OriginKind,
    pub(super) now_ms: i64,
}

impl AttemptSource {
    fn device_key(&self) -> String {
        device_key(self.staff, self.device)
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct KnownDevice {
    seen_ms: i64,
    bucket: AttemptBucket,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Strangers {
    bucket: AttemptBucket,
    wrong: u32,
    since_ms: i64,
    /// When the newest were typed, the oldest first: [`ALARM_TRIES`], and the one that may turn out right.
    newest_ms: Vec<i64>,
    #[serde(rename = "told")]
    reported: Option<WrongPins>,
}

/// The tables of buckets and of known devices.
pub(super) struct AttemptStore {
    shared: JsonTable,
    known: JsonTable,
    networks: RateLimiter<ClientNetwork>,
}

type Taken = Result<u32, AttemptWait>;

impl AttemptStore {
    pub(super) fn open(db: impl Into<StateDb>) -> Result<Self, IdentityError> {
        let db = db.into();
        Ok(Self {
            shared: JsonTable::open(db.clone(), "identity_attempts")?,
            known: JsonTable::open(db, "identity_known")?,
            networks: BOX.address.network_limiter(NETWORKS_MAX),
        })
    }

    pub(super) fn origin(
        &self,
        staff: StaffId,
        device: DeviceId,
        now_ms: i64,
    ) -> Result<OriginKind, IdentityError> {
        let row: Option<KnownDevice> = self.known.get(&device_key(staff, device))?;
        let known = row.is_some_and(|row| now_ms.saturating_sub(row.seen_ms) < KNOWN_MS);
        Ok(if known { OriginKind::KnownDevice } else { OriginKind::UnknownDevice })
    }

    /// Takes one try of the network, in memory. What is refused after this has cost it all the same.
    pub(super) fn take_network(&self, address: IpAddr, now_ms: i64) -> Result<(), AttemptWait> {
        let taken = self.networks.take(ClientNetwork::of(address), now_ms.max(0).cast_unsigned());
        taken.map_err(|seconds| AttemptWait::after_seconds(seconds, now_ms))
    }

    pub(super) fn refund_network(&self, address: IpAddr) {
        self.networks.refund(&ClientNetwork::of(address));
    }

    /// Whether there is nothing to take, without a write: a flood of refused tries costs the card nothing.
    pub(super) fn refused(&self, payer: &AttemptSource) -> Result<Option<AttemptWait>, IdentityError> {
        if !payer.has_pin {
            return Ok(None);
        }
        let purses = match payer.origin {
            OriginKind::KnownDevice => {
                let row: Option<KnownDevice> = self.known.get(&payer.device_key())?;
                vec![Purse::known(row)]
            }
            OriginKind::UnknownDevice => {
                let person: Option<Strangers> = self.shared.get(&payer.staff.to_string())?;
                Purse::shared(person.as_ref(), self.shared.get(PROGRAM)?)
            }
        };
        // Where the clock was set back there is something to write, refused or not.
        let set_back = purses.iter().any(|purse| purse.brought_back(payer.now_ms).is_some());
        Ok(take_all(&purses, payer.now_ms).err().filter(|_| !set_back))
    }

    /// Takes one try of each bucket that pays, on disk when this returns; how many are left.
    pub(super) fn take(&self, payer: &AttemptSource) -> Result<Taken, IdentityError> {
        if !payer.has_pin {
            return Ok(Ok(u32::MAX));
        }
        match payer.origin {
            OriginKind::KnownDevice => self.take_known(payer),
            OriginKind::UnknownDevice => self.take_shared(payer),
        }
    }

    fn take_known(&self, payer: &AttemptSource) -> Result<Taken, IdentityError> {
        let (key, now_ms) = (payer.device_key(), payer.now_ms);
        self.known.change(|known| {
            let row: Option<KnownDevice> = known.get(&key)?;
            // A row that went a moment ago counts as a full bucket.
            let seen_ms = row.map_or(now_ms, |row| row.seen_ms);
            let purse = Purse::known(row);
            let taken = take_all(&[purse], now_ms);
            if let Some(bucket) = purse.stored(taken.is_ok(), now_ms) {
                known.put(&key, &KnownDevice { seen_ms, bucket })?;
            }
            Ok(taken)
        })
    }

    /// Each try counts as a wrong one until it turns out right.
    fn take_shared(&self, payer: &AttemptSource) -> Result<Taken, IdentityError> {
        let (key, now_ms) = (payer.staff.to_string(), payer.now_ms);
        self.shared.change(|shared| {
            let mut person: Strangers = shared.get(&key)?.unwrap_or_default();
            let purses = Purse::shared(Some(&person), shared.get(PROGRAM)?);
            let taken = take_all(&purses, now_ms);
            for purse in purses {
                match (purse.stored(taken.is_ok(), now_ms), purse.of) {
                    (Some(bucket), Owner::Person) => {
                        person.bucket = bucket;
                        if taken.is_ok() {
                            person.count_wrong(now_ms);
                        }
                        shared.put(&key, &person)?;
                    }
                    (Some(bucket), Owner::Program) => shared.put(PROGRAM, &bucket)?,
                    (_, Owner::Device) | (None, _) => {}
                }
            }
            Ok(taken)
        })
    }

    /// The PIN was right: what this try took comes back, and the device is a known one from now on.
    pub(super) fn refund(&self, payer: &AttemptSource) -> Result<(), IdentityError> {
        let (key, now_ms) = (payer.staff.to_string(), payer.now_ms);
        let own_try = payer.origin == OriginKind::UnknownDevice;
        let device = KnownDevice { seen_ms: now_ms, bucket: AttemptBucket::default() };
        self.shared.change_both(&self.known, |shared, known| {
            if own_try
                && let (Some(policy), Some(program)) = (BOX.program, shared.get::<AttemptBucket>(PROGRAM)?)
            {
                shared.put(PROGRAM, &program.refund(&policy, now_ms))?;
            }
            if let Some(person) = shared.get::<Strangers>(&key)? {
                shared.put(&key, &person.signed_in(own_try, now_ms))?;
            }
            known.put(&payer.device_key(), &device)?;
            forget_oldest(known, payer.staff)
        })
    }

    /// Ends the waits of a person, wherever they sit.
    pub(super) fn unlock(&self, staff: StaffId) -> Result<(), IdentityError> {
        let key = staff.to_string();
        self.shared.change(|shared| {
            let Some(person) = shared.get::<Strangers>(&key)? else { return Ok(()) };
            shared.put(&key, &Strangers { bucket: AttemptBucket::default(), ..person })
        })?;
        self.known.change(|known| {
            for (key, row) in known.starting::<KnownDevice>(&device_prefix(staff))? {
                known.put(&key, &KnownDevice { bucket: AttemptBucket::default(), ..row })?;
            }
            Ok(())
        })
    }

    /// Ends the wait of all new devices.
    pub(super) fn unlock_program(&self) -> Result<(), IdentityError> {
        self.shared.remove(PROGRAM)
    }

    /// Deletes a person: nobody signs in as them any more.
    pub(super) fn forget(&self, staff: StaffId) -> Result<(), IdentityError> {
        self.shared.remove(&staff.to_string())?;
        self.known.change(|known| {
            for (key, _) in known.starting::<KnownDevice>(&device_prefix(staff))? {
                known.remove(&key)?;
            }
            Ok(())
        })
    }

    /// What is reported to a person since they signed in, until their next sign-in or another PIN.
    pub(super) fn wrong_pins(&self, staff: StaffId) -> Result<Option<WrongPins>, IdentityError> {
        Ok(self.shared.get::<Strangers>(&staff.to_string())?.and_then(|person| person.reported))
    }

    /// They have another PIN: what was typed for the old one is of no more use to anybody.
    pub(super) fn mark_reported(&self, staff: StaffId) -> Result<(), IdentityError> {
        let key = staff.to_string();
        self.shared.change(|shared| match shared.get::<Strangers>(&key)? {
            Some(person) => shared.put(&key, &Strangers { reported: None, ..person }),
            None => Ok(()),
        })
    }

    /// For whom strangers typed [`ALARM_TRIES`] wrong PINs or more within the last day.
    pub(super) fn alarms(&self, now_ms: i64) -> Result<Vec<(StaffId, WrongPins)>, IdentityError> {
        let people: Vec<(String, Strangers)> = self.shared.all()?;
        Ok(people
            .into_iter()
            .filter_map(|(id, person): (String, Strangers)| {
                let since_ms = *person.newest_ms.iter().nth_back(ALARM_TRIES - 1)?;
                let count = u32::try_from(ALARM_TRIES).ok()?;
                (now_ms.saturating_sub(since_ms) < DAY_MS)
                    .then_some((id.parse::<StaffId>().ok()?, WrongPins { count, since_ms }))
            })
            .collect())
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> Result<Vec<(String, serde_json::Value)>, IdentityError> {
        self.shared.all()
    }

    pub(super) fn program_locked(&self, now_ms: i64) -> Result<Option<i64>, IdentityError> {
        let bucket: AttemptBucket = self.shared.get(PROGRAM)?.unwrap_or_default();
        let wait = BOX.program.and_then(|policy| bucket.take(&policy, now_ms).err());
        Ok(wait.map(|wait| wait.until_ms))
    }

    /// Until when a person's PIN is not looked at.
    pub(super) fn locked(&self, staff: StaffId, now_ms: i64) -> Result<LockedUntil, IdentityError> {
        let person: Option<Strangers> = self.shared.get(&staff.to_string())?;
        let program = self.program_locked(now_ms)?;
        let person = person.unwrap_or_default().bucket.take(&BOX.strangers_of_person, now_ms);
        let known = self.known.starting::<KnownDevice>(&device_prefix(staff))?;
        let own = known.into_iter().filter_map(|(_, row)| row.bucket.take(&BOX.known_device, now_ms).err());
        Ok(LockedUntil {
            new_devices_ms: person.err().map(|wait| wait.until_ms).max(program),
            own_device_ms: own.map(|wait| wait.until_ms).max(),
        })
    }
}

impl Strangers {
    fn count_wrong(&mut self, now_ms: i64) {
        if self.wrong == 0 {
            self.since_ms = now_ms;
        }
        self.wrong = self.wrong.saturating_add(1);
        self.newest_ms.push(now_ms);
        let over = self.newest_ms.len().saturating_sub(ALARM_TRIES + 1);
        self.newest_ms.drain(..over);
    }

    fn signed_in(mut self, own_try: bool, now_ms: i64) -> Self {
        if own_try {
            self.bucket = self.bucket.refund(&BOX.strangers_of_person, now_ms);
            self.wrong = self.wrong.saturating_sub(1);
            self.newest_ms.pop();
        }
        let reported = WrongPins { count: self.wrong, since_ms: self.since_ms };
        Self { reported: (self.wrong >= REPORTED_ATTEMPTS).then_some(reported), wrong: 0, ..self }
    }
}

fn device_prefix(staff: StaffId) -> String {
    format!("{staff}/")
}

fn device_key(staff: StaffId, device: DeviceId) -> String {
    format!("{staff}/{device}")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Device,
    Person,
    Program,
}

/// A bucket that pays for a try.
#[derive(Debug, Clone, Copy)]
struct Purse {
    of: Owner,
    policy: AttemptPolicy,
    bucket: AttemptBucket,
}

impl Purse {
    fn known(row: Option<KnownDevice>) -> Self {
        let bucket = row.map(|row| row.bucket).unwrap_or_default();
        Self { of: Owner::Device, policy: BOX.known_device, bucket }
    }

    fn shared(person: Option<&Strangers>, program: Option<AttemptBucket>) -> Vec<Self> {
        let bucket = person.map(|person| person.bucket).unwrap_or_default();
        let person = Self { of: Owner::Person, policy: BOX.strangers_of_person, bucket };
        let bucket = program.unwrap_or_default();
        let program = BOX.program.map(|policy| Self { of: Owner::Program, policy, bucket });
        std::iter::once(person).chain(program).collect()
    }

    fn brought_back(&self, now_ms: i64) -> Option<AttemptBucket> {
        self.bucket.brought_back(now_ms)
    }

    /// What is to be written of it: less by one try, or as it is since the clock was set back.
    fn stored(&self, taken: bool, now_ms: i64) -> Option<AttemptBucket> {
        if taken { self.bucket.take(&self.policy, now_ms).ok() } else { self.brought_back(now_ms) }
    }
}

/// Whether every bucket has a try, and how many are left after it; else when the last of them has one again.
fn take_all(purses: &[Purse], now_ms: i64) -> Taken {
    let taken: Vec<_> = purses.iter().map(|purse| purse.bucket.take(&purse.policy, now_ms)).collect();
    if let Some(until_ms) = taken.iter().filter_map(|taken| taken.err()).map(|wait| wait.until_ms).max() {
        return Err(AttemptWait { until_ms });
    }
    let left = purses
        .iter()
        .zip(taken)
        .filter_map(|(purse, taken)| Some(taken.ok()?.tries_left(&purse.policy, now_ms)));
    Ok(left.min().unwrap_or(u32::MAX))
}

fn forget_oldest(known: &mut TableWrite<'_, '_>, staff: StaffId) -> Result<(), IdentityError> {
    let mut devices = known.starting::<KnownDevice>(&device_prefix(staff))?;
    devices.sort_by_key(|(_, row)| std::cmp::Reverse(row.seen_ms));
    devices.iter().skip(KNOWN_MAX).try_for_each(|(key, _)| known.remove(key))
}
