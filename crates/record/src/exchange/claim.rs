//! What a box and a relay say to each other when a box is claimed and when its certificate is renewed.

use serde::{Deserialize, Serialize};

use crate::signed::sign::{SignerKey, VerifierKey};
use crate::values::ids::{AccountId, BoxId, Epoch, FacilityId};

const CLAIM: &str = "claim/1";
const RENEW: &str = "renew/1";

/// Why a relay certifies no box although it knows the code: the code of its answer's problem, with a 409.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimConflict {
    /// Another box, or another key, has used the code.
    CodeUsed,
    /// The box was revoked there, or is another facility's or account's, or its log is a first one and not the one that is known.
    BoxKnown,
    /// The box is known by another log, as one is that was restored from before its claim: a person has to admit this one first.
    LogWaits,
    /// Another box of the facility is heard, and the code was not made to replace it.
    BoxAlive,
}

impl ClaimConflict {
    /// Every cause.
    pub const ALL: [Self; 4] = [Self::CodeUsed, Self::BoxKnown, Self::LogWaits, Self::BoxAlive];

    /// As the answer has it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CodeUsed => "claim-used",
            Self::BoxKnown => "claim-known",
            Self::LogWaits => "claim-waits",
            Self::BoxAlive => "claim-occupied",
        }
    }

    /// Of an answer; `None`: none of these.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }
}

/// `POST /box/v1/claim`: signed with the log's key. Whoever knows its public half alone claims no box.
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
    /// Hex of the signature over code, box, epoch and certificate request.
    pub signature: String,
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
    /// Where the claim code was made to replace a box: that one, whose id the certificate names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<ReplacedBox>,
}

/// A box in whose place the claimed one comes: it goes on under that id, behind that box's newest log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReplacedBox {
    /// Its id.
    pub r#box: BoxId,
    /// Verifier key of its newest log, as text; the name tells the epoch.
    pub key: String,
    /// What the relay cosigned of that log last: a signed note (C2SP tlog-checkpoint with a cosignature/v1).
    pub cosigned: String,
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

fn hex_text(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn is_signed(log: &VerifierKey, domain: &str, bytes: &[u8], signature: &str) -> bool {
    crate::tree::hex_bytes::<64>(signature).is_some_and(|s| log.verify_bytes(domain, bytes, &s))
}

impl ClaimRequest {
    fn signed_bytes(&self) -> Vec<u8> {
        format!("{}\n{}\n{}\n{}", self.code, self.r#box, self.epoch, self.csr).into_bytes()
    }

    /// Signs it with the log's key, which may be held elsewhere: `sign` is [`SignerKey::sign_bytes`].
    #[must_use]
    pub fn signed_by(mut self, sign: impl FnOnce(&str, &[u8]) -> [u8; 64]) -> Self {
        self.signature = hex_text(&sign(CLAIM, &self.signed_bytes()));
        self
    }

    /// Signs it with the log's key.
    #[must_use]
    pub fn signed(self, log: &SignerKey) -> Self {
        self.signed_by(|domain, bytes| log.sign_bytes(domain, bytes))
    }

    /// Whether the log's key signed it.
    pub fn holds(&self, log: &VerifierKey) -> bool {
        is_signed(log, CLAIM, &self.signed_bytes(), &self.signature)
    }
}

impl RenewRequest {
    fn signed_bytes(&self) -> Vec<u8> {
        format!("{}\n{}\n{}\n{}", self.r#box, self.epoch, self.at, self.csr).into_bytes()
    }

    /// Signs it with the log's key, which may be held elsewhere: `sign` is [`SignerKey::sign_bytes`].
    #[must_use]
    pub fn signed_by(mut self, sign: impl FnOnce(&str, &[u8]) -> [u8; 64]) -> Self {
        self.signature = hex_text(&sign(RENEW, &self.signed_bytes()));
        self
    }

    /// Signs it with the log's key.
    #[must_use]
    pub fn signed(self, log: &SignerKey) -> Self {
        self.signed_by(|domain, bytes| log.sign_bytes(domain, bytes))
    }

    /// Whether the log's key signed it.
    pub fn holds(&self, log: &VerifierKey) -> bool {
        is_signed(log, RENEW, &self.signed_bytes(), &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signed::sign::KeyKind;

    #[test]
    fn a_claim_is_signed_by_the_log_key() {
        let signer = SignerKey::new("log", KeyKind::Note, &[1; 32]).unwrap();
        let request = ClaimRequest {
            code: "code".into(),
            r#box: BoxId::new(1, [1; 10]),
            csr: "csr".into(),
            log_key: signer.verifier().to_string(),
            epoch: Epoch { n: 1, key: [0; 4] },
            model: "Pi".into(),
            version: "1".into(),
            signature: String::new(),
        };
        assert!(!request.holds(signer.verifier()), "the key alone is public");
        let request = request.signed(&signer);
        assert!(request.holds(signer.verifier()));
        let other = SignerKey::new("log", KeyKind::Note, &[2; 32]).unwrap();
        assert!(!request.holds(other.verifier()));
        for altered in [
            ClaimRequest { code: "other".into(), ..request.clone() },
            ClaimRequest { r#box: BoxId::new(2, [1; 10]), ..request.clone() },
            ClaimRequest { epoch: Epoch { n: 2, key: [0; 4] }, ..request.clone() },
            ClaimRequest { csr: "another key's".into(), ..request.clone() },
        ] {
            assert!(!altered.holds(signer.verifier()), "{altered:?}");
        }
    }

    #[test]
    fn each_cause_of_a_conflict_has_its_code() {
        for cause in ClaimConflict::ALL {
            assert_eq!(ClaimConflict::of_code(cause.code()), Some(cause));
        }
        assert_eq!(ClaimConflict::of_code("claim-taken"), None);
    }

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
