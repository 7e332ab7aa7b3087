//! Which processes serve this database now.

use crate::db::{DbError, PlatformConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRow {
    pub process: String,
    pub host: String,
    pub pid: i64,
    pub roles: String,
    pub version: String,
    pub started_ms: i64,
    pub seen_ms: i64,
}

impl_from_row!(ProcessRow { process, host, pid, roles, version, started_ms, seen_ms });

pub async fn platform_save(conn: &mut PlatformConnection, row: &ProcessRow) -> Result<(), DbError> {
    let ProcessRow { process, host, pid, roles, version, started_ms, seen_ms } = row.clone();
    let sql = "INSERT INTO processes (process, host, pid, roles, version, started_ms, seen_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (process) DO UPDATE SET seen_ms = excluded.seen_ms";
    exec!(conn, sql, process, host, pid, roles, version, started_ms, seen_ms).map(drop)
}

pub async fn platform_delete(conn: &mut PlatformConnection, process: &str) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM processes WHERE process = $1", process.to_owned()).map(drop)
}

/// Forgets those that were not seen since this time.
pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM processes WHERE seen_ms < $1", before_ms)
}

pub fn own_host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// How many processes beside the one with this number on this host have said since then that they live. Containers may all be number 1 of
/// one host: of those with the same number one is whoever asks.
pub async fn platform_count_others(
    conn: &mut PlatformConnection,
    since_ms: i64,
    host: &str,
    pid: u32,
) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN host = $2 AND pid = $3 THEN 1 ELSE 0 END), 0) FROM processes \
               WHERE seen_ms >= $1";
    let found = opt!(conn, (i64, i64), sql, since_ms, host.to_owned(), i64::from(pid))?;
    Ok(found.map_or(0, |(all, alike)| all - alike.min(1)))
}

/// All that are known, the one seen last first.
pub async fn platform_list(conn: &mut PlatformConnection) -> Result<Vec<ProcessRow>, DbError> {
    let sql = "SELECT process, host, pid, roles, version, started_ms, seen_ms FROM processes \
               ORDER BY seen_ms DESC, process LIMIT 200";
    all!(conn, ProcessRow, sql)
}
