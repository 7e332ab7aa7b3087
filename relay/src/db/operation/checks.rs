//! What an operator's doctor asks of the database about itself.

use crate::db::{AccountScope, DbError, PlatformConnection, SqlExecutor, all, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSetting {
    pub name: &'static str,
    pub value: String,
    pub expected: &'static str,
}

pub fn is_file(conn: &mut PlatformConnection) -> bool {
    matches!(conn.lane(), SqlExecutor::Sqlite(_))
}

/// Each bound of this session, as it is and as it should be.
pub async fn platform_session(conn: &mut PlatformConnection) -> Result<Vec<SessionSetting>, DbError> {
    let settings: &[(&'static str, &'static str, &'static str)] = match conn.lane() {
        SqlExecutor::Sqlite(_) => &[
            ("journal_mode", "SELECT journal_mode FROM pragma_journal_mode", "wal"),
            ("synchronous", "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous", "2"),
            ("foreign_keys", "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", "1"),
            ("busy_timeout", "SELECT CAST(timeout AS TEXT) FROM pragma_busy_timeout", "5000"),
        ],
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(_) => &[
            ("statement_timeout", "SELECT current_setting('statement_timeout')", "15s"),
            ("lock_timeout", "SELECT current_setting('lock_timeout')", "5s"),
            (
                "idle_in_transaction_session_timeout",
                "SELECT current_setting('idle_in_transaction_session_timeout')",
                "10s",
            ),
            ("synchronous_commit", "SELECT current_setting('synchronous_commit')", "on"),
            ("fsync", "SELECT current_setting('fsync')", "on"),
        ],
    };
    let mut found = Vec::new();
    for (name, sql, expected) in settings {
        let row = opt!(conn, (String,), *sql)?;
        let value = row.map(|(value,)| value).unwrap_or_default();
        found.push(SessionSetting { name, value, expected });
    }
    Ok(found)
}

/// Whether this connection is encrypted; `None` where there is no line that could be.
pub async fn platform_is_encrypted(conn: &mut PlatformConnection) -> Result<Option<bool>, DbError> {
    match conn.lane() {
        SqlExecutor::Sqlite(_) => Ok(None),
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(_) => {
            // Over a socket there is no address.
            let sql =
                "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND inet_server_addr() IS NOT NULL";
            Ok(opt!(conn, (bool,), sql)?.map(|(encrypted,)| encrypted))
        }
    }
}

/// What lets this role see past the wall between accounts, in its own words; empty where nothing does, and on a file.
pub async fn platform_wall_faults(conn: &mut PlatformConnection) -> Result<Vec<String>, DbError> {
    match conn.lane() {
        SqlExecutor::Sqlite(_) => Ok(Vec::new()),
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(_) => {
            let role = "SELECT 'the role ' || rolname || ' is a superuser or has BYPASSRLS' FROM pg_roles \
                        WHERE rolname = current_user AND (rolsuper OR rolbypassrls)";
            let tables = "SELECT 'the table ' || c.relname || ' is not behind row-level security' FROM pg_class c \
                          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account' AND NOT a.attisdropped \
                          WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace \
                          AND c.relname NOT IN ('jobs', 'jobs_done', 'mails') \
                          AND NOT (c.relrowsecurity AND c.relforcerowsecurity \
                          AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)) ORDER BY c.relname";
            let mut faults = all!(conn, (String,), role)?;
            faults.extend(all!(conn, (String,), tables)?);
            Ok(faults.into_iter().map(|(fault,)| fault).collect())
        }
    }
}

/// The database's own clock; of a file, the newest time that a box was heard.
pub async fn platform_clock_ms(conn: &mut PlatformConnection) -> Result<Option<i64>, DbError> {
    let sql = match conn.lane() {
        SqlExecutor::Sqlite(_) => "SELECT MAX(last_seen_ms) FROM box_now",
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(_) => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    };
    Ok(opt!(conn, (Option<i64>,), sql)?.and_then(|(ms,)| ms))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NeedCounts {
    pub boxes: i64,
    /// Of those, not heard since.
    pub silent: i64,
    pub quarantined: i64,
    /// Facilities whose pages could not be brought up to date.
    pub unfolded: i64,
}

/// Counts over all accounts; a box is silent that was not heard since this time.
pub async fn platform_needs(conn: &mut PlatformConnection, since_ms: i64) -> Result<NeedCounts, DbError> {
    let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN n.last_seen_ms IS NULL OR n.last_seen_ms < $1 THEN 1 ELSE 0 END), 0) AS BIGINT), \
               CAST(COALESCE(SUM(CASE WHEN b.quarantined_ms IS NULL THEN 0 ELSE 1 END), 0) AS BIGINT) FROM boxes b \
               LEFT JOIN box_now n ON n.account = b.account AND n.box = b.box WHERE b.revoked_ms IS NULL";
    let (boxes, silent, quarantined) = opt!(conn, (i64, i64, i64), sql, since_ms)?.unwrap_or_default();
    let sql = "SELECT COUNT(*) FROM projections WHERE error IS NOT NULL AND state <> 'dropped'";
    let unfolded = opt!(conn, (i64,), sql)?.map_or(0, |(count,)| count);
    Ok(NeedCounts { boxes, silent, quarantined, unfolded })
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpkeepCounts {
    /// Open facilities of which no page knows anything.
    pub facilities_without_numbers: i64,
    pub failed_mails: i64,
    pub waiting_mails: i64,
    pub unsure_mails: i64,
    /// Second factors whose key nobody names.
    pub sealed_by_nobody: i64,
    /// Who runs the platform and cannot open its pages.
    pub platform_without_factor: i64,
    seen_ms: Vec<i64>,
}

impl UpkeepCounts {
    /// Processes that were not heard since this time, and said that they ended neither.
    pub fn silent_processes(&self, since_ms: i64) -> usize {
        self.seen_ms.iter().filter(|seen_ms| **seen_ms < since_ms).count()
    }
}

/// Counts over all accounts; of mails those that failed and were made since a time, and those that wait and were made before another.
pub async fn platform_upkeep(
    conn: &mut PlatformConnection,
    since_ms: i64,
    waited_ms: i64,
) -> Result<UpkeepCounts, DbError> {
    let sql = "SELECT (SELECT COUNT(*) FROM facilities f WHERE f.closed_ms IS NULL AND NOT EXISTS \
               (SELECT 1 FROM facility_now n WHERE n.account = f.account AND n.facility = f.facility)), \
               (SELECT COUNT(*) FROM mails WHERE state = 'failed' AND made_ms >= $1 AND body <> '{}'), \
               (SELECT COUNT(*) FROM mails WHERE state = 'wait' AND made_ms < $2), \
               (SELECT COUNT(*) FROM mails WHERE state = 'unsure'), \
               (SELECT COUNT(*) FROM factors x WHERE NOT EXISTS \
               (SELECT 1 FROM authority a WHERE a.kind = 'seal' AND a.n = x.seal_n)), \
               (SELECT COUNT(*) FROM people p WHERE p.platform_role = 'super_admin' AND p.disabled_ms IS NULL \
               AND NOT EXISTS (SELECT 1 FROM factors x WHERE x.person = p.person))";
    type Columns = (i64, i64, i64, i64, i64, i64);
    let counts = opt!(conn, Columns, sql, since_ms, waited_ms)?.unwrap_or_default();
    let (facilities_without_numbers, failed_mails, waiting_mails, unsure_mails, ..) = counts;
    let (.., sealed_by_nobody, platform_without_factor) = counts;
    let seen = all!(conn, (i64,), "SELECT seen_ms FROM processes")?;
    let seen_ms = seen.into_iter().map(|(seen_ms,)| seen_ms).collect();
    Ok(UpkeepCounts {
        facilities_without_numbers,
        failed_mails,
        waiting_mails,
        unsure_mails,
        sealed_by_nobody,
        platform_without_factor,
        seen_ms,
    })
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedPhoto {
    pub scope: AccountScope,
    pub photo: String,
}

/// Photos of all accounts after this one, in order; the first page is after 0 and the empty name.
pub async fn platform_photos(
    conn: &mut PlatformConnection,
    after: Option<&ExpectedPhoto>,
    limit: i64,
) -> Result<Vec<ExpectedPhoto>, DbError> {
    let (account, photo) = after.map_or((0, String::new()), |last| (last.scope.key(), last.photo.clone()));
    let sql = "SELECT DISTINCT p.account, a.id, p.photo FROM photos p JOIN accounts a ON a.account = p.account \
               WHERE p.account > $1 OR (p.account = $1 AND p.photo > $2) ORDER BY p.account, p.photo LIMIT $3";
    let rows = all!(conn, (i64, String, String), sql, account, photo, limit)?;
    rows.into_iter()
        .map(|(account, id, photo): (i64, String, String)| {
            Ok(ExpectedPhoto { scope: AccountScope::read(account, &id)?, photo })
        })
        .collect()
}

/// Facilities whose sums are not the sums of their items, in words.
pub async fn platform_sum_faults(conn: &mut PlatformConnection) -> Result<Vec<String>, DbError> {
    let sql = "SELECT f.facility, d.day FROM facilities f JOIN (\
               SELECT account, projection, day, SUM(met) AS met, SUM(closed) AS closed FROM (\
               SELECT account, projection, day, met, closed FROM facility_days UNION ALL \
               SELECT account, projection, day, -met, -closed FROM item_days) b \
               GROUP BY account, projection, day) d ON d.account = f.account AND d.projection = f.projection \
               WHERE d.met <> 0 OR d.closed <> 0 ORDER BY f.facility, d.day";
    let rows = all!(conn, (String, i64), sql)?;
    Ok(rows
        .into_iter()
        .map(|(facility, day): (String, i64)| format!("facility {facility}, day {day}"))
        .collect())
}

/// Segments that do not begin where the one before ends, in words.
pub async fn platform_segment_faults(conn: &mut PlatformConnection) -> Result<Vec<String>, DbError> {
    let sql = "SELECT l.box, l.epoch, s.first_seq, s.before FROM (\
               SELECT account, log, first_seq, LAG(next_seq, 1, 0) OVER (PARTITION BY account, log ORDER BY first_seq) AS before \
               FROM segments) s JOIN logs l ON l.account = s.account AND l.log = s.log \
               WHERE s.first_seq <> s.before ORDER BY l.box, l.epoch, s.first_seq";
    let rows = all!(conn, (String, String, i64, i64), sql)?;
    Ok(rows
        .into_iter()
        .map(|(box_id, epoch, first, before): (String, String, i64, i64)| {
            format!(
                "box {box_id}, epoch {epoch}: a segment begins at {first}, the one before ends at {before}"
            )
        })
        .collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DatabaseBeginning {
    pub has_accounts: bool,
    pub keys_from_ms: Option<i64>,
}

/// Whether it is anybody's yet.
pub async fn platform_beginning(conn: &mut PlatformConnection) -> Result<DatabaseBeginning, DbError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM accounts), (SELECT MIN(from_ms) FROM authority)";
    let found = opt!(conn, (bool, Option<i64>), sql)?;
    let (has_accounts, keys_from_ms) = found.unwrap_or_default();
    Ok(DatabaseBeginning { has_accounts, keys_from_ms })
}

pub async fn platform_has_photos(conn: &mut PlatformConnection) -> Result<bool, DbError> {
    let found = opt!(conn, (bool,), "SELECT EXISTS (SELECT 1 FROM photos)")?;
    Ok(found.is_some_and(|(exists,)| exists))
}
