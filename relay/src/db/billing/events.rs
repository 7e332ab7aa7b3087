//! What the service that takes money said, and where it had something else than these tables.

use crate::db::{DbError, PlatformConnection, SqlConnection, all, exec, impl_from_row, opt};

/// A difference that is there so long was there two nights: no delay any more.
const LASTING_MS: i64 = 20 * 3_600_000;
/// A reading that waits longer is looked at by somebody.
const READING_S: i64 = 2 * 24 * 3_600;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStripeEvent {
    pub event: String,
    pub word: String,
    pub created_ms: i64,
    pub api_version: Option<String>,
    pub livemode: bool,
    pub customer: Option<String>,
    pub object: Option<String>,
    pub body: String,
    pub state: &'static str,
    pub got_ms: i64,
}

/// Keeps a message; `false`: it was there already.
pub async fn platform_insert_event(
    conn: &mut PlatformConnection,
    new: NewStripeEvent,
) -> Result<bool, DbError> {
    let sql = "INSERT INTO stripe_events (event, word, created_ms, api_version, livemode, customer, object, body, state, got_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (event) DO NOTHING";
    let NewStripeEvent { event, word, created_ms, api_version, livemode, .. } = new;
    let NewStripeEvent { customer, object, body, state, got_ms, .. } = new;
    let done = exec!(
        conn,
        sql,
        event,
        word,
        created_ms,
        api_version,
        livemode,
        customer,
        object,
        body,
        state,
        got_ms
    )?;
    Ok(done > 0)
}

/// A message that is not done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEventRow {
    pub event: String,
    pub word: String,
    pub object: Option<String>,
}

impl_from_row!(NewEventRow { event, word, object });

/// Those about a customer that are not done with, in the order in which they came.
pub async fn platform_list_new(
    conn: &mut PlatformConnection,
    customer: &str,
) -> Result<Vec<NewEventRow>, DbError> {
    let sql = "SELECT event, word, object FROM stripe_events WHERE customer = $1 AND state = 'new' ORDER BY got_ms, event";
    all!(conn, NewEventRow, sql, customer.to_owned())
}

pub async fn platform_end_event(
    conn: &mut impl SqlConnection,
    event: &str,
    state: &str,
) -> Result<(), DbError> {
    let sql = "UPDATE stripe_events SET state = $1 WHERE event = $2";
    exec!(conn, sql, state.to_owned(), event.to_owned()).map(drop)
}

pub async fn platform_forget_events(conn: &mut PlatformConnection, until_ms: i64) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM stripe_events WHERE got_ms < $1", until_ms).map(drop)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferenceRow {
    pub subscription: String,
    pub customer: String,
    pub ours: String,
    pub theirs: String,
    pub since_ms: i64,
    pub seen_ms: i64,
}

impl DifferenceRow {
    pub fn is_lasting(&self) -> bool {
        self.seen_ms.saturating_sub(self.since_ms) >= LASTING_MS
    }
}

impl_from_row!(DifferenceRow { subscription, customer, ours, theirs, since_ms, seen_ms });

/// Keeps since when there is a difference.
pub async fn platform_save_difference(
    conn: &mut PlatformConnection,
    row: &DifferenceRow,
) -> Result<(), DbError> {
    let sql = "INSERT INTO billing_differences (subscription, customer, ours, theirs, since_ms, seen_ms) \
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (subscription) DO UPDATE SET customer = excluded.customer, \
               ours = excluded.ours, theirs = excluded.theirs, seen_ms = excluded.seen_ms";
    let DifferenceRow { subscription, customer, ours, theirs, .. } = row.clone();
    exec!(conn, sql, subscription, customer, ours, theirs, row.since_ms, row.seen_ms).map(drop)
}

/// What lasts: differences that were there two nights, and readings that the meter has not taken for two days.
pub async fn platform_count_lasting(
    conn: &mut PlatformConnection,
    now_s: i64,
) -> Result<(i64, i64), DbError> {
    let sql = "SELECT (SELECT COUNT(*) FROM billing_differences WHERE seen_ms - since_ms >= $1), \
               (SELECT COUNT(*) FROM usage_sent WHERE sent_ms IS NULL AND time_s < $2)";
    Ok(opt!(conn, (i64, i64), sql, LASTING_MS, now_s.saturating_sub(READING_S))?.unwrap_or_default())
}

/// Takes away those that the look at a moment did not find.
pub async fn platform_drop_settled(conn: &mut PlatformConnection, seen_ms: i64) -> Result<(), DbError> {
    exec!(conn, "DELETE FROM billing_differences WHERE seen_ms < $1", seen_ms).map(drop)
}

pub async fn platform_list_differences(
    conn: &mut PlatformConnection,
    limit: i64,
) -> Result<Vec<DifferenceRow>, DbError> {
    let sql = "SELECT subscription, customer, ours, theirs, since_ms, seen_ms FROM billing_differences \
               ORDER BY since_ms, subscription LIMIT $1";
    all!(conn, DifferenceRow, sql, limit)
}
