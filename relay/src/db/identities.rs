//! As whom the providers of accounts know people.

use super::people::PersonNumber;
use super::{DbError, PlatformConnection, all, exec, impl_from_row, opt};

/// Somebody at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityKey {
    pub issuer: String,
    /// The issuer's own id of them.
    pub subject: String,
}

/// An identity of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRow {
    pub issuer: String,
    pub subject: String,
    pub linked_ms: i64,
}

impl_from_row!(IdentityRow { issuer, subject, linked_ms });

/// Whose identity it is.
pub async fn platform_find(
    conn: &mut PlatformConnection,
    key: &IdentityKey,
) -> Result<Option<PersonNumber>, DbError> {
    let sql = "SELECT person FROM identities WHERE issuer = $1 AND subject = $2";
    let row = opt!(conn, (i64,), sql, key.issuer.clone(), key.subject.clone())?;
    Ok(row.map(|(person,)| PersonNumber::of(person)))
}

/// Keeps an identity of a person.
///
/// # Errors
/// The database; [`DbError::is_conflict`] where it is somebody's already.
pub async fn platform_insert(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    key: &IdentityKey,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO identities (issuer, subject, person, linked_ms) VALUES ($1, $2, $3, $4)";
    exec!(conn, sql, key.issuer.clone(), key.subject.clone(), person.key(), now_ms).map(drop)
}

/// The identities of a person, in the order in which they came.
pub async fn platform_list(
    conn: &mut PlatformConnection,
    person: PersonNumber,
) -> Result<Vec<IdentityRow>, DbError> {
    let sql = "SELECT issuer, subject, linked_ms FROM identities WHERE person = $1 ORDER BY linked_ms, issuer, subject";
    all!(conn, IdentityRow, sql, person.key())
}

/// Takes an identity of a person away. Whether it was there.
pub async fn platform_delete(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    key: &IdentityKey,
) -> Result<bool, DbError> {
    let sql = "DELETE FROM identities WHERE issuer = $1 AND subject = $2 AND person = $3";
    Ok(exec!(conn, sql, key.issuer.clone(), key.subject.clone(), person.key())? == 1)
}
