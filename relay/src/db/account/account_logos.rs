//! The pictures at the head of accounts' pages.

use record::ids::AccountId;
use record::tree::Hash;

use crate::db::{DbError, PlatformConnection, ScopedConnection, exec, opt};

pub async fn save_logo(conn: &mut ScopedConnection, logo: Hash, picture: Vec<u8>) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "INSERT INTO account_logos (account, logo, picture) VALUES ($1, $2, $3) \
               ON CONFLICT (account) DO UPDATE SET logo = excluded.logo, picture = excluded.picture";
    exec!(conn, sql, account, logo.0.to_vec(), picture)?;
    exec!(conn, "UPDATE accounts SET logo = $1 WHERE account = $2", logo.0.to_vec(), account).map(drop)
}

/// Takes the account's picture away. Whether there was one.
pub async fn delete_logo(conn: &mut ScopedConnection) -> Result<bool, DbError> {
    let account = conn.scope().key();
    exec!(conn, "UPDATE accounts SET logo = NULL WHERE account = $1", account)?;
    Ok(exec!(conn, "DELETE FROM account_logos WHERE account = $1", account)? == 1)
}

pub async fn platform_find(
    conn: &mut PlatformConnection,
    account: AccountId,
    logo: Hash,
) -> Result<Option<Vec<u8>>, DbError> {
    let sql = "SELECT l.picture FROM account_logos l JOIN accounts a ON a.account = l.account \
               WHERE a.id = $1 AND l.logo = $2";
    Ok(opt!(conn, (Vec<u8>,), sql, account.to_string(), logo.0.to_vec())?.map(|(picture,)| picture))
}
