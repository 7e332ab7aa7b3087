//! Reports that are made while nobody waits for them: whose they are, what is asked for, and how far each is.

use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

/// A report that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReport {
    /// Its id.
    pub report: String,
    /// As `reports::order::ReportOwner` writes it.
    pub owner: String,
    /// What has it made; empty where somebody asked.
    pub schedule: String,
    /// As `report::query::ReportFormat` is called by its ending.
    pub format: String,
    /// The tag of its language.
    pub locale: String,
    /// JSON of `reports::order::ReportOrder`.
    pub body: String,
    /// Days since 1970.
    pub from_day: i64,
    pub to_day: i64,
    pub made_ms: i64,
    /// A word of `report::query::ReportState`.
    pub state: String,
    pub percent: i64,
    pub bytes: i64,
    /// Why there is none, a word; empty: nothing failed.
    pub fault: String,
}

impl_from_row!(StoredReport {
    report,
    owner,
    schedule,
    format,
    locale,
    body,
    from_day,
    to_day,
    made_ms,
    state,
    percent,
    bytes,
    fault
});

const COLUMNS: &str =
    "report, owner, schedule, format, locale, body, from_day, to_day, made_ms, state, percent, bytes, fault";
/// What may still be made.
const OPEN: &str = "state IN ('waiting', 'making')";

/// Puts in a report that waits.
pub async fn insert_report(conn: &mut ScopedConnection, new: &StoredReport) -> Result<(), DbError> {
    let account = conn.scope().key();
    let StoredReport { report, owner, schedule, format, locale, body, state, .. } = new.clone();
    let sql = format!(
        "INSERT INTO reports (account, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, '')"
    );
    let sql = sqlx::AssertSqlSafe(sql);
    let (from, to, made_ms) = (new.from_day, new.to_day, new.made_ms);
    exec!(conn, sql, account, report, owner, schedule, format, locale, body, from, to, made_ms, state)
        .map(drop)
}

/// How many of an owner are not made yet.
pub async fn count_open(conn: &mut ScopedConnection, owner: &str) -> Result<i64, DbError> {
    let account = conn.scope().key();
    let sql = format!("SELECT COUNT(*) FROM reports WHERE account = $1 AND owner = $2 AND {OPEN}");
    let row = opt!(conn, (i64,), sqlx::AssertSqlSafe(sql), account, owner.to_owned())?;
    Ok(row.map_or(0, |(count,)| count))
}

/// The oldest of an owner that are over, where they have more than so many reports.
pub async fn list_surplus(
    conn: &mut ScopedConnection,
    owner: &str,
    stored_max: i64,
) -> Result<Vec<String>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT COUNT(*) FROM reports WHERE account = $1 AND owner = $2";
    let count = opt!(conn, (i64,), sql, account, owner.to_owned())?.map_or(0, |(count,)| count);
    let surplus = (count - stored_max).max(0);
    let sql = format!(
        "SELECT report FROM reports WHERE account = $1 AND owner = $2 AND NOT {OPEN} ORDER BY report LIMIT $3"
    );
    let rows = all!(conn, (String,), sqlx::AssertSqlSafe(sql), account, owner.to_owned(), surplus)?;
    Ok(rows.into_iter().map(|(report,)| report).collect())
}

/// Those of the account that are over, whosever they are.
pub async fn list_over(conn: &mut ScopedConnection) -> Result<Vec<String>, DbError> {
    let account = conn.scope().key();
    let sql = format!("SELECT report FROM reports WHERE account = $1 AND NOT {OPEN}");
    let rows = all!(conn, (String,), sqlx::AssertSqlSafe(sql), account)?;
    Ok(rows.into_iter().map(|(report,)| report).collect())
}

/// A report of the account, whosever it is.
pub async fn find_report(conn: &mut ScopedConnection, report: &str) -> Result<Option<StoredReport>, DbError> {
    let account = conn.scope().key();
    let sql = format!("SELECT {COLUMNS} FROM reports WHERE account = $1 AND report = $2");
    opt!(conn, StoredReport, sqlx::AssertSqlSafe(sql), account, report.to_owned())
}

/// One owner's, the newest first.
pub async fn list_own(
    conn: &mut ScopedConnection,
    owner: &str,
    limit: i64,
) -> Result<Vec<StoredReport>, DbError> {
    let account = conn.scope().key();
    let sql = format!(
        "SELECT {COLUMNS} FROM reports WHERE account = $1 AND owner = $2 ORDER BY report DESC LIMIT $3"
    );
    all!(conn, StoredReport, sqlx::AssertSqlSafe(sql), account, owner.to_owned(), limit)
}

/// Notes how far a report is; whether it is still to be made.
pub async fn note_percent(conn: &mut ScopedConnection, report: &str, percent: i64) -> Result<bool, DbError> {
    let account = conn.scope().key();
    let sql = format!(
        "UPDATE reports SET state = 'making', percent = $3 WHERE account = $1 AND report = $2 AND {OPEN}"
    );
    Ok(exec!(conn, sqlx::AssertSqlSafe(sql), account, report.to_owned(), percent)? > 0)
}

/// Ends a report without a file that is not over yet; whether it was not. `fault` as its row has it.
pub async fn end_report(
    conn: &mut ScopedConnection,
    report: &str,
    state: &'static str,
    fault: &'static str,
) -> Result<bool, DbError> {
    let account = conn.scope().key();
    let sql =
        format!("UPDATE reports SET state = $3, fault = $4 WHERE account = $1 AND report = $2 AND {OPEN}");
    Ok(exec!(conn, sqlx::AssertSqlSafe(sql), account, report.to_owned(), state, fault)? > 0)
}

/// Ends one whose file is in the store: its length, and what is in it; whether it was not over yet.
pub async fn finish_report(conn: &mut ScopedConnection, made: &StoredReport) -> Result<bool, DbError> {
    let account = conn.scope().key();
    let sql = format!(
        "UPDATE reports SET state = 'ready', bytes = $3, body = $4 WHERE account = $1 AND report = $2 AND {OPEN}"
    );
    let (report, body) = (made.report.clone(), made.body.clone());
    Ok(exec!(conn, sqlx::AssertSqlSafe(sql), account, report, made.bytes, body)? > 0)
}

/// Forgets one; its file is removed before.
pub async fn delete_report(conn: &mut ScopedConnection, report: &str) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "DELETE FROM reports WHERE account = $1 AND report = $2";
    exec!(conn, sql, account, report.to_owned()).map(drop)
}

/// A report that is old, of any account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldReport {
    account: i64,
    account_id: String,
    pub report: String,
}

impl_from_row!(OldReport { account, account_id, report });

impl OldReport {
    pub fn scope(&self) -> Result<AccountScope, DbError> {
        AccountScope::read(self.account, &self.account_id)
    }
}

/// Those that were asked for before a moment and are over, so many.
pub async fn platform_list_old(
    conn: &mut PlatformConnection,
    before_ms: i64,
    limit: i64,
) -> Result<Vec<OldReport>, DbError> {
    let sql = format!(
        "SELECT r.account, a.id AS account_id, r.report FROM reports r JOIN accounts a ON a.account = r.account \
         WHERE r.made_ms < $1 AND NOT {OPEN} ORDER BY r.made_ms LIMIT $2"
    );
    all!(conn, OldReport, sqlx::AssertSqlSafe(sql), before_ms, limit)
}

pub async fn platform_forget(conn: &mut PlatformConnection, old: &OldReport) -> Result<(), DbError> {
    let sql = "DELETE FROM reports WHERE account = $1 AND report = $2";
    exec!(conn, sql, old.account, old.report.clone()).map(drop)
}

/// Ends those for which no job works any more: its process stopped at each try.
pub async fn platform_fail_abandoned(conn: &mut PlatformConnection, job_kind: &str) -> Result<u64, DbError> {
    let sql = format!(
        "UPDATE reports SET state = 'failed' WHERE {OPEN} AND NOT EXISTS (SELECT 1 FROM jobs j \
         WHERE j.kind = $1 AND j.key = reports.report AND j.state <> 'dead')"
    );
    exec!(conn, sqlx::AssertSqlSafe(sql), job_kind.to_owned())
}
