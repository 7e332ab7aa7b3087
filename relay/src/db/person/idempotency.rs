//! Answers under idempotency keys of programs: written with what was done, so that a repeat does nothing.

use record::tree::Hash;

use crate::db::{DbError, PlatformConnection, ScopedConnection, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// SHA-256 of what was to be done.
    pub request: Vec<u8>,
    pub status: i64,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

impl_from_row!(AnswerRow { request, status, location, etag, body });

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenKey<'a> {
    pub token_id: &'a str,
    pub key: &'a str,
}

/// Takes a key, so that whoever comes with it at the same time waits for this transaction. What was answered under it before, where
/// that was not long ago; else the transaction writes its answer by [`save_answer`].
pub async fn begin_request(
    conn: &mut ScopedConnection,
    of: TokenKey<'_>,
    request: Hash,
    now_ms: i64,
) -> Result<Option<AnswerRow>, DbError> {
    let account = conn.scope().key();
    let (token, key) = (of.token_id.to_owned(), of.key.to_owned());
    let sql =
        "DELETE FROM idempotency WHERE account = $1 AND token_id = $2 AND idem_key = $3 AND until_ms <= $4";
    exec!(conn, sql, account, token.clone(), key.clone(), now_ms)?;
    let sql = "INSERT INTO idempotency (account, token_id, idem_key, request, status, body, until_ms) \
               VALUES ($1, $2, $3, $4, 0, $5, 0) ON CONFLICT DO NOTHING";
    let (hash, nothing) = (request.0.to_vec(), Vec::<u8>::new());
    if exec!(conn, sql, account, token.clone(), key.clone(), hash, nothing)? > 0 {
        return Ok(None);
    }
    let sql = "SELECT request, status, location, etag, body FROM idempotency \
               WHERE account = $1 AND token_id = $2 AND idem_key = $3";
    opt!(conn, AnswerRow, sql, account, token, key)
}

pub async fn has_keys(
    conn: &mut ScopedConnection,
    token_id: &str,
    count: i64,
    now_ms: i64,
) -> Result<bool, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM idempotency WHERE account = $1 AND token_id = $2 AND until_ms > $3 LIMIT $4) k";
    let row = opt!(conn, (i64,), sql, account, token_id.to_owned(), now_ms, count)?;
    Ok(row.is_some_and(|(found,)| found >= count))
}

/// Writes what is answered under a key that this transaction took.
pub async fn save_answer(
    conn: &mut ScopedConnection,
    of: TokenKey<'_>,
    answer: &AnswerRow,
    until_ms: i64,
) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "UPDATE idempotency SET status = $1, location = $2, etag = $3, body = $4, until_ms = $5 \
               WHERE account = $6 AND token_id = $7 AND idem_key = $8";
    let AnswerRow { status, location, etag, body, .. } = answer.clone();
    let (token, key) = (of.token_id.to_owned(), of.key.to_owned());
    exec!(conn, sql, status, location, etag, body, until_ms, account, token, key).map(drop)
}

pub async fn platform_forget_old(conn: &mut PlatformConnection, now_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM idempotency WHERE until_ms <= $1", now_ms)
}
