//! What a browser is asked for, as its dialogue takes it: the members of Web Authentication §5.4 and §5.5, with bytes as base64url.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::credential_key::ALGORITHMS;
use super::{CredentialChallenge, RelyingParty};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewUser<'a> {
    pub handle: &'a [u8],
    pub email: &'a str,
    pub name: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCredential {
    pub id: Vec<u8>,
    pub transports: String,
}

impl RelyingParty {
    pub fn creation_options(
        &self,
        challenge: &CredentialChallenge,
        user: NewUser<'_>,
        known: &[KnownCredential],
        life_ms: i64,
    ) -> String {
        let algorithms = ALGORITHMS.map(|number| json!({ "type": "public-key", "alg": number }));
        let options = json!({
            "rp": { "id": self.id, "name": "CleanTrack" },
            "user": { "id": encode_part(user.handle), "name": user.email, "displayName": user.name },
            "challenge": encode_part(challenge),
            "pubKeyCredParams": algorithms,
            "timeout": life_ms,
            "excludeCredentials": list_credentials(known),
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": true,
                "userVerification": "required",
            },
            "attestation": "none",
        });
        options.to_string()
    }

    /// For one of these credentials; for any of this relay's where the list is empty.
    pub fn request_options(
        &self,
        challenge: &CredentialChallenge,
        known: &[KnownCredential],
        life_ms: i64,
    ) -> String {
        let options = json!({
            "rpId": self.id,
            "challenge": encode_part(challenge),
            "timeout": life_ms,
            "allowCredentials": list_credentials(known),
            "userVerification": "required",
        });
        options.to_string()
    }
}

fn list_credentials(known: &[KnownCredential]) -> Vec<Value> {
    known.iter().map(describe_credential).collect()
}

fn describe_credential(known: &KnownCredential) -> Value {
    let transports: Vec<&str> = known.transports.split(',').filter(|part| !part.is_empty()).collect();
    json!({ "type": "public-key", "id": encode_part(&known.id), "transports": transports })
}

fn encode_part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
