//! Buckets of tries to sign in, kept through restarts; of no account, because it is not known yet whose they are.

use service::attempts::AttemptBucket;

use crate::db::{DbError, PlatformConnection, SqlConnection, exec, opt};

/// The bucket of a name; one that was never touched is full.
pub async fn find_bucket(conn: &mut impl SqlConnection, name: &str) -> Result<AttemptBucket, DbError> {
    let sql = "SELECT missing_ms, at_ms FROM attempt_buckets WHERE name = $1";
    let row = opt!(conn, (i64, i64), sql, name)?;
    Ok(row.map_or_else(AttemptBucket::default, |(missing_ms, at_ms)| {
        AttemptBucket::from_parts(missing_ms, at_ms)
    }))
}

/// The same, and takes its row for this transaction: whoever comes at the same time waits for what this one keeps.
pub async fn hold_bucket(
    conn: &mut impl SqlConnection,
    name: &str,
    now_ms: i64,
) -> Result<AttemptBucket, DbError> {
    let sql = "INSERT INTO attempt_buckets (name, missing_ms, at_ms) VALUES ($1, 0, $2) \
               ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING missing_ms, at_ms";
    let row = opt!(conn, (i64, i64), sql, name, now_ms)?;
    let (missing_ms, at_ms) = row.ok_or_else(|| DbError::stored("bucket", "its row is not there"))?;
    Ok(AttemptBucket::from_parts(missing_ms, at_ms))
}

pub async fn put_bucket(
    conn: &mut impl SqlConnection,
    name: &str,
    bucket: AttemptBucket,
) -> Result<(), DbError> {
    let (missing_ms, at_ms) = bucket.parts();
    let sql = "UPDATE attempt_buckets SET missing_ms = $1, at_ms = $2 WHERE name = $3";
    exec!(conn, sql, missing_ms, at_ms, name).map(drop)
}

pub async fn forget_bucket(conn: &mut impl SqlConnection, name: &str) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM attempt_buckets WHERE name = $1", name).map(drop)
}

/// Forgets what was not touched since `before_ms`.
pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM attempt_buckets WHERE at_ms < $1", before_ms)
}
