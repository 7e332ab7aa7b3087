//! Vouching: a key of a box's log signs the key of each log that the box begins later. By it an older copy of the box's
//! card knows which later logs are the box's own, whatever their source.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::signed::checkpoint::LogOrigin;
use crate::signed::sign::{SignerKey, VerifierKey};
use crate::values::ids::Epoch;

/// Separates what is signed here from all else that a log's key signs.
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
        bytes.try_into().map(Self).map_err(|bytes: Vec<u8>| {
            serde::de::Error::invalid_length(bytes.len(), &"another number of bytes")
        })
    }
}

/// Signed by an earlier log's key: the same box began the later log with this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouch {
    /// The log whose key signed.
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

    /// Whether the earlier log's key signed this for the log `origin`. `verifier` must be known to be the
    /// earlier log's.
    pub fn holds(&self, verifier: &VerifierKey, origin: &LogOrigin, key: &Base64Bytes<32>) -> bool {
        let earlier = LogOrigin { epoch: self.by, ..*origin };
        verifier.name() == earlier.to_string()
            && verifier.verify_bytes(DOMAIN, &vouched_bytes(origin, key), &self.sig.0)
    }
}
