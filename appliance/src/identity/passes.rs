//! Passes of auditors: a code that lets somebody read until a moment, and do nothing else. Known here by a hash.

use std::sync::Arc;

use record::ids::StaffId;
use serde::{Deserialize, Serialize};
use service::random::RandomSource;

use super::rows::JsonTable;
use super::{IdentityError, SYMBOLS, secret_digest};
use crate::store::StateDb;

pub(super) const TABLE: &str = "identity_passes";
/// Symbols of a code, five bits each: who guesses has ten tries a minute.
const SYMBOLS_OF_CODE: usize = 12;

/// A pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditorPass {
    /// As whom its holder reads.
    pub staff: StaffId,
    /// Its end, milliseconds since 1970.
    pub until_ms: i64,
}

pub struct PassStore {
    rows: JsonTable,
    random: Arc<dyn RandomSource>,
}

/// No pass is made for longer; one that seems to last longer was made by a clock that was ahead.
const PASS_MS_MAX: i64 = 14 * 86_400_000;

impl AuditorPass {
    fn is_live(&self, now_ms: i64) -> bool {
        (1..=PASS_MS_MAX).contains(&(self.until_ms - now_ms))
    }
}

/// As people type it: in any case, with or without the hyphens.
fn code_digest(code: &str) -> String {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    secret_digest(&format!("pass {}", code.to_ascii_lowercase()))
}

impl PassStore {
    pub(super) fn open(db: StateDb, random: Arc<dyn RandomSource>) -> Result<Self, IdentityError> {
        Ok(Self { rows: JsonTable::open(db, TABLE)?, random })
    }

    /// Makes a pass: its code, such as `k3m9-x2w7-qd40`. Those that are over are forgotten.
    ///
    /// # Errors
    /// It could not be stored.
    pub fn make(&self, pass: AuditorPass, now_ms: i64) -> Result<String, IdentityError> {
        let bytes = self.random.bytes::<SYMBOLS_OF_CODE>();
        let symbols: Vec<char> = bytes.iter().map(|b| char::from(SYMBOLS[usize::from(b % 32)])).collect();
        let fours = symbols.chunks(4).map(|four| four.iter().collect::<String>());
        let code = fours.collect::<Vec<_>>().join("-");
        let over: Vec<(String, AuditorPass)> = self.rows.all()?;
        self.rows.change(|rows| {
            let over = over.iter().filter(|(_, pass)| !pass.is_live(now_ms));
            over.map(|(key, _)| key).try_for_each(|key| rows.remove(key))?;
            rows.put(&code_digest(&code), &pass)
        })?;
        Ok(code)
    }

    /// The pass of a code, unless it is over.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn find(&self, code: &str, now_ms: i64) -> Result<Option<AuditorPass>, IdentityError> {
        let found: Option<AuditorPass> = self.rows.get(&code_digest(code))?;
        Ok(found.filter(|pass| pass.is_live(now_ms)))
    }

    /// Those that are not over, by their ends.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn list(&self, now_ms: i64) -> Result<Vec<AuditorPass>, IdentityError> {
        let all: Vec<(String, AuditorPass)> = self.rows.all()?;
        let mut live: Vec<AuditorPass> =
            all.into_iter().map(|(_, pass)| pass).filter(|pass| pass.is_live(now_ms)).collect();
        live.sort_by_key(|pass| pass.until_ms);
        Ok(live)
    }
}
