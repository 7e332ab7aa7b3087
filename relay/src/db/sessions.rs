//! Signed-in browsers.

use record::tree::Hash;

use super::{AccountScope, DbError, PlatformConnection, ScopedConnection, exec, impl_from_row, opt};

/// Sessions of one person: an older one ends when one more begins.
const SESSIONS_MAX: i64 = 20;

/// A session and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Number and id of the account that it is shown.
    account: i64,
    account_id: String,
    /// The person's id.
    pub user_id: String,
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their role, as `accounts::Role` writes it.
    pub role: String,
    /// The account's name.
    pub account_name: String,
    /// When they signed in, milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last used, milliseconds since 1970.
    pub used_ms: i64,
}

impl_from_row!(SessionRow {
    account,
    account_id,
    user_id,
    name,
    email,
    role,
    account_name,
    created_ms,
    used_ms
});

impl SessionRow {
    /// The account that it is shown.
    ///
    /// # Errors
    /// Its id cannot be read.
    pub fn scope(&self) -> Result<AccountScope, DbError> {
        AccountScope::read(self.account, &self.account_id)
    }
}

/// Keeps a new session; the person's oldest ones beyond a bound end.
pub async fn insert_session(
    conn: &mut ScopedConnection,
    digest: Hash,
    user_id: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql =
        "INSERT INTO sessions (account, digest, user_id, created_ms, used_ms) VALUES ($1, $2, $3, $4, $5)";
    exec!(conn, sql, scope.key(), digest.0.to_vec(), user_id, now_ms, now_ms)?;
    let sql = "DELETE FROM sessions WHERE account = $1 AND user_id = $2 AND digest NOT IN \
               (SELECT digest FROM sessions WHERE account = $3 AND user_id = $4 \
                ORDER BY created_ms DESC LIMIT $5)";
    exec!(conn, sql, scope.key(), user_id, scope.key(), user_id, SESSIONS_MAX)?;
    Ok(())
}

/// The session with this digest, if its person may still sign in.
pub async fn platform_find(
    conn: &mut PlatformConnection,
    digest: Hash,
) -> Result<Option<SessionRow>, DbError> {
    let sql = "SELECT s.account, a.id AS account_id, s.user_id, u.name, u.email, u.role, a.name AS account_name, s.created_ms, s.used_ms \
               FROM sessions s \
               JOIN users u ON u.account = s.account AND u.user_id = s.user_id \
               JOIN accounts a ON a.account = s.account \
               WHERE s.digest = $1 AND u.disabled = FALSE";
    opt!(conn, SessionRow, sql, digest.0.to_vec())
}

/// Writes down that it was used.
pub async fn touch_session(conn: &mut ScopedConnection, digest: Hash, now_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE sessions SET used_ms = $1 WHERE account = $2 AND digest = $3";
    exec!(conn, sql, now_ms, scope.key(), digest.0.to_vec()).map(drop)
}

/// Ends one session.
pub async fn delete_session(conn: &mut ScopedConnection, digest: Hash) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM sessions WHERE account = $1 AND digest = $2";
    exec!(conn, sql, scope.key(), digest.0.to_vec()).map(drop)
}

/// Ends every session of a person.
pub async fn delete_of_user(conn: &mut ScopedConnection, user_id: &str) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM sessions WHERE account = $1 AND user_id = $2";
    exec!(conn, sql, scope.key(), user_id).map(drop)
}

/// Ends sessions of every account that were begun or last used before these times.
pub async fn platform_delete_ended(
    conn: &mut PlatformConnection,
    begun_ms: i64,
    used_ms: i64,
) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM sessions WHERE created_ms < $1 OR used_ms < $2", begun_ms, used_ms)
}
