//! What proves a person beside their password.

use record::tree::Hash;

use crate::db::PersonNumber;
use crate::db::{DbError, PlatformConnection, all, exec, impl_from_row};

#[derive(Clone, PartialEq, Eq)]
pub struct FactorRow {
    pub factor: String,
    /// `totp`, `recovery` or `passkey`.
    pub kind: String,
    pub name: String,
    /// The number of the sealing key; 0 where the secret is not sealed.
    pub seal_n: i64,
    pub secret: Vec<u8>,
    pub step: i64,
    pub made_ms: i64,
    pub used_ms: Option<i64>,
}

impl_from_row!(FactorRow { factor, kind, name, seal_n, secret, step, made_ms, used_ms });

impl std::fmt::Debug for FactorRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FactorRow({} {})", self.kind, self.factor)
    }
}

#[derive(Clone)]
pub struct NewFactor {
    pub factor: String,
    pub kind: &'static str,
    pub name: String,
    pub seal_n: i64,
    pub secret: Vec<u8>,
    pub step: i64,
}

pub async fn platform_list(
    conn: &mut PlatformConnection,
    person: PersonNumber,
) -> Result<Vec<FactorRow>, DbError> {
    let sql = "SELECT factor, kind, name, seal_n, secret, step, made_ms, used_ms FROM factors WHERE person = $1 ORDER BY factor";
    all!(conn, FactorRow, sql, person.key())
}

pub async fn platform_rename(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    factor: &str,
    name: &str,
) -> Result<bool, DbError> {
    let sql = "UPDATE factors SET name = $1 WHERE person = $2 AND factor = $3 AND kind <> 'recovery'";
    Ok(exec!(conn, sql, name.to_owned(), person.key(), factor.to_owned())? == 1)
}

pub async fn platform_insert(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    new: NewFactor,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO factors (person, factor, kind, name, seal_n, secret, step, made_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let NewFactor { factor, kind, name, seal_n, secret, step } = new;
    exec!(conn, sql, person.key(), factor, kind, name, seal_n, secret, step, now_ms).map(drop)
}

/// Uses the code of a step. Whether it is the first time for this step or a later one.
pub async fn platform_use_step(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    factor: &str,
    step: i64,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql = "UPDATE factors SET step = $1, used_ms = $2 WHERE person = $3 AND factor = $4 AND step < $5";
    Ok(exec!(conn, sql, step, now_ms, person.key(), factor.to_owned(), step)? == 1)
}

/// Uses a recovery code up. Whether it is one that was not used.
pub async fn platform_use_code(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    digest: Hash,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql = "UPDATE factors SET used_ms = $1 WHERE person = $2 AND kind = 'recovery' AND secret = $3 AND used_ms IS NULL";
    Ok(exec!(conn, sql, now_ms, person.key(), digest.0.to_vec())? == 1)
}

pub async fn platform_delete(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    factor: &str,
) -> Result<bool, DbError> {
    exec!(conn, "DELETE FROM passkeys WHERE person = $1 AND factor = $2", person.key(), factor.to_owned())?;
    let sql = "DELETE FROM factors WHERE person = $1 AND factor = $2";
    Ok(exec!(conn, sql, person.key(), factor.to_owned())? == 1)
}

pub async fn platform_delete_all(conn: &mut PlatformConnection, person: PersonNumber) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM passkeys WHERE person = $1", person.key())?;
    exec!(conn, "DELETE FROM factors WHERE person = $1", person.key()).map(drop)
}

pub async fn platform_delete_kind(
    conn: &mut PlatformConnection,
    person: PersonNumber,
    kind: &str,
) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM factors WHERE person = $1 AND kind = $2", person.key(), kind.to_owned())
}
