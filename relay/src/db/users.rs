//! People who sign in, as far as signing in reads them.

use record::tree::Hash;

use super::{Conn, DbError, opt};

/// A person who may sign in.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UserRow {
    /// Their account.
    pub account: String,
    /// Their id.
    pub user_id: String,
    /// PHC string of argon2id.
    pub password_hash: String,
}

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
