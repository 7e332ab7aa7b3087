//! Accounts, and how people come into them.

use record::ids::{AccountId, UserId};

use super::{AccountScope, DbConnection, DbError, all, exec};

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser<'a> {
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
pub async fn platform_create(
    conn: &mut DbConnection,
    account: AccountId,
    name: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO accounts (account, name, created_ms) VALUES ($1, $2, $3)";
    exec!(conn, sql, account.to_string(), name.to_owned(), now_ms).map(drop)
}

/// Every account with its name, the oldest first.
pub async fn platform_list(conn: &mut DbConnection) -> Result<Vec<(String, String)>, DbError> {
    all!(conn, (String, String), "SELECT account, name FROM accounts ORDER BY account")
}

/// Makes a user.
///
/// # Errors
/// The database; [`DbError::is_conflict`] where the address has a user already.
pub async fn create_user(
    conn: &mut DbConnection,
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

/// Takes the account's row for this transaction, so that changes of its people follow each other. Whether there is one.
pub async fn lock_account(conn: &mut DbConnection, scope: AccountScope) -> Result<bool, DbError> {
    Ok(exec!(conn, "UPDATE accounts SET name = name WHERE account = $1", scope.key())? > 0)
}
