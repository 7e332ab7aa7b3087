//! What was not cleaned in time: cleanings that were due in the last 30 days and were not made, by facility and by item.

use record::ids::FacilityId;

use crate::db::database::visible_rows::seen_rows;
use crate::db::{DbError, ScopedConnection, all, impl_from_row};

/// A facility in which something was missed, or is overdue now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityGaps {
    pub facility: String,
    pub name: String,
    /// Times at which something was to be cleaned by, in 30 days.
    pub closed: i64,
    pub met: i64,
    /// Of the same, those of 7 days.
    pub week_closed: i64,
    pub week_met: i64,
    pub overdue: i64,
}

impl_from_row!(FacilityGaps { facility, name, closed, met, week_closed, week_met, overdue });

/// Facilities with gaps, those with the most first; `skip` of them are left out. At most `limit`.
pub async fn list_facilities(
    conn: &mut ScopedConnection,
    skip: i64,
    limit: i64,
) -> Result<Vec<FacilityGaps>, DbError> {
    let (account, viewer) = (conn.scope().key(), conn.viewer());
    let sql = format!(
        "SELECT n.facility, n.name, n.month_closed AS closed, n.month_met AS met, n.week_closed, n.week_met, n.overdue \
         FROM facility_now n WHERE n.account = $1 AND NOT n.closed AND (n.month_closed > n.month_met OR n.overdue > 0) AND {} \
         ORDER BY n.month_closed - n.month_met DESC, n.overdue DESC, n.sort_name, n.facility LIMIT $3 OFFSET $4",
        seen_rows("n", "$2")
    );
    all!(conn, FacilityGaps, sqlx::AssertSqlSafe(sql), account, viewer, limit, skip)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemGaps {
    pub tag: String,
    /// JSON of `record::fold::Equipment`.
    pub body: String,
    pub closed: i64,
    pub met: i64,
    /// The last day on which it was missed, days since 1970.
    pub last_day: i64,
    pub state: String,
}

impl_from_row!(ItemGaps { tag, body, closed, met, last_day, state });

/// Items of a facility with gaps since a day, those with the most first; `skip` of them are left out. At most `limit`.
pub async fn list_items(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    from_day: i64,
    skip: i64,
    limit: i64,
) -> Result<Vec<ItemGaps>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT g.tag, r.body, g.closed, g.met, g.last_day, i.state FROM (\
               SELECT d.account, d.projection, d.tag, CAST(SUM(d.closed) AS BIGINT) AS closed, CAST(SUM(d.met) AS BIGINT) AS met, \
               MAX(CASE WHEN d.closed > d.met THEN d.day END) AS last_day \
               FROM facilities f JOIN item_days d ON d.account = f.account AND d.projection = f.projection AND d.day >= $1 \
               WHERE f.account = $2 AND f.facility = $3 GROUP BY d.account, d.projection, d.tag) g \
               JOIN items i ON i.account = g.account AND i.projection = g.projection AND i.tag = g.tag \
               JOIN state_rows r ON r.account = g.account AND r.projection = g.projection AND r.room = 'equipment' \
               AND r.id = g.tag WHERE g.closed > g.met \
               ORDER BY g.closed - g.met DESC, g.last_day DESC, g.tag LIMIT $4 OFFSET $5";
    all!(conn, ItemGaps, sql, from_day, scope.key(), facility.to_string(), limit, skip)
}
