//! Invitations: who was asked into an account by mail, and what they will be.

use record::tree::Hash;

use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation<'a> {
    pub invitation: &'a str,
    pub email: &'a str,
    /// As `accounts::UserRole` writes it.
    pub role: &'a str,
    /// JSON list of ids of facilities and regions; `None`: all.
    pub places: Option<&'a str>,
    /// When their time in the account ends, milliseconds since 1970.
    pub until_ms: Option<i64>,
    /// SHA-256 of the link's secret.
    pub digest: Hash,
    /// The e-mail address of whoever invites.
    pub made_by: &'a str,
    pub expires_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRow {
    account: i64,
    account_id: String,
    pub account_name: String,
    pub invitation: String,
    pub email: String,
    /// As `accounts::UserRole` writes it.
    pub role: String,
    pub all_facilities: bool,
    pub places: String,
    pub until_ms: Option<i64>,
    pub made_ms: i64,
    /// The e-mail address of whoever invited.
    pub made_by: String,
    pub expires_ms: i64,
}

impl_from_row!(InvitationRow {
    account,
    account_id,
    account_name,
    invitation,
    email,
    role,
    all_facilities,
    places,
    until_ms,
    made_ms,
    made_by,
    expires_ms
});

impl InvitationRow {
    pub fn scope(&self) -> Result<AccountScope, DbError> {
        AccountScope::read(self.account, &self.account_id)
    }
}

/// Those that are open are neither used nor revoked; one that has expired is listed still.
const OPEN: &str = "SELECT i.account, a.id AS account_id, a.name AS account_name, i.invitation, i.email, i.role, \
    i.all_facilities, i.places, i.until_ms, i.made_ms, i.made_by, i.expires_ms FROM invitations i \
    JOIN accounts a ON a.account = i.account WHERE i.used_ms IS NULL AND i.revoked_ms IS NULL";

pub async fn platform_revoke_all(conn: &mut PlatformConnection, now_ms: i64) -> Result<u64, DbError> {
    let sql = "UPDATE invitations SET revoked_ms = $1 WHERE used_ms IS NULL AND revoked_ms IS NULL";
    exec!(conn, sql, now_ms)
}

/// Keeps an invitation; an earlier one to the same address is revoked.
pub async fn insert_invitation(
    conn: &mut ScopedConnection,
    new: &NewInvitation<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE invitations SET revoked_ms = $1 WHERE account = $2 AND email = $3 AND used_ms IS NULL \
               AND revoked_ms IS NULL";
    exec!(conn, sql, now_ms, scope.key(), new.email.to_owned())?;
    let sql = "INSERT INTO invitations (account, invitation, email, role, all_facilities, places, until_ms, digest, \
               made_ms, made_by, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let (id, email, role) = (new.invitation.to_owned(), new.email.to_owned(), new.role.to_owned());
    let (all_facilities, places) = (new.places.is_none(), new.places.unwrap_or("[]").to_owned());
    let (digest, by) = (new.digest.0.to_vec(), new.made_by.to_owned());
    let key = scope.key();
    exec!(
        conn,
        sql,
        key,
        id,
        email,
        role,
        all_facilities,
        places,
        new.until_ms,
        digest,
        now_ms,
        by,
        new.expires_ms
    )
    .map(drop)
}

/// All of the account that are open, the newest first.
pub async fn list_open(conn: &mut ScopedConnection) -> Result<Vec<InvitationRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("{OPEN} AND i.account = $1 ORDER BY i.made_ms DESC, i.invitation LIMIT 500");
    all!(conn, InvitationRow, sqlx::AssertSqlSafe(sql), scope.key())
}

pub async fn find_open(
    conn: &mut ScopedConnection,
    invitation: &str,
) -> Result<Option<InvitationRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("{OPEN} AND i.account = $1 AND i.invitation = $2");
    opt!(conn, InvitationRow, sqlx::AssertSqlSafe(sql), scope.key(), invitation.to_owned())
}

pub async fn was_made(conn: &mut ScopedConnection, invitation: &str) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "SELECT made_ms FROM invitations WHERE account = $1 AND invitation = $2";
    Ok(opt!(conn, (i64,), sql, scope.key(), invitation.to_owned())?.is_some())
}

/// The open one whose link has this secret.
pub async fn platform_by_digest(
    conn: &mut PlatformConnection,
    digest: Hash,
) -> Result<Option<InvitationRow>, DbError> {
    let sql = format!("{OPEN} AND i.digest = $1");
    opt!(conn, InvitationRow, sqlx::AssertSqlSafe(sql), digest.0.to_vec())
}

/// Uses an invitation up. Whether it was open and not expired still.
pub async fn use_invitation(
    conn: &mut ScopedConnection,
    invitation: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE invitations SET used_ms = $1 WHERE account = $2 AND invitation = $3 AND used_ms IS NULL \
               AND revoked_ms IS NULL AND expires_ms > $4";
    Ok(exec!(conn, sql, now_ms, scope.key(), invitation.to_owned(), now_ms)? > 0)
}

pub async fn revoke_made_by(conn: &mut ScopedConnection, made_by: &str, now_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE invitations SET revoked_ms = $1 WHERE account = $2 AND made_by = $3 AND used_ms IS NULL \
               AND revoked_ms IS NULL";
    exec!(conn, sql, now_ms, scope.key(), made_by.to_owned()).map(drop)
}

/// Takes an invitation back. Whether it was open.
pub async fn revoke_invitation(
    conn: &mut ScopedConnection,
    invitation: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE invitations SET revoked_ms = $1 WHERE account = $2 AND invitation = $3 AND used_ms IS NULL \
               AND revoked_ms IS NULL";
    Ok(exec!(conn, sql, now_ms, scope.key(), invitation.to_owned())? > 0)
}
