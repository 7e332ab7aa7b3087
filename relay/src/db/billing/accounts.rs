//! How accounts stand with the service that takes money.

use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

/// What is known of an account's billing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BillingRow {
    pub customer: Option<String>,
    pub subscription: Option<String>,
    /// The service's word.
    pub status: Option<String>,
    pub plan: Option<String>,
    pub month_amount: i64,
    pub currency: Option<String>,
    pub period_start_ms: Option<i64>,
    pub period_end_ms: Option<i64>,
    pub trial_end_ms: i64,
    pub cancel_at_ms: Option<i64>,
    pub over_ms: Option<i64>,
    pub due: i64,
    pub next_try_ms: Option<i64>,
    pub fetched_ms: Option<i64>,
}

impl_from_row!(BillingRow {
    customer,
    subscription,
    status,
    plan,
    month_amount,
    currency,
    period_start_ms,
    period_end_ms,
    trial_end_ms,
    cancel_at_ms,
    over_ms,
    due,
    next_try_ms,
    fetched_ms
});

/// What plans limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountCounts {
    pub facilities: i64,
    pub people: i64,
}

impl_from_row!(AccountCounts { facilities, people });

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStatusRow {
    account: i64,
    account_id: String,
    pub name: String,
    pub status: Option<String>,
    pub trial_end_ms: i64,
    pub over_ms: Option<i64>,
}

impl_from_row!(AccountStatusRow { account, account_id, name, status, trial_end_ms, over_ms });

impl AccountStatusRow {
    pub fn scope(&self) -> Result<AccountScope, DbError> {
        AccountScope::read(self.account, &self.account_id)
    }

    pub(crate) fn key(&self) -> i64 {
        self.account
    }

    pub fn id(&self) -> &str {
        &self.account_id
    }
}

pub async fn find_billing(conn: &mut ScopedConnection) -> Result<Option<BillingRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT customer, subscription, status, plan, month_amount, currency, period_start_ms, period_end_ms, trial_end_ms, \
               cancel_at_ms, over_ms, due, next_try_ms, fetched_ms FROM billing WHERE account = $1";
    opt!(conn, BillingRow, sql, scope.key())
}

/// Begins the trial of an account that has no row; one that has keeps its own.
pub async fn begin_trial(conn: &mut ScopedConnection, trial_end_ms: i64) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO billing (account, trial_end_ms) VALUES ($1, $2) ON CONFLICT (account) DO NOTHING";
    exec!(conn, sql, scope.key(), trial_end_ms).map(drop)
}

/// The same for every account that has none.
pub async fn platform_begin_trials(conn: &mut PlatformConnection, trial_end_ms: i64) -> Result<(), DbError> {
    let sql = "INSERT INTO billing (account, trial_end_ms) SELECT a.account, $1 FROM accounts a \
               WHERE NOT EXISTS (SELECT 1 FROM billing b WHERE b.account = a.account) \
               ON CONFLICT (account) DO NOTHING";
    exec!(conn, sql, trial_end_ms).map(drop)
}

/// Whether the account has this customer now: it keeps the one that it has.
pub async fn adopt_customer(conn: &mut ScopedConnection, customer: &str) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE billing SET customer = $1 WHERE account = $2 AND (customer IS NULL OR customer = $1)";
    Ok(exec!(conn, sql, customer.to_owned(), scope.key())? > 0)
}

/// Lets go of a customer that is there no more: the account is as before it ever paid.
pub async fn forget_customer(conn: &mut ScopedConnection, customer: &str) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE billing SET customer = NULL, subscription = NULL, status = NULL, plan = NULL, month_amount = 0, \
               currency = NULL, period_start_ms = NULL, period_end_ms = NULL, cancel_at_ms = NULL, over_ms = NULL, due = 0, \
               next_try_ms = NULL WHERE account = $1 AND customer = $2";
    exec!(conn, sql, scope.key(), customer.to_owned()).map(drop)
}

/// Trials of accounts of which nobody was told that they ended, and after which nothing more would be added, end now: everybody has
/// the days of grace.
pub async fn platform_end_untold_trials(
    conn: &mut PlatformConnection,
    until_ms: i64,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "UPDATE billing SET trial_end_ms = $1 WHERE status IS NULL AND trial_end_ms <= $2 AND NOT EXISTS \
               (SELECT 1 FROM billing_mails m WHERE m.account = billing.account AND m.word = 'trial-ended')";
    exec!(conn, sql, now_ms, until_ms).map(drop)
}

/// Customers that were not fetched since a moment, and those whose period is over.
pub async fn platform_list_stale(
    conn: &mut PlatformConnection,
    fetched_ms: i64,
    now_ms: i64,
) -> Result<Vec<String>, DbError> {
    let sql = "SELECT customer FROM billing WHERE customer IS NOT NULL AND (fetched_ms IS NULL OR fetched_ms < $1 OR \
               (period_end_ms <= $2 AND status IN ('active', 'trialing', 'past_due'))) ORDER BY account";
    Ok(all!(conn, (String,), sql, fetched_ms, now_ms)?.into_iter().map(|(customer,)| customer).collect())
}

/// Takes the account's row for this transaction.
pub async fn lock_billing(conn: &mut ScopedConnection) -> Result<(), DbError> {
    let scope = conn.scope();
    exec!(conn, "UPDATE billing SET due = due WHERE account = $1", scope.key()).map(drop)
}

/// Writes what was fetched; the customer stays.
pub async fn save_billing(conn: &mut ScopedConnection, row: &BillingRow) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE billing SET subscription = $1, status = $2, plan = $3, month_amount = $4, currency = $5, \
               period_start_ms = $6, period_end_ms = $7, trial_end_ms = $8, cancel_at_ms = $9, over_ms = $10, due = $11, \
               next_try_ms = $12, fetched_ms = $13 WHERE account = $14";
    let BillingRow { subscription, status, plan, currency, .. } = row.clone();
    exec!(
        conn,
        sql,
        subscription,
        status,
        plan,
        row.month_amount,
        currency,
        row.period_start_ms,
        row.period_end_ms,
        row.trial_end_ms,
        row.cancel_at_ms,
        row.over_ms,
        row.due,
        row.next_try_ms,
        row.fetched_ms,
        scope.key()
    )
    .map(drop)
}

/// Whose a customer is.
pub async fn platform_of_customer(
    conn: &mut PlatformConnection,
    customer: &str,
) -> Result<Option<AccountScope>, DbError> {
    let sql = "SELECT b.account, a.id FROM billing b JOIN accounts a ON a.account = b.account WHERE b.customer = $1";
    let row = opt!(conn, (i64, String), sql, customer.to_owned())?;
    row.map(|(number, id)| AccountScope::read(number, &id)).transpose()
}

/// Every account with its status.
pub async fn platform_list_statuses(conn: &mut PlatformConnection) -> Result<Vec<AccountStatusRow>, DbError> {
    let sql = "SELECT b.account, a.id AS account_id, a.name, b.status, b.trial_end_ms, b.over_ms FROM billing b \
               JOIN accounts a ON a.account = b.account ORDER BY b.account";
    all!(conn, AccountStatusRow, sql)
}

/// Those alone of whom anything but that all is well may have to be told at a time: past due, at an end, or of a trial that is over.
pub async fn platform_list_unwell(
    conn: &mut PlatformConnection,
    now_ms: i64,
) -> Result<Vec<AccountStatusRow>, DbError> {
    let sql = "SELECT b.account, a.id AS account_id, a.name, b.status, b.trial_end_ms, b.over_ms FROM billing b \
               JOIN accounts a ON a.account = b.account WHERE (b.status IS NULL AND b.trial_end_ms <= $1) \
               OR b.status IN ('past_due', 'unpaid', 'canceled', 'paused', 'incomplete', 'incomplete_expired') ORDER BY b.account";
    all!(conn, AccountStatusRow, sql, now_ms)
}

/// Facilities that are open, and people who may sign in or are invited.
pub async fn count_limited(conn: &mut ScopedConnection, now_ms: i64) -> Result<AccountCounts, DbError> {
    let scope = conn.scope();
    let sql = "SELECT (SELECT COUNT(*) FROM facilities WHERE account = $1 AND closed_ms IS NULL) AS facilities, \
               (SELECT COUNT(*) FROM members m JOIN people p ON p.person = m.person WHERE m.account = $1 \
               AND m.disabled_ms IS NULL AND p.disabled_ms IS NULL AND (m.until_ms IS NULL OR m.until_ms > $2)) + \
               (SELECT COUNT(*) FROM invitations WHERE account = $1 AND used_ms IS NULL AND revoked_ms IS NULL \
               AND expires_ms > $2) AS people";
    let row = opt!(conn, AccountCounts, sql, scope.key(), now_ms)?;
    Ok(row.unwrap_or_default())
}

/// Keeps that a mail is posted; whether it was not yet.
pub async fn mark_posted(
    conn: &mut ScopedConnection,
    word: &str,
    about: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO billing_mails (account, word, about, posted_ms) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (account, word, about) DO NOTHING";
    Ok(exec!(conn, sql, scope.key(), word.to_owned(), about.to_owned(), now_ms)? > 0)
}
