//! What a process knows of the keys at one time: all public halves, and the private ones that are in its folder.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use record::sign::{SignerKey, VerifierKey};
use record::tree::Hash;
use service::random::RandomSource;

use super::authority::{AuthorityKey, AuthorityKind, KeyState};
use super::ca::CertificateAuthority;
use super::data_seal::{DataSeal, SealedBytes, UnsealError};
use crate::db::fleet::box_keys::AppliedKeys;

/// Keys of a kind that a box is informed of.
const TRUSTED_MAX: usize = 8;

#[derive(Debug, Default)]
pub struct KeySet {
    pub(super) keys: Vec<AuthorityKey>,
    pub(super) authorities: BTreeMap<i64, CertificateAuthority>,
    pub(super) signers: BTreeMap<(AuthorityKind, i64), SignerKey>,
    pub(super) seals: BTreeMap<i64, DataSeal>,
}

impl KeySet {
    pub fn keys(&self) -> &[AuthorityKey] {
        &self.keys
    }

    fn of_kind(&self, kind: AuthorityKind) -> impl DoubleEndedIterator<Item = &AuthorityKey> {
        self.keys.iter().filter(move |key| key.kind == kind)
    }

    pub fn current(&self, kind: AuthorityKind) -> Option<&AuthorityKey> {
        self.of_kind(kind).find(|key| key.state == KeyState::Current)
    }

    /// Whether this process has the private half.
    pub fn holds(&self, key: &AuthorityKey) -> bool {
        match key.kind {
            AuthorityKind::Ca => self.authorities.contains_key(&key.n),
            kind => self.signers.contains_key(&(kind, key.n)),
        }
    }

    /// Keys that cosign or ever cosigned, the newest first. What one of them signed before it was revoked stays what it is: whoever
    /// verifies a note of this relay's own database asks the log's signature too.
    pub fn cosigners(&self) -> Vec<VerifierKey> {
        self.of_kind(AuthorityKind::Cosign).rev().filter_map(AuthorityKey::verifier).collect()
    }

    /// What a box is to believe of a kind, the newest first: all but what was revoked, as many as a claim file takes.
    pub fn trusted_texts(&self, kind: AuthorityKind) -> Vec<String> {
        let trusted = self.of_kind(kind).rev().filter(|key| !key.is_revoked()).take(TRUSTED_MAX);
        trusted.map(|key| key.public.clone()).collect()
    }

    /// The newest number of a kind that is not revoked; 0 where there is none.
    pub fn newest(&self, kind: AuthorityKind) -> i64 {
        self.of_kind(kind).rev().find(|key| !key.is_revoked()).map_or(0, |key| key.n)
    }

    pub fn newest_of_each(&self) -> AppliedKeys {
        AppliedKeys {
            ca_n: self.newest(AuthorityKind::Ca),
            cosign_n: self.newest(AuthorityKind::Cosign),
            directive_n: self.newest(AuthorityKind::Directive),
        }
    }

    /// Whose cosignatures a box believes that knows keys up to `applied`; if all are revoked, the current key's, which it is sent.
    pub fn believed_cosigners(&self, applied: i64) -> Vec<VerifierKey> {
        let known: Vec<_> = self
            .of_kind(AuthorityKind::Cosign)
            .filter(|key: &&AuthorityKey| !key.is_revoked() && key.n <= applied)
            .filter_map(AuthorityKey::verifier)
            .collect();
        if !known.is_empty() {
            return known;
        }
        self.current(AuthorityKind::Cosign).and_then(AuthorityKey::verifier).into_iter().collect()
    }

    /// What signs for a box that knows the keys up to `applied`: the newest of them. A box that knows only what was revoked gets what
    /// the current one signs, which it believes as soon as it has been informed of it.
    pub fn signer_for(&self, kind: AuthorityKind, applied: i64) -> Option<&SignerKey> {
        let mut known = self.of_kind(kind).rev().filter(|key| !key.is_revoked() && key.n <= applied);
        let known = known.find_map(|key| self.signers.get(&(kind, key.n)));
        known.or_else(|| self.current_signer(kind))
    }

    /// Seals bytes with the current key, for the one place that `about` names: elsewhere nothing opens them.
    pub fn seal_bytes(
        &self,
        plain: &[u8],
        about: &str,
        random: &dyn RandomSource,
    ) -> Result<SealedBytes, UnsealError> {
        let n = self.seal_number()?;
        let seal = self.seals.get(&n).ok_or(UnsealError::NoKey(n))?;
        Ok(SealedBytes { n, bytes: seal.close(plain, about, random)? })
    }

    pub fn seal_number(&self) -> Result<i64, UnsealError> {
        self.current(AuthorityKind::Seal).map(|key| key.n).ok_or(UnsealError::NoKey(0))
    }

    /// A keyed digest, by the sealing key with this number: without the key nobody finds the text by trying.
    pub fn keyed_digest(&self, n: i64, text: &str) -> Result<Hash, UnsealError> {
        self.seals.get(&n).map(|seal| seal.digest(text)).ok_or(UnsealError::NoKey(n))
    }

    pub fn unseal_bytes(&self, sealed: &SealedBytes, about: &str) -> Result<Vec<u8>, UnsealError> {
        let seal = self.seals.get(&sealed.n).ok_or(UnsealError::NoKey(sealed.n))?;
        seal.open(&sealed.bytes, about)
    }

    /// What signs for nobody in particular: the current key, where this process has it.
    pub fn current_signer(&self, kind: AuthorityKind) -> Option<&SignerKey> {
        self.signers.get(&(kind, self.current(kind)?.n))
    }

    fn trusted_authorities(&self, now_ms: i64) -> impl Iterator<Item = &AuthorityKey> {
        let valid = self.of_kind(AuthorityKind::Ca).filter(|key| !key.is_revoked());
        valid.filter(move |key| key.until_ms.is_none_or(|until_ms| until_ms > now_ms))
    }

    /// Certificates of the authorities that are trusted at this time, PEM, the oldest first.
    pub fn roots_pem(&self, now_ms: i64) -> String {
        self.trusted_authorities(now_ms).map(|key| key.public.as_str()).collect()
    }

    /// What the listeners' certificate comes from: the authority that all boxes know.
    pub(crate) fn listener_authority(&self) -> Option<&CertificateAuthority> {
        self.authorities.get(&self.current(AuthorityKind::Ca)?.n)
    }

    /// What certifies boxes: the newest authority, since only this relay looks at those certificates.
    pub(crate) fn box_authority(&self) -> Option<&CertificateAuthority> {
        let newest = self.of_kind(AuthorityKind::Ca).rev().filter(|key| !key.is_revoked());
        newest.filter_map(|key| self.authorities.get(&key.n)).next()
    }
}

impl From<SignerKey> for KeySet {
    /// With a cosigning key alone, the first.
    fn from(signer: SignerKey) -> Self {
        let of = (AuthorityKind::Cosign, 1);
        let key = AuthorityKey::new(of.0, of.1, signer.verifier().to_string(), KeyState::Current, 0);
        Self { keys: vec![key], signers: BTreeMap::from([(of, signer)]), ..Self::default() }
    }
}

/// The keys as they are now, for all parts of a process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct SharedKeySet(Arc<RwLock<Arc<KeySet>>>);

impl SharedKeySet {
    pub(super) fn new(keyring: KeySet) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(keyring))))
    }

    pub fn now(&self) -> Arc<KeySet> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, keyring: KeySet) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
    }
}

impl From<SignerKey> for SharedKeySet {
    fn from(signer: SignerKey) -> Self {
        Self::new(signer.into())
    }
}

#[cfg(test)]
mod tests {
    use record::sign::KeyKind;

    use super::*;

    fn signer(n: u8) -> SignerKey {
        SignerKey::new(&format!("relay.example/cosign/{n}"), KeyKind::Cosignature, &[n; 32]).unwrap()
    }

    fn keyring(states: &[KeyState]) -> KeySet {
        let mut keyring = KeySet::default();
        for (n, state) in (1..).zip(states) {
            let of = (AuthorityKind::Cosign, n);
            let signer = signer(u8::try_from(n).unwrap());
            keyring.keys.push(AuthorityKey::new(of.0, n, signer.verifier().to_string(), *state, n));
            keyring.signers.insert(of, signer);
        }
        keyring
    }

    #[test]
    fn a_box_is_signed_for_with_the_newest_key_that_it_knows() {
        use KeyState::{Current, Next, Retired, Revoked};
        let by = |states: &[KeyState], applied: i64| {
            let keyring = keyring(states);
            let signer = keyring.signer_for(AuthorityKind::Cosign, applied).unwrap();
            signer.verifier().name().rsplit('/').next().unwrap().to_owned()
        };
        assert_eq!(by(&[Current], 1), "1");
        assert_eq!(by(&[Current, Next], 1), "1");
        assert_eq!(by(&[Current, Next], 2), "2", "it has been told, others not yet");
        assert_eq!(by(&[Retired, Current], 1), "1", "it was away for long");
        assert_eq!(by(&[Revoked, Current], 1), "2", "no word of a leaked key");
        assert_eq!(by(&[Retired, Revoked, Current], 2), "1");
        let keyring = keyring(&[Revoked, Retired, Current, Next]);
        let current = keyring.current_signer(AuthorityKind::Cosign).unwrap();
        assert_eq!(current.verifier().name(), "relay.example/cosign/3");
        assert!(keyring.current_signer(AuthorityKind::Directive).is_none());
        assert_eq!(keyring.newest(AuthorityKind::Cosign), 4);
        assert_eq!(keyring.trusted_texts(AuthorityKind::Cosign).len(), 3);
        assert_eq!(keyring.cosigners().len(), 4, "for ever");
        assert!(keyring.signer_for(AuthorityKind::Directive, 1).is_none());
    }

    #[test]
    fn a_half_that_is_not_here_signs_nothing() {
        let mut keyring = keyring(&[KeyState::Current, KeyState::Next]);
        keyring.signers.remove(&(AuthorityKind::Cosign, 2));
        let signer = keyring.signer_for(AuthorityKind::Cosign, 2).unwrap();
        assert_eq!(signer.verifier().name(), "relay.example/cosign/1");
    }
}
