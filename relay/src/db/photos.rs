//! Which photos of an account are here whole.

use record::tree::Hash;

use super::boxes::to_i64;
use super::{DbError, ScopedConnection, exec, opt};

/// Whether a photo is here whole.
pub async fn is_here(conn: &mut ScopedConnection, photo: Hash) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "SELECT bytes FROM photos WHERE account = $1 AND photo = $2";
    Ok(opt!(conn, (i64,), sql, scope.key(), photo.to_string())?.is_some())
}

/// A photo is here whole.
pub async fn mark_received(
    conn: &mut ScopedConnection,
    photo: Hash,
    bytes: u64,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO photos (account, photo, bytes, received_ms) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (account, photo) DO NOTHING";
    exec!(conn, sql, scope.key(), photo.to_string(), to_i64(bytes), now_ms).map(drop)
}
