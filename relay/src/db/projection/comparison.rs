//! Regions side by side, summed from the rows of their facilities.

use crate::db::database::visible_rows::seen_rows;
use crate::db::{DbError, ScopedConnection, all, impl_from_row};

/// The facilities of a region together; those of no region have no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionSums {
    /// Its id; empty of the facilities of no region.
    pub region: String,
    pub name: String,
    pub facilities: i64,
    pub items: i64,
    pub overdue: i64,
    /// Facilities whose box is offline.
    pub silent: i64,
    pub today_met: i64,
    pub today_closed: i64,
    pub week_met: i64,
    pub week_closed: i64,
    pub month_met: i64,
    pub month_closed: i64,
}

impl_from_row!(RegionSums {
    region,
    name,
    facilities,
    items,
    overdue,
    silent,
    today_met,
    today_closed,
    week_met,
    week_closed,
    month_met,
    month_closed
});

fn sum_column(name: &str) -> String {
    format!("CAST(COALESCE(SUM(n.{name}), 0) AS BIGINT) AS {name}")
}

/// A day that nobody has counted yet counts for nothing.
fn sum_today(name: &str) -> String {
    format!(
        "CAST(COALESCE(SUM(CASE WHEN n.day_ends_ms > $3 THEN n.{name} ELSE 0 END), 0) AS BIGINT) AS {name}"
    )
}

/// The regions of an account as far as whoever reads sees their facilities, those that met fewest of 30 days first.
pub async fn compare_regions(conn: &mut ScopedConnection, now_ms: i64) -> Result<Vec<RegionSums>, DbError> {
    let columns =
        ["items", "overdue", "week_met", "week_closed", "month_met", "month_closed"].map(sum_column);
    let today = ["today_met", "today_closed"].map(sum_today);
    let sql = format!(
        "SELECT COALESCE(f.region, '') AS region, COALESCE(r.name, '') AS name, COUNT(*) AS facilities, {}, {}, \
         COUNT(CASE WHEN n.box_state = 'silent' THEN 1 END) AS silent FROM facility_now n \
         JOIN facilities f ON f.account = n.account AND f.facility = n.facility \
         LEFT JOIN regions r ON r.account = f.account AND r.region = f.region \
         WHERE n.account = $1 AND NOT n.closed AND {} GROUP BY f.region, r.name ORDER BY \
         CASE WHEN SUM(n.month_closed) = 0 THEN 1001 ELSE SUM(n.month_met) * 1000 / SUM(n.month_closed) END, r.name, f.region",
        columns.join(", "),
        today.join(", "),
        seen_rows("n", "$2"),
    );
    let (account, viewer) = (conn.scope().key(), conn.viewer());
    all!(conn, RegionSums, sqlx::AssertSqlSafe(sql), account, viewer, now_ms)
}
