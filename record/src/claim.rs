//! What a box and a relay say to each other when a box is claimed and when its certificate is renewed.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, BoxId, Epoch, FacilityId};
use crate::sign::{SignerKey, VerifierKey};

/// Domain of the signature under a renewal.
const RENEW: &str = "renew/1";

/// `POST /box/v1/claim`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClaimRequest {
    /// The one-time code of the claim file.
    pub code: String,
    /// The id that the box made for itself.
    pub r#box: BoxId,
    /// Certificate request, PEM; its key never leaves the box.
    pub csr: String,
    /// Verifier key of the present epoch's log, as text.
    pub log_key: String,
    /// The present epoch.
    pub epoch: Epoch,
    /// What machine it is.
    pub model: String,
    /// Its program's version.
    pub version: String,
}

/// The facility that a box stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClaimedFacility {
    /// Its id.
    pub id: FacilityId,
    /// Its name.
    pub name: String,
    /// Its IANA time zone.
    pub zone: String,
}

/// The answer to both calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClaimAnswer {
    /// The box's certificate and what it is signed by, PEM, leaf first.
    pub chain: String,
    /// Who pays.
    pub account: AccountId,
    /// Where it stands.
    pub facility: ClaimedFacility,
    /// `https://host:port` of the listener that takes claims and renewals, without a client certificate.
    pub relay_url: String,
    /// `mqtts://host:port`.
    pub mqtt_url: String,
    /// `https://host:port` of the listener that takes photos, with the box's certificate.
    pub photos_url: String,
    /// Verifier keys of the relay's cosigner.
    pub cosign_keys: Vec<String>,
    /// Verifier keys of the relay's directives.
    pub directive_keys: Vec<String>,
    /// CA of the relay's listeners, PEM.
    pub relay_ca: String,
    /// When the certificate ends, seconds since 1970.
    pub expires_s: i64,
}

/// `POST /box/v1/renew`: signed by the log key, so that a box whose certificate ended long ago can return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RenewRequest {
    /// Which box.
    pub r#box: BoxId,
    /// Its present epoch, whose key signs.
    pub epoch: Epoch,
    /// Certificate request, PEM.
    pub csr: String,
    /// Its wall clock, milliseconds since 1970: tells one renewal from another.
    pub at: i64,
    /// Hex of the signature over the other four.
    pub signature: String,
}

impl RenewRequest {
    fn signed_bytes(&self) -> Vec<u8> {
        format!("{}\n{}\n{}\n{}", self.r#box, self.epoch, self.at, self.csr).into_bytes()
    }

    /// Signs it with the log's key, which may be held elsewhere: `sign` is [`SignerKey::sign_bytes`].
    #[must_use]
    pub fn signed_by(mut self, sign: impl FnOnce(&str, &[u8]) -> [u8; 64]) -> Self {
        let signature = sign(RENEW, &self.signed_bytes());
        self.signature = signature.iter().map(|b| format!("{b:02x}")).collect();
        self
    }

    /// Signs it with the log's key.
    #[must_use]
    pub fn signed(self, log: &SignerKey) -> Self {
        self.signed_by(|domain, bytes| log.sign_bytes(domain, bytes))
    }

    /// Whether the log's key signed it.
    pub fn holds(&self, log: &VerifierKey) -> bool {
        let signature = crate::tree::hex_bytes::<64>(&self.signature);
        signature.is_some_and(|s| log.verify_bytes(RENEW, &self.signed_bytes(), &s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::KeyKind;

    #[test]
    fn a_renewal_is_signed_by_the_log_key() {
        let signer = SignerKey::new("log", KeyKind::Note, &[1; 32]).unwrap();
        let epoch = Epoch { n: 1, key: [0; 4] };
        let request = RenewRequest {
            r#box: BoxId::new(1, [1; 10]),
            epoch,
            csr: "csr".into(),
            at: 5,
            signature: String::new(),
        };
        assert!(!request.holds(signer.verifier()));
        let request = request.signed(&signer);
        assert!(request.holds(signer.verifier()));
        assert!(!RenewRequest { at: 6, ..request.clone() }.holds(signer.verifier()));
        let other = SignerKey::new("log", KeyKind::Note, &[2; 32]).unwrap();
        assert!(!request.holds(other.verifier()));
    }
}
