//! What authenticators know of passkeys; each of them is a factor, too.

use crate::db::PersonNumber;
use crate::db::{DbError, PlatformConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRow {
    person: i64,
    pub factor: String,
    pub name: String,
    pub public_key: Vec<u8>,
    pub sign_count: i64,
    pub is_backup_eligible: bool,
}

impl_from_row!(PasskeyRow { person, factor, name, public_key, sign_count, is_backup_eligible });

impl PasskeyRow {
    pub fn person(&self) -> PersonNumber {
        PersonNumber::of(self.person)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    pub credential: Vec<u8>,
    pub public_key: Vec<u8>,
    pub sign_count: i64,
    pub transports: String,
    pub is_backup_eligible: bool,
    pub is_backed_up: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyUse<'a> {
    pub credential: &'a [u8],
    pub counted: (i64, i64),
    pub is_backed_up: bool,
}

/// Keeps one, beside the factor of this id.
///
/// # Errors
/// The database; [`DbError::is_conflict`] where somebody has the credential.
pub async fn platform_insert(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    factor: &str,
    new: NewPasskey,
) -> Result<(), DbError> {
    let sql = "INSERT INTO passkeys (credential, person, factor, public_key, sign_count, transports, is_backup_eligible, is_backed_up) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let NewPasskey { credential, public_key, sign_count, transports, is_backup_eligible, is_backed_up } = new;
    let (person, factor) = (person.key(), factor.to_owned());
    exec!(
        conn,
        sql,
        credential,
        person,
        factor,
        public_key,
        sign_count,
        transports,
        is_backup_eligible,
        is_backed_up
    )
    .map(drop)
}

pub async fn platform_find(
    conn: &mut PlatformConnection,
    credential: &[u8],
) -> Result<Option<PasskeyRow>, DbError> {
    let sql = "SELECT k.person, k.factor, f.name, k.public_key, k.sign_count, k.is_backup_eligible FROM passkeys k \
               JOIN factors f ON f.person = k.person AND f.factor = k.factor WHERE k.credential = $1";
    opt!(conn, PasskeyRow, sql, credential.to_vec())
}

pub async fn platform_list(
    conn: &mut PlatformConnection,
    person: PersonNumber,
) -> Result<Vec<(Vec<u8>, String)>, DbError> {
    let sql = "SELECT credential, transports FROM passkeys WHERE person = $1 ORDER BY factor";
    all!(conn, (Vec<u8>, String), sql, person.key())
}

/// Keeps that one was used. Whether nobody used it meanwhile, where its authenticator counts.
pub async fn platform_use(
    conn: &mut PlatformConnection,
    used: PasskeyUse<'_>,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql =
        "UPDATE passkeys SET sign_count = $1, is_backed_up = $2 WHERE credential = $3 AND sign_count = $4";
    let (before, now) = used.counted;
    if exec!(conn, sql, now, used.is_backed_up, used.credential.to_vec(), before)? == 0 {
        return Ok(false);
    }
    let sql = "UPDATE factors SET used_ms = $1 WHERE (person, factor) IN \
               (SELECT k.person, k.factor FROM passkeys k WHERE k.credential = $2)";
    Ok(exec!(conn, sql, now_ms, used.credential.to_vec())? == 1)
}
