//! One-time claim codes: made with a claim file, used by one box with one key.

use record::checkpoint::LogOrigin;
use record::ids::{BoxId, FacilityId};

use crate::db::account::accounts;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRow {
    pub scope: AccountScope,
    pub facility: FacilityId,
    pub expires_ms: i64,
    pub used: Option<UsedClaim>,
    pub replaces: Option<BoxId>,
}

/// The box that used a code and the answer that it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedClaim {
    pub box_id: BoxId,
    /// SHA-256 of the public key in its certificate request.
    pub csr_key: Vec<u8>,
    /// The answer's JSON; none until the log with which it came was admitted and it has come again.
    pub answer: Option<String>,
    pub log: Option<WaitedLog>,
}

/// The log to which a code belongs that had to wait: with another one it opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitedLog {
    pub epoch: String,
    pub log_key: Vec<u8>,
}

/// The place of a box that claims with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimPlace {
    pub facility: FacilityId,
    pub replaces: Option<BoxId>,
}

impl From<FacilityId> for ClaimPlace {
    fn from(facility: FacilityId) -> Self {
        Self { facility, replaces: None }
    }
}

/// Claim files that were made to replace a box end once one of them did: whoever finds another one takes nobody's place.
pub async fn end_replacing_claims(
    conn: &mut ScopedConnection,
    replaced: BoxId,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE claims SET expires_ms = $1 WHERE account = $2 AND replaces = $3 AND used_ms IS NULL AND expires_ms > $1";
    exec!(conn, sql, now_ms, scope.key(), replaced.to_string()).map(drop)
}

pub async fn insert_claim(
    conn: &mut ScopedConnection,
    place: ClaimPlace,
    code: &[u8],
    (now_ms, expires_ms): (i64, i64),
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO claims (account, code, facility, created_ms, expires_ms, used_ms, box, csr_key, answer, replaces) \
               VALUES ($1, $2, $3, $4, $5, NULL, NULL, NULL, NULL, $6)";
    let (facility, replaces) = (place.facility.to_string(), place.replaces.map(|box_id| box_id.to_string()));
    exec!(conn, sql, scope.key(), code.to_vec(), facility, now_ms, expires_ms, replaces).map(drop)
}

struct Row {
    account: i64,
    facility: String,
    expires_ms: i64,
    /// The box, the key of its request, and what it was answered.
    box_id: Option<String>,
    csr_key: Option<Vec<u8>>,
    answer: Option<String>,
    epoch: Option<String>,
    log_key: Option<Vec<u8>>,
    replaces: Option<String>,
}

impl_from_row!(Row { account, facility, expires_ms, box_id, csr_key, answer, epoch, log_key, replaces });

/// Whether anybody made such a code: asked before a transaction is begun for a stranger.
pub async fn platform_exists(conn: &mut PlatformConnection, code: &[u8]) -> Result<bool, DbError> {
    let row = opt!(conn, (i64,), "SELECT account FROM claims WHERE code = $1", code.to_vec())?;
    Ok(row.is_some())
}

/// Finds a code by its digest and takes its row for this transaction: who knows the code speaks for its account.
pub async fn platform_take(conn: &mut PlatformConnection, code: &[u8]) -> Result<Option<ClaimRow>, DbError> {
    let sql = "UPDATE claims SET code = code WHERE code = $1 \
               RETURNING account, facility, expires_ms, box AS box_id, csr_key, answer, epoch, log_key, replaces";
    let Some(row) = opt!(conn, Row, sql, code.to_vec())? else { return Ok(None) };
    let scope = accounts::platform_numbered(conn, row.account).await?;
    let facility = row.facility.parse().map_err(|e| DbError::stored("facility id", e))?;
    let used = match (row.box_id, row.csr_key) {
        (Some(box_id), Some(csr_key)) => {
            let log = row.epoch.zip(row.log_key).map(|(epoch, log_key)| WaitedLog { epoch, log_key });
            Some(UsedClaim { box_id: read_box(&box_id)?, csr_key, answer: row.answer, log })
        }
        _ => None,
    };
    let replaces = row.replaces.as_deref().map(read_box).transpose()?;
    Ok(Some(ClaimRow { scope, facility, expires_ms: row.expires_ms, used, replaces }))
}

fn read_box(id: &str) -> Result<BoxId, DbError> {
    id.parse().map_err(|e| DbError::stored("box id", e))
}

/// The log with which a box came that is known by another one: it waits for a person, or was admitted and its box has not come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenClaim {
    pub box_id: String,
    pub epoch: String,
    pub log_key: Vec<u8>,
    pub admitted_ms: Option<i64>,
}

impl_from_row!(OpenClaim { box_id, epoch, log_key, admitted_ms });

impl OpenClaim {
    pub fn is_of(&self, origin: &LogOrigin) -> bool {
        self.box_id == origin.box_id.to_string() && self.epoch == origin.epoch.to_string()
    }

    /// Whether a person still has to decide.
    pub fn waits(&self) -> bool {
        self.admitted_ms.is_none()
    }
}

/// All of an account, each log once. One that has entries here or counts is decided on as such; a box that was revoked brings none. An
/// admission stays when its code expires.
pub async fn open_claims(conn: &mut ScopedConnection, now_ms: i64) -> Result<Vec<OpenClaim>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT c.box AS box_id, c.epoch AS epoch, c.log_key AS log_key, MAX(c.admitted_ms) AS admitted_ms \
               FROM claims c JOIN boxes b ON b.account = c.account AND b.box = c.box \
               WHERE c.account = $1 AND c.answer IS NULL AND c.log_key IS NOT NULL \
               AND (c.expires_ms > $2 OR c.admitted_ms IS NOT NULL) AND b.revoked_ms IS NULL AND NOT EXISTS \
               (SELECT 1 FROM logs e WHERE e.account = c.account AND e.box = c.box AND e.epoch = c.epoch \
               AND (e.key_known OR e.size > 0)) \
               GROUP BY c.box, c.epoch, c.log_key ORDER BY 1, 2, 3";
    all!(conn, OpenClaim, sql, scope.key(), now_ms)
}

#[derive(Debug, Clone, Copy)]
pub struct BroughtLog<'a> {
    pub origin: &'a LogOrigin,
    pub log_key: &'a [u8; 32],
    /// SHA-256 of the public key in the certificate request.
    pub csr_key: &'a [u8; 32],
}

/// Marks a code as used by a box whose log waits: it belongs to that log from then on. Whether that is new.
pub async fn mark_waiting(
    conn: &mut ScopedConnection,
    code: &[u8],
    brought: BroughtLog<'_>,
    now_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE claims SET used_ms = $1, box = $2, csr_key = $3, epoch = $4, log_key = $5 \
               WHERE account = $6 AND code = $7 AND box IS NULL";
    let (box_id, epoch) = (brought.origin.box_id.to_string(), brought.origin.epoch.to_string());
    let (csr_key, key, code) = (brought.csr_key.to_vec(), brought.log_key.to_vec(), code.to_vec());
    let marked = exec!(conn, sql, now_ms, box_id, csr_key, epoch, key, scope.key(), code)?;
    Ok(marked > 0)
}

/// Admits the log with which claims wait: its box gets its certificate when it comes again, and nothing is known of it before. Whether
/// any waits. Rows of claims come before those of boxes.
pub async fn admit_waiting(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    now_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE claims SET admitted_ms = $1 WHERE account = $2 AND box = $3 AND epoch = $4 AND answer IS NULL \
               AND log_key IS NOT NULL AND admitted_ms IS NULL AND expires_ms > $5";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    Ok(exec!(conn, sql, now_ms, scope.key(), box_id, epoch, now_ms)? > 0)
}

/// Drops the codes with which a log came that is not its box's, admitted or not: they open nothing any more. Whether there were any.
pub async fn forget_waiting(conn: &mut ScopedConnection, origin: &LogOrigin) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM claims WHERE account = $1 AND box = $2 AND epoch = $3 AND answer IS NULL";
    Ok(exec!(conn, sql, scope.key(), origin.box_id.to_string(), origin.epoch.to_string())? > 0)
}

pub async fn forget_box(conn: &mut ScopedConnection, box_id: BoxId) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "DELETE FROM claims WHERE account = $1 AND box = $2 AND answer IS NULL";
    exec!(conn, sql, scope.key(), box_id.to_string()).map(drop)
}

/// Marks a code as used: by whom, and what it was answered. The log that waited is stored there already.
pub async fn mark_used(
    conn: &mut ScopedConnection,
    code: &[u8],
    used: &UsedClaim,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE claims SET used_ms = $1, box = $2, csr_key = $3, answer = $4 \
               WHERE account = $5 AND code = $6 AND answer IS NULL";
    let (box_id, key, answer) = (used.box_id.to_string(), used.csr_key.clone(), used.answer.clone());
    exec!(conn, sql, now_ms, box_id, key, answer, scope.key(), code.to_vec()).map(drop)
}
