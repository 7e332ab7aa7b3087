//! Vouching: a key of a box's log signs the key of each log that the box begins later. An older copy of the box's card tells
//! by it which later logs are the box's own, whoever holds them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::checkpoint::LogOrigin;
use crate::ids::Epoch;
use crate::sign::{SignerKey, VerifierKey};

/// Keeps what is signed here apart from all else that a log's key signs.
const DOMAIN: &str = "vouch/v1";

/// So many bytes, in standard base64 with padding (RFC 4648) where they are text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Base64Bytes<const N: usize>(pub [u8; N]);

impl<const N: usize> fmt::Display for Base64Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl<const N: usize> fmt::Debug for Base64Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<const N: usize> Serialize for Base64Bytes<N> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Base64Bytes<N> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        let bytes = STANDARD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        let count =
            |bytes: Vec<u8>| serde::de::Error::invalid_length(bytes.len(), &"another number of bytes");
        bytes.try_into().map(Self).map_err(count)
    }
}

/// What an earlier log's key says of the key of a later one: the same box began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouch {
    /// The log whose key says it.
    pub by: Epoch,
    /// Ed25519 over `vouch/v1`, origin and key of the later log, see FORMAT.md section 3.
    pub sig: Base64Bytes<64>,
}

fn vouched_bytes(origin: &LogOrigin, key: &Base64Bytes<32>) -> Vec<u8> {
    format!("{origin}\n{key}\n").into_bytes()
}

impl Vouch {
    /// Signs the key of the log `origin` with the key of an earlier one.
    pub fn make(by: Epoch, signer: &SignerKey, origin: &LogOrigin, key: &Base64Bytes<32>) -> Self {
        Self { by, sig: Base64Bytes(signer.sign_bytes(DOMAIN, &vouched_bytes(origin, key))) }
    }

    /// Whether the earlier log's key said this of the log `origin`. `verifier` is believed to be the earlier log's.
    pub fn holds(&self, verifier: &VerifierKey, origin: &LogOrigin, key: &Base64Bytes<32>) -> bool {
        let earlier = LogOrigin { epoch: self.by, ..*origin };
        verifier.name() == earlier.to_string()
            && verifier.verify_bytes(DOMAIN, &vouched_bytes(origin, key), &self.sig.0)
    }
}
