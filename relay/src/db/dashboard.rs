//! What the dashboards read: day sums, states of items, boxes with their backlog. None of it grows with history.

use record::ids::FacilityId;
use record::tag::Tag;

use super::sight::seen_facilities;
use super::{DbError, ScopedConnection, all, impl_from_row, opt};

/// A facility's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    pub facility: String,
    /// Civil day of the facility, counted from 1970-01-01.
    pub day: i64,
    /// Windows met.
    pub met: i64,
    /// Windows closed.
    pub closed: i64,
}

impl_from_row!(DayRow { facility, day, met, closed });

/// Items of a facility that stand alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateCount {
    pub facility: String,
    /// `none`, `out`, `idle`, `clean`, `due`, `used` or `overdue`.
    pub state: String,
    /// How many.
    pub items: i64,
}

impl_from_row!(StateCount { facility, state, items });

/// A box with what the relay holds of its present log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxRow {
    pub box_id: String,
    /// Where it stands.
    pub facility: String,
    /// Its program's version.
    pub version: String,
    /// When it was claimed.
    pub claimed_ms: i64,
    /// When it was taken out of use.
    pub revoked_ms: Option<i64>,
    /// Since when its log contradicts itself.
    pub quarantined_ms: Option<i64>,
    /// Its present epoch.
    pub epoch: String,
    /// Entries in it, as it told last.
    pub told_size: i64,
    /// Entries of it that the relay holds.
    pub held_size: i64,
    /// Entries that the relay holds of all its logs.
    pub held_all: i64,
    /// When it was last heard.
    pub heard_ms: Option<i64>,
    /// Whether a connection of it is open.
    pub online: bool,
    /// `synced`, `rtc` or `uncertain`.
    pub clock: String,
    /// How far its clock is ahead of the relay's.
    pub clock_ahead_ms: i64,
    /// Logs under its name of which nothing says that they are its own.
    pub waiting_logs: i64,
    /// Batches of it that were refused.
    pub refusals: i64,
    /// Its last health report, JSON of `record::messages::HealthReport`.
    pub health: Option<String>,
}

impl_from_row!(BoxRow {
    box_id,
    facility,
    version,
    claimed_ms,
    revoked_ms,
    quarantined_ms,
    epoch,
    told_size,
    held_size,
    held_all,
    waiting_logs,
    heard_ms,
    online,
    clock,
    clock_ahead_ms,
    refusals,
    health
});

/// An item with how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    pub facility: String,
    /// Its first tag.
    pub tag: String,
    /// JSON of `record::fold::Equipment`.
    pub body: String,
    /// See [`StateCount::state`]; absent until the rollup has seen it.
    pub state: Option<String>,
    /// Since when.
    pub since_ms: Option<i64>,
    /// By when it is to be cleaned, or until when it is clean.
    pub by_ms: Option<i64>,
    /// The newest cleaning that is not voided, complete or not.
    pub last_ms: Option<i64>,
}

impl_from_row!(ItemRow { facility, tag, body, state, since_ms, by_ms, last_ms });

/// The settings that the boxes of an account recorded, by facility: JSON of `record::fold::FacilitySettings`.
pub async fn load_settings(conn: &mut ScopedConnection) -> Result<Vec<(String, String)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT f.facility, r.body FROM facilities f JOIN state_rows r \
               ON r.account = f.account AND r.projection = f.projection AND r.room = 'settings' \
               WHERE f.account = $1";
    all!(conn, (String, String), sql, scope.key())
}

/// The days of every facility from a day on, ascending.
pub async fn load_days(conn: &mut ScopedConnection, from_day: i64) -> Result<Vec<DayRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT f.facility, d.day, d.met, d.closed FROM facilities f JOIN facility_days d \
               ON d.account = f.account AND d.projection = f.projection AND d.day >= $1 \
               WHERE f.account = $2 ORDER BY f.facility, d.day";
    all!(conn, DayRow, sql, from_day, scope.key())
}

/// How the items of every facility stand.
pub async fn load_states(conn: &mut ScopedConnection) -> Result<Vec<StateCount>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT f.facility, i.state, COUNT(*) AS items FROM facilities f JOIN items i \
               ON i.account = f.account AND i.projection = f.projection \
               WHERE f.account = $1 GROUP BY f.facility, i.state";
    all!(conn, StateCount, sql, scope.key())
}

/// Every box of an account in a facility that whoever reads sees.
pub async fn load_boxes(conn: &mut ScopedConnection) -> Result<Vec<BoxRow>, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let sql = "SELECT b.box AS box_id, b.facility, b.version, b.claimed_ms, b.revoked_ms, b.quarantined_ms, b.epoch, \
               b.told_size, COALESCE(e.size, 0) AS held_size, \
               (SELECT CAST(COALESCE(SUM(a.size), 0) AS BIGINT) FROM logs a \
               WHERE a.account = b.account AND a.box = b.box AND a.key_known) AS held_all, \
               (SELECT COUNT(*) FROM logs a WHERE a.account = b.account AND a.box = b.box AND a.size > 0 \
               AND NOT a.key_known) AS waiting_logs, b.heard_ms, b.connection IS NOT NULL AS online, \
               b.clock, b.clock_ahead_ms, b.refusals, b.health \
               FROM boxes b LEFT JOIN logs e ON e.account = b.account AND e.box = b.box AND e.epoch = b.epoch \
               WHERE b.account = $1 AND EXISTS (SELECT 1 FROM facilities WHERE facilities.account = b.account \
               AND facilities.facility = b.facility AND @SEEN@) ORDER BY b.claimed_ms DESC, b.box";
    let sql = sql.replace("@SEEN@", &seen_facilities("$2"));
    all!(conn, BoxRow, sqlx::AssertSqlSafe(sql), scope.key(), viewer)
}

/// Items that are overdue, the longest first.
pub async fn load_overdue(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    limit: i64,
) -> Result<Vec<ItemRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT f.facility, i.tag, r.body, i.state, i.since_ms, i.by_ms, i.last_ms \
               FROM facilities f JOIN items i ON i.account = f.account AND i.projection = f.projection \
               JOIN state_rows r ON r.account = i.account AND r.projection = i.projection \
               AND r.room = 'equipment' AND r.id = i.tag \
               WHERE f.account = $1 AND f.facility = $2 AND i.state = 'overdue' \
               ORDER BY i.since_ms, i.tag LIMIT $3";
    all!(conn, ItemRow, sql, scope.key(), facility.to_string(), limit)
}

/// Windows met and closed of each item of a facility, by tag, from a day on.
pub async fn item_tallies(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    from_day: i64,
) -> Result<Vec<(String, i64, i64)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT d.tag, CAST(SUM(d.met) AS BIGINT), CAST(SUM(d.closed) AS BIGINT) \
               FROM facilities f JOIN items i ON i.account = f.account AND i.projection = f.projection \
               JOIN item_days d ON d.account = i.account AND d.projection = i.projection \
               AND d.tag = i.tag AND d.day >= $1 \
               WHERE f.account = $2 AND f.facility = $3 GROUP BY d.tag";
    all!(conn, (String, i64, i64), sql, from_day, scope.key(), facility.to_string())
}

/// The days of one item from a day on, ascending: day, met, closed.
pub async fn item_days(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    tag: Tag,
    from_day: i64,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT d.day, d.met, d.closed FROM facilities f JOIN item_days d \
               ON d.account = f.account AND d.projection = f.projection \
               WHERE f.account = $1 AND f.facility = $2 AND d.tag = $3 AND d.day >= $4 ORDER BY d.day";
    all!(conn, (i64, i64, i64), sql, scope.key(), facility.to_string(), tag.to_string(), from_day)
}

/// The items of a facility after a tag, by tag; an empty `after` begins with the first.
pub async fn load_items(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    after: &str,
    limit: i64,
) -> Result<Vec<ItemRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT f.facility, r.id AS tag, r.body, i.state, i.since_ms, i.by_ms, i.last_ms \
               FROM facilities f JOIN state_rows r ON r.account = f.account AND r.projection = f.projection \
               LEFT JOIN items i ON i.account = r.account AND i.projection = r.projection AND i.tag = r.id \
               WHERE f.account = $1 AND f.facility = $2 AND r.room = 'equipment' AND r.id > $3 \
               ORDER BY r.id LIMIT $4";
    all!(conn, ItemRow, sql, scope.key(), facility.to_string(), after.to_owned(), limit)
}

/// One item, by its first tag.
pub async fn load_item(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    tag: Tag,
) -> Result<Option<ItemRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT f.facility, r.id AS tag, r.body, i.state, i.since_ms, i.by_ms, i.last_ms \
               FROM facilities f JOIN state_rows r ON r.account = f.account AND r.projection = f.projection \
               LEFT JOIN items i ON i.account = r.account AND i.projection = r.projection AND i.tag = r.id \
               WHERE f.account = $1 AND f.facility = $2 AND r.room = 'equipment' AND r.id = $3";
    opt!(conn, ItemRow, sql, scope.key(), facility.to_string(), tag.to_string())
}

/// One row of a facility's state, as `record::fold` keeps it.
pub async fn load_row(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    room: &'static str,
    id: &str,
) -> Result<Option<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT r.body FROM facilities f JOIN state_rows r ON r.account = f.account AND r.projection = f.projection \
               WHERE f.account = $1 AND f.facility = $2 AND r.room = $3 AND r.id = $4";
    let row = opt!(conn, (String,), sql, scope.key(), facility.to_string(), room, id.to_owned())?;
    Ok(row.map(|(body,)| body))
}
