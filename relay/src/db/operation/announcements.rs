//! What is shown on every page for a time.

use crate::db::{DbError, PlatformConnection, all, exec, impl_from_row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementRow {
    pub announcement: String,
    pub texts: String,
    pub from_ms: i64,
    pub until_ms: i64,
    pub made_by: String,
}

impl_from_row!(AnnouncementRow { announcement, texts, from_ms, until_ms, made_by });

/// Those that are shown at some time from now on, the earliest first.
pub async fn platform_list(
    conn: &mut PlatformConnection,
    now_ms: i64,
) -> Result<Vec<AnnouncementRow>, DbError> {
    let sql = "SELECT announcement, texts, from_ms, until_ms, made_by FROM announcements WHERE until_ms > $1 \
               ORDER BY from_ms, announcement LIMIT 50";
    all!(conn, AnnouncementRow, sql, now_ms)
}

pub async fn platform_insert(
    conn: &mut PlatformConnection,
    row: &AnnouncementRow,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO announcements (announcement, texts, from_ms, until_ms, made_ms, made_by) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let AnnouncementRow { announcement, texts, from_ms, until_ms, made_by } = row.clone();
    exec!(conn, sql, announcement, texts, from_ms, until_ms, now_ms, made_by).map(drop)
}

/// Takes one off the pages. Returns whether it was shown, or would have been.
pub async fn platform_end(
    conn: &mut PlatformConnection,
    announcement: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql = "UPDATE announcements SET until_ms = $1 WHERE announcement = $2 AND until_ms > $3";
    Ok(exec!(conn, sql, now_ms, announcement.to_owned(), now_ms)? > 0)
}

pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM announcements WHERE until_ms < $1", before_ms)
}
