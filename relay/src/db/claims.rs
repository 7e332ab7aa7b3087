//! One-time claim codes: made with a claim file, used by one box with one key.

use record::ids::{AccountId, BoxId, FacilityId};

use super::{AccountScope, DbConnection, DbError, exec, opt};

/// A code as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRow {
    pub scope: AccountScope,
    pub facility: FacilityId,
    /// Milliseconds since 1970.
    pub expires_ms: i64,
    /// Who used it.
    pub used: Option<UsedClaim>,
}

/// The box that used a code and what it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedClaim {
    pub box_id: BoxId,
    /// SHA-256 of the public key in its certificate request.
    pub csr_key: Vec<u8>,
    /// The answer's JSON.
    pub answer: String,
}

/// Keeps a new code's digest.
pub async fn insert_claim(
    conn: &mut DbConnection,
    scope: AccountScope,
    facility: FacilityId,
    code: &[u8],
    (now_ms, expires_ms): (i64, i64),
) -> Result<(), DbError> {
    let sql = "INSERT INTO claims (account, code, facility, created_ms, expires_ms, used_ms, box, csr_key, answer) \
               VALUES ($1, $2, $3, $4, $5, NULL, NULL, NULL, NULL)";
    exec!(conn, sql, scope.key(), code.to_vec(), facility.to_string(), now_ms, expires_ms).map(drop)
}

type Row = (String, String, i64, Option<String>, Option<Vec<u8>>, Option<String>);

/// Whether anybody made such a code: asked before a transaction is begun for a stranger.
pub async fn platform_exists(conn: &mut DbConnection, code: &[u8]) -> Result<bool, DbError> {
    let row = opt!(conn, (String,), "SELECT account FROM claims WHERE code = $1", code.to_vec())?;
    Ok(row.is_some())
}

/// Finds a code by its digest and takes its row for this transaction: who knows the code speaks for its account.
pub async fn platform_take(conn: &mut DbConnection, code: &[u8]) -> Result<Option<ClaimRow>, DbError> {
    let sql = "UPDATE claims SET code = code WHERE code = $1 \
               RETURNING account, facility, expires_ms, box, csr_key, answer";
    let Some((account, facility, expires_ms, box_id, csr_key, answer)) = opt!(conn, Row, sql, code.to_vec())?
    else {
        return Ok(None);
    };
    let account: AccountId = account.parse().map_err(|e| DbError::stored("account id", e))?;
    let facility = facility.parse().map_err(|e| DbError::stored("facility id", e))?;
    let used = match (box_id, csr_key, answer) {
        (Some(box_id), Some(csr_key), Some(answer)) => {
            let box_id = box_id.parse().map_err(|e| DbError::stored("box id", e))?;
            Some(UsedClaim { box_id, csr_key, answer })
        }
        _ => None,
    };
    Ok(Some(ClaimRow { scope: AccountScope::of(account), facility, expires_ms, used }))
}

/// Marks a code as used.
pub async fn mark_used(
    conn: &mut DbConnection,
    scope: AccountScope,
    code: &[u8],
    used: &UsedClaim,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "UPDATE claims SET used_ms = $1, box = $2, csr_key = $3, answer = $4 \
               WHERE account = $5 AND code = $6 AND used_ms IS NULL";
    let (box_id, key, answer) = (used.box_id.to_string(), used.csr_key.clone(), used.answer.clone());
    exec!(conn, sql, now_ms, box_id, key, answer, scope.key(), code.to_vec()).map(drop)
}
