//! API tokens of programs: what is kept of each, and when it was used.

use record::tree::Hash;

use crate::db::PersonNumber;
use crate::db::{
    AccountScope, DbError, PlatformConnection, ReadScope, ScopedConnection, all, exec, impl_from_row, opt,
};

const LISTED_MAX: i64 = 300;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    pub token_id: String,
    pub name: String,
    pub scope: String,
    pub made_ms: i64,
    pub made_by: String,
    /// From then on it opens nothing; `None` is never.
    pub expires_ms: Option<i64>,
    pub revoked_ms: Option<i64>,
    pub revoked_by: Option<String>,
    /// The UTC day of its last use, counted from 1970-01-01.
    pub used_day: Option<i64>,
    /// The network from which it came first on that day.
    pub used_from: Option<String>,
    /// The number of its sight, where it does not see everything.
    viewer: Option<i64>,
}

impl TokenRow {
    /// Whether it sees only some facilities.
    pub fn is_limited(&self) -> bool {
        self.viewer.is_some()
    }

    /// What it sees of its account.
    pub fn reads(&self, scope: AccountScope) -> ReadScope {
        read_sight(scope, self.viewer)
    }

    pub fn is_over(&self, now_ms: i64) -> bool {
        self.revoked_ms.is_some() || self.expires_ms.is_some_and(|at_ms| at_ms <= now_ms)
    }
}

fn read_sight(scope: AccountScope, viewer: Option<i64>) -> ReadScope {
    viewer.map_or(scope.into(), |viewer| ReadScope::of_member(scope, PersonNumber::of(viewer)))
}

impl_from_row!(TokenRow {
    token_id,
    name,
    scope,
    made_ms,
    made_by,
    expires_ms,
    revoked_ms,
    revoked_by,
    used_day,
    used_from,
    viewer
});

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownToken {
    /// Number and id of the account that it opens.
    account: i64,
    account_id: String,
    pub token_id: String,
    pub name: String,
    pub scope: String,
    pub expires_ms: Option<i64>,
    pub revoked_ms: Option<i64>,
    pub used_day: Option<i64>,
    viewer: Option<i64>,
}

impl_from_row!(ShownToken {
    account,
    account_id,
    token_id,
    name,
    scope,
    expires_ms,
    revoked_ms,
    used_day,
    viewer
});

impl ShownToken {
    pub fn account(&self) -> Result<AccountScope, DbError> {
        AccountScope::read(self.account, &self.account_id)
    }

    pub fn reads(&self) -> Result<ReadScope, DbError> {
        Ok(read_sight(self.account()?, self.viewer))
    }
}

#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    pub token_id: &'a str,
    pub name: &'a str,
    /// SHA-256 of its text.
    pub digest: Hash,
    pub scope: &'a str,
    pub made_by: &'a str,
    pub expires_ms: Option<i64>,
    /// Facilities and regions that it sees, by id; `None` is all.
    pub places: Option<&'a [String]>,
    pub origins: &'a [String],
}

const COLUMNS: &str = "token_id, name, scope, made_ms, made_by, expires_ms, revoked_ms, revoked_by, used_day, used_from, viewer";

pub async fn insert_token(
    conn: &mut ScopedConnection,
    token: &NewToken<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let viewer = match token.places {
        Some(places) => Some(save_sight(conn, places).await?),
        None => None,
    };
    let sql = "INSERT INTO api_tokens (account, token_id, name, digest, scope, made_ms, made_by, expires_ms, viewer) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (id, name, digest) = (token.token_id.to_owned(), token.name.to_owned(), token.digest.0.to_vec());
    let (may, by) = (token.scope.to_owned(), token.made_by.to_owned());
    exec!(conn, sql, scope.key(), id, name, digest, may, now_ms, by, token.expires_ms, viewer)?;
    for origin in token.origins {
        let sql = "INSERT INTO token_origins (account, token_id, origin) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        exec!(conn, sql, scope.key(), token.token_id.to_owned(), origin.clone())?;
    }
    Ok(())
}

/// Keeps which places a new token sees, under a number that nobody has.
async fn save_sight(conn: &mut ScopedConnection, places: &[String]) -> Result<i64, DbError> {
    let scope = conn.scope();
    let sql = "SELECT COALESCE(MIN(viewer), 0) - 1 FROM api_tokens WHERE account = $1";
    let viewer = opt!(conn, (i64,), sql, scope.key())?.map_or(-1, |(viewer,)| viewer);
    for place in places {
        let sql =
            "INSERT INTO member_places (account, person, place) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        exec!(conn, sql, scope.key(), viewer, place.clone())?;
    }
    Ok(viewer)
}

/// The facilities and regions that a token sees, by id, where it does not see all.
pub async fn list_token_places(
    conn: &mut ScopedConnection,
    token: &TokenRow,
) -> Result<Vec<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT place FROM member_places WHERE account = $1 AND person = $2 ORDER BY place";
    let rows = all!(conn, (String,), sql, scope.key(), token.viewer.unwrap_or_default())?;
    Ok(rows.into_iter().map(|(place,)| place).collect())
}

pub async fn list_origins(conn: &mut ScopedConnection, token_id: &str) -> Result<Vec<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT origin FROM token_origins WHERE account = $1 AND token_id = $2 ORDER BY origin";
    let rows = all!(conn, (String,), sql, scope.key(), token_id.to_owned())?;
    Ok(rows.into_iter().map(|(origin,)| origin).collect())
}

pub async fn platform_is_origin(
    conn: &mut PlatformConnection,
    origin: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql = "SELECT o.token_id FROM token_origins o JOIN api_tokens t ON t.account = o.account AND t.token_id = o.token_id \
               WHERE o.origin = $1 AND t.revoked_ms IS NULL AND (t.expires_ms IS NULL OR t.expires_ms > $2) LIMIT 1";
    Ok(opt!(conn, (String,), sql, origin.to_owned(), now_ms)?.is_some())
}

pub async fn platform_by_digest(
    conn: &mut PlatformConnection,
    digest: Hash,
) -> Result<Option<ShownToken>, DbError> {
    let sql = "SELECT t.account, a.id AS account_id, t.token_id, t.name, t.scope, t.expires_ms, t.revoked_ms, t.used_day, \
               t.viewer FROM api_tokens t JOIN accounts a ON a.account = t.account WHERE t.digest = $1";
    opt!(conn, ShownToken, sql, digest.0.to_vec())
}

/// Tokens of the account, those that open something first, then by name.
pub async fn list_tokens(conn: &mut ScopedConnection, now_ms: i64) -> Result<Vec<TokenRow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT {COLUMNS} FROM api_tokens WHERE account = $1 \
         ORDER BY CASE WHEN revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms > $2) THEN 0 ELSE 1 END, \
         name, made_ms DESC, token_id LIMIT $3"
    );
    all!(conn, TokenRow, sqlx::AssertSqlSafe(sql.clone()), scope.key(), now_ms, LISTED_MAX)
}

pub async fn find_token(conn: &mut ScopedConnection, token_id: &str) -> Result<Option<TokenRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("SELECT {COLUMNS} FROM api_tokens WHERE account = $1 AND token_id = $2");
    opt!(conn, TokenRow, sqlx::AssertSqlSafe(sql.clone()), scope.key(), token_id.to_owned())
}

/// Ids of tokens of the account with this name that were not revoked.
pub async fn tokens_named(conn: &mut ScopedConnection, name: &str) -> Result<Vec<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT token_id FROM api_tokens WHERE account = $1 AND name = $2 AND revoked_ms IS NULL ORDER BY token_id";
    let rows = all!(conn, (String,), sql, scope.key(), name.to_owned())?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub async fn count_tokens(conn: &mut ScopedConnection, now_ms: i64) -> Result<i64, DbError> {
    let scope = conn.scope();
    let sql = "SELECT COUNT(*) FROM api_tokens \
               WHERE account = $1 AND revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms > $2)";
    Ok(opt!(conn, (i64,), sql, scope.key(), now_ms)?.map_or(0, |(count,)| count))
}

pub async fn revoke_token(
    conn: &mut ScopedConnection,
    token_id: &str,
    (by, now_ms): (&str, i64),
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE api_tokens SET revoked_ms = $1, revoked_by = $2 \
               WHERE account = $3 AND token_id = $4 AND revoked_ms IS NULL";
    Ok(exec!(conn, sql, now_ms, by.to_owned(), scope.key(), token_id.to_owned())? > 0)
}

pub async fn touch_token(
    conn: &mut ScopedConnection,
    token_id: &str,
    (day, from): (i64, &str),
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE api_tokens SET used_day = $1, used_from = $2 \
               WHERE account = $3 AND token_id = $4 AND (used_day IS NULL OR used_day <> $5)";
    exec!(conn, sql, day, from.to_owned(), scope.key(), token_id.to_owned(), day).map(drop)
}

/// Forgets tokens that open nothing since before `before_ms`.
pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    let sql = "DELETE FROM api_tokens WHERE revoked_ms < $1 OR expires_ms < $2";
    let forgotten = exec!(conn, sql, before_ms, before_ms)?;
    if forgotten > 0 {
        let sql = "DELETE FROM token_origins WHERE NOT EXISTS (SELECT 1 FROM api_tokens t \
                   WHERE t.account = token_origins.account AND t.token_id = token_origins.token_id)";
        exec!(conn, sql)?;
        let sql = "DELETE FROM member_places WHERE person < 0 AND NOT EXISTS (SELECT 1 FROM api_tokens t \
                   WHERE t.account = member_places.account AND t.viewer = member_places.person)";
        exec!(conn, sql)?;
    }
    Ok(forgotten)
}
