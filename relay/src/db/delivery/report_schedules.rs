//! What members have made again and again.

use crate::db::{DbError, ScopedConnection, all, exec, impl_from_row};

/// A schedule of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportSchedule {
    pub schedule: String,
    /// As `reports::order::ReportOwner` writes it.
    pub owner: String,
    /// `week` or `month`.
    pub pace: String,
    /// Its facility; empty: all.
    pub facility: String,
    pub format: String,
    pub locale: String,
    pub made_ms: i64,
}

impl_from_row!(ReportSchedule { schedule, owner, pace, facility, format, locale, made_ms });

const COLUMNS: &str = "schedule, owner, pace, facility, format, locale, made_ms";

pub async fn insert_schedule(conn: &mut ScopedConnection, new: &ReportSchedule) -> Result<(), DbError> {
    let account = conn.scope().key();
    let ReportSchedule { schedule, owner, pace, facility, format, locale, made_ms } = new.clone();
    let sql =
        format!("INSERT INTO report_schedules (account, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    let sql = sqlx::AssertSqlSafe(sql);
    exec!(conn, sql, account, schedule, owner, pace, facility, format, locale, made_ms).map(drop)
}

/// One member's, the oldest first.
pub async fn list_schedules(
    conn: &mut ScopedConnection,
    owner: &str,
) -> Result<Vec<ReportSchedule>, DbError> {
    let account = conn.scope().key();
    let sql =
        format!("SELECT {COLUMNS} FROM report_schedules WHERE account = $1 AND owner = $2 ORDER BY schedule");
    all!(conn, ReportSchedule, sqlx::AssertSqlSafe(sql), account, owner.to_owned())
}

/// Those of everybody in the account.
pub async fn list_all(conn: &mut ScopedConnection) -> Result<Vec<ReportSchedule>, DbError> {
    let account = conn.scope().key();
    let sql = format!("SELECT {COLUMNS} FROM report_schedules WHERE account = $1 ORDER BY schedule");
    all!(conn, ReportSchedule, sqlx::AssertSqlSafe(sql), account)
}

/// Removes a schedule of a member; whether they had it.
pub async fn delete_schedule(
    conn: &mut ScopedConnection,
    owner: &str,
    schedule: &str,
) -> Result<bool, DbError> {
    let account = conn.scope().key();
    let sql = "DELETE FROM report_schedules WHERE account = $1 AND owner = $2 AND schedule = $3";
    Ok(exec!(conn, sql, account, owner.to_owned(), schedule.to_owned())? > 0)
}
