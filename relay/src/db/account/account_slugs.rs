//! Short names of accounts, the present ones and earlier ones that lead on.

use record::ids::AccountId;
use record::tree::Hash;

use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlugRow {
    pub slug: String,
    /// Until when it leads on; absent of the present one.
    pub until_ms: Option<i64>,
}

impl_from_row!(SlugRow { slug, until_ms });

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAccount {
    account_id: String,
    pub name: String,
    pub accent: Option<String>,
    logo: Option<Vec<u8>>,
    pub present: String,
}

impl_from_row!(NamedAccount { account_id, name, accent, logo, present });

impl NamedAccount {
    /// SHA-256 of the picture at the head of its pages.
    pub fn logo(&self) -> Option<Hash> {
        self.logo.as_ref().and_then(|logo| <[u8; 32]>::try_from(logo.as_slice()).ok()).map(Hash)
    }

    pub fn account(&self) -> Result<AccountId, DbError> {
        self.account_id.parse().map_err(|e| DbError::stored("account id", e))
    }
}

pub async fn platform_find(
    conn: &mut PlatformConnection,
    slug: &str,
    now_ms: i64,
) -> Result<Option<NamedAccount>, DbError> {
    let sql = "SELECT a.id AS account_id, a.name, a.accent, a.logo, p.slug AS present FROM account_slugs s \
               JOIN accounts a ON a.account = s.account \
               JOIN account_slugs p ON p.account = s.account AND p.until_ms IS NULL \
               WHERE s.slug = $1 AND (s.until_ms IS NULL OR s.until_ms > $2)";
    opt!(conn, NamedAccount, sql, slug.to_owned(), now_ms)
}

/// Gives a new account a short name. Whether nobody has it.
pub async fn platform_take(
    conn: &mut PlatformConnection,
    scope: AccountScope,
    slug: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql =
        "INSERT INTO account_slugs (slug, account, since_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    Ok(exec!(conn, sql, slug.to_owned(), scope.key(), now_ms)? == 1)
}

/// Forgets earlier ones that lead on no more: anybody may have them.
pub async fn platform_forget_old(conn: &mut PlatformConnection, now_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM account_slugs WHERE until_ms <= $1", now_ms)
}

pub async fn list_own(conn: &mut ScopedConnection) -> Result<Vec<SlugRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT slug, until_ms FROM account_slugs WHERE account = $1 ORDER BY since_ms DESC, slug";
    all!(conn, SlugRow, sql, scope.key())
}

pub async fn end_present(conn: &mut ScopedConnection, until_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE account_slugs SET until_ms = $1 WHERE account = $2 AND until_ms IS NULL";
    exec!(conn, sql, until_ms, scope.key()).map(drop)
}

/// Gives the account, which has none at present, another one; an earlier one of its own is it again.
///
/// # Errors
/// The database; [`DbError::is_conflict`] where another account has it.
pub async fn insert_present(conn: &mut ScopedConnection, slug: &str, now_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM account_slugs WHERE account = $1 AND slug = $2";
    exec!(conn, sql, scope.key(), slug.to_owned())?;
    let sql = "INSERT INTO account_slugs (slug, account, since_ms) VALUES ($1, $2, $3)";
    exec!(conn, sql, slug.to_owned(), scope.key(), now_ms).map(drop)
}
