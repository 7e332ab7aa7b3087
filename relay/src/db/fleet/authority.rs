//! Which keys this relay is known by, of all accounts: their public halves and the state of each.

use crate::db::{DbError, PlatformConnection, SqlExecutor, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityRow {
    /// `ca`, `cosign` or `directive`.
    pub kind: String,
    /// From 1 in each kind.
    pub n: i64,
    /// A verifier key as text; of an authority its certificate, PEM.
    pub public: String,
    pub fingerprint: String,
    /// `next`, `current`, `retired` or `revoked`.
    pub state: String,
    pub from_ms: i64,
    pub until_ms: Option<i64>,
    pub exported_ms: Option<i64>,
}

impl_from_row!(AuthorityRow { kind, n, public, fingerprint, state, from_ms, until_ms, exported_ms });

pub async fn platform_list(conn: &mut PlatformConnection) -> Result<Vec<AuthorityRow>, DbError> {
    let sql = "SELECT kind, n, public, fingerprint, state, from_ms, until_ms, exported_ms FROM authority \
               ORDER BY kind, n";
    all!(conn, AuthorityRow, sql)
}

/// Whoever else would change them waits until this transaction has ended. SQLite has one that writes.
pub async fn platform_lock(conn: &mut PlatformConnection) -> Result<(), DbError> {
    match conn.lane() {
        SqlExecutor::Sqlite(_) => Ok(()),
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(_) => exec!(conn, "LOCK TABLE authority IN EXCLUSIVE MODE").map(drop),
    }
}

pub async fn platform_insert(conn: &mut PlatformConnection, row: &AuthorityRow) -> Result<(), DbError> {
    let sql = "INSERT INTO authority (kind, n, public, fingerprint, state, from_ms, until_ms, \
               exported_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let AuthorityRow { kind, n, public, fingerprint, state, from_ms, until_ms, exported_ms } = row.clone();
    exec!(conn, sql, kind, n, public, fingerprint, state, from_ms, until_ms, exported_ms).map(drop)
}

#[derive(Debug, Clone, Copy)]
pub struct StateChange<'a> {
    pub kind: &'a str,
    pub n: i64,
    pub before: &'a str,
    pub after: &'a str,
    pub until_ms: Option<i64>,
}

/// Sets the state of a key, where it is still as before. Returns whether it did.
pub async fn platform_set_state(
    conn: &mut PlatformConnection,
    change: StateChange<'_>,
) -> Result<bool, DbError> {
    let sql = "UPDATE authority SET state = $1, until_ms = $2 WHERE kind = $3 AND n = $4 AND state = $5";
    let StateChange { kind, n, before, after, until_ms } = change;
    let (kind, before, after) = (kind.to_owned(), before.to_owned(), after.to_owned());
    Ok(exec!(conn, sql, after, until_ms, kind, n, before)? > 0)
}

pub async fn platform_set_exported(
    conn: &mut PlatformConnection,
    kind: &str,
    n: i64,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "UPDATE authority SET exported_ms = $1 WHERE kind = $2 AND n = $3";
    exec!(conn, sql, now_ms, kind.to_owned(), n).map(drop)
}

/// Whether anybody trusts a key of this relay already: a box, or a claim file that somebody holds.
pub async fn platform_is_trusted(conn: &mut PlatformConnection) -> Result<bool, DbError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM boxes) OR EXISTS (SELECT 1 FROM claims)";
    Ok(opt!(conn, (bool,), sql)?.is_some_and(|(is_trusted,)| is_trusted))
}
