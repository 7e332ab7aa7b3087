//! Who of the platform may see an account, and their sessions in it.

use record::tree::Hash;

use super::sessions::SessionRow;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

/// That whoever runs the platform may see the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportGrantRow {
    pub grant_id: String,
    pub granted_by: Option<String>,
    pub opened_by: Option<String>,
    pub reason: String,
    pub from_ms: i64,
    pub until_ms: i64,
    pub ended_ms: Option<i64>,
    pub ended_by: Option<String>,
    pub used_ms: Option<i64>,
}

impl_from_row!(SupportGrantRow {
    grant_id,
    granted_by,
    opened_by,
    reason,
    from_ms,
    until_ms,
    ended_ms,
    ended_by,
    used_ms
});

const GRANT: &str = "SELECT grant_id, granted_by, opened_by, reason, from_ms, until_ms, ended_ms, ended_by, used_ms \
     FROM support_grants";

pub async fn insert_grant(conn: &mut ScopedConnection, row: &SupportGrantRow) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO support_grants (account, grant_id, granted_by, opened_by, reason, read_only, from_ms, until_ms) \
               VALUES ($1, $2, $3, $4, $5, TRUE, $6, $7)";
    let SupportGrantRow { grant_id, granted_by, opened_by, reason, from_ms, until_ms, .. } = row.clone();
    exec!(conn, sql, scope.key(), grant_id, granted_by, opened_by, reason, from_ms, until_ms).map(drop)
}

/// The account's newest ones.
pub async fn list_grants(conn: &mut ScopedConnection, limit: i64) -> Result<Vec<SupportGrantRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("{GRANT} WHERE account = $1 ORDER BY grant_id DESC LIMIT $2");
    all!(conn, SupportGrantRow, sqlx::AssertSqlSafe(sql), scope.key(), limit)
}

pub async fn find_open(conn: &mut ScopedConnection, now_ms: i64) -> Result<Option<SupportGrantRow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "{GRANT} WHERE account = $1 AND ended_ms IS NULL AND from_ms <= $2 AND until_ms > $3 \
         ORDER BY until_ms DESC, grant_id LIMIT 1"
    );
    opt!(conn, SupportGrantRow, sqlx::AssertSqlSafe(sql), scope.key(), now_ms, now_ms)
}

/// Ends one before its time. Whether it was open.
pub async fn end_grant(
    conn: &mut ScopedConnection,
    grant_id: &str,
    ended_by: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE support_grants SET ended_ms = $1, ended_by = $2 WHERE account = $3 AND grant_id = $4 \
               AND ended_ms IS NULL AND until_ms > $5";
    let (ended_by, grant_id) = (ended_by.to_owned(), grant_id.to_owned());
    Ok(exec!(conn, sql, now_ms, ended_by, scope.key(), grant_id, now_ms)? > 0)
}

pub async fn mark_used(conn: &mut ScopedConnection, grant_id: &str, now_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql =
        "UPDATE support_grants SET used_ms = COALESCE(used_ms, $1) WHERE account = $2 AND grant_id = $3";
    exec!(conn, sql, now_ms, scope.key(), grant_id.to_owned()).map(drop)
}

pub async fn insert_session(
    conn: &mut ScopedConnection,
    digest: Hash,
    grant_id: &str,
    home: AccountScope,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO support_sessions (account, digest, grant_id, home) VALUES ($1, $2, $3, $4)";
    exec!(conn, sql, scope.key(), digest.0.to_vec(), grant_id.to_owned(), home.key()).map(drop)
}

/// The session with this digest of somebody who runs the platform, who has a second factor and is of their own account still, in an
/// account that is open to them. It reads as one of the role `support`.
pub async fn platform_find_session(
    conn: &mut PlatformConnection,
    digest: Hash,
    now_ms: i64,
) -> Result<Option<SessionRow>, DbError> {
    let sql = "SELECT s.account, a.id AS account_id, s.person, p.id AS user_id, p.name, p.email, 'support' AS role, \
         TRUE AS all_facilities, g.until_ms, FALSE AS is_owner, a.name AS account_name, p.locale, p.zone, a.locale AS account_locale, a.zone AS account_zone, a.accent, a.logo, s.created_ms, s.used_ms, \
         s.reauth_ms, CAST(NULL AS TEXT) AS provider, FALSE AS provider_factor, FALSE AS is_barred, TRUE AS has_password, \
         FALSE AS demands_factor, TRUE AS has_factor \
         FROM sessions s \
         JOIN support_sessions u ON u.account = s.account AND u.digest = s.digest \
         JOIN support_grants g ON g.account = u.account AND g.grant_id = u.grant_id \
         JOIN people p ON p.person = s.person \
         JOIN accounts a ON a.account = s.account \
         JOIN members m ON m.account = u.home AND m.person = s.person \
         WHERE s.digest = $1 AND p.platform_role = 'super_admin' AND p.disabled_ms IS NULL \
         AND m.role = 'account_admin' AND m.disabled_ms IS NULL AND (m.until_ms IS NULL OR m.until_ms > $2) \
         AND (m.signed_out_ms IS NULL OR m.signed_out_ms < s.reauth_ms) \
         AND EXISTS (SELECT 1 FROM factors x WHERE x.person = s.person) \
         AND g.ended_ms IS NULL AND g.from_ms <= $3 AND g.until_ms > $4";
    opt!(conn, SessionRow, sql, digest.0.to_vec(), now_ms, now_ms, now_ms)
}

pub async fn platform_home(
    conn: &mut PlatformConnection,
    digest: Hash,
) -> Result<Option<AccountScope>, DbError> {
    let sql = "SELECT a.account, a.id FROM support_sessions u JOIN accounts a ON a.account = u.home WHERE u.digest = $1";
    let row = opt!(conn, (i64, String), sql, digest.0.to_vec())?;
    row.map(|(number, id)| AccountScope::read(number, &id)).transpose()
}

/// Forgets those that ended before this time, and what is left of sessions that are over.
pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    let sql = "DELETE FROM support_sessions WHERE NOT EXISTS \
               (SELECT 1 FROM sessions s WHERE s.account = support_sessions.account AND s.digest = support_sessions.digest)";
    let sessions = exec!(conn, sql)?;
    Ok(sessions + exec!(conn, "DELETE FROM support_grants WHERE until_ms < $1", before_ms)?)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAccount {
    pub account_id: String,
    pub until_ms: i64,
    pub reason: String,
}

impl_from_row!(OpenAccount { account_id, until_ms, reason });

pub async fn platform_open(conn: &mut PlatformConnection, now_ms: i64) -> Result<Vec<OpenAccount>, DbError> {
    let sql = "SELECT a.id AS account_id, g.until_ms, g.reason FROM support_grants g JOIN accounts a ON a.account = g.account \
               WHERE g.ended_ms IS NULL AND g.from_ms <= $1 AND g.until_ms > $2 ORDER BY g.until_ms DESC, g.grant_id";
    all!(conn, OpenAccount, sql, now_ms, now_ms)
}

/// E-mail addresses of those who administer the account, the owner first.
pub async fn list_admins(conn: &mut ScopedConnection) -> Result<Vec<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT p.email FROM members m JOIN people p ON p.person = m.person \
               JOIN accounts a ON a.account = m.account \
               WHERE m.account = $1 AND m.role = 'account_admin' AND m.disabled_ms IS NULL AND p.disabled_ms IS NULL \
               ORDER BY CASE WHEN a.owner = m.person THEN 0 ELSE 1 END, p.email";
    let rows = all!(conn, (String,), sql, scope.key())?;
    Ok(rows.into_iter().map(|(email,)| email).collect())
}
