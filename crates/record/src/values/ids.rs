//! Typed identifiers: ULIDs in upper case, and the name of one epoch of one log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

use crate::tree::Hash;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {form}, not {text:?}")]
pub struct IdError {
    what: &'static str,
    form: &'static str,
    text: String,
}

impl IdError {
    fn new(what: &'static str, form: &'static str, text: &str) -> Self {
        Self { what, form, text: text.chars().take(40).collect() }
    }
}

macro_rules! ulid_ids {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
        pub struct $name(Ulid);

        impl $name {
            /// From milliseconds since 1970 (48 bits are kept) and 80 bits of randomness.
            pub fn new(wall_ms: i64, random: [u8; 10]) -> Self {
                let mut wide = [0u8; 16];
                wide[6..].copy_from_slice(&random);
                Self(Ulid::from_parts(wall_ms.max(0).cast_unsigned(), u128::from_be_bytes(wide)))
            }

            /// When it was made by its maker's clock, milliseconds since 1970.
            pub fn made_ms(self) -> i64 {
                self.0.timestamp_ms().cast_signed()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0.array_to_str(&mut [0; ulid::ULID_LEN]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let id = text.parse::<Ulid>().ok().map(Self);
                // One identifier has one spelling: it is compared as text by SQL, topics and certificates.
                id.filter(|id| id.0.array_to_str(&mut [0; ulid::ULID_LEN]) == text)
                    .ok_or_else(|| IdError::new($what, "a ULID in upper case", text))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.0.array_to_str(&mut [0; ulid::ULID_LEN]))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ulid_ids! {
    /// One box, for ever: made at its first start, registered by claiming.
    BoxId, "a box id";
    /// One run of a box's operating system; ties monotonic times together.
    BootId, "a boot id";
    /// One person at a facility.
    StaffId, "a staff id";
    /// One browser on a phone or a desk: what is public of the secret in its cookie, see [`DeviceId::of_secret`]. It gives
    /// no rights.
    DeviceId, "a device id";
    /// A hospital, clinic or lab.
    FacilityId, "a facility id";
    /// The paying organisation.
    AccountId, "an account id";
    /// A cleaning protocol; its versions share the id.
    ProtocolId, "a protocol id";
    /// One print job.
    JobId, "a job id";
    /// One bottle or box of agent, strips or indicators.
    LotId, "a lot id";
    /// Items that are disinfected together.
    LoadId, "a load id";
    /// One maintenance task of an item.
    UpkeepId, "a maintenance task's id";
    /// One import of a file.
    ImportId, "an import id";
    /// One report that was made from the log.
    ReportId, "a report id";
    /// One connection of a box to the relay.
    ConnectionId, "a connection id";
    /// A person who signs in at the relay.
    UserId, "a user id";
    /// Work that the relay does outside the request that asks for it.
    RelayJobId, "a job id";
    /// One claim of such work by a worker.
    JobLeaseId, "a lease id";
    /// Something at a facility of which somebody is told.
    AlertId, "an alert id";
}

impl DeviceId {
    /// The id of the browser whose cookie holds `secret`: the first 16 bytes of SHA-256 over a line of its own and the
    /// secret. Whoever reads the id in a log, a proof or an export cannot find the secret.
    pub fn of_secret(secret: &[u8; 32]) -> Self {
        let digest = Hash::of(&[b"cleantrack device\n".as_slice(), secret].concat());
        let mut first = [0; 16];
        first.copy_from_slice(&digest.0[..16]);
        Self(Ulid(u128::from_be_bytes(first)))
    }
}

/// One epoch of one box's log: `<n>-<first 8 hex digits of SHA-256(log key)>`. A log never rolls back; what would
/// force it to starts a new epoch with a new key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Epoch {
    /// Counts from 1.
    pub n: u32,
    /// First four bytes of SHA-256 of the epoch's public key.
    pub key: [u8; 4],
}

/// An entry of this or an earlier epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryRef {
    /// Which log.
    pub epoch: Epoch,
    /// Which entry.
    pub seq: u64,
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:08x}", self.n, u32::from_be_bytes(self.key))
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn parse_epoch(text: &str) -> Option<Epoch> {
    let (n, key) = text.split_once('-')?;
    let n: u32 = n.parse().ok().filter(|&n| n > 0)?;
    let key = u32::from_str_radix(key, 16).ok()?.to_be_bytes();
    let epoch = Epoch { n, key };
    (epoch.to_string() == text).then_some(epoch)
}

impl FromStr for Epoch {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_epoch(text).ok_or_else(|| IdError::new("an epoch", "`<n>-<8 hex digits>`", text))
    }
}

impl Serialize for Epoch {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Epoch {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_each() {
        let id = BoxId::new(1_763_610_001_123, [7; 10]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().to_lowercase().parse::<BoxId>().is_err());
        assert!("".parse::<BoxId>().is_err());
        assert!("8ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse::<BoxId>().is_err(), "over 128 bits");
    }

    #[test]
    fn the_id_of_a_device_does_not_show_its_secret() {
        let id = DeviceId::of_secret(&[3; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_ne!(id, DeviceId::of_secret(&[4; 32]));
        // The domain differs from the secret's own hash.
        let plain = Hash::of(&[3; 32]);
        assert_ne!(id.0.0.to_be_bytes(), plain.0[..16]);
    }

    #[test]
    fn epochs() {
        let epoch = Epoch { n: 3, key: [0, 0xab, 1, 2] };
        assert_eq!(epoch.to_string(), "3-00ab0102");
        assert_eq!("3-00ab0102".parse(), Ok(epoch));
        for wrong in
            ["0-00ab0102", "03-00ab0102", "3-00AB0102", "3-ab0102", "3", "-1-00ab0102", "+3-00ab0102"]
        {
            assert!(wrong.parse::<Epoch>().is_err(), "{wrong}");
        }
    }
}
