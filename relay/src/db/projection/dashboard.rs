//! What the pages of one facility read: the state of its items, and their days. None of it grows with history.

use record::compliance::DueCause;
use record::ids::FacilityId;
use record::tag::Tag;

use crate::db::database::visible_rows::seen_facilities;
use crate::db::{DbError, ScopedConnection, all, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    pub facility: String,
    pub tag: String,
    /// JSON of `record::fold::Equipment`.
    pub body: String,
    /// `none`, `out`, `idle`, `clean`, `due`, `used` or `overdue`; absent until the rollup has seen it.
    pub state: Option<String>,
    pub since_ms: Option<i64>,
    /// By when it is to be cleaned, or until when it is clean.
    pub by_ms: Option<i64>,
    /// The newest cleaning that is not voided, complete or not.
    pub last_ms: Option<i64>,
    /// Whether that is a guess: the clock was not set, and nobody has said since what the time was.
    pub last_uncertain: bool,
    /// JSON of `record::compliance::DueCause`, where a recorded cleaning leaves it due.
    pub cause: Option<String>,
}

impl_from_row!(ItemRow { facility, tag, body, state, since_ms, by_ms, last_ms, last_uncertain, cause });

impl ItemRow {
    pub fn due_cause(&self) -> Result<Option<DueCause>, DbError> {
        let cause = self.cause.as_deref().map(serde_json::from_str).transpose();
        cause.map_err(|e| DbError::stored("cause", e))
    }
}

/// Items that are overdue, the longest first.
pub async fn load_overdue(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    limit: i64,
) -> Result<Vec<ItemRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT f.facility, i.tag, r.body, i.state, i.since_ms, i.by_ms, i.last_ms, \
               i.last_boot IS NOT NULL AND b.id IS NULL AS last_uncertain, i.cause \
               FROM facilities f JOIN items i ON i.account = f.account AND i.projection = f.projection \
               JOIN state_rows r ON r.account = i.account AND r.projection = i.projection \
               AND r.room = 'equipment' AND r.id = i.tag \
               LEFT JOIN state_rows b ON b.account = i.account AND b.projection = i.projection \
               AND b.room = 'boot' AND b.id = i.last_boot \
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
    // One row for all: handing over a row costs more than finding it.
    let sql = "SELECT string_agg(t.tag || ':' || t.met || ':' || t.closed, ' ') FROM \
               (SELECT d.tag, CAST(SUM(d.met) AS BIGINT) AS met, CAST(SUM(d.closed) AS BIGINT) AS closed \
                FROM facilities f JOIN items i ON i.account = f.account AND i.projection = f.projection \
                JOIN item_days d ON d.account = i.account AND d.projection = i.projection \
                AND d.tag = i.tag AND d.day >= $1 \
                WHERE f.account = $2 AND f.facility = $3 GROUP BY d.tag) t";
    let row = opt!(conn, (Option<String>,), sql, from_day, scope.key(), facility.to_string())?;
    let list = row.and_then(|(list,)| list).unwrap_or_default();
    let tallies = list.split_terminator(' ');
    tallies.map(|text| read_tally(text).ok_or_else(|| DbError::stored("tally", text))).collect()
}

fn read_tally(text: &str) -> Option<(String, i64, i64)> {
    let (tag, windows) = text.split_once(':')?;
    let (met, closed) = windows.split_once(':')?;
    Some((tag.to_owned(), met.parse().ok()?, closed.parse().ok()?))
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
    let sql = "SELECT f.facility, r.id AS tag, r.body, i.state, i.since_ms, i.by_ms, i.last_ms, \
               i.last_boot IS NOT NULL AND b.id IS NULL AS last_uncertain, i.cause \
               FROM facilities f JOIN state_rows r ON r.account = f.account AND r.projection = f.projection \
               LEFT JOIN items i ON i.account = r.account AND i.projection = r.projection AND i.tag = r.id \
               LEFT JOIN state_rows b ON b.account = i.account AND b.projection = i.projection \
               AND b.room = 'boot' AND b.id = i.last_boot \
               WHERE f.account = $1 AND f.facility = $2 AND r.room = 'equipment' AND r.id > $3 \
               ORDER BY r.id LIMIT $4";
    all!(conn, ItemRow, sql, scope.key(), facility.to_string(), after.to_owned(), limit)
}

pub async fn load_item(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    tag: Tag,
) -> Result<Option<ItemRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT f.facility, r.id AS tag, r.body, i.state, i.since_ms, i.by_ms, i.last_ms, \
               i.last_boot IS NOT NULL AND b.id IS NULL AS last_uncertain, i.cause \
               FROM facilities f JOIN state_rows r ON r.account = f.account AND r.projection = f.projection \
               LEFT JOIN items i ON i.account = r.account AND i.projection = r.projection AND i.tag = r.id \
               LEFT JOIN state_rows b ON b.account = i.account AND b.projection = i.projection \
               AND b.room = 'boot' AND b.id = i.last_boot \
               WHERE f.account = $1 AND f.facility = $2 AND r.room = 'equipment' AND r.id = $3";
    opt!(conn, ItemRow, sql, scope.key(), facility.to_string(), tag.to_string())
}

pub async fn find_by_tag(conn: &mut ScopedConnection, tag: Tag) -> Result<Option<ItemRow>, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let sql = format!(
        "SELECT facilities.facility, r.id AS tag, r.body, i.state, i.since_ms, i.by_ms, i.last_ms, \
               i.last_boot IS NOT NULL AND b.id IS NULL AS last_uncertain, i.cause \
         FROM facilities JOIN state_rows r ON r.account = facilities.account AND r.projection = facilities.projection \
         LEFT JOIN items i ON i.account = r.account AND i.projection = r.projection AND i.tag = r.id \
         LEFT JOIN state_rows b ON b.account = i.account AND b.projection = i.projection \
         AND b.room = 'boot' AND b.id = i.last_boot \
         WHERE facilities.account = $1 AND {} AND r.room = 'equipment' AND r.id = $2 ORDER BY facilities.facility LIMIT 1",
        seen_facilities("$3")
    );
    opt!(conn, ItemRow, sqlx::AssertSqlSafe(sql), scope.key(), tag.to_string(), viewer)
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
