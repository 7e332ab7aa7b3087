//! Items in service by day, and what was told of them.

use crate::db::{DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

/// Writes how many items are in service, of each open facility on its present day: the last word of a day counts.
pub async fn platform_count_days(conn: &mut PlatformConnection) -> Result<(), DbError> {
    let sql = "INSERT INTO usage_days (account, facility, day, items) \
               SELECT n.account, n.facility, n.day, n.items - n.out_of_service FROM facility_now n \
               JOIN facilities f ON f.account = n.account AND f.facility = n.facility WHERE f.closed_ms IS NULL \
               ON CONFLICT (account, facility, day) DO UPDATE SET items = excluded.items";
    exec!(conn, sql).map(drop)
}

/// The highest sum of a day's items from one day on, up to and without another; `None` where nothing was counted.
pub async fn find_peak(
    conn: &mut ScopedConnection,
    from_day: i64,
    until_day: i64,
) -> Result<Option<i64>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT CAST(MAX(d.items) AS BIGINT) FROM (SELECT SUM(items) AS items FROM usage_days \
               WHERE account = $1 AND day >= $2 AND day < $3 GROUP BY day) d";
    Ok(opt!(conn, (Option<i64>,), sql, scope.key(), from_day, until_day)?.and_then(|(peak,)| peak))
}

/// The sum of each of the last days, the newest first.
pub async fn list_days(conn: &mut ScopedConnection, limit: i64) -> Result<Vec<(i64, i64)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT day, CAST(SUM(items) AS BIGINT) FROM usage_days WHERE account = $1 GROUP BY day \
               ORDER BY day DESC LIMIT $2";
    all!(conn, (i64, i64), sql, scope.key(), limit)
}

/// A reading as it is sent: its identifier, how many items, and of when, seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingRow {
    pub event: String,
    pub value: i64,
    pub time_s: i64,
}

impl_from_row!(ReadingRow { event, value, time_s });

/// Puts a reading in; whether there was none of this identifier.
pub async fn insert_reading(conn: &mut ScopedConnection, row: &ReadingRow) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO usage_sent (account, event, value, time_s) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (account, event) DO NOTHING";
    Ok(exec!(conn, sql, scope.key(), row.event.clone(), row.value, row.time_s)? > 0)
}

/// Those that were not taken yet, the oldest first, from a time in seconds on.
pub async fn list_unsent(conn: &mut ScopedConnection, from_s: i64) -> Result<Vec<ReadingRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT event, value, time_s FROM usage_sent WHERE account = $1 AND sent_ms IS NULL AND time_s >= $2 \
               ORDER BY time_s, event";
    all!(conn, ReadingRow, sql, scope.key(), from_s)
}

pub async fn mark_sent(conn: &mut ScopedConnection, event: &str, now_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE usage_sent SET sent_ms = $1 WHERE account = $2 AND event = $3";
    exec!(conn, sql, now_ms, scope.key(), event.to_owned()).map(drop)
}

/// What nobody asks for any more: readings before a time in seconds, days before one.
pub async fn platform_forget_usage(
    conn: &mut PlatformConnection,
    until_s: i64,
    until_day: i64,
) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM usage_sent WHERE time_s < $1", until_s)?;
    exec!(conn, "DELETE FROM usage_days WHERE day < $1", until_day).map(drop)
}

/// Keeps the highest day of a period that is over.
pub async fn close_period(
    conn: &mut ScopedConnection,
    period_end_ms: i64,
    value: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO usage_closed (account, period_end_ms, value) VALUES ($1, $2, $3) \
               ON CONFLICT (account, period_end_ms) DO NOTHING";
    exec!(conn, sql, scope.key(), period_end_ms, value).map(drop)
}
