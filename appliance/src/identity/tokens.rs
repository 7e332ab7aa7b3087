//! API tokens `ct_…` of programs: shown once, kept as a hash, revoked for good.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use redb::Database;
use serde::{Deserialize, Serialize};

use super::rows::Rows;
use super::{IdentityError, digest, new_secret};
use crate::random::Random;

/// What a token's text begins with, so that it is found where it leaked.
const PREFIX: &str = "ct_";

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Read.
    Read,
    /// Read, and give commands.
    Write,
}

impl std::str::FromStr for Scope {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            _ => Err("a scope is `read` or `write`"),
        }
    }
}

/// What the box knows about a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// What it is for, in the words of whoever made it.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// When it was made, milliseconds since 1970.
    pub made_ms: i64,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_ms: Option<i64>,
}

/// All tokens of the box.
pub struct Tokens {
    rows: Rows,
    known: Mutex<BTreeMap<String, ApiToken>>,
    random: Arc<dyn Random>,
}

impl Tokens {
    pub(super) fn open(db: Arc<Database>, random: Arc<dyn Random>) -> Result<Self, IdentityError> {
        let rows = Rows::open(db, "identity_tokens")?;
        let known = Mutex::new(rows.all()?.into_iter().collect());
        Ok(Self { rows, known, random })
    }

    /// Makes a token. Its text is given this once.
    ///
    /// # Errors
    /// It could not be kept.
    pub fn make(&self, name: &str, scope: Scope, now_ms: i64) -> Result<String, IdentityError> {
        let text = format!("{PREFIX}{}", new_secret(self.random.as_ref()));
        let token = ApiToken { name: name.to_owned(), scope, made_ms: now_ms, revoked_ms: None };
        self.rows.put(&digest(&text), &token)?;
        self.lock().insert(digest(&text), token);
        Ok(text)
    }

    /// The token with this text, if it is one and not revoked.
    pub fn find(&self, text: &str) -> Option<ApiToken> {
        if !text.starts_with(PREFIX) || text.len() > 128 {
            return None;
        }
        self.lock().get(&digest(text)).filter(|t| t.revoked_ms.is_none()).cloned()
    }

    /// Revokes a token by its text: whoever showed it where it can be read has spent it. True when it was a live one.
    ///
    /// # Errors
    /// It could not be written; the token is refused all the same, until a restart.
    pub fn revoke(&self, text: &str, now_ms: i64) -> Result<bool, IdentityError> {
        let Some(token) = self.find(text) else { return Ok(false) };
        let token = ApiToken { revoked_ms: Some(now_ms), ..token };
        self.lock().insert(digest(text), token.clone());
        self.rows.put(&digest(text), &token)?;
        Ok(true)
    }

    /// Every token that was ever made, revoked ones included.
    pub fn all(&self) -> Vec<ApiToken> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, ApiToken>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn a_token_is_revoked_for_good() {
        let dir = tempfile::tempdir().unwrap();
        let open = || {
            let db = Arc::new(Database::create(dir.path().join("state.redb")).unwrap());
            Tokens::open(db, Arc::new(SystemRandom)).unwrap()
        };
        let tokens = open();
        let (kept, spent) =
            (tokens.make("cmms", Scope::Read, 1).unwrap(), tokens.make("old", Scope::Write, 2).unwrap());
        assert!(kept.starts_with("ct_") && kept.len() == 46);
        assert!(tokens.revoke(&spent, 3).unwrap());
        assert!(!tokens.revoke(&spent, 4).unwrap());
        assert!(!tokens.revoke("ct_guess", 4).unwrap());
        drop(tokens);
        let tokens = open();
        assert_eq!(tokens.find(&kept).map(|t| t.scope), Some(Scope::Read));
        assert_eq!(tokens.find(&spent), None);
        assert_eq!(tokens.find(""), None);
        assert_eq!(tokens.all().len(), 2);
        let file = std::fs::read(dir.path().join("state.redb")).unwrap();
        assert!(!file.windows(40).any(|w| w == &kept.as_bytes()[3..43]), "only the hash is kept");
    }
}
