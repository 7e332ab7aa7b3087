//! People who sign in: as signing in reads them, and as an admin sees them.

use super::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

/// A person who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Number and id of the account that they are of.
    account: i64,
    account_id: String,
    pub user_id: String,
    /// PHC string of argon2id.
    pub password_hash: String,
}

impl_from_row!(UserRow { account, account_id, user_id, password_hash });

impl UserRow {
    /// The account that they are of.
    ///
    /// # Errors
    /// Its id cannot be read.
    pub fn scope(&self) -> Result<AccountScope, DbError> {
        AccountScope::read(self.account, &self.account_id)
    }
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UserRow({})", self.user_id)
    }
}

/// The person with this e-mail address, in lower case, unless they were disabled.
pub async fn platform_by_email(
    conn: &mut PlatformConnection,
    email: &str,
) -> Result<Option<UserRow>, DbError> {
    let sql = "SELECT u.account, a.id AS account_id, u.user_id, u.password_hash \
               FROM users u JOIN accounts a ON a.account = u.account WHERE u.email = $1 AND u.disabled = FALSE";
    opt!(conn, UserRow, sql, email.to_owned())
}

/// A person as a list shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    pub user_id: String,
    /// Their e-mail address.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// As `accounts::Role` writes it.
    pub role: String,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// When they came into the account, milliseconds since 1970.
    pub created_ms: i64,
    /// When they signed in last.
    pub signed_in_ms: Option<i64>,
    /// Browsers in which they are signed in.
    pub sessions: i64,
}

impl_from_row!(PersonRow { user_id, email, name, role, disabled, created_ms, signed_in_ms, sessions });

/// Sessions count that were begun and last used after these times.
const PERSON: &str = "SELECT u.user_id, u.email, u.name, u.role, u.disabled, u.created_ms, u.signed_in_ms, \
    (SELECT COUNT(*) FROM sessions s WHERE s.account = u.account AND s.user_id = u.user_id \
     AND s.created_ms > $1 AND s.used_ms > $2) AS sessions FROM users u";

/// Everybody of the account, those who may sign in first, then by name.
pub async fn list_users(
    conn: &mut ScopedConnection,
    (begun_ms, used_ms): (i64, i64),
) -> Result<Vec<PersonRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("{PERSON} WHERE u.account = $3 ORDER BY u.disabled, u.name, u.user_id");
    all!(conn, PersonRow, sqlx::AssertSqlSafe(sql.clone()), begun_ms, used_ms, scope.key())
}

/// One person of the account.
pub async fn find_user(
    conn: &mut ScopedConnection,
    user_id: &str,
    (begun_ms, used_ms): (i64, i64),
) -> Result<Option<PersonRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("{PERSON} WHERE u.account = $3 AND u.user_id = $4");
    let id = user_id.to_owned();
    opt!(conn, PersonRow, sqlx::AssertSqlSafe(sql.clone()), begun_ms, used_ms, scope.key(), id)
}

/// Id and role of the person of the account with this e-mail address, in lower case.
pub async fn id_and_role(
    conn: &mut ScopedConnection,
    email: &str,
) -> Result<Option<(String, String)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT user_id, role FROM users WHERE account = $1 AND email = $2";
    opt!(conn, (String, String), sql, scope.key(), email.to_owned())
}

/// How many people of the account may sign in and have one of two roles.
pub async fn count_users(conn: &mut ScopedConnection, roles: [&str; 2]) -> Result<i64, DbError> {
    let scope = conn.scope();
    let [one, other] = roles.map(str::to_owned);
    let sql = "SELECT COUNT(*) FROM users WHERE account = $1 AND disabled = FALSE AND role IN ($2, $3)";
    Ok(opt!(conn, (i64,), sql, scope.key(), one, other)?.map_or(0, |(count,)| count))
}

/// Keeps that a person signed in. Whether they still may.
pub async fn signed_in(conn: &mut ScopedConnection, user_id: &str, now_ms: i64) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE users SET signed_in_ms = $1 WHERE account = $2 AND user_id = $3 AND disabled = FALSE";
    Ok(exec!(conn, sql, now_ms, scope.key(), user_id.to_owned())? > 0)
}

/// Keeps another password of a person, as its hash.
pub async fn set_password(conn: &mut ScopedConnection, user_id: &str, hash: &str) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE users SET password_hash = $1 WHERE account = $2 AND user_id = $3";
    exec!(conn, sql, hash.to_owned(), scope.key(), user_id.to_owned()).map(drop)
}

/// Says whether a person may sign in. Whether that was news.
pub async fn set_disabled(
    conn: &mut ScopedConnection,
    user_id: &str,
    disabled: bool,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE users SET disabled = $1 WHERE account = $2 AND user_id = $3 AND disabled <> $4";
    Ok(exec!(conn, sql, disabled, scope.key(), user_id.to_owned(), disabled)? > 0)
}
