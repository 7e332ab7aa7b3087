//! The state of the access log's chains: their heads, the notes that were signed over them, and what is deleted from their beginnings.

use record::ids::AccountId;
use record::tree::Hash;

use crate::db::{DbError, PlatformConnection, SqlConnection, all, exec, impl_from_row, opt};

pub(in crate::db) const NOBODY: i64 = 0;
/// What the first row of a chain continues from.
pub const NOTHING: Hash = Hash([0; 32]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) struct ChainEnd {
    pub(in crate::db) n: i64,
    pub(in crate::db) hash: Hash,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The last row's number; 0 before the first.
    pub n: i64,
    pub hash: Hash,
    pub first_n: i64,
    pub first_hash: Hash,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainOwner {
    Account(AccountId),
    Nobody,
    /// An account of this number that is not there.
    Lost(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditChain {
    number: i64,
    pub owner: ChainOwner,
    /// Absent: somebody has taken it away, or there never was one.
    pub head: Option<ChainHead>,
}

impl AuditChain {
    /// As it is in the first column of each key.
    pub(in crate::db) fn key(&self) -> i64 {
        self.number
    }

    fn read(row: ChainColumns) -> Result<Self, DbError> {
        let ChainColumns { account, id, n, hash, first_n, first_hash } = row;
        let owner = match id {
            Some(id) => ChainOwner::Account(id.parse().map_err(|e| DbError::stored("account id", e))?),
            None if account == NOBODY => ChainOwner::Nobody,
            None => ChainOwner::Lost(account),
        };
        let head = match (n, hash, first_n, first_hash) {
            (Some(n), Some(hash), Some(first_n), Some(first_hash)) => {
                Some(ChainHead { n, hash: read_hash(hash), first_n, first_hash: read_hash(first_hash) })
            }
            _ => None,
        };
        Ok(Self { number: account, owner, head })
    }
}

struct ChainColumns {
    account: i64,
    id: Option<String>,
    n: Option<i64>,
    hash: Option<Vec<u8>>,
    first_n: Option<i64>,
    first_hash: Option<Vec<u8>>,
}

impl_from_row!(ChainColumns { account, id, n, hash, first_n, first_hash });

/// What is no hash leads to none: whoever verifies finds that, and it holds up no act.
fn read_hash(bytes: Vec<u8>) -> Hash {
    bytes.try_into().map_or(NOTHING, Hash)
}

/// Takes the head of an account for this transaction: whoever writes the next row waits for its end.
pub(in crate::db) async fn lock_head(
    conn: &mut impl SqlConnection,
    account: i64,
) -> Result<ChainEnd, DbError> {
    // Where a head was set back, rows beyond it hold up no act; that something is wrong is found by whoever verifies.
    let sql = "INSERT INTO audit_heads (account, n, hash, first_n, first_hash) VALUES ($1, 0, $2, 1, $2) \
               ON CONFLICT (account) DO UPDATE SET n = audit_heads.n \
               RETURNING n, hash, (SELECT MAX(a.n) FROM audit a WHERE a.account = $1)";
    let row = opt!(conn, (i64, Vec<u8>, Option<i64>), sql, account, NOTHING.0.to_vec())?;
    let (n, hash, newest) =
        row.ok_or_else(|| DbError::stored("head of the access log", "it is not there"))?;
    Ok(ChainEnd { n: n.max(newest.unwrap_or(0)), hash: read_hash(hash) })
}

pub(in crate::db) async fn advance_head(
    conn: &mut impl SqlConnection,
    account: i64,
    end: ChainEnd,
) -> Result<(), DbError> {
    let sql = "UPDATE audit_heads SET n = $1, hash = $2 WHERE account = $3";
    exec!(conn, sql, end.n, end.hash.0.to_vec(), account).map(drop)
}

/// Every chain, nobody's first. One of which there are only rows or notes is among them.
pub async fn platform_chains(conn: &mut PlatformConnection) -> Result<Vec<AuditChain>, DbError> {
    let sql = "SELECT k.account, a.id, h.n, h.hash, h.first_n, h.first_hash FROM (SELECT account FROM audit_heads \
               UNION SELECT account FROM audit UNION SELECT account FROM audit_notes) k \
               LEFT JOIN audit_heads h ON h.account = k.account LEFT JOIN accounts a ON a.account = k.account \
               ORDER BY k.account";
    all!(conn, ChainColumns, sql)?.into_iter().map(AuditChain::read).collect()
}

/// The same chain as it is now.
pub async fn platform_again(
    conn: &mut PlatformConnection,
    chain: &AuditChain,
) -> Result<AuditChain, DbError> {
    let sql = "SELECT h.account, a.id, h.n, h.hash, h.first_n, h.first_hash FROM audit_heads h \
               LEFT JOIN accounts a ON a.account = h.account WHERE h.account = $1";
    let row = opt!(conn, ChainColumns, sql, chain.number)?;
    row.map_or(Ok(AuditChain { head: None, ..*chain }), AuditChain::read)
}

/// How many rows are where the head says that there are none: behind its end, and before its beginning.
pub async fn platform_outside(
    conn: &mut PlatformConnection,
    chain: &AuditChain,
) -> Result<(i64, i64), DbError> {
    let sql = "SELECT COALESCE(SUM(CASE WHEN r.n > h.n THEN 1 ELSE 0 END), 0), \
               COALESCE(SUM(CASE WHEN r.n < h.first_n THEN 1 ELSE 0 END), 0) \
               FROM audit r JOIN audit_heads h ON h.account = r.account WHERE r.account = $1";
    Ok(opt!(conn, (i64, i64), sql, chain.number)?.unwrap_or_default())
}

/// Chains with rows over whose end no note was signed yet.
pub async fn platform_unsigned(conn: &mut PlatformConnection) -> Result<Vec<AuditChain>, DbError> {
    let sql = "SELECT h.account, a.id, h.n, h.hash, h.first_n, h.first_hash FROM audit_heads h \
               LEFT JOIN accounts a ON a.account = h.account \
               WHERE h.n > COALESCE((SELECT MAX(s.n) FROM audit_notes s WHERE s.account = h.account), 0) \
               ORDER BY h.account";
    all!(conn, ChainColumns, sql)?.into_iter().map(AuditChain::read).collect()
}

/// A note over row `n` of a chain. Of two that come at once the first is the one.
pub async fn platform_insert_note(
    conn: &mut PlatformConnection,
    chain: &AuditChain,
    n: i64,
    note: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO audit_notes (account, n, at_ms, note) VALUES ($1, $2, $3, $4) ON CONFLICT (account, n) DO NOTHING";
    exec!(conn, sql, chain.number, n, now_ms, note.to_owned()).map(drop)
}

/// The notes over a chain, with the row of each, the oldest first.
pub async fn platform_notes(
    conn: &mut PlatformConnection,
    chain: &AuditChain,
) -> Result<Vec<(i64, String)>, DbError> {
    let sql = "SELECT n, note FROM audit_notes WHERE account = $1 ORDER BY n";
    all!(conn, (i64, String), sql, chain.number)
}

/// Deletes rows at the beginnings of chains that nothing was added to since `before_ms`; what is behind a younger one stays. Returns how
/// many. Heads are locked in one order, and nothing else after them.
pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    let sql = "SELECT DISTINCT account FROM audit WHERE last_ms < $1 ORDER BY account";
    let mut forgotten = 0;
    for (account,) in all!(conn, (i64,), sql, before_ms)? {
        forgotten += forget_beginning(conn, account, before_ms).await?;
    }
    Ok(forgotten)
}

async fn forget_beginning(
    conn: &mut PlatformConnection,
    account: i64,
    before_ms: i64,
) -> Result<u64, DbError> {
    let end = lock_head(conn, account).await?;
    let sql = "SELECT MIN(n) FROM audit WHERE account = $1 AND last_ms >= $2";
    let stays = opt!(conn, (Option<i64>,), sql, account, before_ms)?.and_then(|(n,)| n);
    let first_n = stays.unwrap_or(end.n + 1);
    let present = opt!(conn, (i64,), "SELECT first_n FROM audit_heads WHERE account = $1", account)?;
    if present.is_none_or(|(present_n,)| first_n <= present_n) {
        return Ok(0);
    }
    let sql = "SELECT hash FROM audit WHERE account = $1 AND n = $2";
    let Some((hash,)) = opt!(conn, (Vec<u8>,), sql, account, first_n - 1)? else {
        tracing::error!(
            account,
            n = first_n - 1,
            "a row of the access log is missing: nothing before it is forgotten"
        );
        return Ok(0);
    };
    let sql = "UPDATE audit_heads SET first_n = $1, first_hash = $2 WHERE account = $3";
    exec!(conn, sql, first_n, hash, account)?;
    exec!(conn, "DELETE FROM audit_notes WHERE account = $1 AND n < $2", account, first_n)?;
    exec!(conn, "DELETE FROM audit WHERE account = $1 AND n < $2", account, first_n)
}
