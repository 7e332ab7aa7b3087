//! The log of access: who did what, and what was denied to whom.

use super::{DbError, PlatformConnection, ScopedConnection, SqlConnection, all, exec, impl_from_row, opt};

/// The account of rows that are nobody's.
const NOBODY: i64 = 0;

/// A row to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewAudit<'a> {
    /// A ULID.
    pub audit_id: &'a str,
    /// An e-mail address, a program or `operator`.
    pub who: &'a str,
    /// What they wanted: a command, or method and route.
    pub act: &'a str,
    /// Of what; or why it was denied.
    pub about: &'a str,
    /// `done` or `denied`.
    pub outcome: &'a str,
    /// Rows of one fold are one row that counts them.
    pub fold: &'a str,
}

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// A ULID.
    pub audit_id: String,
    /// The first time, milliseconds since 1970.
    pub at_ms: i64,
    /// The last time.
    pub last_ms: i64,
    /// How many times.
    pub times: i64,
    /// As in [`NewAudit`].
    pub who: String,
    /// As in [`NewAudit`].
    pub act: String,
    /// As in [`NewAudit`].
    pub about: String,
    /// As in [`NewAudit`].
    pub outcome: String,
}

impl_from_row!(AuditRow { audit_id, at_ms, last_ms, times, who, act, about, outcome });

async fn write_act(
    conn: &mut impl SqlConnection,
    account: i64,
    row: &NewAudit<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO audit (account, audit_id, at_ms, last_ms, times, who, act, about, outcome, fold) \
               VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9) \
               ON CONFLICT (account, fold) DO UPDATE SET times = audit.times + 1, last_ms = excluded.last_ms";
    let (id, who, act) = (row.audit_id.to_owned(), row.who.to_owned(), row.act.to_owned());
    let (about, outcome, fold) = (row.about.to_owned(), row.outcome.to_owned(), row.fold.to_owned());
    exec!(conn, sql, account, id, now_ms, now_ms, who, act, about, outcome, fold).map(drop)
}

/// Writes down what somebody did or was denied.
pub async fn insert_act(conn: &mut ScopedConnection, row: &NewAudit<'_>, now_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    write_act(conn, scope.key(), row, now_ms).await
}

/// The same of somebody who has no account.
pub async fn platform_insert(
    conn: &mut PlatformConnection,
    row: &NewAudit<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    write_act(conn, NOBODY, row, now_ms).await
}

/// Rows of the account that were begun before the one with this id, the newest first.
pub async fn rows_before(
    conn: &mut ScopedConnection,
    audit_id: &str,
    limit: i64,
) -> Result<Vec<AuditRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT audit_id, at_ms, last_ms, times, who, act, about, outcome FROM audit \
               WHERE account = $1 AND audit_id < $2 ORDER BY audit_id DESC LIMIT $3";
    all!(conn, AuditRow, sql, scope.key(), audit_id.to_owned(), limit)
}

/// When the newest row of all was written, or added to.
pub async fn platform_newest_ms(conn: &mut PlatformConnection) -> Result<Option<i64>, DbError> {
    let newest = opt!(conn, (Option<i64>,), "SELECT MAX(last_ms) FROM audit")?;
    Ok(newest.and_then(|(at,)| at))
}

/// Forgets rows that nothing was added to since `before_ms`.
pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM audit WHERE last_ms < $1", before_ms)
}
