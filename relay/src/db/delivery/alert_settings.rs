//! What accounts set of their alerts: rules that are not as they come, quiet hours, the digest; and who is told.

use record::ids::FacilityId;

use crate::db::account::accounts::read_scopes;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRuleRow {
    /// As `alerts::AlertKind` writes it.
    pub kind: String,
    pub is_on: bool,
    pub minutes: i64,
    /// As `accounts::UserRole` writes them, with blanks between them.
    pub roles: String,
    /// 0: never.
    pub escalate_minutes: i64,
}

impl_from_row!(AlertRuleRow { kind, is_on, minutes, roles, escalate_minutes });

pub async fn list_rules(conn: &mut ScopedConnection) -> Result<Vec<AlertRuleRow>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT kind, is_on, minutes, roles, escalate_minutes FROM alert_rules WHERE account = $1";
    all!(conn, AlertRuleRow, sql, account)
}

pub async fn save_rule(conn: &mut ScopedConnection, row: &AlertRuleRow) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "INSERT INTO alert_rules (account, kind, is_on, minutes, roles, escalate_minutes) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (account, kind) DO UPDATE SET is_on = excluded.is_on, minutes = excluded.minutes, \
               roles = excluded.roles, escalate_minutes = excluded.escalate_minutes";
    let AlertRuleRow { kind, is_on, minutes, roles, escalate_minutes } = row.clone();
    exec!(conn, sql, account, kind, is_on, minutes, roles, escalate_minutes).map(drop)
}

/// Minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AlertHours {
    /// When quiet hours begin, and when they end; no quiet hours where one is absent.
    pub quiet_from: Option<i64>,
    pub quiet_until: Option<i64>,
    /// When the digest is sent; absent: as it comes; below 0: never.
    pub digest_at: Option<i64>,
}

impl_from_row!(AlertHours { quiet_from, quiet_until, digest_at });

pub async fn find_hours(conn: &mut ScopedConnection) -> Result<AlertHours, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT quiet_from, quiet_until, digest_at FROM alert_hours WHERE account = $1";
    Ok(opt!(conn, AlertHours, sql, account)?.unwrap_or_default())
}

/// The time of the next digest is found again.
pub async fn save_hours(conn: &mut ScopedConnection, hours: AlertHours) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "INSERT INTO alert_hours (account, quiet_from, quiet_until, digest_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (account) DO UPDATE SET quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, \
               digest_at = excluded.digest_at, digest_ms = NULL";
    let AlertHours { quiet_from, quiet_until, digest_at } = hours;
    exec!(conn, sql, account, quiet_from, quiet_until, digest_at).map(drop)
}

pub async fn find_digest_ms(conn: &mut ScopedConnection) -> Result<Option<i64>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT digest_ms FROM alert_hours WHERE account = $1";
    Ok(opt!(conn, (Option<i64>,), sql, account)?.and_then(|(at_ms,)| at_ms))
}

pub async fn save_digest_ms(conn: &mut ScopedConnection, at_ms: i64) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "INSERT INTO alert_hours (account, digest_ms) VALUES ($1, $2) \
               ON CONFLICT (account) DO UPDATE SET digest_ms = excluded.digest_ms";
    exec!(conn, sql, account, at_ms).map(drop)
}

/// The zone of the account's days, else that of one of its facilities.
pub async fn digest_zone(conn: &mut ScopedConnection) -> Result<String, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT COALESCE(a.zone, (SELECT MIN(n.zone) FROM facility_now n WHERE n.account = a.account AND NOT n.closed), 'UTC') \
               FROM accounts a WHERE a.account = $1";
    let row = opt!(conn, (String,), sql, account)?;
    Ok(row.map(|(zone,)| zone).unwrap_or_default())
}

/// Accounts with something open whose digest is due, or of whose digest nothing is known. One that a wrong clock put off for days is
/// due, too.
pub async fn platform_digests_due(
    conn: &mut PlatformConnection,
    now_ms: i64,
) -> Result<Vec<AccountScope>, DbError> {
    const LATEST_MS: i64 = 26 * 3_600_000;
    let sql = "SELECT a.account, a.id FROM accounts a LEFT JOIN alert_hours h ON h.account = a.account \
               WHERE (h.digest_ms IS NULL OR h.digest_ms <= $1 OR h.digest_ms > $2) \
               AND EXISTS (SELECT 1 FROM alerts x WHERE x.account = a.account AND x.state IN ('open', 'acknowledged')) ORDER BY a.account";
    read_scopes(&all!(conn, (i64, String), sql, now_ms, now_ms.saturating_add(LATEST_MS))?)
}

/// Somebody who can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertReader {
    pub user_id: String,
    pub email: String,
    /// As `accounts::UserRole` writes it.
    pub role: String,
    /// Whether they did not switch mails of the topic off.
    pub wants: bool,
    person: i64,
    all_facilities: bool,
}

impl_from_row!(AlertReader { user_id, email, role, wants, person, all_facilities });

/// `@TOPIC@`: of which mails it is asked whether they are wanted.
const READERS: &str = "SELECT p.id AS user_id, p.email, m.role, NOT EXISTS (SELECT 1 FROM mail_preferences c WHERE c.account = $1 \
     AND c.person = m.person AND c.topic = '@TOPIC@' AND NOT c.is_on) AS wants, p.person, m.all_facilities FROM members m \
     JOIN people p ON p.person = m.person WHERE m.account = $1 AND m.disabled_ms IS NULL AND p.disabled_ms IS NULL \
     AND p.verified_ms IS NOT NULL AND (m.until_ms IS NULL OR m.until_ms > $2)";

/// Who sees a facility.
pub async fn list_readers(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    now_ms: i64,
) -> Result<Vec<AlertReader>, DbError> {
    let account = conn.scope().key();
    let sql = format!(
        "{} AND (m.all_facilities OR EXISTS (SELECT 1 FROM member_places s JOIN facilities z ON z.account = s.account \
         AND s.place IN (z.facility, z.region) WHERE s.account = $1 AND s.person = m.person AND z.facility = $3)) \
         ORDER BY p.person",
        READERS.replace("@TOPIC@", "alerts")
    );
    all!(conn, AlertReader, sqlx::AssertSqlSafe(sql), account, now_ms, facility.to_string())
}

/// Somebody of the account, and what they see of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestReader {
    pub reader: AlertReader,
    /// Ids of facilities and regions; `None`: all.
    pub places: Option<Vec<String>>,
}

/// Everybody of the account who wants its digest.
pub async fn list_digest_readers(
    conn: &mut ScopedConnection,
    now_ms: i64,
) -> Result<Vec<DigestReader>, DbError> {
    let account = conn.scope().key();
    let sql = format!("{} ORDER BY p.person", READERS.replace("@TOPIC@", "digest"));
    let readers = all!(conn, AlertReader, sqlx::AssertSqlSafe(sql), account, now_ms)?;
    let mut places = crate::db::person::members::all_places(conn).await?;
    let of = |reader: AlertReader| {
        let own = places.remove(&crate::db::PersonNumber::of(reader.person)).unwrap_or_default();
        DigestReader { places: (!reader.all_facilities).then_some(own), reader }
    };
    Ok(readers.into_iter().filter(|reader| reader.wants).map(of).collect())
}
