//! Secrets in the database, sealed with a key that is not in it: a copy of the tables alone opens none of them.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit as _, Mac as _};
use record::tree::Hash;
use service::random::RandomSource;
use sha2::Sha256;

/// Bytes of an XChaCha20-Poly1305 nonce, which a random one does not repeat.
const NONCE_BYTES: usize = 24;

/// Why sealed bytes were not opened, or bytes not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// The key with this number is not in this process's folder.
    #[error("the sealing key {0} is not in this process's folder")]
    NoKey(i64),
    #[error("sealed bytes are not what was sealed there")]
    Changed,
}

/// Bytes that only a key outside of the database opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBytes {
    pub n: i64,
    /// Nonce, then what XChaCha20-Poly1305 made of them.
    pub bytes: Vec<u8>,
}

/// A key that seals, and one beside it for digests of what is too short to be hashed without a key.
#[derive(Clone)]
pub struct DataSeal {
    cipher: XChaCha20Poly1305,
    mac: [u8; 32],
}

impl std::fmt::Debug for DataSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataSeal(****)")
    }
}

impl DataSeal {
    /// Of the secret in a key file. Its public half, by which the key is known, is of the same secret: so the key itself is derived.
    pub(super) fn of_secret(secret: &[u8; 32]) -> Self {
        let [seal, mac] = ["cleantrack/relay seal\n", "cleantrack/relay digest\n"]
            .map(|purpose| Hash::of(&[purpose.as_bytes(), secret].concat()).0);
        Self { cipher: XChaCha20Poly1305::new(&seal.into()), mac }
    }

    pub(super) fn close(
        &self,
        plain: &[u8],
        about: &str,
        random: &dyn RandomSource,
    ) -> Result<Vec<u8>, UnsealError> {
        let nonce: [u8; NONCE_BYTES] = random.bytes();
        let payload = Payload { msg: plain, aad: about.as_bytes() };
        let sealed =
            self.cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| UnsealError::Changed)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// HMAC-SHA-256 (RFC 2104) of a text, for whoever has the key.
    pub(super) fn digest(&self, text: &str) -> Hash {
        // A key of any length is one.
        let mac = Hmac::<Sha256>::new_from_slice(&self.mac).map(|mac| mac.chain_update(text.as_bytes()));
        mac.map_or_else(|_| Hash::default(), |mac| Hash(mac.finalize().into_bytes().into()))
    }

    pub(super) fn open(&self, sealed: &[u8], about: &str) -> Result<Vec<u8>, UnsealError> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(UnsealError::Changed)?;
        let payload = Payload { msg: sealed, aad: about.as_bytes() };
        self.cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| UnsealError::Changed)
    }
}

#[cfg(test)]
mod tests {
    use service::random::SeededRandom;

    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let (random, seal) = (SeededRandom::new(1), DataSeal::of_secret(&[7; 32]));
        let sealed = seal.close(b"a secret", "factor 1", &random).unwrap();
        assert!(!sealed.windows(8).any(|part| part == b"a secret"));
        assert_eq!(seal.open(&sealed, "factor 1").unwrap(), b"a secret");
        assert_eq!(seal.open(&sealed, "factor 2"), Err(UnsealError::Changed), "of somebody else's row");
        assert_eq!(DataSeal::of_secret(&[8; 32]).open(&sealed, "factor 1"), Err(UnsealError::Changed));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(seal.open(&changed, "factor 1"), Err(UnsealError::Changed), "byte {at}");
            assert_eq!(seal.open(&sealed[..at], "factor 1"), Err(UnsealError::Changed), "cut at {at}");
        }
        assert_ne!(seal.close(b"a secret", "factor 1", &random).unwrap(), sealed, "with a nonce of its own");
        assert_eq!(seal.digest("a code"), seal.digest("a code"));
        assert_ne!(seal.digest("a code"), DataSeal::of_secret(&[8; 32]).digest("a code"), "of no other key");
        assert_ne!(seal.digest("a code"), Hash::of(b"a code"));
    }
}
