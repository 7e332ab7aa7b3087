//! Sign-ins that wait for their second step.

use record::tree::Hash;

use crate::db::PersonNumber;
use crate::db::{DbError, PlatformConnection, ScopedConnection, SqlConnection, exec, opt};

/// A sign-in whose first step is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondStep {
    pub person: PersonNumber,
    /// Digest of the bucket from which a try was taken, which is given back once they are in.
    pub origin: Option<Hash>,
    /// Who did the first step; absent where it was a password or a link.
    pub provider: Option<String>,
    /// When they showed there that it is them; absent where it does not say.
    pub shown_ms: Option<i64>,
}

pub async fn platform_insert(
    conn: &mut PlatformConnection,
    digest: Hash,
    step: SecondStep,
    expires_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO second_steps (digest, person, origin, provider, shown_ms, expires_ms) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let (person, origin) = (step.person.key(), step.origin.map(|of| of.0.to_vec()));
    exec!(conn, sql, digest.0.to_vec(), person, origin, step.provider, step.shown_ms, expires_ms).map(drop)
}

type Columns = (i64, Option<Vec<u8>>, Option<String>, Option<i64>);

/// The one of this cookie, if its time is not over.
pub async fn platform_find(
    conn: &mut PlatformConnection,
    digest: Hash,
    now_ms: i64,
) -> Result<Option<SecondStep>, DbError> {
    let sql =
        "SELECT person, origin, provider, shown_ms FROM second_steps WHERE digest = $1 AND expires_ms > $2";
    let row = opt!(conn, Columns, sql, digest.0.to_vec(), now_ms)?;
    fn read_hash(origin: Vec<u8>) -> Option<Hash> {
        <[u8; 32]>::try_from(origin).ok().map(Hash)
    }
    Ok(row.map(|(person, origin, provider, shown_ms)| SecondStep {
        person: PersonNumber::of(person),
        origin: origin.and_then(read_hash),
        provider,
        shown_ms,
    }))
}

/// Ends one. Whether it was there: of two at once, one continues.
pub async fn platform_end(conn: &mut PlatformConnection, digest: Hash) -> Result<bool, DbError> {
    Ok(exec!(conn, "DELETE FROM second_steps WHERE digest = $1", digest.0.to_vec())? == 1)
}

pub async fn platform_delete_all(conn: &mut PlatformConnection) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM second_steps")
}

pub async fn end_of_provider(conn: &mut ScopedConnection, provider: &str) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM second_steps WHERE provider = $1", provider.to_owned()).map(drop)
}

pub async fn end_of_person(conn: &mut impl SqlConnection, person: PersonNumber) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM second_steps WHERE person = $1", person.key()).map(drop)
}

pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM second_steps WHERE expires_ms < $1", before_ms)
}
