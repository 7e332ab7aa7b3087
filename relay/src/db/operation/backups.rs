//! Backups: a copy of the tables while others write them, whether a database is empty, and which copies were made.

use std::path::Path;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::db::{DbError, PlatformConnection, SqlExecutor, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRow {
    pub at_ms: i64,
    /// `made` or `restored`.
    pub act: String,
    pub place: String,
    pub bytes: i64,
    pub sha256: Vec<u8>,
}

impl_from_row!(BackupRow { at_ms, act, place, bytes, sha256 });

pub async fn platform_insert(conn: &mut PlatformConnection, row: &BackupRow) -> Result<(), DbError> {
    let BackupRow { at_ms, act, place, bytes, sha256 } = row.clone();
    let sql = "INSERT INTO backups (at_ms, act, place, bytes, sha256) VALUES ($1, $2, $3, $4, $5)";
    exec!(conn, sql, at_ms, act, place, bytes, sha256).map(drop)
}

/// The newest of its kind, `made` or `restored`, until then: one of a clock that was ahead is not the newest for years.
pub async fn platform_newest(
    conn: &mut PlatformConnection,
    act: &str,
    until_ms: i64,
) -> Result<Option<BackupRow>, DbError> {
    let sql = "SELECT at_ms, act, place, bytes, sha256 FROM backups WHERE act = $1 AND at_ms <= $2 \
               ORDER BY at_ms DESC, backup DESC LIMIT 1";
    opt!(conn, BackupRow, sql, act, until_ms)
}

pub async fn platform_places(conn: &mut PlatformConnection) -> Result<Vec<String>, DbError> {
    let rows = all!(conn, (String,), "SELECT DISTINCT place FROM backups")?;
    Ok(rows.into_iter().map(|(place,)| place).collect())
}

/// Notes in an empty database that a restore into it has begun: until [`platform_end_restore`] no relay serves it. A server's tables
/// come in a transaction of `pg_restore`'s own, with sessions and links of before, which are ended only behind it.
pub async fn platform_begin_restore(conn: &mut PlatformConnection) -> Result<(), DbError> {
    exec!(conn, "CREATE TABLE IF NOT EXISTS restore_unfinished (at_ms BIGINT NOT NULL)").map(drop)
}

pub async fn platform_end_restore(conn: &mut PlatformConnection) -> Result<(), DbError> {
    exec!(conn, "DROP TABLE IF EXISTS restore_unfinished").map(drop)
}

/// Whether there is not one table yet.
pub async fn platform_is_empty(conn: &mut PlatformConnection) -> Result<bool, DbError> {
    let sql = match conn.lane() {
        SqlExecutor::Sqlite(_) => "SELECT name FROM sqlite_master LIMIT 1",
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(_) => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema() \
             AND table_name <> 'restore_unfinished' LIMIT 1"
        }
    };
    Ok(opt!(conn, (String,), sql)?.is_none())
}

/// Whether its tables are those of a relay that has served nobody: no account, no person, no key.
pub async fn platform_is_unused(conn: &mut PlatformConnection) -> Result<bool, DbError> {
    let known =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('accounts', 'people', 'authority')";
    if all!(conn, (String,), known)?.len() != 3 {
        return Ok(false);
    }
    let any = "SELECT 1 AS there WHERE EXISTS (SELECT 1 FROM accounts) OR EXISTS (SELECT 1 FROM people) \
               OR EXISTS (SELECT 1 FROM authority)";
    Ok(opt!(conn, (i64,), any)?.is_none())
}

/// Writes the current tables to a new file, while others keep writing: of a database that is a file. Returns whether it is one.
pub async fn platform_copy(conn: &mut PlatformConnection, file: &Path) -> Result<bool, DbError> {
    if !matches!(conn.lane(), SqlExecutor::Sqlite(_)) {
        return Ok(false);
    }
    exec!(conn, "VACUUM INTO $1", file.display().to_string())?;
    Ok(true)
}

/// What a database that is a file says of itself; nothing of a server.
pub async fn check_database(address: &str) -> Result<Vec<String>, DbError> {
    match address.strip_prefix("sqlite:") {
        Some(file) => {
            let faults = check_copy(Path::new(file)).await?;
            Ok(faults.into_iter().map(|fault| format!("the database file is damaged: {fault}")).collect())
        }
        None => Ok(Vec::new()),
    }
}

pub async fn check_copy(file: &Path) -> Result<Vec<String>, DbError> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut conn = options.connect().await?;
    let rows: Vec<(String,)> = sqlx::query_as("PRAGMA integrity_check").fetch_all(&mut conn).await?;
    sqlx::Connection::close(conn).await?;
    Ok(rows.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect())
}
