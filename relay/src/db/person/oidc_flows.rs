//! Sign-ins that were sent to a provider and have not come back.

use record::tree::Hash;

use crate::db::PersonNumber;
use crate::db::{DbError, PlatformConnection, ScopedConnection, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFlow<'a> {
    /// SHA-256 of `state`.
    pub digest: Hash,
    /// SHA-256 of the secret in the browser's cookie.
    pub browser: Hash,
    pub provider: &'a str,
    pub next_path: &'a str,
    pub invitation: Option<Hash>,
    pub linking: Option<PersonNumber>,
    pub confirms: bool,
    pub expires_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRow {
    pub provider: String,
    pub next_path: String,
    invitation: Option<Vec<u8>>,
    linking: Option<i64>,
    pub confirms: bool,
}

impl_from_row!(FlowRow { provider, next_path, invitation, linking, confirms });

impl FlowRow {
    pub fn invitation(&self) -> Option<Hash> {
        self.invitation.as_ref().and_then(|digest| <[u8; 32]>::try_from(digest.as_slice()).ok()).map(Hash)
    }

    pub fn linking(&self) -> Option<PersonNumber> {
        self.linking.map(PersonNumber::of)
    }
}

pub async fn insert_flow(conn: &mut ScopedConnection, new: &NewFlow<'_>) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO oidc_flows (account, digest, provider, browser, next_path, invitation, linking, confirms, \
               expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (digest, browser) = (new.digest.0.to_vec(), new.browser.0.to_vec());
    let (provider, next) = (new.provider.to_owned(), new.next_path.to_owned());
    let (invitation, linking) = (new.invitation.map(|of| of.0.to_vec()), new.linking.map(PersonNumber::key));
    let account = scope.key();
    let (confirms, expires_ms) = (new.confirms, new.expires_ms);
    exec!(conn, sql, account, digest, provider, browser, next, invitation, linking, confirms, expires_ms)
        .map(drop)
}

/// Takes the one of this state, where this browser began it and its time is not over: it comes back once.
pub async fn platform_take(
    conn: &mut PlatformConnection,
    digest: Hash,
    browser: Hash,
    now_ms: i64,
) -> Result<Option<FlowRow>, DbError> {
    let sql = "DELETE FROM oidc_flows WHERE digest = $1 AND browser = $2 AND expires_ms > $3 \
               RETURNING provider, next_path, invitation, linking, confirms";
    opt!(conn, FlowRow, sql, digest.0.to_vec(), browser.0.to_vec(), now_ms)
}

pub async fn platform_delete_all(conn: &mut PlatformConnection) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM oidc_flows")
}

pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM oidc_flows WHERE expires_ms < $1", before_ms)
}
