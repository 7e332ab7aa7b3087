//! Which photos of an account are here whole.

use record::ids::FacilityId;
use record::tree::Hash;

use crate::db::database::visible_rows::seen_facilities;
use crate::db::to_i64;
use crate::db::{DbError, PlatformConnection, ScopedConnection, exec, opt};

pub async fn is_here(conn: &mut ScopedConnection, photo: Hash) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "SELECT bytes FROM photos WHERE account = $1 AND photo = $2 LIMIT 1";
    Ok(opt!(conn, (i64,), sql, scope.key(), photo.to_string())?.is_some())
}

pub async fn is_received(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    photo: Hash,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "SELECT bytes FROM photos WHERE account = $1 AND photo = $2 AND facility = $3";
    Ok(opt!(conn, (i64,), sql, scope.key(), photo.to_string(), facility.to_string())?.is_some())
}

/// Whether a photo is here whole that came from a facility which whoever reads sees.
pub async fn is_seen(conn: &mut ScopedConnection, photo: Hash) -> Result<bool, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let seen = seen_facilities("$3");
    let sql = format!(
        "SELECT facilities.facility FROM photos p JOIN facilities ON facilities.account = p.account \
         AND facilities.facility = p.facility WHERE p.account = $1 AND p.photo = $2 AND {seen} LIMIT 1"
    );
    let row = opt!(conn, (String,), sqlx::AssertSqlSafe(sql), scope.key(), photo.to_string(), viewer)?;
    Ok(row.is_some())
}

pub async fn mark_received(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    photo: Hash,
    bytes: u64,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO photos (account, photo, facility, bytes, received_ms) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (account, photo, facility) DO NOTHING";
    exec!(conn, sql, scope.key(), photo.to_string(), facility.to_string(), to_i64(bytes), now_ms).map(drop)
}

/// How many photos are in the store, each once however many facilities name it.
pub async fn platform_count(conn: &mut PlatformConnection) -> Result<u64, DbError> {
    let sql = "SELECT COUNT(*) FROM (SELECT DISTINCT account, photo FROM photos) p";
    let found = opt!(conn, (i64,), sql)?.map_or(0, |(count,)| count);
    Ok(u64::try_from(found).unwrap_or(0))
}
