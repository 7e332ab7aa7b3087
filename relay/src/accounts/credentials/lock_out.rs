//! When a password may be looked at: one try is taken from a bucket before, on the disk, and given back when it was right.

use std::net::IpAddr;

use record::tree::Hash;
use service::attempts::{AttemptPolicy, AttemptWait, ClientNetwork, OriginKind, RELAY};
use service::limit::RateLimiter;

use crate::db::person::buckets;
use crate::db::{Db, DbError, PlatformReason, SqlConnection};

/// Networks whose tries this process remembers; each takes about 60 bytes.
const NETWORKS_MAX: usize = 10_000;
/// No bucket of the database takes longer to refill: one that was not touched for so long is full.
pub const FULL_AFTER_MS: i64 = {
    let (known, strangers) = (RELAY.known_device, RELAY.strangers_of_person);
    let known_ms = known.refill_ms * known.size as i64;
    let strangers_ms = strangers.refill_ms * strangers.size as i64;
    if known_ms > strangers_ms { known_ms } else { strangers_ms }
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyBucket {
    KnownDevice,
    /// That of this person on all devices that are not known.
    Strangers,
    Network,
}

/// Why a try was not counted.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    #[error("too many tries")]
    Wait { until_ms: i64, bucket: EmptyBucket },
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptOrigin {
    /// SHA-256 of the e-mail address in lower case, whether somebody has it or not: no address in the clear.
    person: Hash,
    device: Option<Hash>,
    address: IpAddr,
}

impl AttemptOrigin {
    /// Of a try at this e-mail address, in lower case. `device` is known for whoever has it.
    pub fn new(email: &str, device: Option<Hash>, address: IpAddr) -> Self {
        Self { person: Hash::of(email.as_bytes()), device, address }
    }

    /// The same of a further step: buckets of its own, for this device or for all that are not known.
    pub(in crate::accounts) fn of_step(&self, step: &str) -> Self {
        let person = Hash::of(format!("{step}\n{}", self.person).as_bytes());
        Self { person, ..self.clone() }
    }

    /// Which buckets these tries are taken from, as a digest.
    pub(in crate::accounts) fn mark(&self) -> Hash {
        Hash::of(format!("{}\n{}", self.name(), ClientNetwork::of(self.address)).as_bytes())
    }

    /// Whether it is a device of theirs.
    pub fn origin(&self) -> OriginKind {
        if self.device.is_some() { OriginKind::KnownDevice } else { OriginKind::UnknownDevice }
    }

    fn name(&self) -> String {
        match self.device {
            Some(device) => format!("device/{}/{device}", self.person),
            None => person_name(self.person),
        }
    }

    fn policy(&self) -> &'static AttemptPolicy {
        match self.origin() {
            OriginKind::KnownDevice => &RELAY.known_device,
            OriginKind::UnknownDevice => &RELAY.strangers_of_person,
        }
    }

    fn wait(&self, wait: AttemptWait) -> CountError {
        let bucket = match self.origin() {
            OriginKind::KnownDevice => EmptyBucket::KnownDevice,
            OriginKind::UnknownDevice => EmptyBucket::Strangers,
        };
        CountError::Wait { until_ms: wait.until_ms, bucket }
    }
}

/// Ends what keeps somebody out on devices that are new to them: they have another password.
pub async fn end_waits(tx: &mut impl SqlConnection, email: &str) -> Result<(), DbError> {
    buckets::forget_bucket(tx, &person_name(Hash::of(email.as_bytes()))).await
}

fn person_name(person: Hash) -> String {
    format!("person/{person}")
}

/// Counts tries. Networks are counted by each process for itself, people and devices in the database by all together.
#[derive(Debug)]
pub struct SignInLimits {
    networks: RateLimiter<ClientNetwork>,
    /// Ceremonies that are begun: each is a row, whether anybody answers it or not.
    ceremonies: RateLimiter<ClientNetwork>,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            networks: RELAY.address.network_limiter(NETWORKS_MAX),
            ceremonies: RELAY.address.network_limiter(NETWORKS_MAX),
        }
    }
}

impl SignInLimits {
    /// Counts a try, before its password is looked at.
    pub async fn count(&self, db: &Db, from: &AttemptOrigin, now_ms: i64) -> Result<(), CountError> {
        if from.origin() == OriginKind::KnownDevice {
            return take_attempt(db, from, now_ms).await;
        }
        let network = ClientNetwork::of(from.address);
        take_of_network(&self.networks, network, now_ms)?;
        let counted = take_attempt(db, from, now_ms).await;
        if counted.is_err() {
            self.networks.refund(&network);
        }
        counted
    }

    /// Counts that somebody begins a ceremony who has not said who they are.
    pub fn count_ceremony(&self, address: IpAddr, now_ms: i64) -> Result<(), CountError> {
        take_of_network(&self.ceremonies, ClientNetwork::of(address), now_ms)
    }

    /// The password was right: a device's own bucket is full again, shared ones get this try back.
    pub async fn was_right(
        &self,
        tx: &mut impl SqlConnection,
        from: &AttemptOrigin,
        now_ms: i64,
    ) -> Result<(), DbError> {
        let name = from.name();
        if from.origin() == OriginKind::KnownDevice {
            return buckets::forget_bucket(tx, &name).await;
        }
        let bucket = buckets::hold_bucket(tx, &name, now_ms).await?.refund(from.policy(), now_ms);
        if bucket.is_full(from.policy(), now_ms) {
            buckets::forget_bucket(tx, &name).await?;
        } else {
            buckets::put_bucket(tx, &name, bucket).await?;
        }
        self.networks.refund(&ClientNetwork::of(from.address));
        Ok(())
    }
}

fn take_of_network(
    networks: &RateLimiter<ClientNetwork>,
    network: ClientNetwork,
    now_ms: i64,
) -> Result<(), CountError> {
    networks.take(network, now_ms.max(0).cast_unsigned()).map_err(|seconds| {
        let wait = AttemptWait::after_seconds(seconds, now_ms);
        CountError::Wait { until_ms: wait.until_ms, bucket: EmptyBucket::Network }
    })
}

async fn take_attempt(db: &Db, from: &AttemptOrigin, now_ms: i64) -> Result<(), CountError> {
    let (name, policy) = (from.name(), from.policy());
    // Whoever has to wait is informed without a transaction: a refusal costs no more than opening a page.
    let seen = buckets::find_bucket(&mut db.platform_read(PlatformReason::SignIn).await?, &name).await?;
    if let (Err(wait), None) = (seen.take(policy, now_ms), seen.brought_back(now_ms)) {
        return Err(from.wait(wait));
    }
    let mut tx = db.platform_write(PlatformReason::SignIn).await?;
    let held = buckets::hold_bucket(&mut tx, &name, now_ms).await?;
    let (stored, refused) = match held.take(policy, now_ms) {
        Ok(after) => (after, None),
        Err(wait) => (held.brought_back(now_ms).unwrap_or(held), Some(wait)),
    };
    buckets::put_bucket(&mut tx, &name, stored).await?;
    tx.commit().await?;
    refused.map_or(Ok(()), |wait| Err(from.wait(wait)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_bucket_tells_an_address() {
        let office = "192.0.2.7".parse().unwrap();
        let stranger = AttemptOrigin::new("priya@linden.example", None, office);
        let known = AttemptOrigin::new("priya@linden.example", Some(Hash::of(b"phone")), office);
        for name in [stranger.name(), known.name()] {
            assert!(!name.contains("priya") && !name.contains("192"), "{name}");
        }
        assert_ne!(stranger.name(), known.name());
        assert_eq!(FULL_AFTER_MS, 200 * 60_000);
    }
}
