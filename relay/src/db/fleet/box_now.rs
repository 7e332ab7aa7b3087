//! What boxes say of themselves: one row a box, written for many at once.

use record::ids::FacilityId;
use serde::Serialize;

use crate::db::OwnedFacility;
use crate::db::database::visible_rows::seen_rows;
use crate::db::{DbError, PlatformConnection, ScopedConnection, SqlExecutor, all, exec, impl_from_row, opt};

/// A box with what the relay holds of its present log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxRow {
    pub box_id: String,
    pub name: Option<String>,
    pub facility: String,
    pub facility_name: String,
    pub version: String,
    pub claimed_ms: i64,
    pub revoked_ms: Option<i64>,
    /// Since when its log contradicts itself.
    pub quarantined_ms: Option<i64>,
    /// When the machine was heard last whose place this one has taken.
    pub returned_ms: Option<i64>,
    pub epoch: String,
    pub reported_size: i64,
    pub held_size: i64,
    /// Entries that the relay holds of all its logs.
    pub held_all: i64,
    /// Logs under its name of which nothing says that they are its own.
    pub waiting_logs: i64,
    pub last_seen_ms: Option<i64>,
    /// Whether a connection of it is open.
    pub online: bool,
    /// `synced`, `rtc` or `uncertain`.
    pub clock: String,
    pub clock_ahead_ms: i64,
    pub refusals: i64,
    /// Its last health report, JSON of `record::messages::HealthReport`.
    pub health: Option<String>,
    /// Its state, as it was decided last.
    pub state: String,
    pub known_ms: i64,
}

impl_from_row!(BoxRow {
    box_id,
    name,
    facility,
    facility_name,
    version,
    claimed_ms,
    revoked_ms,
    quarantined_ms,
    returned_ms,
    epoch,
    reported_size,
    held_size,
    held_all,
    waiting_logs,
    last_seen_ms,
    online,
    clock,
    clock_ahead_ms,
    refusals,
    health,
    state,
    known_ms
});

/// What is read of a box `b`, its row `n`, its present log `e` and its facility, `f` and `w`.
const COLUMNS: &str = "b.box AS box_id, b.name, b.facility, w.name AS facility_name, COALESCE(n.version, b.version) AS version, b.claimed_ms, \
     b.revoked_ms, b.quarantined_ms, (SELECT MAX(c.returned_ms) FROM certificates c \
     WHERE c.account = b.account AND c.box = b.box) AS returned_ms, COALESCE(n.epoch, '') AS epoch, n.reported_size, \
     COALESCE(e.size, 0) AS held_size, \
     (SELECT CAST(COALESCE(SUM(a.size), 0) AS BIGINT) FROM logs a \
     WHERE a.account = b.account AND a.box = b.box AND a.key_known) AS held_all, \
     (SELECT COUNT(*) FROM logs a WHERE a.account = b.account AND a.box = b.box AND a.size > 0 \
     AND NOT a.key_known) AS waiting_logs, n.last_seen_ms, n.connection IS NOT NULL AS online, \
     n.clock, n.clock_ahead_ms, b.refusals, n.health, n.state, f.known_ms";
const JOINS: &str = "JOIN box_now n ON n.account = b.account AND n.box = b.box \
     JOIN facilities f ON f.account = b.account AND f.facility = b.facility \
     JOIN facility_now w ON w.account = b.account AND w.facility = b.facility \
     LEFT JOIN logs e ON e.account = b.account AND e.box = b.box AND e.epoch = n.epoch";

pub async fn boxes_of(conn: &mut ScopedConnection, facility: FacilityId) -> Result<Vec<BoxRow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT {COLUMNS} FROM boxes b {JOINS} WHERE b.account = $1 AND b.facility = $2 \
         ORDER BY b.claimed_ms DESC, b.box"
    );
    all!(conn, BoxRow, sqlx::AssertSqlSafe(sql), scope.key(), facility.to_string())
}

pub async fn find_box(conn: &mut ScopedConnection, box_id: &str) -> Result<Option<BoxRow>, DbError> {
    let scope = conn.scope();
    let seen = seen_rows("b", "$3");
    let sql = format!("SELECT {COLUMNS} FROM boxes b {JOINS} WHERE b.account = $1 AND b.box = $2 AND {seen}");
    let viewer = conn.viewer();
    opt!(conn, BoxRow, sqlx::AssertSqlSafe(sql), scope.key(), box_id.to_owned(), viewer)
}

/// The boxes of an account, or of one of its facilities, after an id, by id; an empty one begins with the first.
pub async fn list_after(
    conn: &mut ScopedConnection,
    facility: Option<FacilityId>,
    after: &str,
    limit: i64,
) -> Result<Vec<BoxRow>, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let seen = seen_rows("b", "$3");
    let sql = format!(
        "SELECT {COLUMNS} FROM boxes b {JOINS} WHERE b.account = $1 AND b.box > $2 AND {seen} \
         AND ($4 = '' OR b.facility = $4) ORDER BY b.box LIMIT $5"
    );
    let facility = facility.map(|id| id.to_string()).unwrap_or_default();
    all!(conn, BoxRow, sqlx::AssertSqlSafe(sql), scope.key(), after.to_owned(), viewer, facility, limit)
}

/// How soon somebody must look at a box in this state, as a place in lists.
pub const URGENCY: &str = "CASE state WHEN 'quarantined' THEN 0 WHEN 'silent' THEN 1 WHEN 'alarmed' THEN 2 \
     WHEN 'waiting' THEN 3 WHEN 'clock' THEN 4 WHEN 'behind' THEN 5 WHEN 'good' THEN 6 WHEN 'none' THEN 7 ELSE 8 END";

/// Which boxes of an account are looked for; what is empty is not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BoxFilter {
    /// Their states, as `projections::box_state` writes them.
    pub state: String,
    /// A part of their own name, or of their facility's.
    pub name: String,
}

/// A part of a name as `LIKE` takes it, for names in lower case.
pub(in crate::db) fn name_pattern(part: &str) -> String {
    let part = part.to_lowercase();
    format!("%{}%", part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

impl BoxFilter {
    fn pattern(&self) -> String {
        name_pattern(&self.name)
    }
}

/// Whether a box `x` with its rows `y` and `z` is one of a filter, whose parts are bound as `state` and `name`.
fn filtered_boxes(state: &str, name: &str) -> String {
    format!(
        "({state} = '' OR y.state = {state}) \
         AND (z.sort_name LIKE {name} ESCAPE '\\' OR LOWER(COALESCE(x.name, '')) LIKE {name} ESCAPE '\\')"
    )
}

const FILTER_JOINS: &str = "JOIN box_now y ON y.account = x.account AND y.box = x.box \
     JOIN facility_now z ON z.account = x.account AND z.facility = x.facility";

/// The boxes of an account that are looked for, behind one of them, those first that need somebody.
pub async fn load_page(
    conn: &mut ScopedConnection,
    filter: &BoxFilter,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<BoxRow>, DbError> {
    let scope = conn.scope();
    let place = format!("({}), -x.claimed_ms, x.box", URGENCY.replace("state", "y.state"));
    let sql = format!(
        "SELECT {COLUMNS} FROM (SELECT x.account, x.box FROM boxes x {FILTER_JOINS} \
         WHERE x.account = $1 AND {seen} AND {filtered} AND ($2 = '' OR ({place}) > \
         (SELECT {place} FROM boxes x JOIN box_now y ON y.account = x.account AND y.box = x.box \
         WHERE x.account = $1 AND x.box = $2)) ORDER BY {place} LIMIT $3) p \
         JOIN boxes b ON b.account = p.account AND b.box = p.box {JOINS} ORDER BY ({}), b.claimed_ms DESC, b.box",
        URGENCY.replace("state", "n.state"),
        seen = seen_rows("x", "$4"),
        filtered = filtered_boxes("$5", "$6"),
    );
    let viewer = conn.viewer();
    let after = after.unwrap_or_default().to_owned();
    let (state, name) = (filter.state.clone(), filter.pattern());
    all!(conn, BoxRow, sqlx::AssertSqlSafe(sql), scope.key(), after, limit, viewer, state, name)
}

pub async fn count_boxes(conn: &mut ScopedConnection, filter: &BoxFilter) -> Result<i64, DbError> {
    let scope = conn.scope();
    let (seen, filtered) = (seen_rows("x", "$2"), filtered_boxes("$3", "$4"));
    let sql =
        format!("SELECT COUNT(*) FROM boxes x {FILTER_JOINS} WHERE x.account = $1 AND {seen} AND {filtered}");
    let (state, name) = (filter.state.clone(), filter.pattern());
    let viewer = conn.viewer();
    let row = opt!(conn, (i64,), sqlx::AssertSqlSafe(sql), scope.key(), viewer, state, name)?;
    Ok(row.map_or(0, |(count,)| count))
}

pub async fn save_state(
    conn: &mut ScopedConnection,
    box_id: &str,
    state: &'static str,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE box_now SET state = $1 WHERE account = $2 AND box = $3";
    exec!(conn, sql, state, scope.key(), box_id.to_owned()).map(drop)
}

/// What is new of a box; what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BoxUpdate {
    pub account: i64,
    pub box_id: String,
    pub version: Option<String>,
    pub epoch: Option<String>,
    pub size: Option<i64>,
    pub cursor: Option<i64>,
    pub seen_ms: Option<i64>,
    pub opened: Option<String>,
    pub ended: Option<String>,
    pub ended_ms: Option<i64>,
    pub clock: Option<String>,
    pub ahead_ms: Option<i64>,
    pub hello: Option<String>,
    pub health: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownUpdate {
    pub account: i64,
    pub facility: String,
    pub known_ms: i64,
}

/// The rows of a JSON list as a table `r` of these columns.
fn rows_of(conn: &SqlExecutor<'_>, columns: &[(&str, &str)]) -> String {
    match conn {
        SqlExecutor::Sqlite(_) => {
            let columns: Vec<String> = columns
                .iter()
                .map(|(name, _): &(&str, &str)| format!("json_extract(value, '$.{name}') AS {name}"))
                .collect();
            format!("(SELECT {} FROM json_each($1)) r", columns.join(", "))
        }
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(_) => {
            let columns: Vec<String> = columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
            format!("json_to_recordset(CAST($1 AS json)) AS r({})", columns.join(", "))
        }
    }
}

fn to_json(rows: &impl Serialize) -> Result<String, DbError> {
    serde_json::to_string(rows).map_err(|e| DbError::stored("report", e))
}

const UPDATE_COLUMNS: [(&str, &str); 14] = [
    ("account", "bigint"),
    ("box_id", "text"),
    ("version", "text"),
    ("epoch", "text"),
    ("size", "bigint"),
    ("cursor", "bigint"),
    ("seen_ms", "bigint"),
    ("opened", "text"),
    ("ended", "text"),
    ("ended_ms", "bigint"),
    ("clock", "text"),
    ("ahead_ms", "bigint"),
    ("hello", "text"),
    ("health", "text"),
];

/// Writes what is new of many boxes, in one statement. An upsert: SQLite goes through the whole list for each row of an `UPDATE … FROM`.
pub async fn platform_save(conn: &mut PlatformConnection, updates: &[BoxUpdate]) -> Result<(), DbError> {
    let rows = rows_of(&conn.lane(), &UPDATE_COLUMNS);
    let sql = format!(
        "INSERT INTO box_now (account, box, version, epoch, reported_size, reported_cursor, last_seen_ms, connection, \
         disconnected_ms, clock, clock_ahead_ms, hello, health, state) \
         SELECT n.account, n.box, COALESCE(r.version, n.version), COALESCE(r.epoch, n.epoch), \
         COALESCE(r.size, n.reported_size), COALESCE(r.cursor, n.reported_cursor), \
         COALESCE(r.seen_ms, n.last_seen_ms), \
         CASE WHEN r.ended = COALESCE(r.opened, n.connection) THEN NULL ELSE COALESCE(r.opened, n.connection) END, \
         CASE WHEN r.ended = COALESCE(r.opened, n.connection) THEN r.ended_ms WHEN r.opened IS NOT NULL THEN NULL \
         ELSE n.disconnected_ms END, \
         COALESCE(r.clock, n.clock), COALESCE(r.ahead_ms, n.clock_ahead_ms), COALESCE(r.hello, n.hello), \
         COALESCE(r.health, n.health), n.state \
         FROM {rows} CROSS JOIN box_now n WHERE n.account = r.account AND n.box = r.box_id \
         ON CONFLICT (account, box) DO UPDATE SET version = excluded.version, epoch = excluded.epoch, \
         reported_size = excluded.reported_size, reported_cursor = excluded.reported_cursor, \
         last_seen_ms = excluded.last_seen_ms, connection = excluded.connection, \
         disconnected_ms = excluded.disconnected_ms, clock = excluded.clock, clock_ahead_ms = excluded.clock_ahead_ms, \
         hello = excluded.hello, health = excluded.health"
    );
    exec!(conn, sqlx::AssertSqlSafe(sql), to_json(&updates)?).map(drop)
}

/// Raises until when many facilities are known, each once in the list, in one statement.
pub async fn platform_save_known(
    conn: &mut PlatformConnection,
    updates: &[KnownUpdate],
) -> Result<(), DbError> {
    let columns = [("account", "bigint"), ("facility", "text"), ("known_ms", "bigint")];
    let rows = rows_of(&conn.lane(), &columns);
    let sql = format!(
        "INSERT INTO facilities (account, facility, name, zone, created_ms, known_ms, projection, rebuilds, rebuilt) \
         SELECT f.account, f.facility, f.name, f.zone, f.created_ms, r.known_ms, f.projection, f.rebuilds, f.rebuilt \
         FROM {rows} CROSS JOIN facilities f WHERE f.account = r.account AND f.facility = r.facility \
         ON CONFLICT (account, facility) DO UPDATE SET known_ms = excluded.known_ms \
         WHERE facilities.known_ms < excluded.known_ms"
    );
    exec!(conn, sqlx::AssertSqlSafe(sql), to_json(&updates)?).map(drop)
}

pub async fn platform_load(
    conn: &mut PlatformConnection,
    updates: &[BoxUpdate],
) -> Result<Vec<BoxRow>, DbError> {
    #[derive(Serialize)]
    struct BoxKey<'a> {
        account: i64,
        box_id: &'a str,
    }
    let keys: Vec<BoxKey<'_>> =
        updates.iter().map(|one| BoxKey { account: one.account, box_id: &one.box_id }).collect();
    let rows = rows_of(&conn.lane(), &UPDATE_COLUMNS[..2]);
    let sql = format!(
        "SELECT {COLUMNS} FROM {rows} CROSS JOIN boxes b {JOINS} WHERE b.account = r.account AND b.box = r.box_id"
    );
    all!(conn, BoxRow, sqlx::AssertSqlSafe(sql), to_json(&keys)?)
}

/// Facilities of boxes that were seen last before this moment and do not have that state yet.
pub async fn platform_unseen(
    conn: &mut PlatformConnection,
    before_ms: i64,
) -> Result<Vec<OwnedFacility>, DbError> {
    let sql = "SELECT DISTINCT b.account, a.id, b.facility FROM box_now n \
               JOIN boxes b ON b.account = n.account AND b.box = n.box \
               JOIN accounts a ON a.account = b.account \
               WHERE n.last_seen_ms < $1 AND n.state NOT IN ('silent', 'quarantined', 'revoked') \
               ORDER BY b.account, b.facility";
    let rows = all!(conn, (i64, String, String), sql, before_ms)?;
    rows.iter().map(|(number, account, facility)| OwnedFacility::read(*number, account, facility)).collect()
}
