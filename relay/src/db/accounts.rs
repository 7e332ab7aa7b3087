//! Accounts, the people who sign in, API tokens, and the audit trail of what administrators did.

use record::ids::{AccountId, UserId};

use super::{AccountScope, Conn, DbError, all, exec};

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser<'a> {
    /// Their id.
    pub user_id: UserId,
    /// Lower case.
    pub email: &'a str,
    /// What they are called.
    pub name: &'a str,
    /// `account_admin`, `super_admin` or `auditor`.
    pub role: &'a str,
    /// PHC string of argon2id.
    pub password_hash: &'a str,
}

/// Makes an account.
///
/// # Errors
/// The database.
pub async fn platform_create(
    conn: &mut Conn,
    account: AccountId,
    name: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO accounts (account, name, created_ms) VALUES ($1, $2, $3)";
    exec!(conn, sql, account.to_string(), name.to_owned(), now_ms).map(drop)
}

/// Every account with its name, the oldest first.
///
/// # Errors
/// The database.
pub async fn platform_list(conn: &mut Conn) -> Result<Vec<(String, String)>, DbError> {
    all!(conn, (String, String), "SELECT account, name FROM accounts ORDER BY account")
}

/// Makes a user.
///
/// # Errors
/// The database; [`DbError::is_conflict`] where the address has a user already.
pub async fn create_user(
    conn: &mut Conn,
    scope: AccountScope,
    user: &NewUser<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO users (account, user_id, email, name, role, password_hash, disabled, created_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (email, name) = (user.email.to_owned(), user.name.to_owned());
    let (role, hash) = (user.role.to_owned(), user.password_hash.to_owned());
    exec!(conn, sql, scope.key(), user.user_id.to_string(), email, name, role, hash, false, now_ms).map(drop)
}

/// Keeps a token's digest.
///
/// # Errors
/// The database.
pub async fn create_token(
    conn: &mut Conn,
    scope: AccountScope,
    token_id: &str,
    name: &str,
    digest: &[u8],
    token_scope: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO api_tokens (account, token_id, name, digest, scope, created_ms, revoked_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, NULL)";
    let (id, name, token_scope) = (token_id.to_owned(), name.to_owned(), token_scope.to_owned());
    exec!(conn, sql, scope.key(), id, name, digest.to_vec(), token_scope, now_ms).map(drop)
}

/// Writes down what an administrator did.
///
/// # Errors
/// The database.
pub async fn audit(
    conn: &mut Conn,
    scope: AccountScope,
    audit_id: &str,
    (who, act, about): (&str, &str, &str),
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO audit (account, audit_id, at_ms, who, act, about) VALUES ($1, $2, $3, $4, $5, $6)";
    let (who, act, about) = (who.to_owned(), act.to_owned(), about.to_owned());
    exec!(conn, sql, scope.key(), audit_id.to_owned(), now_ms, who, act, about).map(drop)
}
