//! Which keys of this relay each box knows.

use record::ids::BoxId;

use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, opt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppliedKeys {
    pub ca_n: i64,
    pub cosign_n: i64,
    pub directive_n: i64,
}

impl AppliedKeys {
    pub const FIRST: Self = Self { ca_n: 1, cosign_n: 1, directive_n: 1 };
}

pub async fn find_applied(conn: &mut ScopedConnection, box_id: BoxId) -> Result<AppliedKeys, DbError> {
    let scope = conn.scope();
    let sql = "SELECT ca_n, cosign_n, directive_n FROM box_keys WHERE account = $1 AND box = $2";
    let row = opt!(conn, (i64, i64, i64), sql, scope.key(), box_id.to_string())?;
    Ok(row.map_or(AppliedKeys::FIRST, |(ca_n, cosign_n, directive_n)| AppliedKeys {
        ca_n,
        cosign_n,
        directive_n,
    }))
}

/// Stores what a box knows. One that knew later ones still knows them: it drops none.
pub async fn save_applied(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    applied: AppliedKeys,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let before = find_applied(conn, box_id).await?;
    let sql = "INSERT INTO box_keys (account, box, ca_n, cosign_n, directive_n) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (account, box) DO UPDATE SET ca_n = excluded.ca_n, cosign_n = excluded.cosign_n, \
               directive_n = excluded.directive_n";
    let (ca_n, cosign_n) = (applied.ca_n.max(before.ca_n), applied.cosign_n.max(before.cosign_n));
    let directive_n = applied.directive_n.max(before.directive_n);
    exec!(conn, sql, scope.key(), box_id.to_string(), ca_n, cosign_n, directive_n).map(drop)
}

/// Boxes in service, and how many of them know these keys: authority, cosigning, directives.
pub async fn platform_count_known(
    conn: &mut PlatformConnection,
    AppliedKeys { ca_n, cosign_n, directive_n }: AppliedKeys,
) -> Result<(i64, [i64; 3]), DbError> {
    let sql = "SELECT COUNT(*), COUNT(CASE WHEN COALESCE(k.ca_n, 1) >= $1 THEN 1 END), \
               COUNT(CASE WHEN COALESCE(k.cosign_n, 1) >= $2 THEN 1 END), \
               COUNT(CASE WHEN COALESCE(k.directive_n, 1) >= $3 THEN 1 END) \
               FROM boxes b LEFT JOIN box_keys k ON k.account = b.account AND k.box = b.box \
               WHERE b.revoked_ms IS NULL";
    let row = opt!(conn, (i64, i64, i64, i64), sql, ca_n, cosign_n, directive_n)?;
    Ok(row.map_or((0, [0; 3]), |(all, ca, cosign, directive)| (all, [ca, cosign, directive])))
}

/// Boxes in service that were not informed of just this.
pub async fn platform_unannounced(
    conn: &mut PlatformConnection,
    digest: &str,
) -> Result<Vec<(AccountScope, BoxId)>, DbError> {
    let sql = "SELECT b.account, a.id, b.box FROM boxes b JOIN accounts a ON a.account = b.account LEFT JOIN box_keys k ON k.account = b.account AND k.box = b.box \
               WHERE b.revoked_ms IS NULL AND COALESCE(k.announced, '') <> $1 ORDER BY b.account, b.box LIMIT 256";
    let rows = all!(conn, (i64, String, String), sql, digest.to_owned())?;
    rows.iter().map(|(number, account, box_id)| read_place(*number, account, box_id)).collect()
}

pub async fn set_announced(conn: &mut ScopedConnection, box_id: BoxId, digest: &str) -> Result<(), DbError> {
    let scope = conn.scope();
    let applied = find_applied(conn, box_id).await?;
    save_applied(conn, box_id, applied).await?;
    let sql = "UPDATE box_keys SET announced = $1 WHERE account = $2 AND box = $3";
    exec!(conn, sql, digest.to_owned(), scope.key(), box_id.to_string()).map(drop)
}

pub(in crate::db) fn read_place(
    number: i64,
    account: &str,
    box_id: &str,
) -> Result<(AccountScope, BoxId), DbError> {
    let box_id = box_id.parse().map_err(|e| DbError::stored("box id", e))?;
    Ok((AccountScope::read(number, account)?, box_id))
}
