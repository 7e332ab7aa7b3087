//! Devices from which somebody has signed in, by the digest of their cookie.

use record::tree::Hash;

use super::{DbError, PlatformConnection, ScopedConnection, exec, opt};

/// Devices of one person that are known: the one used longest ago is forgotten when one more comes.
const DEVICES_MAX: i64 = 50;

/// Whether the person with this e-mail address, in lower case, has signed in from this device since `since_ms`. Costs the
/// same where nobody has the address.
pub async fn platform_is_known(
    conn: &mut PlatformConnection,
    email: &str,
    device: Hash,
    since_ms: i64,
) -> Result<bool, DbError> {
    let sql = "SELECT k.used_ms FROM known_devices k \
               JOIN users u ON u.account = k.account AND u.user_id = k.user_id \
               WHERE u.email = $1 AND k.device = $2 AND k.used_ms >= $3 AND u.disabled = FALSE";
    let row = opt!(conn, (i64,), sql, email.to_owned(), device.0.to_vec(), since_ms)?;
    Ok(row.is_some())
}

/// Whether anybody has signed in from this device since `since_ms`.
pub async fn platform_is_anybodys(
    conn: &mut PlatformConnection,
    device: Hash,
    since_ms: i64,
) -> Result<bool, DbError> {
    let sql = "SELECT used_ms FROM known_devices WHERE device = $1 AND used_ms >= $2 LIMIT 1";
    Ok(opt!(conn, (i64,), sql, device.0.to_vec(), since_ms)?.is_some())
}

/// Keeps that a person has signed in from this device.
pub async fn save_device(
    conn: &mut ScopedConnection,
    user_id: &str,
    device: Hash,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO known_devices (account, user_id, device, used_ms) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (account, user_id, device) DO UPDATE SET used_ms = excluded.used_ms";
    exec!(conn, sql, scope.key(), user_id, device.0.to_vec(), now_ms)?;
    let sql = "DELETE FROM known_devices WHERE account = $1 AND user_id = $2 AND device NOT IN \
               (SELECT device FROM known_devices WHERE account = $3 AND user_id = $4 \
                ORDER BY used_ms DESC, device LIMIT $5)";
    exec!(conn, sql, scope.key(), user_id, scope.key(), user_id, DEVICES_MAX).map(drop)
}

/// Forgets every device of a person but `stored`.
pub async fn forget_device(
    conn: &mut ScopedConnection,
    user_id: &str,
    stored: Option<Hash>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    // No digest is empty: then none is kept.
    let stored = stored.map_or_else(Vec::new, |hash| hash.0.to_vec());
    let sql = "DELETE FROM known_devices WHERE account = $1 AND user_id = $2 AND device <> $3";
    exec!(conn, sql, scope.key(), user_id, stored).map(drop)
}

/// Forgets devices that were not used since `before_ms`.
pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM known_devices WHERE used_ms < $1", before_ms)
}
