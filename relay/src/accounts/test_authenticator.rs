//! An authenticator and the browser before it, in memory (ES256): right unless a test spoils it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::tree::Hash;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

pub(crate) const VERIFIED: u8 = 1 | 1 << 2 | 1 << 3;
const HAS_CREDENTIAL: u8 = 1 << 6;

pub(crate) struct TestAuthenticator {
    /// The private half, as PKCS#8.
    secret: Vec<u8>,
    pub(crate) id: Vec<u8>,
    pub(crate) user_handle: Vec<u8>,
    /// What it signs for; absent: what the page says.
    pub(crate) party: Option<String>,
    pub(crate) origin: String,
    pub(crate) is_framed: bool,
    pub(crate) kind: Option<&'static str>,
    pub(crate) challenge: Option<String>,
    pub(crate) flags: u8,
    /// What it says next; 0 of one that does not count.
    pub(crate) sign_count: u32,
}

impl TestAuthenticator {
    pub(crate) fn new(origin: &str) -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let mut id = [0; 16];
        random.fill(&mut id).unwrap();
        Self {
            secret: made.as_ref().to_vec(),
            id: id.to_vec(),
            user_handle: Vec::new(),
            party: None,
            origin: origin.to_owned(),
            is_framed: false,
            kind: None,
            challenge: None,
            flags: VERIFIED,
            sign_count: 1,
        }
    }

    pub(crate) fn copy(&self) -> Self {
        Self {
            secret: self.secret.clone(),
            id: self.id.clone(),
            user_handle: self.user_handle.clone(),
            sign_count: self.sign_count,
            ..Self::new(&self.origin)
        }
    }

    fn key(&self) -> EcdsaKeyPair {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.secret, &SystemRandom::new()).unwrap()
    }

    pub(crate) fn create(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        self.user_handle = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let data = self.authenticator_data(options["rp"]["id"].as_str().unwrap(), true);
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59";
        let attestation = [head.as_slice(), &length, &data].concat();
        let client_data = self.client_data(self.kind.unwrap_or("webauthn.create"), &options);
        let parts = [&self.id, client_data.as_bytes(), &attestation].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{}.internal,hybrid,telepathy", parts.join("."))
    }

    pub(crate) fn get(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        let data = self.authenticator_data(options["rpId"].as_str().unwrap(), false);
        let client_data = self.client_data(self.kind.unwrap_or("webauthn.get"), &options);
        let signed = [data.as_slice(), &Hash::of(client_data.as_bytes()).0].concat();
        let signature = self.sign(&signed);
        let parts: [&[u8]; 5] = [&self.id, client_data.as_bytes(), &data, &signature, &self.user_handle];
        parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key().sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let challenge = self.challenge.as_deref().or(options["challenge"].as_str()).unwrap();
        let data = json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.is_framed, "new": {},
        });
        data.to_string()
    }

    fn authenticator_data(&mut self, party: &str, has_credential: bool) -> Vec<u8> {
        let party = self.party.as_deref().unwrap_or(party);
        let mut data = Hash::of(party.as_bytes()).0.to_vec();
        data.push(if has_credential { self.flags | HAS_CREDENTIAL } else { self.flags });
        data.extend(self.sign_count.to_be_bytes());
        if has_credential {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
            data.extend(&self.id);
            let key = self.key();
            let point = key.public_key().as_ref();
            data.extend(b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20");
            data.extend(&point[1..33]);
            data.extend(b"\x22\x58\x20");
            data.extend(&point[33..]);
        }
        if self.sign_count > 0 {
            self.sign_count += 1;
        }
        data
    }
}
