//! Which logs are their box's own: those whose key came with a claim, is vouched for by one that did, or was admitted by a
//! person. What is held of any other waits.

use record::checkpoint::LogOrigin;
use record::ids::BoxId;

use super::{DbError, Scoped, all, exec, impl_from_row};

/// Drops logs that a box only spoke of, and that nothing says are its own, but for the newest few.
pub async fn drop_unbegun(conn: &mut Scoped, box_id: BoxId, keep: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM epochs WHERE account = $1 AND box = $2 AND size = 0 AND NOT key_known AND epoch NOT IN \
               (SELECT epoch FROM epochs WHERE account = $3 AND box = $4 AND size = 0 AND NOT key_known \
               ORDER BY known_ms DESC, epoch LIMIT $5)";
    let (account, box_id) = (scope.key(), box_id.to_string());
    exec!(conn, sql, account, box_id.clone(), account, box_id, keep).map(drop)
}

/// A log is the box's own; `apart`: it goes on from where another one does already.
pub async fn set_known(conn: &mut Scoped, origin: &LogOrigin, apart: bool) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE epochs SET key_known = $1, apart = $2 WHERE account = $3 AND box = $4 AND epoch = $5";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    exec!(conn, sql, true, apart, scope.key(), box_id, epoch).map(drop)
}

/// A log with entries of which nothing says that it is its box's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingEpoch {
    /// Under whose name.
    pub box_id: String,
    pub epoch: String,
    /// Its entries.
    pub size: i64,
}

impl_from_row!(WaitingEpoch { box_id, epoch, size });

/// All of an account.
pub async fn waiting_keys(conn: &mut Scoped) -> Result<Vec<WaitingEpoch>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT box AS box_id, epoch, size FROM epochs WHERE account = $1 AND size > 0 AND NOT key_known \
               ORDER BY box, n, epoch";
    all!(conn, WaitingEpoch, sql, scope.key())
}

/// Drops a log of which nothing says that it is its box's, with its entries. `false`: there is none such.
pub async fn forget_keys(conn: &mut Scoped, origin: &LogOrigin) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM epochs WHERE account = $1 AND box = $2 AND epoch = $3 AND NOT key_known";
    let (account, box_id, epoch) = (scope.key(), origin.box_id.to_string(), origin.epoch.to_string());
    if exec!(conn, sql, account, box_id.clone(), epoch.clone())? == 0 {
        return Ok(false);
    }
    // A run of the same epoch keeps the texts beside its lines.
    let texts = "DELETE FROM texts WHERE account = $1 AND box = $2 AND epoch = $3 AND seq NOT IN (SELECT l.seq FROM runs r \
                 JOIN run_lines l ON l.account = r.account AND l.box = r.box AND l.run = r.run \
                 WHERE r.account = $4 AND r.box = $5 AND r.epoch = $6)";
    let (account_2, box_2, epoch_2) = (account, box_id.clone(), epoch.clone());
    exec!(conn, texts, account, box_id.clone(), epoch.clone(), account_2, box_2, epoch_2)?;
    for sql in [
        "DELETE FROM entries WHERE account = $1 AND box = $2 AND epoch = $3",
        "DELETE FROM nodes WHERE account = $1 AND box = $2 AND epoch = $3",
        "DELETE FROM checkpoints WHERE account = $1 AND box = $2 AND epoch = $3",
        "DELETE FROM adoptions WHERE account = $1 AND box = $2 AND epoch = $3 AND by_run = ''",
    ] {
        exec!(conn, sql, account, box_id.clone(), epoch.clone())?;
    }
    Ok(true)
}
