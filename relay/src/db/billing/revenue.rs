//! What accounts pay, for whoever runs the platform.

use crate::db::{DbError, PlatformConnection, all, exec, impl_from_row};

/// An account as the page of revenue shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueRow {
    pub account_id: String,
    pub name: String,
    pub status: Option<String>,
    pub plan: Option<String>,
    pub currency: Option<String>,
    /// A month of it now, and at the end of the month before; nothing of one that does not pay.
    pub amount: i64,
    pub earlier: i64,
    pub due: i64,
    pub trial_end_ms: i64,
    pub over_ms: Option<i64>,
    /// The highest day of its last period that is over.
    pub usage: Option<i64>,
}

impl_from_row!(RevenueRow {
    account_id,
    name,
    status,
    plan,
    currency,
    amount,
    earlier,
    due,
    trial_end_ms,
    over_ms,
    usage
});

/// Writes what each account pays in this month, as of now.
pub async fn platform_save_month(conn: &mut PlatformConnection, month: i64) -> Result<(), DbError> {
    let sql = "INSERT INTO revenue_months (account, month, currency, amount) SELECT account, $1, COALESCE(currency, ''), \
               CASE WHEN status IN ('active', 'past_due') THEN month_amount ELSE 0 END FROM billing WHERE TRUE \
               ON CONFLICT (account, month) DO UPDATE SET currency = excluded.currency, amount = excluded.amount";
    exec!(conn, sql, month).map(drop)
}

/// Every account, with what it paid at the end of the month before `month`.
pub async fn platform_list_revenue(
    conn: &mut PlatformConnection,
    month: i64,
) -> Result<Vec<RevenueRow>, DbError> {
    let sql = "SELECT a.id AS account_id, a.name, b.status, b.plan, b.currency, \
               CASE WHEN b.status IN ('active', 'past_due') THEN b.month_amount ELSE 0 END AS amount, \
               COALESCE((SELECT m.amount FROM revenue_months m WHERE m.account = b.account AND m.month = $1 - 1), 0) AS earlier, \
               b.due, b.trial_end_ms, b.over_ms, \
               (SELECT u.value FROM usage_closed u WHERE u.account = b.account ORDER BY u.period_end_ms DESC LIMIT 1) AS usage \
               FROM billing b JOIN accounts a ON a.account = b.account ORDER BY a.name, a.id";
    all!(conn, RevenueRow, sql, month)
}
