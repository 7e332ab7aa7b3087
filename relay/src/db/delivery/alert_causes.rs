//! What alerts of a facility come from: what stands in the rows that others write.

use std::collections::BTreeMap;

use record::fold::{Equipment, StaffCompetency};
use record::ids::FacilityId;

use crate::db::ProjectionNumber;
use crate::db::{DbError, ScopedConnection, all, exec, impl_from_row, opt};

/// Items of a facility that are looked at; where more are overdue, those that are it longest.
const ITEMS_MAX: i64 = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertFacility {
    pub name: String,
    pub zone: String,
    /// Whether it is closed: then nothing of it is an alert.
    pub closed: bool,
    /// Until when its boxes are known to have sent everything.
    pub known_ms: i64,
    /// Windows of the last 30 days that closed and were not met.
    pub gaps: i64,
    pub alerts_notified_ms: Option<i64>,
    pub overdue_notified_ms: Option<i64>,
    projection: i64,
    /// JSON of `record::fold::FacilitySettings`, once its box reported any.
    pub settings: Option<String>,
}

impl_from_row!(AlertFacility {
    name,
    zone,
    closed,
    known_ms,
    gaps,
    alerts_notified_ms,
    overdue_notified_ms,
    projection,
    settings
});

impl AlertFacility {
    pub fn projection(&self) -> ProjectionNumber {
        ProjectionNumber::of(self.projection)
    }
}

pub async fn find_facility(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<Option<AlertFacility>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT n.name, n.zone, n.closed, f.known_ms, n.month_closed - n.month_met AS gaps, \
               n.alerts_notified_ms, n.overdue_notified_ms, f.projection, r.body AS settings FROM facility_now n \
               JOIN facilities f ON f.account = n.account AND f.facility = n.facility \
               LEFT JOIN state_rows r ON r.account = f.account AND r.projection = f.projection AND r.room = 'settings' \
               AND r.id = '' WHERE n.account = $1 AND n.facility = $2";
    opt!(conn, AlertFacility, sql, account, facility.to_string())
}

/// When the alerts of a facility were told last, of any kind and of overdue items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotifiedTimes {
    pub any_ms: Option<i64>,
    pub overdue_ms: Option<i64>,
}

/// Takes the row of a facility, before what is looked at is read: whoever changes something meanwhile waits, and has it looked at again.
pub async fn begin_look(conn: &mut ScopedConnection, facility: FacilityId) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "UPDATE facility_now SET alerts_ms = alerts_ms WHERE account = $1 AND facility = $2";
    exec!(conn, sql, account, facility.to_string()).map(drop)
}

/// Writes when the facility is looked at next.
pub async fn end_look(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    next_ms: i64,
    notified: NotifiedTimes,
) -> Result<(), DbError> {
    let sql = "UPDATE facility_now SET alerts_ms = $1, alerts_notified_ms = $2, overdue_notified_ms = $3 \
               WHERE account = $4 AND facility = $5";
    let (account, facility) = (conn.scope().key(), facility.to_string());
    exec!(conn, sql, next_ms, notified.any_ms, notified.overdue_ms, account, facility).map(drop)
}

/// Lets a facility, or all of the account, be looked at now: a rule or an alert was changed.
pub async fn hasten_looks(conn: &mut ScopedConnection, facility: Option<&str>) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "UPDATE facility_now SET alerts_ms = 0 WHERE account = $1 AND ($2 = '' OR facility = $2)";
    exec!(conn, sql, account, facility.unwrap_or_default().to_owned()).map(drop)
}

/// An item about which somebody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConcernedItem {
    pub tag: String,
    pub name: String,
    pub place: String,
    pub serial: String,
    /// When it was cleaned last.
    pub last_ms: Option<i64>,
    pub since_ms: i64,
    pub count: i64,
}

#[derive(Debug)]
struct ConcernedItemRow {
    tag: String,
    since_ms: i64,
    last_ms: Option<i64>,
    amount: i64,
    body: Option<String>,
}

impl_from_row!(ConcernedItemRow { tag, since_ms, last_ms, amount, body });

impl ConcernedItemRow {
    fn read(self) -> Result<ConcernedItem, DbError> {
        let item = self.body.as_deref().map(serde_json::from_str::<Equipment>).transpose();
        let facts = item.map_err(|e| DbError::stored("equipment", e))?.map(|item| item.facts);
        let (name, place, serial) =
            facts.map(|facts| (facts.name, facts.location, facts.serial)).unwrap_or_default();
        let Self { tag, since_ms, last_ms, amount: count, .. } = self;
        Ok(ConcernedItem { tag, name, place, serial, last_ms, since_ms, count })
    }
}

/// Items that are overdue since this moment or longer.
pub async fn list_overdue(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    since_ms: i64,
) -> Result<Vec<ConcernedItem>, DbError> {
    let sql = "SELECT i.tag, i.since_ms, i.last_ms, CAST(1 AS BIGINT) AS amount, s.body FROM items i LEFT JOIN state_rows s ON s.account = i.account \
               AND s.projection = i.projection AND s.room = 'equipment' AND s.id = i.tag \
               WHERE i.account = $1 AND i.projection = $2 AND i.state = 'overdue' AND i.since_ms <= $3 \
               ORDER BY i.since_ms, i.tag LIMIT $4";
    let (account, projection) = (conn.scope().key(), projection.key());
    let rows = all!(conn, ConcernedItemRow, sql, account, projection, since_ms, ITEMS_MAX)?;
    rows.into_iter().map(ConcernedItemRow::read).collect()
}

/// Items of which at least so many cleanings since this moment were incomplete, the last one among them.
pub async fn list_incomplete(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    since_ms: i64,
    count_min: i64,
) -> Result<Vec<ConcernedItem>, DbError> {
    let sql = "SELECT c.tag, c.since_ms, c.last_ms, c.amount, s.body FROM (SELECT tag, MAX(performed_ms) AS last_ms, MIN(CASE WHEN NOT complete THEN performed_ms END) AS since_ms, \
               COUNT(CASE WHEN NOT complete THEN 1 END) AS amount FROM cleanings WHERE account = $1 AND projection = $2 \
               AND performed_ms >= $3 AND NOT voided GROUP BY tag HAVING COUNT(CASE WHEN NOT complete THEN 1 END) >= $4 \
               AND MAX(CASE WHEN NOT complete THEN performed_ms END) = MAX(performed_ms)) c \
               LEFT JOIN state_rows s ON s.account = $1 AND s.projection = $2 AND s.room = 'equipment' AND s.id = c.tag \
               ORDER BY c.tag LIMIT $5";
    let (account, projection) = (conn.scope().key(), projection.key());
    let rows = all!(conn, ConcernedItemRow, sql, account, projection, since_ms, count_min, ITEMS_MAX)?;
    rows.into_iter().map(ConcernedItemRow::read).collect()
}

/// The entry of the newest cleaning of an item, `epoch.seq`, since a moment.
pub async fn find_cleaning(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    tag: &str,
    since_ms: i64,
) -> Result<Option<String>, DbError> {
    let sql = "SELECT l.epoch, c.seq FROM cleanings c JOIN logs l ON l.account = c.account AND l.log = c.log \
               WHERE c.account = $1 AND c.projection = $2 AND c.tag = $3 AND c.performed_ms >= $4 AND c.complete AND NOT c.voided \
               ORDER BY c.performed_ms DESC, c.log, c.seq DESC LIMIT 1";
    let (account, projection) = (conn.scope().key(), projection.key());
    let row = opt!(conn, (String, i64), sql, account, projection, tag.to_owned(), since_ms)?;
    Ok(row.map(|(epoch, seq)| format!("{epoch}.{seq}")))
}

/// When the newest certificate of each box of a facility ends, of those in use.
pub async fn certificate_ends(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<BTreeMap<String, i64>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT c.box, MAX(c.not_after_ms) FROM certificates c JOIN boxes b ON b.account = c.account AND b.box = c.box \
               WHERE c.account = $1 AND b.facility = $2 AND b.revoked_ms IS NULL AND c.revoked_ms IS NULL GROUP BY c.box";
    let rows = all!(conn, (String, i64), sql, account, facility.to_string())?;
    Ok(rows.into_iter().collect())
}

/// Directives of each box of a facility without an outcome that were made by a moment: since when, and how many.
pub async fn stuck_directives(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    made_ms: i64,
) -> Result<BTreeMap<String, (i64, i64)>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT d.box, MIN(d.made_ms), COUNT(*) FROM directives d JOIN boxes b ON b.account = d.account AND b.box = d.box \
               WHERE d.account = $1 AND b.facility = $2 AND b.revoked_ms IS NULL AND d.state IN ('queued', 'sent') \
               AND d.made_ms <= $3 GROUP BY d.box";
    let rows = all!(conn, (String, i64, i64), sql, account, facility.to_string(), made_ms)?;
    Ok(rows.into_iter().map(|(box_id, since_ms, count)| (box_id, (since_ms, count))).collect())
}

/// What the people of a facility may clean by.
pub async fn list_competencies(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
) -> Result<Vec<StaffCompetency>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT body FROM state_rows WHERE account = $1 AND projection = $2 AND room = 'competency'";
    let rows = all!(conn, (String,), sql, account, projection.key())?;
    let read = |(body,): &(String,)| serde_json::from_str(body).map_err(|e| DbError::stored("competency", e));
    rows.iter().map(read).collect()
}
