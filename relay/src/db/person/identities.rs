//! As whom the providers of accounts know people.

use crate::db::PersonNumber;
use crate::db::{DbError, PlatformConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityKey {
    pub issuer: String,
    pub subject: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRow {
    pub issuer: String,
    pub subject: String,
    pub linked_ms: i64,
}

impl_from_row!(IdentityRow { issuer, subject, linked_ms });

pub async fn platform_find(
    conn: &mut PlatformConnection,
    key: &IdentityKey,
) -> Result<Option<PersonNumber>, DbError> {
    let sql = "SELECT person FROM identities WHERE issuer = $1 AND subject = $2";
    let row = opt!(conn, (i64,), sql, key.issuer.clone(), key.subject.clone())?;
    Ok(row.map(|(person,)| PersonNumber::of(person)))
}

pub async fn platform_insert(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    key: &IdentityKey,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO identities (issuer, subject, person, linked_ms) VALUES ($1, $2, $3, $4)";
    exec!(conn, sql, key.issuer.clone(), key.subject.clone(), person.key(), now_ms).map(drop)
}

pub async fn platform_list(
    conn: &mut PlatformConnection,
    person: PersonNumber,
) -> Result<Vec<IdentityRow>, DbError> {
    let sql = "SELECT issuer, subject, linked_ms FROM identities WHERE person = $1 ORDER BY linked_ms, issuer, subject";
    all!(conn, IdentityRow, sql, person.key())
}

pub async fn platform_delete(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    key: &IdentityKey,
) -> Result<bool, DbError> {
    let sql = "DELETE FROM identities WHERE issuer = $1 AND subject = $2 AND person = $3";
    Ok(exec!(conn, sql, key.issuer.clone(), key.subject.clone(), person.key())? == 1)
}
