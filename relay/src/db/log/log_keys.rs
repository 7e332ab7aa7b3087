//! Which logs are their box's own: those whose key came with a claim, is vouched for by one that did, or was admitted by a
//! person. What is held of any other waits.

use record::checkpoint::LogOrigin;
use record::ids::BoxId;

use crate::db::{DbError, ScopedConnection, all, exec, impl_from_row, opt};

/// Drops logs that a box only spoke of, and that nothing says are its own, but for the newest few.
pub async fn drop_unbegun(conn: &mut ScopedConnection, box_id: BoxId, keep: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM logs WHERE account = $1 AND box = $2 AND size = 0 AND NOT key_known AND NOT EXISTS \
               (SELECT 1 FROM runs r WHERE r.account = logs.account AND r.box = logs.box AND r.epoch = logs.epoch) AND epoch NOT IN \
               (SELECT epoch FROM logs WHERE account = $3 AND box = $4 AND size = 0 AND NOT key_known \
               ORDER BY known_ms DESC, epoch LIMIT $5)";
    let (account, box_id) = (scope.key(), box_id.to_string());
    exec!(conn, sql, account, box_id.clone(), account, box_id, keep).map(drop)
}

/// A log is the box's own; `apart`: it continues where another one does already.
pub async fn set_known(conn: &mut ScopedConnection, origin: &LogOrigin, apart: bool) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE logs SET key_known = $1, apart = $2 WHERE account = $3 AND box = $4 AND epoch = $5";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    exec!(conn, sql, true, apart, scope.key(), box_id, epoch).map(drop)
}

/// Keys of all logs of a box renew no certificate any more: the machine that has them was replaced.
pub async fn end_renewals(conn: &mut ScopedConnection, box_id: BoxId, now_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE logs SET replaced_ms = $1 WHERE account = $2 AND box = $3 AND replaced_ms IS NULL";
    exec!(conn, sql, now_ms, scope.key(), box_id.to_string()).map(drop)
}

/// Whether the machine that has a log's key was replaced.
pub async fn is_replaced(conn: &mut ScopedConnection, origin: &LogOrigin) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql =
        "SELECT log FROM logs WHERE account = $1 AND box = $2 AND epoch = $3 AND replaced_ms IS NOT NULL";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    Ok(opt!(conn, (i64,), sql, scope.key(), box_id, epoch)?.is_some())
}

/// A log with entries of which nothing says that it is its box's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingEpoch {
    pub box_id: String,
    pub epoch: String,
    pub size: i64,
}

impl_from_row!(WaitingEpoch { box_id, epoch, size });

pub async fn waiting_keys(conn: &mut ScopedConnection) -> Result<Vec<WaitingEpoch>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT box AS box_id, epoch, size FROM logs WHERE account = $1 AND size > 0 AND NOT key_known \
               ORDER BY box, n, epoch";
    all!(conn, WaitingEpoch, sql, scope.key())
}

/// Drops a log of which nothing says that it is its box's, with its entries. `false`: there is none such.
pub async fn forget_keys(conn: &mut ScopedConnection, origin: &LogOrigin) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql =
        "DELETE FROM logs WHERE account = $1 AND box = $2 AND epoch = $3 AND NOT key_known RETURNING log";
    let (account, box_id, epoch) = (scope.key(), origin.box_id.to_string(), origin.epoch.to_string());
    let Some((log,)) = opt!(conn, (i64,), sql, account, box_id.as_str(), epoch.as_str())? else {
        return Ok(false);
    };
    exec!(conn, "DELETE FROM segments WHERE account = $1 AND log = $2", account, log)?;
    exec!(conn, "DELETE FROM positions WHERE account = $1 AND log = $2", account, log)?;
    for sql in [
        "DELETE FROM nodes WHERE account = $1 AND box = $2 AND epoch = $3",
        "DELETE FROM checkpoints WHERE account = $1 AND box = $2 AND epoch = $3",
        "DELETE FROM adoptions WHERE account = $1 AND box = $2 AND epoch = $3 AND by_run = ''",
    ] {
        exec!(conn, sql, account, box_id.as_str(), epoch.as_str())?;
    }
    Ok(true)
}
