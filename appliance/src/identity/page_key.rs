//! The key under which the box hands facts to a page and takes them back unchanged: since when a surface is wet, which
//! photo is kept.

use std::sync::Arc;

use record::tree::Hash;
use redb::Database;
use service::random::RandomSource;

use super::IdentityError;
use super::rows::JsonTable;

/// SHA-256's block.
const BLOCK: usize = 64;

/// A key of this box, the same after a restart, so that a page that is open meanwhile goes on.
#[derive(Clone, Copy)]
pub(crate) struct PageKey([u8; 32]);

impl PageKey {
    pub(super) fn open(db: Arc<Database>, random: &dyn RandomSource) -> Result<Self, IdentityError> {
        let rows = JsonTable::open(db, "identity_page_key")?;
        if let Some(key) = rows.get::<[u8; 32]>("page")? {
            return Ok(Self::new(key));
        }
        let key = random.bytes::<32>();
        rows.put("page", &key)?;
        Ok(Self::new(key))
    }

    /// From 32 random bytes.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The first 16 bytes of HMAC-SHA-256 (RFC 2104), as hex.
    pub(crate) fn seal(&self, message: &str) -> String {
        let mut block = [0; BLOCK];
        block[..32].copy_from_slice(&self.0);
        let padded = |with: u8| block.map(|b| b ^ with).to_vec();
        let inner = Hash::of(&[padded(0x36), message.as_bytes().to_vec()].concat());
        let outer = Hash::of(&[padded(0x5c), inner.0.to_vec()].concat());
        outer.0[..16].iter().map(|b| format!("{b:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_rfc_4231_computes_it() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        assert_eq!(PageKey(key).seal("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c7");
    }

    #[test]
    fn the_same_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let seal = || {
            let db = Arc::new(Database::create(dir.path().join("state.redb")).unwrap());
            PageKey::open(db, &service::random::SystemRandom).unwrap().seal("x")
        };
        assert_eq!(seal(), seal());
    }
}
