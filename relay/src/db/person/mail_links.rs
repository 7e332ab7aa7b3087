//! Links of mails that are usable once: by the digest of their secret.

use record::tree::Hash;

use crate::db::PersonNumber;
use crate::db::{DbError, PlatformConnection, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink<'a> {
    /// SHA-256 of its secret.
    pub digest: Hash,
    /// `sign-up`, `reset` or `sign-in`.
    pub kind: &'static str,
    /// Whose it is; `None` of somebody who signs up.
    pub person: Option<PersonNumber>,
    pub body: &'a str,
    pub expires_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkKey {
    /// SHA-256 of its secret.
    pub digest: Hash,
    /// `sign-up`, `reset` or `sign-in`.
    pub kind: &'static str,
}

#[derive(Clone, PartialEq, Eq)]
pub struct LinkRow {
    person: Option<i64>,
    pub body: String,
}

impl_from_row!(LinkRow { person, body });

impl std::fmt::Debug for LinkRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LinkRow({:?})", self.person)
    }
}

impl LinkRow {
    pub fn person(&self) -> Option<PersonNumber> {
        self.person.map(PersonNumber::of)
    }
}

pub async fn platform_insert(
    conn: &mut PlatformConnection,
    new: &NewLink<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO mail_links (digest, kind, person, body, made_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6)";
    let person = new.person.map(PersonNumber::key);
    exec!(conn, sql, new.digest.0.to_vec(), new.kind, person, new.body.to_owned(), now_ms, new.expires_ms)
        .map(drop)
}

pub async fn platform_find(
    conn: &mut PlatformConnection,
    key: LinkKey,
    now_ms: i64,
) -> Result<Option<LinkRow>, DbError> {
    let sql = "SELECT person, body FROM mail_links WHERE digest = $1 AND kind = $2 AND used_ms IS NULL AND expires_ms > $3";
    opt!(conn, LinkRow, sql, key.digest.0.to_vec(), key.kind, now_ms)
}

/// Uses a link up; `None`: it is none, was used or has expired.
pub async fn platform_use(
    conn: &mut PlatformConnection,
    key: LinkKey,
    now_ms: i64,
) -> Result<Option<LinkRow>, DbError> {
    let sql = "UPDATE mail_links SET used_ms = $1 WHERE digest = $2 AND kind = $3 AND used_ms IS NULL AND expires_ms > $4 \
               RETURNING person, body";
    opt!(conn, LinkRow, sql, now_ms, key.digest.0.to_vec(), key.kind, now_ms)
}

/// Ends every link of a person that was not used.
pub async fn platform_end_links(conn: &mut PlatformConnection, person: PersonNumber) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM mail_links WHERE person = $1 AND used_ms IS NULL", person.key()).map(drop)
}

pub async fn platform_delete_all(conn: &mut PlatformConnection) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM mail_links")
}

pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM mail_links WHERE expires_ms < $1", before_ms)
}
