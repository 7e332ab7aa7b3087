//! The key that seals facts that a page carries and must return unchanged: since when a surface is wet, which photo is stored.

use service::random::RandomSource;

use super::IdentityError;
use super::hmac::hmac_sha256;
use super::rows::JsonTable;
use crate::store::StateDb;

/// A key of this box, the same after a restart, so that a page that is open meanwhile still works.
#[derive(Clone, Copy)]
pub(crate) struct PageKey([u8; 32]);

impl PageKey {
    pub(super) fn open(db: impl Into<StateDb>, random: &dyn RandomSource) -> Result<Self, IdentityError> {
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
        let code = hmac_sha256(&self.0, message.as_bytes());
        code[..16].iter().map(|b| format!("{b:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use redb::Database;
    use std::sync::Arc;

    use super::*;

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
