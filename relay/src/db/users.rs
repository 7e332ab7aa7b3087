//! People who sign in, as far as signing in reads them.

use record::tree::Hash;

use super::{AccountScope, Conn, DbError, exec, impl_from_row, opt};

/// A person who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Their account.
    pub account: String,
    /// Their id.
    pub user_id: String,
    /// PHC string of argon2id.
    pub password_hash: String,
}

impl_from_row!(UserRow { account, user_id, password_hash });

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UserRow({})", self.user_id)
    }
}

/// The person with this e-mail address, in lower case, unless they were disabled.
///
/// # Errors
/// The database.
pub async fn platform_by_email(conn: &mut Conn, email: &str) -> Result<Option<UserRow>, DbError> {
    let sql = "SELECT account, user_id, password_hash FROM users WHERE email = $1 AND disabled = FALSE";
    opt!(conn, UserRow, sql, email.to_owned())
}

/// The account of the API token with this digest, unless it was revoked.
///
/// # Errors
/// The database.
pub async fn platform_by_token(conn: &mut Conn, digest: Hash) -> Result<Option<String>, DbError> {
    let sql = "SELECT account FROM api_tokens WHERE digest = $1 AND revoked_ms IS NULL";
    let row = opt!(conn, (String,), sql, digest.0.to_vec())?;
    Ok(row.map(|(account,)| account))
}

/// Lets a person sign in no more; their sessions end with it. Whether there was one.
///
/// # Errors
/// The database.
pub async fn disable(conn: &mut Conn, scope: AccountScope, email: &str) -> Result<bool, DbError> {
    let sql = "UPDATE users SET disabled = TRUE WHERE account = $1 AND email = $2";
    Ok(exec!(conn, sql, scope.key(), email.to_owned())? > 0)
}

/// Revokes an API token. Whether there was one to revoke.
///
/// # Errors
/// The database.
pub async fn revoke_token(
    conn: &mut Conn,
    scope: AccountScope,
    token_id: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql =
        "UPDATE api_tokens SET revoked_ms = $1 WHERE account = $2 AND token_id = $3 AND revoked_ms IS NULL";
    Ok(exec!(conn, sql, now_ms, scope.key(), token_id.to_owned())? > 0)
}
