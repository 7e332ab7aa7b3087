//! Accounts, and whose they are.

use record::ids::AccountId;

use crate::db::PersonNumber;
use crate::db::person::people::ReaderChoice;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorDemand {
    Everybody,
    Nobody,
}

pub async fn platform_create(
    conn: &mut PlatformConnection,
    account: AccountId,
    name: &str,
    now_ms: i64,
) -> Result<AccountScope, DbError> {
    let sql = "INSERT INTO accounts (id, name, created_ms) VALUES ($1, $2, $3) RETURNING account";
    let row = opt!(conn, (i64,), sql, account.to_string(), name.to_owned(), now_ms)?;
    let (number,) = row.ok_or_else(|| DbError::stored("account", "it got no number"))?;
    Ok(AccountScope::of(number, account))
}

pub async fn platform_find(
    conn: &mut PlatformConnection,
    account: AccountId,
) -> Result<Option<AccountScope>, DbError> {
    let row = opt!(conn, (i64,), "SELECT account FROM accounts WHERE id = $1", account.to_string())?;
    Ok(row.map(|(number,)| AccountScope::of(number, account)))
}

pub(in crate::db) async fn platform_numbered(
    conn: &mut PlatformConnection,
    number: i64,
) -> Result<AccountScope, DbError> {
    let row = opt!(conn, (String,), "SELECT id FROM accounts WHERE account = $1", number)?;
    let (id,) = row.ok_or_else(|| DbError::stored("account", "a row names one that is not there"))?;
    AccountScope::read(number, &id)
}

/// How many locks others of this server wait for.
#[cfg(test)]
pub(crate) async fn platform_count_waiting(conn: &mut PlatformConnection) -> Result<i64, DbError> {
    let row = opt!(conn, (i64,), "SELECT COUNT(*) FROM pg_locks WHERE NOT granted")?;
    Ok(row.map_or(0, |(count,)| count))
}

pub(in crate::db) fn read_scopes(rows: &[(i64, String)]) -> Result<Vec<AccountScope>, DbError> {
    rows.iter().map(|(number, id)| AccountScope::read(*number, id)).collect()
}

/// Every account with its name, the oldest first.
pub async fn platform_list(conn: &mut PlatformConnection) -> Result<Vec<(String, String)>, DbError> {
    all!(conn, (String, String), "SELECT id, name FROM accounts ORDER BY id")
}

pub async fn platform_numbers(conn: &mut PlatformConnection) -> Result<Vec<(i64, String)>, DbError> {
    all!(conn, (i64, String), "SELECT account, id FROM accounts ORDER BY account")
}

/// An account, as whoever runs the platform sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountOverview {
    pub id: String,
    pub name: String,
    pub created_ms: i64,
    pub people: i64,
    pub facilities: i64,
    pub boxes: i64,
    /// When somebody last signed in to it, milliseconds since 1970.
    pub seen_ms: Option<i64>,
}

impl_from_row!(AccountOverview { id, name, created_ms, people, facilities, boxes, seen_ms });

pub async fn platform_overview(
    conn: &mut PlatformConnection,
    limit: i64,
) -> Result<Vec<AccountOverview>, DbError> {
    let sql = "SELECT a.id, a.name, a.created_ms, \
               (SELECT COUNT(*) FROM members m WHERE m.account = a.account AND m.disabled_ms IS NULL) AS people, \
               (SELECT COUNT(*) FROM facilities f WHERE f.account = a.account AND f.closed_ms IS NULL) AS facilities, \
               (SELECT COUNT(*) FROM boxes b WHERE b.account = a.account AND b.revoked_ms IS NULL) AS boxes, \
               (SELECT MAX(m.seen_ms) FROM members m WHERE m.account = a.account) AS seen_ms \
               FROM accounts a ORDER BY a.id DESC LIMIT $1";
    all!(conn, AccountOverview, sql, limit)
}

pub async fn save_brand(
    conn: &mut ScopedConnection,
    name: &str,
    accent: Option<&str>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE accounts SET name = $1, accent = $2 WHERE account = $3";
    exec!(conn, sql, name.to_owned(), accent.map(str::to_owned), scope.key()).map(drop)
}

pub async fn save_choice(conn: &mut ScopedConnection, choice: &ReaderChoice) -> Result<(), DbError> {
    let (scope, ReaderChoice { locale, zone }) = (conn.scope(), choice.clone());
    exec!(conn, "UPDATE accounts SET locale = $1, zone = $2 WHERE account = $3", locale, zone, scope.key())
        .map(drop)
}

pub async fn set_owner(conn: &mut ScopedConnection, person: PersonNumber) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE accounts SET owner = $1 WHERE account = $2";
    exec!(conn, sql, person.key(), scope.key()).map(drop)
}

pub async fn owner_email(conn: &mut ScopedConnection) -> Result<Option<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT p.email FROM accounts a JOIN people p ON p.person = a.owner WHERE a.account = $1";
    Ok(opt!(conn, (String,), sql, scope.key())?.map(|(email,)| email))
}

pub async fn find_name(conn: &mut ScopedConnection) -> Result<String, DbError> {
    let scope = conn.scope();
    let row = opt!(conn, (String,), "SELECT name FROM accounts WHERE account = $1", scope.key())?;
    Ok(row.map(|(name,)| name).unwrap_or_default())
}

pub async fn set_first_owner(conn: &mut ScopedConnection, person: PersonNumber) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE accounts SET owner = $1 WHERE account = $2 AND owner IS NULL";
    exec!(conn, sql, person.key(), scope.key()).map(drop)
}

/// Whether every member of the account needs a second factor.
pub async fn demands_factor(conn: &mut ScopedConnection) -> Result<bool, DbError> {
    let scope = conn.scope();
    let row = opt!(conn, (bool,), "SELECT second_factor FROM accounts WHERE account = $1", scope.key())?;
    Ok(row.is_some_and(|(demands,)| demands))
}

/// Demands a second factor of every member, or no longer. Whether it was otherwise before.
pub async fn set_second_factor(conn: &mut ScopedConnection, demand: FactorDemand) -> Result<bool, DbError> {
    let (scope, demands) = (conn.scope(), demand == FactorDemand::Everybody);
    let sql = "UPDATE accounts SET second_factor = $1 WHERE account = $2 AND second_factor <> $3";
    Ok(exec!(conn, sql, demands, scope.key(), demands)? == 1)
}

/// Takes the account's row for this transaction, so that changes of its people follow each other. Whether there is one.
pub async fn lock_account(conn: &mut ScopedConnection) -> Result<bool, DbError> {
    let scope = conn.scope();
    Ok(exec!(conn, "UPDATE accounts SET name = name WHERE account = $1", scope.key())? > 0)
}
