//! Webhooks of accounts: where something is sent, of what, and with which secret it is signed.

use std::collections::BTreeMap;

use crate::db::{DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Clone, PartialEq, Eq)]
pub struct WebhookRow {
    pub webhook: String,
    pub url: String,
    pub events: String,
    pub limited: bool,
    /// The number of the key that sealed its secret.
    pub seal_n: i64,
    pub secret: Vec<u8>,
    /// The same of the secret before it, which signs beside it until `old_until_ms`.
    pub old_seal_n: Option<i64>,
    pub old_secret: Option<Vec<u8>>,
    pub old_until_ms: Option<i64>,
    pub state: String,
    /// Since when nothing has arrived, and when that was noticed last.
    pub failing_ms: Option<i64>,
    pub failed_ms: Option<i64>,
    pub made_by: String,
    pub made_ms: i64,
}

impl_from_row!(WebhookRow {
    webhook,
    url,
    events,
    limited,
    seal_n,
    secret,
    old_seal_n,
    old_secret,
    old_until_ms,
    state,
    failing_ms,
    failed_ms,
    made_by,
    made_ms
});

impl std::fmt::Debug for WebhookRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookRow({} {})", self.webhook, self.state)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct NewWebhook<'a> {
    pub webhook: &'a str,
    pub url: &'a str,
    pub events: &'a str,
    /// Its facilities; `None` is all.
    pub places: Option<&'a [String]>,
    pub seal_n: i64,
    pub secret: &'a [u8],
    pub made_by: &'a str,
}

const COLUMNS: &str = "webhook, url, events, limited, seal_n, secret, old_seal_n, old_secret, old_until_ms, state, failing_ms, \
                       failed_ms, made_by, made_ms";

/// The webhooks of the account, the oldest first.
pub async fn list_webhooks(conn: &mut ScopedConnection) -> Result<Vec<WebhookRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("SELECT {COLUMNS} FROM webhooks WHERE account = $1 ORDER BY webhook");
    all!(conn, WebhookRow, sqlx::AssertSqlSafe(sql), scope.key())
}

pub async fn find_webhook(conn: &mut ScopedConnection, webhook: &str) -> Result<Option<WebhookRow>, DbError> {
    let scope = conn.scope();
    let sql = format!("SELECT {COLUMNS} FROM webhooks WHERE account = $1 AND webhook = $2");
    opt!(conn, WebhookRow, sqlx::AssertSqlSafe(sql), scope.key(), webhook.to_owned())
}

pub async fn list_places(conn: &mut ScopedConnection) -> Result<BTreeMap<String, Vec<String>>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT webhook, facility FROM webhook_places WHERE account = $1 ORDER BY webhook, facility";
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (webhook, facility) in all!(conn, (String, String), sql, scope.key())? {
        places.entry(webhook).or_default().push(facility);
    }
    Ok(places)
}

pub async fn insert_webhook(
    conn: &mut ScopedConnection,
    new: &NewWebhook<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let account = conn.scope().key();
    let (webhook, url, events) = (new.webhook.to_owned(), new.url.to_owned(), new.events.to_owned());
    let sql = "INSERT INTO webhooks (account, webhook, url, events, limited, seal_n, secret, state, made_by, made_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, 'on', $8, $9)";
    let (limited, secret, made_by) = (new.places.is_some(), new.secret.to_owned(), new.made_by.to_owned());
    exec!(conn, sql, account, webhook.clone(), url, events, limited, new.seal_n, secret, made_by, now_ms)?;
    for facility in new.places.unwrap_or_default() {
        let sql = "INSERT INTO webhook_places (account, webhook, facility) VALUES ($1, $2, $3) \
                   ON CONFLICT DO NOTHING";
        exec!(conn, sql, account, webhook.clone(), facility.clone())?;
    }
    Ok(())
}

/// Gives a webhook another secret; the present one signs beside it until a moment.
pub async fn replace_secret(
    conn: &mut ScopedConnection,
    webhook: &str,
    seal_n: i64,
    secret: Vec<u8>,
    old_until_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE webhooks SET old_seal_n = seal_n, old_secret = secret, old_until_ms = $1, seal_n = $2, secret = $3 \
               WHERE account = $4 AND webhook = $5";
    Ok(exec!(conn, sql, old_until_ms, seal_n, secret, scope.key(), webhook.to_owned())? == 1)
}

/// Says whether a webhook is sent to; then what failed before counts no more. Whether that was news.
pub async fn set_state(
    conn: &mut ScopedConnection,
    webhook: &str,
    state: &'static str,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE webhooks SET state = $1, failing_ms = NULL, failed_ms = NULL \
               WHERE account = $2 AND webhook = $3 AND state <> $1";
    Ok(exec!(conn, sql, state, scope.key(), webhook.to_owned())? == 1)
}

pub async fn mark_arrived(conn: &mut ScopedConnection, webhook: &str) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE webhooks SET failing_ms = NULL, failed_ms = NULL \
               WHERE account = $1 AND webhook = $2 AND failing_ms IS NOT NULL";
    exec!(conn, sql, scope.key(), webhook.to_owned()).map(drop)
}

/// Keeps that something did not arrive. Since when nothing has.
pub async fn mark_failing(conn: &mut ScopedConnection, webhook: &str, now_ms: i64) -> Result<i64, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE webhooks SET failing_ms = COALESCE(failing_ms, $1), failed_ms = $1 \
               WHERE account = $2 AND webhook = $3 RETURNING failing_ms";
    let row = opt!(conn, (i64,), sql, now_ms, scope.key(), webhook.to_owned())?;
    Ok(row.map_or(now_ms, |(since_ms,)| since_ms))
}

/// Takes a webhook away, with what was sent to it. Whether it was there.
pub async fn delete_webhook(conn: &mut ScopedConnection, webhook: &str) -> Result<bool, DbError> {
    let (account, webhook) = (conn.scope().key(), webhook.to_owned());
    for sql in [
        "DELETE FROM webhook_places WHERE account = $1 AND webhook = $2",
        "DELETE FROM webhook_deliveries WHERE account = $1 AND webhook = $2",
    ] {
        exec!(conn, sql, account, webhook.clone())?;
    }
    let sql = "DELETE FROM webhook_bodies WHERE account = $1 AND digest NOT IN \
               (SELECT d.digest FROM webhook_deliveries d WHERE d.account = $1)";
    exec!(conn, sql, account)?;
    let sql = "DELETE FROM webhooks WHERE account = $1 AND webhook = $2";
    Ok(exec!(conn, sql, account, webhook)? == 1)
}

pub async fn platform_pause_all(conn: &mut PlatformConnection) -> Result<(), DbError> {
    exec!(conn, "UPDATE webhooks SET state = 'paused' WHERE state = 'on'").map(drop)
}
