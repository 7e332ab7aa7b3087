//! Challenges that browsers were sent for a passkey, each answered once at most.

use record::tree::Hash;

use crate::db::{DbError, PlatformConnection, exec, opt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyCeremony<'a> {
    /// `add`, `sign-in` or `confirm`.
    pub kind: &'a str,
    pub session: Option<Hash>,
}

pub async fn platform_insert(
    conn: &mut PlatformConnection,
    digest: Hash,
    of: PasskeyCeremony<'_>,
    challenge: [u8; 32],
    expires_ms: i64,
) -> Result<(), DbError> {
    let session = of.session.map(|session| session.0.to_vec());
    if session.is_some() {
        exec!(conn, "DELETE FROM passkey_ceremonies WHERE session = $1", session.clone())?;
    }
    let sql = "INSERT INTO passkey_ceremonies (digest, kind, challenge, session, expires_ms) VALUES ($1, $2, $3, $4, $5)";
    exec!(conn, sql, digest.0.to_vec(), of.kind.to_owned(), challenge.to_vec(), session, expires_ms).map(drop)
}

/// Ends one, whatever it is for; its challenge, if it is for this and its time is not over.
pub async fn platform_take(
    conn: &mut PlatformConnection,
    digest: Hash,
    of: PasskeyCeremony<'_>,
    now_ms: i64,
) -> Result<Option<[u8; 32]>, DbError> {
    let sql =
        "DELETE FROM passkey_ceremonies WHERE digest = $1 RETURNING kind, challenge, session, expires_ms";
    let row = opt!(conn, (String, Vec<u8>, Option<Vec<u8>>, i64), sql, digest.0.to_vec())?;
    let Some((kind, challenge, session, expires_ms)) = row else { return Ok(None) };
    let is_meant =
        kind == of.kind && session == of.session.map(|session| session.0.to_vec()) && expires_ms > now_ms;
    Ok(challenge.try_into().ok().filter(|_| is_meant))
}

pub async fn platform_delete_all(conn: &mut PlatformConnection) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM passkey_ceremonies")
}

pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM passkey_ceremonies WHERE expires_ms < $1", before_ms)
}
