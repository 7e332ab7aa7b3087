//! API tokens `ct_<id>_<secret>` of programs: shown once, stored as a hash, with an end, and revoked for good.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::code::is_hidden_in_text;
use record::ids::StaffId;
use record::kinds::{AccessChange, AccessChanged};
use serde::{Deserialize, Serialize};
use service::attempts::ClientNetwork;
use service::random::RandomSource;

use super::pending_keys::PendingKeys;
use super::rows::JsonTable;
use super::{IdentityError, new_row_id, new_secret, secret_digest};
use crate::store::StateDb;

pub(super) const TABLE: &str = "identity_tokens";
/// What a token's text begins with, so that it is found where it leaked.
const PREFIX: &str = "ct_";
const DAY_MS: i64 = 86_400_000;
const DAYS_MAX: u16 = 730;
/// Rows of tokens that have ended stay so long for later inspection.
const ENDED_RETENTION_MS: i64 = 400 * DAY_MS;
const ENDS_SOON_MS: i64 = 30 * DAY_MS;
const LIVE_MAX: usize = 500;
const NAME_CHARS_MAX: usize = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiTokenScope {
    Read,
    /// Read, and report cleanings.
    Record,
    Write,
}

impl ApiTokenScope {
    /// As people and programs write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Record => "record",
            Self::Write => "write",
        }
    }
}

impl std::str::FromStr for ApiTokenScope {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "read" => Ok(Self::Read),
            "record" => Ok(Self::Record),
            "write" => Ok(Self::Write),
            _ => Err("a scope is `read`, `record` or `write`"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenLife {
    /// So many days, 1 to 730.
    Days(u16),
    /// Until it is revoked. Somebody has to ask for it in words.
    Never,
}

impl Default for TokenLife {
    fn default() -> Self {
        Self::Days(365)
    }
}

impl std::str::FromStr for TokenLife {
    type Err = TokenRefusal;
    fn from_str(text: &str) -> Result<Self, TokenRefusal> {
        match text.trim() {
            "never" => Ok(Self::Never),
            days => days.parse().map(Self::Days).map_err(|_| TokenRefusal::Days),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenHand {
    Staff(StaffId),
    Socket,
    /// The box itself, because the token crossed the network in the clear.
    Clear,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// The part of its text that is no secret.
    pub id: String,
    pub name: String,
    pub scope: ApiTokenScope,
    pub made_ms: i64,
    pub made_by: TokenHand,
    /// When it ends; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<TokenHand>,
    /// The last day on which it was used, days since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_day: Option<i64>,
    /// The network that used it first on that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_from: Option<String>,
    /// The page that made it, hashed, so that a page that is sent twice makes one token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    submission: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    Live,
    Expired,
    Revoked,
}

impl ApiToken {
    /// Whether it is in force at `now_ms`.
    pub fn state(&self, now_ms: i64) -> TokenState {
        match (self.revoked_ms, self.expires_ms) {
            (Some(_), _) => TokenState::Revoked,
            (None, Some(end_ms)) if end_ms <= now_ms => TokenState::Expired,
            _ => TokenState::Live,
        }
    }

    pub fn ends_soon(&self, now_ms: i64) -> Option<i64> {
        let end_ms = self.expires_ms.filter(|_| self.state(now_ms) == TokenState::Live)?;
        (end_ms - now_ms <= ENDS_SOON_MS).then_some(end_ms)
    }

    pub fn log_change(&self, what: AccessChange) -> AccessChanged {
        let staff = match self.made_by {
            TokenHand::Staff(staff) => Some(staff),
            TokenHand::Socket | TokenHand::Clear => None,
        };
        let (name, scope) = (self.name.clone(), self.scope.word().parse().ok());
        AccessChanged { name, scope, until: self.expires_ms, ..AccessChanged::new(what, staff) }
    }

    fn note_use(&mut self, day: i64, network: String) {
        (self.used_day, self.used_from) = (Some(day), Some(network));
    }

    fn is_forgotten(&self, now_ms: i64) -> bool {
        let ended = [self.revoked_ms, self.expires_ms].into_iter().flatten().min();
        self.state(now_ms) != TokenState::Live && ended.is_some_and(|ms| ms + ENDED_RETENTION_MS < now_ms)
    }
}

#[derive(Debug, Clone)]
pub struct NewToken {
    pub name: String,
    pub scope: ApiTokenScope,
    pub life: TokenLife,
    pub made_by: TokenHand,
    pub submission: Option<String>,
}

/// Why a token is not made or not revoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum TokenRefusal {
    Name,
    Days,
    TooMany,
    Repeated,
    /// No token in force has this id or name.
    Unknown(String),
    Ambiguous {
        name: String,
        ids: Vec<String>,
    },
}

pub struct ApiTokenStore {
    rows: JsonTable,
    known: Mutex<BTreeMap<String, ApiToken>>,
    /// Those of which a first use of the day is not written down yet.
    unsaved: PendingKeys,
    random: Arc<dyn RandomSource>,
}

impl ApiTokenStore {
    pub(super) fn open(db: impl Into<StateDb>, random: Arc<dyn RandomSource>) -> Result<Self, IdentityError> {
        let rows = JsonTable::open(db, TABLE)?;
        let known = Mutex::new(rows.all()?.into_iter().collect());
        Ok(Self { rows, known, unsaved: PendingKeys::default(), random })
    }

    /// Makes a token: its row, and its text, which is given this once.
    ///
    /// # Errors
    /// The inner one says what does not fit, the outer one that it could not be stored.
    pub fn make(
        &self,
        new: &NewToken,
        now_ms: i64,
    ) -> Result<Result<(ApiToken, String), TokenRefusal>, IdentityError> {
        let submission = new.submission.as_deref().map(secret_digest);
        let name = new.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(is_hidden_in_text) {
            return Ok(Err(TokenRefusal::Name));
        }
        let expires_ms = match new.life {
            TokenLife::Never => None,
            TokenLife::Days(days) if (1..=DAYS_MAX).contains(&days) => {
                Some(now_ms + i64::from(days) * DAY_MS)
            }
            TokenLife::Days(_) => return Ok(Err(TokenRefusal::Days)),
        };
        let (key, token, text) = {
            let mut known = self.lock();
            if submission.is_some() && known.values().any(|t| t.submission == submission) {
                return Ok(Err(TokenRefusal::Repeated));
            }
            if known.values().filter(|t| t.state(now_ms) == TokenState::Live).count() >= LIVE_MAX {
                return Ok(Err(TokenRefusal::TooMany));
            }
            let id = self.new_id(&known);
            let text = format!("{PREFIX}{id}_{}", new_secret(self.random.as_ref()));
            let token = ApiToken {
                id,
                name,
                scope: new.scope,
                made_ms: now_ms,
                made_by: new.made_by,
                expires_ms,
                revoked_ms: None,
                revoked_by: None,
                used_day: None,
                used_from: None,
                submission,
            };
            known.insert(secret_digest(&text), token.clone());
            (secret_digest(&text), token, text)
        };
        let stored = self.rows.change(|rows| match rows.get::<ApiToken>(&key)? {
            // Somebody saw it in the list and has revoked it already.
            Some(_) => Ok(()),
            None => rows.put(&key, &token),
        });
        if let Err(error) = stored {
            // What is not on disk was never made.
            self.lock().remove(&key);
            return Err(error);
        }
        Ok(Ok((token, text)))
    }

    fn new_id(&self, known: &BTreeMap<String, ApiToken>) -> String {
        loop {
            let id = new_row_id(self.random.as_ref());
            if known.values().all(|token| token.id != id) {
                return id;
            }
        }
    }

    pub fn find(&self, text: &str) -> Option<ApiToken> {
        if !text.starts_with(PREFIX) || text.len() > 128 {
            return None;
        }
        self.lock().get(&secret_digest(text)).cloned()
    }

    /// Notes that the token with this text was used, once a day; nothing is written before [`ApiTokenStore::save_uses`].
    pub fn note_use(&self, text: &str, from: IpAddr, now_ms: i64) {
        let (key, today) = (secret_digest(text), now_ms.div_euclid(DAY_MS));
        let is_noted = match self.lock().get_mut(&key) {
            Some(token) if token.used_day != Some(today) => {
                token.note_use(today, ClientNetwork::of(from).to_string());
                true
            }
            _ => false,
        };
        if is_noted {
            self.unsaved.note(key);
        }
    }

    /// Writes down which tokens were used, all in one transaction; nothing where none was.
    ///
    /// # Errors
    /// It could not be written: it is tried again with the next.
    pub fn save_uses(&self) -> Result<(), IdentityError> {
        self.unsaved.save(|keys| self.write_uses(keys))
    }

    /// Only the use is written, into the row as it is by now: whoever revoked the token meanwhile has revoked it.
    fn write_uses(&self, keys: &BTreeSet<String>) -> Result<(), IdentityError> {
        let used: Vec<(&String, ApiToken)> = {
            let known = self.lock();
            keys.iter().filter_map(|key| Some((key, known.get(key)?.clone()))).collect()
        };
        self.rows.change(|rows| {
            for (key, token) in used {
                if let Some(row) = rows.get::<ApiToken>(key)? {
                    let (used_day, used_from) = (token.used_day, token.used_from);
                    rows.put(key, &ApiToken { used_day, used_from, ..row })?;
                }
            }
            Ok(())
        })
    }

    /// Revokes a token by its text: one that was shown where it can be read is compromised. The token, if it was in force.
    ///
    /// # Errors
    /// It could not be written; the token is refused all the same, until a restart.
    pub fn revoke_shown(&self, text: &str, now_ms: i64) -> Result<Option<ApiToken>, IdentityError> {
        let live = self.find(text).filter(|t| t.state(now_ms) == TokenState::Live);
        live.map(|token| self.end(&token.id, TokenHand::Clear, now_ms)).transpose().map(Option::flatten)
    }

    /// Revokes a token by its id, or by its name if no other token in force has it.
    ///
    /// # Errors
    /// The inner one says that it is not clear which, the outer one is that of [`ApiTokenStore::revoke_shown`], or there is none
    /// while the file of tokens is not open: the next start may know it.
    pub fn revoke(
        &self,
        which: &str,
        by: TokenHand,
        now_ms: i64,
    ) -> Result<Result<ApiToken, TokenRefusal>, IdentityError> {
        let live: Vec<ApiToken> =
            self.all().into_iter().filter(|t| t.state(now_ms) == TokenState::Live).collect();
        let by_id = live.iter().find(|t| t.id.eq_ignore_ascii_case(which));
        let named: Vec<&ApiToken> = live.iter().filter(|t| t.name == which).collect();
        let id = match (by_id, named.as_slice()) {
            (Some(token), _) => &token.id,
            (None, [token]) => &token.id,
            (None, []) => {
                // The file may have it, and the next start reads that again.
                self.rows.expect_lasting()?;
                return Ok(Err(TokenRefusal::Unknown(which.to_owned())));
            }
            (None, several) => {
                let ids = several.iter().map(|t| t.id.clone()).collect();
                return Ok(Err(TokenRefusal::Ambiguous { name: which.to_owned(), ids }));
            }
        };
        let ended = self.end(id, by, now_ms)?;
        Ok(ended.ok_or_else(|| TokenRefusal::Unknown(which.to_owned())))
    }

    fn end(&self, id: &str, by: TokenHand, now_ms: i64) -> Result<Option<ApiToken>, IdentityError> {
        let ended = {
            let mut known = self.lock();
            let found = known.iter_mut().find(|(_, t)| t.id == id && t.revoked_ms.is_none());
            found.map(|(key, token)| {
                (token.revoked_ms, token.revoked_by) = (Some(now_ms), Some(by));
                (key.clone(), token.clone())
            })
        };
        let Some((key, token)) = ended else { return Ok(None) };
        self.rows.change(|rows| {
            // What was noted of its use meanwhile stays.
            let row = rows.get::<ApiToken>(&key)?.unwrap_or_else(|| token.clone());
            let (revoked_ms, revoked_by) = (token.revoked_ms, token.revoked_by);
            rows.put(&key, &ApiToken { revoked_ms, revoked_by, ..row })
        })?;
        Ok(Some(token))
    }

    /// Takes the rows away that ended long ago, by a time that is sure. Blocks for the disk where there are such.
    ///
    /// # Errors
    /// They could not be taken away.
    pub fn forget_ended(&self, now_ms: i64) -> Result<(), IdentityError> {
        let forgotten: Vec<String> = {
            let mut known = self.lock();
            let keys = known.iter().filter(|(_, t)| t.is_forgotten(now_ms)).map(|(key, _)| key.clone());
            let keys: Vec<String> = keys.collect();
            for key in &keys {
                known.remove(key);
            }
            keys
        };
        if forgotten.is_empty() {
            return Ok(());
        }
        self.rows.change(|rows| forgotten.iter().try_for_each(|key| rows.remove(key)))
    }

    /// Every token, newest first; those that have ended are kept for 400 days.
    pub fn all(&self) -> Vec<ApiToken> {
        let mut all: Vec<ApiToken> = self.lock().values().cloned().collect();
        all.sort_by(|a, b| b.made_ms.cmp(&a.made_ms).then_with(|| a.id.cmp(&b.id)));
        all
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, ApiToken>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use redb::Database;
    use service::random::SystemRandom;

    use super::*;
    use crate::counted_disk::CountedDisk;

    const NOW: i64 = 1_763_610_000_000;

    fn new(name: &str, life: TokenLife) -> NewToken {
        NewToken {
            name: name.into(),
            scope: ApiTokenScope::Read,
            life,
            made_by: TokenHand::Socket,
            submission: None,
        }
    }

    fn open(dir: &std::path::Path) -> ApiTokenStore {
        let db = Arc::new(Database::create(dir.join("state.redb")).unwrap());
        ApiTokenStore::open(db, Arc::new(SystemRandom)).unwrap()
    }

    #[test]
    fn a_token_is_revoked_for_good() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = open(dir.path());
        let (row, stored) = tokens.make(&new("cmms", TokenLife::default()), NOW).unwrap().unwrap();
        let (_, spent) = tokens.make(&new("old", TokenLife::Never), NOW).unwrap().unwrap();
        assert_eq!(
            (stored.len(), &stored[..3], &stored[3..11], &stored[11..12]),
            (55, "ct_", row.id.as_str(), "_")
        );
        assert!(tokens.revoke_shown(&spent, NOW + 3).unwrap().is_some());
        assert_eq!(tokens.revoke_shown(&spent, NOW + 4).unwrap(), None);
        assert_eq!(tokens.revoke_shown("ct_guess", NOW + 4).unwrap(), None);
        drop(tokens);
        let tokens = open(dir.path());
        let state = |text: &str, at_ms| tokens.find(text).map(|t| t.state(at_ms));
        assert_eq!(state(&stored, NOW), Some(TokenState::Live));
        assert_eq!(state(&stored, NOW + 365 * DAY_MS), Some(TokenState::Expired));
        assert_eq!(state(&spent, NOW), Some(TokenState::Revoked));
        assert_eq!(tokens.find(&spent).and_then(|t| t.revoked_by), Some(TokenHand::Clear));
        assert_eq!(state("", NOW), None);
        let file = std::fs::read(dir.path().join("state.redb")).unwrap();
        assert!(!file.windows(40).any(|w| w == &stored.as_bytes()[12..52]), "only the hash is kept");
        assert!(file.windows(8).any(|w| w == row.id.as_bytes()), "the id is kept in clear");
    }

    #[test]
    fn lives_have_bounds_and_ends_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = open(dir.path());
        for (text, fits) in [("1", true), ("730", true), ("never", true), ("0", false), ("731", false)] {
            let life = text.parse().unwrap();
            assert_eq!(tokens.make(&new("x", life), NOW).unwrap().is_ok(), fits, "{text}");
        }
        for text in ["", "Never", "-1", "99999", "soon"] {
            assert_eq!(text.parse::<TokenLife>(), Err(TokenRefusal::Days), "{text}");
        }
        for name in ["", " ", "a\u{7}b", "a\u{202e}b", "\u{200b}", &"x".repeat(61)] {
            assert_eq!(tokens.make(&new(name, TokenLife::Never), NOW).unwrap(), Err(TokenRefusal::Name));
        }
        let (row, _) = tokens.make(&new("soon", TokenLife::Days(60)), NOW).unwrap().unwrap();
        assert_eq!(row.ends_soon(NOW + 29 * DAY_MS), None);
        assert_eq!(row.ends_soon(NOW + 30 * DAY_MS), row.expires_ms);
        assert_eq!(row.ends_soon(NOW + 60 * DAY_MS), None, "it has ended");
        let twice = NewToken { submission: Some("page".into()), ..new("page", TokenLife::Never) };
        assert!(tokens.make(&twice, NOW).unwrap().is_ok());
        assert_eq!(tokens.make(&twice, NOW).unwrap(), Err(TokenRefusal::Repeated));
    }

    #[test]
    fn a_name_that_two_have_revokes_neither() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = open(dir.path());
        let make = |name: &str| tokens.make(&new(name, TokenLife::Never), NOW).unwrap().unwrap().0.id;
        let (first, second) = (make("cmms"), make("cmms"));
        let revoke = |which: &str| tokens.revoke(which, TokenHand::Socket, NOW).unwrap();
        let words = revoke("cmms").unwrap_err().to_string();
        assert!(words.contains(&first) && words.contains(&second), "{words}");
        assert_eq!(revoke(&first.to_uppercase()).map(|t| t.id), Ok(first));
        assert_eq!(revoke("cmms").map(|t| t.id), Ok(second));
        assert_eq!(revoke("cmms"), Err(TokenRefusal::Unknown("cmms".into())));
    }

    #[test]
    fn what_ended_stays_400_days_and_what_lives_stays() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = open(dir.path());
        tokens.make(&new("ends", TokenLife::Days(1)), NOW).unwrap().unwrap();
        tokens.make(&new("revoked", TokenLife::Never), NOW).unwrap().unwrap();
        tokens.make(&new("lives", TokenLife::Never), NOW).unwrap().unwrap();
        tokens.revoke("revoked", TokenHand::Socket, NOW).unwrap().unwrap();
        let make = |at_ms| tokens.make(&new("new", TokenLife::Never), at_ms).unwrap().unwrap();
        make(NOW + 400 * DAY_MS);
        assert_eq!(tokens.all().len(), 4);
        make(NOW + 402 * DAY_MS);
        assert_eq!(tokens.all().len(), 5, "nobody said that the time is sure");
        tokens.forget_ended(NOW + 402 * DAY_MS).unwrap();
        assert_eq!(tokens.all().iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["new", "new", "lives"]);
        drop(tokens);
        assert_eq!(open(dir.path()).all().len(), 3);
    }

    #[test]
    fn a_token_that_is_revoked_while_it_is_used_stays_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let tokens = open(dir.path());
        let (row, text) = tokens.make(&new("cmms", TokenLife::Never), NOW).unwrap().unwrap();
        // A request has found it in force; before its use is written, it is revoked.
        tokens.note_use(&text, [10, 0, 0, 9].into(), NOW);
        let (key, used) = (secret_digest(&text), tokens.find(&text).unwrap());
        tokens.revoke(&row.id, TokenHand::Socket, NOW + 1).unwrap().unwrap();
        tokens.lock().extend([(key, used.clone()), ("forgotten".to_owned(), used)]);
        tokens.unsaved.note("forgotten".to_owned());
        tokens.save_uses().unwrap();
        drop(tokens);
        let tokens = open(dir.path());
        let found = tokens.find(&text).unwrap();
        assert_eq!((found.state(NOW + 2), found.revoked_by), (TokenState::Revoked, Some(TokenHand::Socket)));
        assert_eq!((found.used_day, tokens.all().len()), (Some(NOW / DAY_MS), 1));
    }

    #[test]
    fn a_use_is_noted_once_a_day_and_written_later() {
        let (db, syncs) = CountedDisk::open();
        let open = || ApiTokenStore::open(db.clone(), Arc::new(SystemRandom)).unwrap();
        let tokens = open();
        let (_, text) = tokens.make(&new("cmms", TokenLife::Never), NOW).unwrap().unwrap();
        let from = |n: u8| IpAddr::from([10, 0, 0, n]);
        let seen = |tokens: &ApiTokenStore| tokens.find(&text).map(|t| (t.used_day, t.used_from));
        let before = syncs.count();
        tokens.note_use(&text, from(9), NOW);
        tokens.note_use(&text, from(8), NOW + 1);
        assert_eq!(seen(&tokens), Some((Some(NOW / DAY_MS), Some("10.0.0.9".into()))));
        tokens.note_use(&text, "2001:db8:1:2:3::4".parse().unwrap(), NOW + DAY_MS);
        let last = Some((Some(NOW / DAY_MS + 1), Some("2001:db8:1:2::/64".into())));
        assert_eq!((seen(&tokens), syncs.count()), (last.clone(), before));
        tokens.save_uses().unwrap();
        let once = syncs.count();
        tokens.save_uses().unwrap();
        assert_eq!((seen(&open()), syncs.count() > before), (last, true));
        tokens.note_use(&text, from(9), NOW + DAY_MS + 1);
        let before = syncs.count();
        tokens.save_uses().unwrap();
        assert_eq!((syncs.count(), before >= once), (before, true), "nothing was left");
    }
}
