//! Answers of browsers and authenticators, held against Web Authentication Level 3: §7.1 where a credential is made, §7.2 where it is
//! used. Pure: bytes in, a credential or a refusal out.
//!
//! The crate `webauthn-rs` does all of this and more. Its 0.6.2 would bring fifty crates (90 s of a debug build), among them release
//! candidates of `rsa` and `kbkdf`, a second argon2 and three curves, mostly for attestation by makers' certificates, which nobody
//! here requests. What is needed of it are the two lists of steps below and three ways to verify a signature, which `ring` has and TLS
//! brings anyway.
//!
//! Attestation is not asked for ("none"), so whose hardware it is plays no part; credentials are discoverable, and the person is
//! verified by the authenticator each time.

mod authenticator_data;
mod cbor;
mod credential_key;
mod options;

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::tree::Hash;
use serde::Deserialize;

use self::authenticator_data::{AuthenticatorData, BackupFlags};
use self::cbor::CborValue;
use self::credential_key::CredentialKey;
pub(super) use self::options::{KnownCredential, NewUser};

/// §7.1: no longer identifier of a credential is taken.
const ID_BYTES_MAX: usize = 1_023;
/// Ways by which a browser reaches an authenticator, as the standard names them; others are not stored.
const TRANSPORTS: [&str; 6] = ["ble", "hybrid", "internal", "nfc", "smart-card", "usb"];

/// 32 random bytes that are signed once.
pub(super) type CredentialChallenge = [u8; 32];

/// Why an answer is not taken: the step of the standard that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialRefusal {
    #[error("it is not of the form that a page of ours sends")]
    Form,
    #[error("the client's data cannot be read")]
    ClientData,
    #[error("it answers another kind of request")]
    RequestKind,
    #[error("it answers another challenge")]
    Challenge,
    #[error("it comes from another origin, or from a page inside of one")]
    Origin,
    #[error("the authenticator's data cannot be read")]
    AuthenticatorData,
    #[error("it is for another relying party")]
    Party,
    #[error("nobody was there")]
    Presence,
    #[error("the authenticator did not verify who was there")]
    Verification,
    #[error("what it says of backups contradicts itself, or what it said before")]
    Backup,
    #[error("its key is of no algorithm that was offered")]
    Key,
    #[error("its attestation is none that was asked for")]
    Attestation,
    #[error("the credential is another one")]
    Credential,
    #[error("it is somebody else's")]
    User,
    #[error("the signature is wrong")]
    Signature,
    #[error("its counter went back: there may be a copy of the authenticator")]
    Counter,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationAnswer {
    id: Vec<u8>,
    client_data: Vec<u8>,
    attestation: Vec<u8>,
    transports: String,
}

impl RegistrationAnswer {
    /// Of a field that the page's script filled in: parts in base64url with dots between them, the last one plain.
    pub fn read(text: &str) -> Option<Self> {
        let [id, client_data, attestation, transports] = split_parts(text)?;
        let mut known: Vec<&str> = transports.split(',').filter(|one| TRANSPORTS.contains(one)).collect();
        known.sort_unstable();
        known.dedup();
        Some(Self {
            id: decode_part(id)?,
            client_data: decode_part(client_data)?,
            attestation: decode_part(attestation)?,
            transports: known.join(","),
        })
    }
}

/// What a browser answers where a credential was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertionAnswer {
    id: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
    user_handle: Vec<u8>,
}

impl AssertionAnswer {
    pub fn read(text: &str) -> Option<Self> {
        let [id, client_data, authenticator_data, signature, user_handle] = split_parts(text)?;
        Some(Self {
            id: decode_part(id)?,
            client_data: decode_part(client_data)?,
            authenticator_data: decode_part(authenticator_data)?,
            signature: decode_part(signature)?,
            user_handle: decode_part(user_handle)?,
        })
    }

    pub fn id(&self) -> &[u8] {
        &self.id
    }
}

fn split_parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('.').collect::<Vec<_>>().try_into().ok()
}

fn decode_part(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCredential {
    pub id: Vec<u8>,
    /// Its public half, as COSE has it.
    pub key: Vec<u8>,
    pub sign_count: u32,
    pub backup: BackupFlags,
    pub transports: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredCredential<'a> {
    pub id: &'a [u8],
    pub key: &'a [u8],
    pub sign_count: u32,
    pub is_backup_eligible: bool,
    pub user_handle: &'a [u8],
}

/// What is to be stored of a credential once it was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialUse {
    pub sign_count: u32,
    pub is_backed_up: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

/// For whom credentials are: a host by name, and the one origin of its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    origin: String,
}

impl RelyingParty {
    /// Of the address at which people reach the relay; `None` where that is no name, which credentials cannot be for.
    pub fn of_url(public_url: &str) -> Option<Self> {
        let authority = public_url.strip_prefix("https://")?.split(['/', '?', '#']).next()?.to_lowercase();
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
            None => (authority.as_str(), None),
        };
        let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        if host.is_empty() || !is_name || host.parse::<IpAddr>().is_ok() {
            return None;
        }
        let origin = match port {
            None | Some(443) => format!("https://{host}"),
            Some(port) => format!("https://{host}:{port}"),
        };
        Some(Self { id: host.to_owned(), origin })
    }

    /// The steps of §7.1 behind the parsing of what the browser sent.
    pub fn verify_registration(
        &self,
        challenge: &CredentialChallenge,
        answer: RegistrationAnswer,
    ) -> Result<NewCredential, CredentialRefusal> {
        let client_hash = self.check_client_data("webauthn.create", challenge, &answer.client_data)?;
        let attestation =
            CborValue::read_whole(&answer.attestation).ok_or(CredentialRefusal::AuthenticatorData)?;
        let signed = attestation.text_member("authData").and_then(CborValue::as_bytes);
        let signed = signed.ok_or(CredentialRefusal::AuthenticatorData)?;
        let (data, backup) = self.check_authenticator_data(signed)?;
        let credential = data.credential.as_ref().ok_or(CredentialRefusal::AuthenticatorData)?;
        let key = CredentialKey::of_cose(credential.key).ok_or(CredentialRefusal::Key)?;
        check_attestation(&attestation, &key, &[signed, &client_hash.0].concat())?;
        if credential.id != answer.id || !(1..=ID_BYTES_MAX).contains(&answer.id.len()) {
            return Err(CredentialRefusal::Credential);
        }
        let (sign_count, key) = (data.sign_count, credential.key.to_vec());
        Ok(NewCredential { id: answer.id, key, sign_count, backup, transports: answer.transports })
    }

    /// The steps of §7.2 behind finding the credential.
    pub fn verify_assertion(
        &self,
        challenge: &CredentialChallenge,
        stored: &StoredCredential<'_>,
        answer: &AssertionAnswer,
    ) -> Result<CredentialUse, CredentialRefusal> {
        if answer.id != stored.id {
            return Err(CredentialRefusal::Credential);
        }
        // Credentials are discoverable: each says whose it is.
        if answer.user_handle != stored.user_handle {
            return Err(CredentialRefusal::User);
        }
        let client_hash = self.check_client_data("webauthn.get", challenge, &answer.client_data)?;
        let (data, backup) = self.check_authenticator_data(&answer.authenticator_data)?;
        if backup.is_eligible != stored.is_backup_eligible {
            return Err(CredentialRefusal::Backup);
        }
        let key = CredentialKey::of_cose(stored.key).ok_or(CredentialRefusal::Key)?;
        let signed = [answer.authenticator_data.as_slice(), &client_hash.0].concat();
        if !key.has_signed(&signed, &answer.signature) {
            return Err(CredentialRefusal::Signature);
        }
        // An authenticator that does not count says 0 each time.
        let (before, now) = (stored.sign_count, data.sign_count);
        if (before, now) != (0, 0) && now <= before {
            return Err(CredentialRefusal::Counter);
        }
        Ok(CredentialUse { sign_count: now, is_backed_up: backup.is_backed_up })
    }

    fn check_client_data(
        &self,
        kind: &str,
        challenge: &CredentialChallenge,
        bytes: &[u8],
    ) -> Result<Hash, CredentialRefusal> {
        let data: ClientData = serde_json::from_slice(bytes).map_err(|_| CredentialRefusal::ClientData)?;
        if data.r#type != kind {
            return Err(CredentialRefusal::RequestKind);
        }
        if decode_part(&data.challenge).as_deref() != Some(challenge.as_slice()) {
            return Err(CredentialRefusal::Challenge);
        }
        if data.origin != self.origin || data.cross_origin || data.top_origin.is_some() {
            return Err(CredentialRefusal::Origin);
        }
        Ok(Hash::of(bytes))
    }

    fn check_authenticator_data<'a>(
        &self,
        bytes: &'a [u8],
    ) -> Result<(AuthenticatorData<'a>, BackupFlags), CredentialRefusal> {
        let data = AuthenticatorData::read(bytes).ok_or(CredentialRefusal::AuthenticatorData)?;
        if data.party_hash != Hash::of(self.id.as_bytes()).0 {
            return Err(CredentialRefusal::Party);
        }
        if !data.is_present() {
            return Err(CredentialRefusal::Presence);
        }
        if !data.is_verified() {
            return Err(CredentialRefusal::Verification);
        }
        let backup = data.backup().ok_or(CredentialRefusal::Backup)?;
        Ok((data, backup))
    }
}

/// None was asked for: it is absent, or the credential signed for itself, which browsers let pass (§5.1.3, §8.2).
fn check_attestation(
    attestation: &CborValue<'_>,
    key: &CredentialKey,
    signed: &[u8],
) -> Result<(), CredentialRefusal> {
    let statement = attestation.text_member("attStmt").ok_or(CredentialRefusal::Attestation)?;
    let is_right = match attestation.text_member("fmt") {
        Some(CborValue::Text("none")) => *statement == CborValue::Map(Vec::new()),
        Some(CborValue::Text("packed")) => {
            let signature = statement.text_member("sig").and_then(CborValue::as_bytes);
            let algorithm = statement.text_member("alg").and_then(CborValue::as_integer);
            statement.text_member("x5c").is_none()
                && algorithm == Some(key.algorithm())
                && signature.is_some_and(|signature| key.has_signed(signed, signature))
        }
        _ => false,
    };
    if is_right { Ok(()) } else { Err(CredentialRefusal::Attestation) }
}

#[cfg(test)]
mod tests;
