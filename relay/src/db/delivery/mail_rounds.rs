//! What mails by the calendar tell of, whom, and which of them were posted.

use record::figures::CLEANINGS_MAX;

use super::mail_preferences::TopicChoice;
use crate::db::account::accounts::{platform_numbers, read_scopes};
use crate::db::database::visible_rows::seen_rows;
use crate::db::person::people::ROLE;
use crate::db::{
    AccountScope, DbError, PersonNumber, PlatformConnection, ReadScope, ScopedConnection, all, exec,
    impl_from_row, opt,
};

/// Keeps that a mail was posted, in the transaction that posts it. Whether it was not before.
pub async fn mark_posted(conn: &mut ScopedConnection, mark: &str, now_ms: i64) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO mail_marks (account, mark, set_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    Ok(exec!(conn, sql, scope.key(), mark.to_owned(), now_ms)? > 0)
}

pub async fn platform_forget_marks(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM mail_marks WHERE set_ms < $1", before_ms)
}

/// The accounts for which rounds are made.
pub async fn platform_list_accounts(conn: &mut PlatformConnection) -> Result<Vec<AccountScope>, DbError> {
    read_scopes(&platform_numbers(conn).await?)
}

/// How far an account has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountProgress {
    pub name: String,
    pub created_ms: i64,
    pub zone: Option<String>,
    /// Of the owner, where they may sign in.
    pub owner_email: Option<String>,
    /// Boxes that were ever claimed.
    pub boxes: i64,
    /// Facilities at which something was recorded.
    pub recording: i64,
    /// Members, and whoever is invited.
    pub people: i64,
}

impl_from_row!(AccountProgress { name, created_ms, zone, owner_email, boxes, recording, people });

pub async fn find_progress(
    conn: &mut ScopedConnection,
    now_ms: i64,
) -> Result<Option<AccountProgress>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT a.name, a.created_ms, a.zone, \
               (SELECT p.email FROM people p WHERE p.person = a.owner AND p.disabled_ms IS NULL) AS owner_email, \
               (SELECT COUNT(*) FROM boxes b WHERE b.account = a.account) AS boxes, \
               (SELECT COUNT(*) FROM facility_now n WHERE n.account = a.account AND n.last_cleaning_ms IS NOT NULL) AS recording, \
               (SELECT COUNT(*) FROM members m WHERE m.account = a.account AND m.disabled_ms IS NULL) + \
               (SELECT COUNT(*) FROM invitations i WHERE i.account = a.account AND i.used_ms IS NULL AND i.revoked_ms IS NULL \
                AND i.expires_ms > $1) AS people FROM accounts a WHERE a.account = $2";
    opt!(conn, AccountProgress, sql, now_ms, scope.key())
}

/// Somebody of the account who wants mails of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailReaderRow {
    person: i64,
    pub user_id: String,
    pub email: String,
    /// As `accounts::UserRole` writes it.
    pub role: String,
    all_facilities: bool,
}

impl_from_row!(MailReaderRow { person, user_id, email, role, all_facilities });

impl MailReaderRow {
    /// What they see of the account.
    pub fn reads(&self, scope: AccountScope) -> ReadScope {
        match self.all_facilities {
            true => scope.into(),
            false => ReadScope::of_member(scope, PersonNumber::of(self.person)),
        }
    }
}

/// Those who want a topic, and those who never chose, where they get it by themselves (`by_itself.is_on`).
pub async fn list_readers(
    conn: &mut ScopedConnection,
    by_itself: TopicChoice,
    now_ms: i64,
) -> Result<Vec<MailReaderRow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT m.person, p.id AS user_id, p.email, {ROLE} AS role, m.all_facilities FROM members m \
         JOIN people p ON p.person = m.person \
         LEFT JOIN mail_preferences c ON c.account = m.account AND c.person = m.person AND c.topic = $1 \
         WHERE m.account = $2 AND m.disabled_ms IS NULL AND p.disabled_ms IS NULL AND p.verified_ms IS NOT NULL \
         AND (m.until_ms IS NULL OR m.until_ms > $3) AND COALESCE(c.is_on, $4) ORDER BY m.person"
    );
    all!(conn, MailReaderRow, sqlx::AssertSqlSafe(sql), by_itself.topic, scope.key(), now_ms, by_itself.is_on)
}

/// A member who may come in, whatever mails they want.
pub async fn find_reader(
    conn: &mut ScopedConnection,
    user_id: &str,
    now_ms: i64,
) -> Result<Option<MailReaderRow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT m.person, p.id AS user_id, p.email, {ROLE} AS role, m.all_facilities FROM members m \
         JOIN people p ON p.person = m.person WHERE m.account = $1 AND p.id = $2 AND m.disabled_ms IS NULL \
         AND p.disabled_ms IS NULL AND (m.until_ms IS NULL OR m.until_ms > $3)"
    );
    opt!(conn, MailReaderRow, sqlx::AssertSqlSafe(sql), scope.key(), user_id.to_owned(), now_ms)
}

/// From which day and moment on, and until which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySpan {
    pub first_day: i64,
    pub last_day: i64,
    pub from_ms: i64,
    pub end_ms: i64,
}

/// A facility in a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekRow {
    pub facility: String,
    pub name: String,
    pub box_state: String,
    pub items: i64,
    pub overdue: i64,
    pub met: i64,
    pub closed: i64,
    pub cleanings: i64,
    pub uses: i64,
}

impl_from_row!(WeekRow { facility, name, box_state, items, overdue, met, closed, cleanings, uses });

pub async fn list_week(conn: &mut ScopedConnection, span: DaySpan) -> Result<Vec<WeekRow>, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let days = |column: &str| {
        format!(
            "(SELECT CAST(COALESCE(SUM(d.{column}), 0) AS BIGINT) FROM facility_days d WHERE d.account = f.account \
             AND d.projection = f.projection AND d.day >= $3 AND d.day <= $4)"
        )
    };
    let sql = format!(
        "SELECT n.facility, n.name, n.box_state, n.items, n.overdue, {} AS met, {} AS closed, \
         (SELECT COUNT(*) FROM cleanings c WHERE c.account = f.account AND c.projection = f.projection \
          AND c.performed_ms >= $5 AND c.performed_ms < $6 AND NOT c.voided) AS cleanings, \
         (SELECT COUNT(*) FROM uses u WHERE u.account = f.account AND u.projection = f.projection \
          AND u.ended_ms >= $5 AND u.ended_ms < $6) AS uses \
         FROM facility_now n JOIN facilities f ON f.account = n.account AND f.facility = n.facility \
         WHERE n.account = $1 AND NOT n.closed AND {} ORDER BY n.sort_name, n.facility",
        days("met"),
        days("closed"),
        seen_rows("n", "$2")
    );
    let DaySpan { first_day, last_day, from_ms, end_ms } = span;
    let sql = sqlx::AssertSqlSafe(sql);
    all!(conn, WeekRow, sql, scope.key(), viewer, first_day, last_day, from_ms, end_ms)
}

/// How long recording took, milliseconds, of the newest cleanings within a span that were measured.
pub async fn list_took(conn: &mut ScopedConnection, span: DaySpan) -> Result<Vec<u32>, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let sql = format!(
        "SELECT c.took_ms FROM cleanings c JOIN facilities f ON f.account = c.account AND f.projection = c.projection \
         JOIN facility_now n ON n.account = f.account AND n.facility = f.facility \
         WHERE c.account = $1 AND c.performed_ms >= $3 AND c.performed_ms < $4 AND c.took_ms IS NOT NULL AND NOT c.voided \
         AND NOT n.closed AND {} ORDER BY c.performed_ms DESC LIMIT $5",
        seen_rows("n", "$2")
    );
    let (sql, limit) = (sqlx::AssertSqlSafe(sql), i64::try_from(CLEANINGS_MAX).unwrap_or(i64::MAX));
    let rows = all!(conn, (i64,), sql, scope.key(), viewer, span.from_ms, span.end_ms, limit)?;
    Ok(rows.into_iter().filter_map(|(took_ms,)| u32::try_from(took_ms).ok()).collect())
}

/// Windows of weeks, counted from a day on: the week's number, met, closed.
pub async fn list_trend(
    conn: &mut ScopedConnection,
    first_day: i64,
    last_day: i64,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let sql = format!(
        "SELECT (d.day - $3) / 7, CAST(SUM(d.met) AS BIGINT), CAST(SUM(d.closed) AS BIGINT) FROM facility_now n \
         JOIN facilities f ON f.account = n.account AND f.facility = n.facility \
         JOIN facility_days d ON d.account = f.account AND d.projection = f.projection AND d.day >= $3 AND d.day <= $4 \
         WHERE n.account = $1 AND NOT n.closed AND {} GROUP BY 1 ORDER BY 1",
        seen_rows("n", "$2")
    );
    all!(conn, (i64, i64, i64), sqlx::AssertSqlSafe(sql), scope.key(), viewer, first_day, last_day)
}

/// A facility whose box says when it is inspected, or when its shifts begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFacility {
    pub facility: String,
    pub name: String,
    pub overdue: i64,
    pub month_met: i64,
    pub month_closed: i64,
    /// JSON of `record::fold::FacilitySettings`.
    pub settings: String,
}

impl_from_row!(PlannedFacility { facility, name, overdue, month_met, month_closed, settings });

pub async fn list_planned(conn: &mut ScopedConnection) -> Result<Vec<PlannedFacility>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT n.facility, n.name, n.overdue, n.month_met, n.month_closed, r.body AS settings FROM facility_now n \
               JOIN facilities f ON f.account = n.account AND f.facility = n.facility \
               JOIN state_rows r ON r.account = f.account AND r.projection = f.projection AND r.room = 'settings' AND r.id = '' \
               WHERE n.account = $1 AND NOT n.closed \
               AND (r.body LIKE '%\"inspection\":{\"day\":\"2%' OR r.body LIKE '%\"shifts\":[\"%')";
    all!(conn, PlannedFacility, sql, scope.key())
}

/// An item to be cleaned before a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRow {
    pub tag: String,
    /// JSON of `record::fold::Equipment`.
    pub body: String,
    pub by_ms: i64,
}

impl_from_row!(DueRow { tag, body, by_ms });

/// Items of a facility that are due until a moment, the soonest first.
pub async fn list_due(
    conn: &mut ScopedConnection,
    facility: &str,
    until_ms: i64,
) -> Result<Vec<DueRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT i.tag, r.body, i.by_ms FROM facilities f \
               JOIN items i ON i.account = f.account AND i.projection = f.projection \
               JOIN state_rows r ON r.account = i.account AND r.projection = i.projection AND r.room = 'equipment' AND r.id = i.tag \
               WHERE f.account = $1 AND f.facility = $2 AND i.state IN ('due', 'used') AND i.by_ms <= $3 \
               ORDER BY i.by_ms, i.tag LIMIT 200";
    all!(conn, DueRow, sql, scope.key(), facility.to_owned(), until_ms)
}
