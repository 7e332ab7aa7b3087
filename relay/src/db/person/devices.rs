//! Devices from which somebody has signed in, by the digest of their cookie.

use record::tree::Hash;

use crate::db::PersonNumber;
use crate::db::{DbError, PlatformConnection, ScopedConnection, SqlConnection, exec, opt};

/// Devices of one person that are known: the one used longest ago is deleted when one more comes.
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
               JOIN people p ON p.person = k.person \
               WHERE p.email = $1 AND k.device = $2 AND k.used_ms >= $3 AND p.disabled_ms IS NULL";
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

pub async fn save_device(
    conn: &mut ScopedConnection,
    person: PersonNumber,
    device: Hash,
    now_ms: i64,
) -> Result<bool, DbError> {
    let (person, device) = (person.key(), device.0.to_vec());
    let sql = "UPDATE known_devices SET used_ms = $1 WHERE person = $2 AND device = $3";
    if exec!(conn, sql, now_ms, person, device.clone())? > 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO known_devices (person, device, used_ms) VALUES ($1, $2, $3) \
               ON CONFLICT (person, device) DO UPDATE SET used_ms = excluded.used_ms";
    exec!(conn, sql, person, device, now_ms)?;
    let sql = "DELETE FROM known_devices WHERE person = $1 AND device NOT IN \
               (SELECT device FROM known_devices WHERE person = $2 ORDER BY used_ms DESC, device LIMIT $3)";
    exec!(conn, sql, person, person, DEVICES_MAX)?;
    Ok(true)
}

/// How many devices a person has signed in from since `since_ms`.
pub async fn count_devices(
    conn: &mut ScopedConnection,
    person: PersonNumber,
    since_ms: i64,
) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM known_devices WHERE person = $1 AND used_ms >= $2";
    Ok(opt!(conn, (i64,), sql, person.key(), since_ms)?.map_or(0, |(count,)| count))
}

/// Forgets every device of a person but `stored`.
pub async fn forget_device(
    conn: &mut impl SqlConnection,
    person: PersonNumber,
    stored: Option<Hash>,
) -> Result<(), DbError> {
    // No digest is empty: then none is kept.
    let stored = stored.map_or_else(Vec::new, |hash| hash.0.to_vec());
    exec!(conn, "DELETE FROM known_devices WHERE person = $1 AND device <> $2", person.key(), stored)
        .map(drop)
}

/// Forgets devices that were not used since `before_ms`.
pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM known_devices WHERE used_ms < $1", before_ms)
}
