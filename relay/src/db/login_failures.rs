//! Failed sign-ins, kept through restarts; of no account, because it is not known yet whose they are.

use super::{Conn, DbError, exec, opt};
use crate::accounts::lockout::Failures;

type Row = (i64, i64);

/// What is kept under a name of `accounts::lockout`.
///
/// # Errors
/// The database.
pub async fn platform_find(conn: &mut Conn, name: &str) -> Result<Option<Failures>, DbError> {
    let row = opt!(conn, Row, "SELECT tries, last_ms FROM login_failures WHERE name = $1", name)?;
    Ok(row.map(|(tries, last_ms)| Failures { count: u32::try_from(tries).unwrap_or(u32::MAX), last_ms }))
}

/// Keeps `new` where `old` was seen; `false` when somebody else changed it meanwhile.
///
/// # Errors
/// The database.
pub async fn platform_replace(
    conn: &mut Conn,
    name: &str,
    old: Option<Failures>,
    new: Failures,
) -> Result<bool, DbError> {
    let (tries, last_ms) = (i64::from(new.count), new.last_ms);
    let rows = match old {
        None => {
            let sql = "INSERT INTO login_failures (name, tries, last_ms) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";
            exec!(conn, sql, name, tries, last_ms)?
        }
        Some(old) => {
            let sql = "UPDATE login_failures SET tries = $1, last_ms = $2 WHERE name = $3 AND tries = $4 AND last_ms = $5";
            exec!(conn, sql, tries, last_ms, name, i64::from(old.count), old.last_ms)?
        }
    };
    Ok(rows == 1)
}

/// Forgets a name: its person signed in.
///
/// # Errors
/// The database.
pub async fn platform_forget(conn: &mut Conn, name: &str) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM login_failures WHERE name = $1", name).map(drop)
}

/// Takes one try back: it was no failure.
///
/// # Errors
/// The database.
pub async fn platform_take_back(conn: &mut Conn, name: &str) -> Result<(), DbError> {
    let sql = "UPDATE login_failures SET tries = tries - 1 WHERE name = $1 AND tries > 0";
    exec!(conn, sql, name).map(drop)
}

/// Forgets what is older than `before_ms`.
///
/// # Errors
/// The database.
pub async fn platform_forget_old(conn: &mut Conn, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM login_failures WHERE last_ms < $1", before_ms)
}
