//! What is sent to webhooks, and what became of it.

use record::tree::Hash;

use crate::db::{DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    pub delivery: String,
    pub webhook: String,
    pub event: String,
    /// wait, sent, failed.
    pub state: String,
    pub tries: i64,
    pub made_ms: i64,
    pub tried_ms: Option<i64>,
    /// Of the last try, where the receiver answered.
    pub status: Option<i64>,
    pub answer: Option<String>,
    /// Why it did not arrive.
    pub error: Option<String>,
}

impl_from_row!(DeliveryRow {
    delivery,
    webhook,
    event,
    state,
    tries,
    made_ms,
    tried_ms,
    status,
    answer,
    error
});

impl std::fmt::Debug for DeliveryRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeliveryRow({} {} {})", self.delivery, self.event, self.state)
    }
}

const COLUMNS: &str = "delivery, webhook, event, state, tries, made_ms, tried_ms, status, answer, error";

pub async fn list_newest(
    conn: &mut ScopedConnection,
    webhook: &str,
    limit: i64,
) -> Result<Vec<DeliveryRow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_deliveries WHERE account = $1 AND webhook = $2 ORDER BY delivery DESC LIMIT $3"
    );
    all!(conn, DeliveryRow, sqlx::AssertSqlSafe(sql), scope.key(), webhook.to_owned(), limit)
}

pub async fn find_delivery(
    conn: &mut ScopedConnection,
    delivery: &str,
) -> Result<Option<DeliveryRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("SELECT {COLUMNS} FROM webhook_deliveries WHERE account = $1 AND delivery = $2");
    opt!(conn, DeliveryRow, sqlx::AssertSqlSafe(sql), scope.key(), delivery.to_owned())
}

pub async fn find_body(conn: &mut ScopedConnection, delivery: &str) -> Result<Option<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT b.body FROM webhook_deliveries d JOIN webhook_bodies b ON b.account = d.account AND b.digest = d.digest \
               WHERE d.account = $1 AND d.delivery = $2";
    Ok(opt!(conn, (String,), sql, scope.key(), delivery.to_owned())?.map(|(body,)| body))
}

/// Those of a webhook that have not arrived and may yet, the oldest first.
pub async fn list_waiting(conn: &mut ScopedConnection, webhook: &str) -> Result<Vec<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT delivery FROM webhook_deliveries WHERE account = $1 AND webhook = $2 AND state = 'wait' ORDER BY delivery";
    let rows = all!(conn, (String,), sql, scope.key(), webhook.to_owned())?;
    Ok(rows.into_iter().map(|(delivery,)| delivery).collect())
}

#[derive(Debug, Clone, Copy)]
pub struct NewDelivery<'a> {
    pub delivery: &'a str,
    pub webhook: &'a str,
    pub event: &'static str,
    pub body: &'a str,
}

/// Inserts what is to be sent. A body is stored once, however many receive it.
pub async fn insert_delivery(
    conn: &mut ScopedConnection,
    new: &NewDelivery<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let account = conn.scope().key();
    let digest = Hash::of(new.body.as_bytes()).0.to_vec();
    let sql = "INSERT INTO webhook_bodies (account, digest, body, made_ms) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (account, digest) DO UPDATE SET made_ms = CASE WHEN excluded.made_ms > webhook_bodies.made_ms \
               THEN excluded.made_ms ELSE webhook_bodies.made_ms END";
    exec!(conn, sql, account, digest.clone(), new.body.to_owned(), now_ms)?;
    let sql = "INSERT INTO webhook_deliveries (account, delivery, webhook, event, digest, state, tries, made_ms) \
               VALUES ($1, $2, $3, $4, $5, 'wait', 0, $6)";
    let (delivery, webhook) = (new.delivery.to_owned(), new.webhook.to_owned());
    exec!(conn, sql, account, delivery, webhook, new.event, digest, now_ms).map(drop)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryTry {
    /// wait, sent, failed.
    pub state: &'static str,
    pub status: Option<i64>,
    pub answer: Option<String>,
    pub error: Option<String>,
}

pub async fn save_try(
    conn: &mut ScopedConnection,
    delivery: &str,
    tried: DeliveryTry,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE webhook_deliveries SET state = $1, status = $2, answer = $3, error = $4, tried_ms = $5, tries = tries + 1 \
               WHERE account = $6 AND delivery = $7";
    let DeliveryTry { state, status, answer, error } = tried;
    exec!(conn, sql, state, status, answer, error, now_ms, scope.key(), delivery.to_owned()).map(drop)
}

pub async fn end_waiting(conn: &mut ScopedConnection, webhook: &str) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE webhook_deliveries SET state = 'failed' WHERE account = $1 AND webhook = $2 AND state = 'wait'";
    exec!(conn, sql, scope.key(), webhook.to_owned()).map(drop)
}

pub async fn count_waiting(conn: &mut ScopedConnection, webhook: &str) -> Result<i64, DbError> {
    let scope = conn.scope();
    let sql =
        "SELECT COUNT(*) FROM webhook_deliveries WHERE account = $1 AND webhook = $2 AND state = 'wait'";
    Ok(opt!(conn, (i64,), sql, scope.key(), webhook.to_owned())?.map_or(0, |(count,)| count))
}

/// Ends the oldest that wait, where more do than `most`: a receiver that keeps nobody waiting never has so many.
pub async fn end_surplus(conn: &mut ScopedConnection, webhook: &str, most: i64) -> Result<(), DbError> {
    let surplus = count_waiting(conn, webhook).await? - most;
    if surplus <= 0 {
        return Ok(());
    }
    let scope = conn.scope();
    let sql = "UPDATE webhook_deliveries SET state = 'failed', error = 'too many wait for this receiver' \
               WHERE account = $1 AND delivery IN (SELECT d.delivery FROM webhook_deliveries d \
               WHERE d.account = $1 AND d.webhook = $2 AND d.state = 'wait' ORDER BY d.delivery LIMIT $3)";
    exec!(conn, sql, scope.key(), webhook.to_owned(), surplus).map(drop)
}

pub async fn wait_again(conn: &mut ScopedConnection, delivery: &str) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE webhook_deliveries SET state = 'wait' WHERE account = $1 AND delivery = $2";
    exec!(conn, sql, scope.key(), delivery.to_owned()).map(drop)
}

pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM webhook_bodies WHERE made_ms < $1", before_ms)?;
    exec!(conn, "DELETE FROM webhook_deliveries WHERE made_ms < $1", before_ms)
}
