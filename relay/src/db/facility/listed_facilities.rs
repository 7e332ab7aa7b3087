//! Facilities as programs list and change them.

use record::ids::FacilityId;

use crate::db::database::visible_rows::seen_facilities;
use crate::db::{DbError, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFacility {
    pub facility: String,
    /// As its box recorded it, or as it was created.
    pub name: String,
    pub zone: String,
    pub region: Option<String>,
    pub created_ms: i64,
    pub closed_ms: Option<i64>,
    pub box_id: Option<String>,
    pub box_state: String,
    pub items: i64,
    pub scheduled: i64,
    pub out_of_service: i64,
    pub due: i64,
    pub overdue: i64,
    pub overdue_since_ms: Option<i64>,
    pub cleanings_today: i64,
    pub last_cleaning_ms: Option<i64>,
    pub rev_counts: i64,
    pub rev_feed: i64,
    pub rev_box: i64,
}

impl_from_row!(ListedFacility {
    facility,
    name,
    zone,
    region,
    created_ms,
    closed_ms,
    box_id,
    box_state,
    items,
    scheduled,
    out_of_service,
    due,
    overdue,
    overdue_since_ms,
    cleanings_today,
    last_cleaning_ms,
    rev_counts,
    rev_feed,
    rev_box
});

const SELECT: &str = "SELECT facilities.facility, n.name, n.zone, facilities.region, facilities.created_ms, \
     facilities.closed_ms, n.box AS box_id, n.box_state, n.items, n.scheduled, n.out_of_service, n.due, n.overdue, \
     n.overdue_since_ms, n.cleanings_today, n.last_cleaning_ms, n.rev_counts, n.rev_feed, n.rev_box \
     FROM facilities JOIN facility_now n ON n.account = facilities.account AND n.facility = facilities.facility";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedFilter {
    pub region: Option<String>,
    pub is_closed: Option<bool>,
}

/// Facilities after an id, by id; an empty one begins with the first.
pub async fn list_after(
    conn: &mut ScopedConnection,
    filter: &ListedFilter,
    after: &str,
    limit: i64,
) -> Result<Vec<ListedFacility>, DbError> {
    let (account, viewer) = (conn.scope().key(), conn.viewer());
    let seen = seen_facilities("$3");
    let is_closed = match filter.is_closed {
        None => "",
        Some(true) => " AND facilities.closed_ms IS NOT NULL",
        Some(false) => " AND facilities.closed_ms IS NULL",
    };
    let sql = format!(
        "{SELECT} WHERE facilities.account = $1 AND facilities.facility > $2 AND {seen}{is_closed} \
         AND ($4 = '' OR facilities.region = $4) ORDER BY facilities.facility LIMIT $5"
    );
    let region = filter.region.clone().unwrap_or_default();
    all!(conn, ListedFacility, sqlx::AssertSqlSafe(sql), account, after.to_owned(), viewer, region, limit)
}

pub async fn find_listed(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<Option<ListedFacility>, DbError> {
    let (account, viewer) = (conn.scope().key(), conn.viewer());
    let seen = seen_facilities("$3");
    let sql = format!("{SELECT} WHERE facilities.account = $1 AND facilities.facility = $2 AND {seen}");
    opt!(conn, ListedFacility, sqlx::AssertSqlSafe(sql), account, facility.to_string(), viewer)
}

pub async fn count_facilities(conn: &mut ScopedConnection) -> Result<i64, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT COUNT(*) FROM facilities WHERE account = $1";
    Ok(opt!(conn, (i64,), sql, account)?.map_or(0, |(count,)| count))
}

/// Gives a facility another name, which is used until its box reports one; the caller refreshes the numbers.
pub async fn rename_facility(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    name: &str,
) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "UPDATE facilities SET name = $1 WHERE account = $2 AND facility = $3";
    exec!(conn, sql, name.to_owned(), account, facility.to_string()).map(drop)
}
