//! The newest time that is believed, by which a clock that jumped ahead is recognised.

use crate::db::{DbError, PlatformConnection, exec, opt};

/// A clock that is this much ahead of the newest time that is believed has jumped, or nothing was heard for as long.
pub const AHEAD_MS_MAX: i64 = 30 * 24 * 3_600_000;

/// Whether the clock may be trusted: nothing says that it has jumped ahead.
pub async fn platform_is_believable(conn: &mut PlatformConnection, now_ms: i64) -> Result<bool, DbError> {
    let believed_ms = platform_find(conn).await?;
    Ok(believed_ms.is_none_or(|at_ms| now_ms.saturating_sub(at_ms) <= AHEAD_MS_MAX))
}

/// The newest time that was believed; none before the first.
pub async fn platform_find(conn: &mut PlatformConnection) -> Result<Option<i64>, DbError> {
    let row = opt!(conn, (i64,), "SELECT at_ms FROM believed_times WHERE id = 1")?;
    Ok(row.map(|(at_ms,)| at_ms))
}

pub async fn platform_raise(conn: &mut PlatformConnection, at_ms: i64) -> Result<(), DbError> {
    let sql = "INSERT INTO believed_times (id, at_ms) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at_ms = excluded.at_ms \
               WHERE believed_times.at_ms < excluded.at_ms";
    exec!(conn, sql, at_ms).map(drop)
}
