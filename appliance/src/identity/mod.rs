//! Who somebody is: PINs and the tries at them, badges, sessions, API tokens, the audit of access, and the facility's own certificate
//! authority.

mod access_audit;
mod addresses;
mod attempts;
mod authority;
mod badges;
mod hash_queue;
mod hmac;
mod page_key;
mod passes;
mod pending_keys;
mod pins;
mod removals;
mod rows;
mod sessions;
mod tokens;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use service::random::RandomSource;

use crate::store::disk::{Disk, is_disk_error};
use crate::store::{RowReader, StateDb};

pub use self::access_audit::{AccessAudit, AccessCaller, AccessOutcome, AccessRow, AccessTarget};
pub use self::addresses::own_addresses;
pub use self::attempts::{LockedUntil, WrongPins};
pub use self::authority::{AuthorityError, BoxAuthority, CA_NAME, CaCertificate, OpenedAuthority};
pub use self::badges::{BADGES_MAX, BadgeCode, BadgeRefusal, BadgeStore, NewBadge, StaffBadge};
pub(crate) use self::page_key::PageKey;
pub use self::passes::{AuditorPass, PassStore};
pub use self::pins::{PinAttempt, PinForm, PinOutcome, PinStore, pin_digits_min};
pub use self::removals::{RemovalNotes, RemovedAccess, UnloggedRemoval};
pub(crate) use self::sessions::form_token;
pub use self::sessions::{BrowserUse, HeldPin, SessionRow, SessionStore};
pub use self::tokens::{
    ApiToken, ApiTokenScope, ApiTokenStore, NewToken, TokenHand, TokenLife, TokenRefusal, TokenState,
};

/// Tables of `state.redb` that are of one box and no other: who signed in at this one, and which programs it let in.
pub const PASSING_TABLES: &[&str] = &[passes::TABLE, sessions::TABLE, tokens::TABLE];

pub const ROW_READERS: &[(&str, RowReader)] = &[
    (badges::TABLE, reads_as::<StaffBadge>),
    (passes::TABLE, reads_as::<AuditorPass>),
    (pins::TABLE, reads_as::<pins::PinRow>),
    (tokens::TABLE, reads_as::<ApiToken>),
    (removals::TABLE, reads_as::<UnloggedRemoval>),
];

fn reads_as<T: DeserializeOwned>(row: &[u8]) -> bool {
    serde_json::from_slice::<T>(row).is_ok()
}

/// An operation that failed on `state.redb`.
#[derive(Debug, thiserror::Error)]
#[error("the table of {table} could not be read or written")]
pub struct IdentityError {
    table: &'static str,
    #[source]
    source: Box<redb::Error>,
}

impl IdentityError {
    /// Whether only space is lacking: nothing is wrong with the file.
    pub fn is_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match &*self.source {
            redb::Error::Io(e) => matches!(e.kind(), StorageFull | QuotaExceeded),
            redb::Error::PreviousIo => true,
            _ => false,
        }
    }

    /// Whether the disk failed, which says nothing about what the file holds.
    pub fn is_of_disk(&self) -> bool {
        match &*self.source {
            redb::Error::Io(e) => is_disk_error(e),
            redb::Error::PreviousIo => true,
            _ => false,
        }
    }
}

#[derive(Clone)]
pub struct IdentityStores {
    pub pins: Arc<PinStore>,
    pub badges: Arc<BadgeStore>,
    /// What was taken off staff and is not in the log.
    pub removals: Arc<RemovalNotes>,
    pub sessions: Arc<SessionStore>,
    pub tokens: Arc<ApiTokenStore>,
    pub passes: Arc<PassStore>,
    pub access: Arc<AccessAudit>,
    pub(crate) page_key: PageKey,
}

impl IdentityStores {
    /// Reads what `state.redb` knows.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn open(
        state: StateDb,
        disk: Arc<dyn Disk>,
        random: &Arc<dyn RandomSource>,
    ) -> Result<Self, IdentityError> {
        Ok(Self {
            pins: Arc::new(PinStore::open(state.clone(), random.clone())?),
            badges: Arc::new(BadgeStore::open(state.clone(), disk, random.clone())?),
            removals: Arc::new(RemovalNotes::open(state.clone())?),
            sessions: Arc::new(SessionStore::open(state.clone(), random.clone())?),
            tokens: Arc::new(ApiTokenStore::open(state.clone(), random.clone())?),
            passes: Arc::new(PassStore::open(state.clone(), random.clone())?),
            access: Arc::new(AccessAudit::open(state.clone())?),
            page_key: PageKey::open(state, random.as_ref())?,
        })
    }

    /// Writes down which sessions and tokens were used.
    ///
    /// # Errors
    /// A table cannot be written: it is tried again with the next.
    pub fn save_uses(&self) -> Result<(), IdentityError> {
        self.sessions.save_uses().and(self.tokens.save_uses())
    }

    /// Checks one typed PIN: the only function by which any page or program does. Blocks for the hash, the disk and its turn.
    ///
    /// # Errors
    /// A table cannot be read or written; then nothing was looked at.
    pub fn check_pin(&self, attempt: &PinAttempt) -> Result<PinOutcome, IdentityError> {
        self.pins.check(attempt)
    }
}

/// A secret of 256 random bits, as text that a cookie or a header can carry.
fn new_secret(random: &dyn RandomSource) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random.bytes::<32>())
}

/// Crockford's base32 in small letters: nothing in it is mistaken for something else.
const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn new_row_id(random: &dyn RandomSource) -> String {
    random.bytes::<8>().iter().map(|b| char::from(SYMBOLS[usize::from(b % 32)])).collect()
}

/// The stored form of a secret. It has 256 bits, so a plain hash cannot be guessed back.
fn secret_digest(secret: &str) -> String {
    record::tree::Hash::of(secret.as_bytes()).to_string()
}
