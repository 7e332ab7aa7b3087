//! Facilities as pages of many show them: one row each, written wherever something of it changes.

use record::ids::FacilityId;

use super::spark::DaySum;
use crate::db::ProjectionNumber;
use crate::db::database::visible_rows::seen_rows;
use crate::db::{DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

/// What a page can show of a facility; each has a count of its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FacilityPart {
    Counts,
    Feed,
    Box,
}

impl FacilityPart {
    pub const ALL: [Self; 3] = [Self::Counts, Self::Feed, Self::Box];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Feed => "feed",
            Self::Box => "box",
        }
    }
}

/// Whether the day that a row speaks of is over.
pub async fn is_day_over(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    now_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "SELECT day_ends_ms FROM facility_now WHERE account = $1 AND facility = $2";
    let row = opt!(conn, (i64,), sql, scope.key(), facility.to_string())?;
    Ok(row.is_some_and(|(ends_ms,)| ends_ms <= now_ms))
}

/// What a row is made of that other tables say of a facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityFacts {
    pub name: String,
    pub zone: String,
    pub known_ms: i64,
    projection: i64,
    /// JSON of `record::fold::FacilitySettings`, once its box reported any.
    pub settings: Option<String>,
}

impl_from_row!(FacilityFacts { name, zone, known_ms, projection, settings });

impl FacilityFacts {
    pub fn projection(&self) -> ProjectionNumber {
        ProjectionNumber::of(self.projection)
    }
}

pub async fn find_facts(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<Option<FacilityFacts>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT f.name, f.zone, f.known_ms, f.projection, r.body AS settings FROM facilities f \
               LEFT JOIN state_rows r ON r.account = f.account AND r.projection = f.projection AND r.room = 'settings' \
               AND r.id = '' WHERE f.account = $1 AND f.facility = $2";
    opt!(conn, FacilityFacts, sql, scope.key(), facility.to_string())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemSums {
    pub items: i64,
    pub scheduled: i64,
    pub out_of_service: i64,
    /// Due now, after a use or in an open window.
    pub due: i64,
    pub overdue: i64,
    pub overdue_since_ms: Option<i64>,
    pub last_cleaning_ms: Option<i64>,
    pub next_ms: Option<i64>,
}

impl_from_row!(ItemSums {
    items,
    scheduled,
    out_of_service,
    due,
    overdue,
    overdue_since_ms,
    last_cleaning_ms,
    next_ms
});

pub async fn count_items(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
) -> Result<ItemSums, DbError> {
    let scope = conn.scope();
    let sql = "SELECT COUNT(*) AS items, COUNT(CASE WHEN state NOT IN ('none', 'out') THEN 1 END) AS scheduled, \
               COUNT(CASE WHEN state = 'out' THEN 1 END) AS out_of_service, \
               COUNT(CASE WHEN state IN ('due', 'used') THEN 1 END) AS due, \
               COUNT(CASE WHEN state = 'overdue' THEN 1 END) AS overdue, \
               MIN(CASE WHEN state = 'overdue' THEN since_ms END) AS overdue_since_ms, \
               MAX(last_ms) AS last_cleaning_ms, MIN(next_ms) AS next_ms \
               FROM items WHERE account = $1 AND projection = $2";
    Ok(opt!(conn, ItemSums, sql, scope.key(), projection.key())?.unwrap_or_default())
}

pub async fn load_days(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    from_day: i64,
    to_day: i64,
) -> Result<Vec<DaySum>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT day, met, closed FROM facility_days WHERE account = $1 AND projection = $2 \
               AND day >= $3 AND day <= $4 ORDER BY day";
    all!(conn, DaySum, sql, scope.key(), projection.key(), from_day, to_day)
}

/// Cleanings of a projection that were done from one moment on and before another, and are not voided.
pub async fn count_cleanings(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    from_ms: i64,
    end_ms: i64,
) -> Result<i64, DbError> {
    let scope = conn.scope();
    let sql = "SELECT COUNT(*) FROM cleanings WHERE account = $1 AND projection = $2 \
               AND performed_ms >= $3 AND performed_ms < $4 AND NOT voided";
    let row = opt!(conn, (i64,), sql, scope.key(), projection.key(), from_ms, end_ms)?;
    Ok(row.map_or(0, |(count,)| count))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityCounts {
    pub name: String,
    pub zone: String,
    pub zoneless: bool,
    pub as_of_ms: i64,
    pub day: i64,
    pub day_ends_ms: i64,
    pub items: ItemSums,
    pub today: DaySum,
    pub week: DaySum,
    pub month: DaySum,
    pub spark: Vec<u8>,
    pub cleanings_today: i64,
}

/// How long changes are gathered before the alerts of a facility are looked at.
const COLLECT_MS: i64 = 10_000;

fn soon_ms(now_ms: i64) -> i64 {
    now_ms.saturating_add(COLLECT_MS)
}

pub async fn save_counts(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    counts: &FacilityCounts,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE facility_now SET name = $1, sort_name = $2, zone = $3, zoneless = $4, as_of_ms = $5, day = $6, \
               day_ends_ms = $7, items = $8, scheduled = $9, out_of_service = $10, due = $11, overdue = $12, \
               overdue_since_ms = $13, today_met = $14, today_closed = $15, week_met = $16, week_closed = $17, \
               month_met = $18, month_closed = $19, spark = $20, cleanings_today = $21, last_cleaning_ms = $22, \
               next_ms = $23, rev_counts = rev_counts + 1, alerts_ms = CASE WHEN alerts_ms > $26 \
               AND (overdue <> $12 OR COALESCE(overdue_since_ms, 0) <> COALESCE($13, 0)) THEN $26 ELSE alerts_ms END \
               WHERE account = $24 AND facility = $25";
    let FacilityCounts { name, zone, zoneless, as_of_ms, day, day_ends_ms, items, .. } = counts;
    let FacilityCounts { today, week, month, spark, cleanings_today, .. } = counts;
    exec!(
        conn,
        sql,
        name.as_str(),
        name.to_lowercase(),
        zone.as_str(),
        zoneless,
        as_of_ms,
        day,
        day_ends_ms,
        items.items,
        items.scheduled,
        items.out_of_service,
        items.due,
        items.overdue,
        items.overdue_since_ms,
        today.met,
        today.closed,
        week.met,
        week.closed,
        month.met,
        month.closed,
        spark.as_slice(),
        cleanings_today,
        items.last_cleaning_ms,
        items.next_ms,
        scope.key(),
        facility.to_string(),
        soon_ms(now_ms)
    )
    .map(drop)
}

/// Writes which box a facility has in service, and its state; where that was so already, nothing.
pub async fn save_box(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    box_id: Option<&str>,
    state: &'static str,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE facility_now SET box = $1, box_state = $2, rev_box = rev_box + 1, \
               alerts_ms = CASE WHEN alerts_ms > $5 THEN $5 ELSE alerts_ms END WHERE account = $3 AND facility = $4 \
               AND (box_state <> $2 OR COALESCE(box, '') <> COALESCE($1, ''))";
    let (box_id, facility) = (box_id.map(str::to_owned), facility.to_string());
    exec!(conn, sql, box_id, state, scope.key(), facility, soon_ms(now_ms)).map(drop)
}

pub async fn raise_part(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    part: FacilityPart,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = match part {
        FacilityPart::Counts => {
            "UPDATE facility_now SET rev_counts = rev_counts + 1 WHERE account = $1 AND facility = $2"
        }
        FacilityPart::Feed => {
            "UPDATE facility_now SET rev_feed = rev_feed + 1 WHERE account = $1 AND facility = $2"
        }
        FacilityPart::Box => {
            "UPDATE facility_now SET rev_box = rev_box + 1 WHERE account = $1 AND facility = $2"
        }
    };
    exec!(conn, sql, scope.key(), facility.to_string()).map(drop)
}

/// How often each part of a facility, or of all of an account, has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PartRevs {
    pub counts: i64,
    pub feed: i64,
    pub box_state: i64,
}

impl_from_row!(PartRevs { counts, feed, box_state });

impl PartRevs {
    pub fn of(&self, part: FacilityPart) -> i64 {
        match part {
            FacilityPart::Counts => self.counts,
            FacilityPart::Feed => self.feed,
            FacilityPart::Box => self.box_state,
        }
    }
}

/// Of one facility; without one, the sums of all that whoever reads sees.
pub async fn load_revs(
    conn: &mut ScopedConnection,
    facility: Option<FacilityId>,
) -> Result<PartRevs, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let row = match facility {
        Some(facility) => {
            let sql = "SELECT rev_counts AS counts, rev_feed AS feed, rev_box AS box_state FROM facility_now \
                       WHERE account = $1 AND facility = $2";
            opt!(conn, PartRevs, sql, scope.key(), facility.to_string())?
        }
        None => {
            // Another facility is a change, too.
            let sql = format!(
                "SELECT CAST(COALESCE(SUM(rev_counts), 0) + COUNT(*) AS BIGINT) AS counts, \
                 CAST(COALESCE(SUM(rev_feed), 0) AS BIGINT) AS feed, \
                 CAST(COALESCE(SUM(rev_box), 0) AS BIGINT) AS box_state FROM facility_now WHERE account = $1 AND {}",
                seen_rows("facility_now", "$2")
            );
            opt!(conn, PartRevs, sqlx::AssertSqlSafe(sql), scope.key(), viewer)?
        }
    };
    Ok(row.unwrap_or_default())
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityRowNow {
    pub facility: String,
    /// As its box recorded it, or as it was created.
    pub name: String,
    pub zone: String,
    /// Its box reported no zone.
    pub zoneless: bool,
    pub known_ms: i64,
    /// The last day of `spark`.
    pub day: i64,
    pub items: i64,
    pub scheduled: i64,
    pub due: i64,
    pub overdue: i64,
    pub spark: Vec<u8>,
    pub box_id: Option<String>,
    pub box_state: String,
    pub last_seen_ms: Option<i64>,
    /// Entries of its present log, as it reported last.
    pub reported_size: i64,
    pub held_size: i64,
    pub first_key: i64,
    pub second_key: i64,
}

impl_from_row!(FacilityRowNow {
    facility,
    name,
    zone,
    zoneless,
    known_ms,
    day,
    items,
    scheduled,
    due,
    overdue,
    spark,
    box_id,
    box_state,
    last_seen_ms,
    reported_size,
    held_size,
    first_key,
    second_key
});

/// What is read of the row `n` of a facility `f`, and of its box, `b` and `e`.
pub(in crate::db) const COLUMNS: &str = "n.facility, n.name, n.zone, n.zoneless, f.known_ms, n.day, n.items, n.scheduled, n.due, n.overdue, \
     n.spark, n.box AS box_id, n.box_state, b.last_seen_ms, COALESCE(b.reported_size, 0) AS reported_size, \
     COALESCE(e.size, 0) AS held_size";
pub(in crate::db) const JOINS: &str = "JOIN facilities f ON f.account = n.account AND f.facility = n.facility \
     LEFT JOIN box_now b ON b.account = n.account AND b.box = n.box \
     LEFT JOIN logs e ON e.account = n.account AND e.box = n.box AND e.epoch = b.epoch";
const NO_KEYS: &str = "CAST(0 AS BIGINT) AS first_key, CAST(0 AS BIGINT) AS second_key";

pub async fn find_row(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<Option<FacilityRowNow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT {COLUMNS}, {NO_KEYS} FROM facility_now n {JOINS} WHERE n.account = $1 AND n.facility = $2 AND {}",
        seen_rows("n", "$3")
    );
    let viewer = conn.viewer();
    opt!(conn, FacilityRowNow, sqlx::AssertSqlSafe(sql), scope.key(), facility.to_string(), viewer)
}

/// The first by name whose box has this state.
pub async fn find_first_with(
    conn: &mut ScopedConnection,
    box_state: &'static str,
) -> Result<Option<FacilityRowNow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT {COLUMNS}, {NO_KEYS} FROM (SELECT account, facility FROM facility_now WHERE account = $1 AND box_state = $2 \
         AND NOT closed AND {seen} ORDER BY sort_name, facility LIMIT 1) p \
         JOIN facility_now n ON n.account = p.account AND n.facility = p.facility {JOINS}",
        seen = seen_rows("facility_now", "$3")
    );
    let viewer = conn.viewer();
    opt!(conn, FacilityRowNow, sqlx::AssertSqlSafe(sql), scope.key(), box_state, viewer)
}

/// Every facility of an account, by name, closed ones too.
pub async fn list_rows(conn: &mut ScopedConnection) -> Result<Vec<FacilityRowNow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT {COLUMNS}, {NO_KEYS} FROM facility_now n {JOINS} WHERE n.account = $1 AND {} \
         ORDER BY n.sort_name, n.facility",
        seen_rows("n", "$2")
    );
    let viewer = conn.viewer();
    all!(conn, FacilityRowNow, sqlx::AssertSqlSafe(sql), scope.key(), viewer)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityName {
    pub facility: String,
    pub name: String,
    pub zone: String,
    /// The state of its box in service; `none` where it has none.
    pub box_state: String,
}

impl_from_row!(FacilityName { facility, name, zone, box_state });

/// The names of an account's facilities that are not closed, sorted.
pub async fn list_names(conn: &mut ScopedConnection) -> Result<Vec<FacilityName>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT facility, name, zone, box_state FROM facility_now WHERE account = $1 AND NOT closed AND {} ORDER BY sort_name, facility",
        seen_rows("facility_now", "$2")
    );
    let viewer = conn.viewer();
    all!(conn, FacilityName, sqlx::AssertSqlSafe(sql), scope.key(), viewer)
}

pub async fn find_name(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<Option<FacilityName>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT facility, name, zone, box_state FROM facility_now WHERE account = $1 AND facility = $2 AND {}",
        seen_rows("facility_now", "$3")
    );
    let viewer = conn.viewer();
    opt!(conn, FacilityName, sqlx::AssertSqlSafe(sql), scope.key(), facility.to_string(), viewer)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountSums {
    pub facilities: i64,
    pub with_box: i64,
    pub with_seen: i64,
    pub items: i64,
    pub overdue: i64,
    pub with_overdue: i64,
    pub silent: i64,
    /// Whose box sends what it recorded before.
    pub behind: i64,
    /// Whose numbers are of an earlier moment than now.
    pub stale: i64,
    pub month_met: i64,
    pub month_closed: i64,
}

impl_from_row!(AccountSums {
    facilities,
    with_box,
    with_seen,
    items,
    overdue,
    with_overdue,
    silent,
    behind,
    stale,
    month_met,
    month_closed
});

pub async fn sum_account(conn: &mut ScopedConnection) -> Result<AccountSums, DbError> {
    let scope = conn.scope();
    let sql = "SELECT COUNT(*) AS facilities, COUNT(box) AS with_box, \
               COUNT(CASE WHEN box_state NOT IN ('none', 'waiting') THEN 1 END) AS with_seen, \
               CAST(COALESCE(SUM(items), 0) AS BIGINT) AS items, CAST(COALESCE(SUM(overdue), 0) AS BIGINT) AS overdue, \
               COUNT(CASE WHEN overdue > 0 THEN 1 END) AS with_overdue, \
               COUNT(CASE WHEN box_state = 'silent' THEN 1 END) AS silent, \
               COUNT(CASE WHEN box_state = 'behind' THEN 1 END) AS behind, \
               COUNT(CASE WHEN box_state IN ('silent', 'behind', 'quarantined', 'waiting') THEN 1 END) AS stale, \
               CAST(COALESCE(SUM(month_met), 0) AS BIGINT) AS month_met, \
               CAST(COALESCE(SUM(month_closed), 0) AS BIGINT) AS month_closed \
               FROM facility_now WHERE account = $1 AND NOT closed AND";
    let sql = format!("{sql} {}", seen_rows("facility_now", "$2"));
    let viewer = conn.viewer();
    Ok(opt!(conn, AccountSums, sqlx::AssertSqlSafe(sql), scope.key(), viewer)?.unwrap_or_default())
}

/// The thirty days of each facility of an account, with the last one of them.
pub async fn load_sparks(conn: &mut ScopedConnection) -> Result<Vec<(i64, Vec<u8>)>, DbError> {
    let scope = conn.scope();
    let seen = seen_rows("facility_now", "$2");
    let sql = format!("SELECT day, spark FROM facility_now WHERE account = $1 AND NOT closed AND {seen}");
    let viewer = conn.viewer();
    all!(conn, (i64, Vec<u8>), sqlx::AssertSqlSafe(sql), scope.key(), viewer)
}

pub async fn common_zone(conn: &mut ScopedConnection) -> Result<String, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT zone FROM facility_now WHERE account = $1 AND {} GROUP BY zone ORDER BY COUNT(*) DESC, zone LIMIT 1",
        seen_rows("facility_now", "$2")
    );
    let viewer = conn.viewer();
    let row = opt!(conn, (String,), sqlx::AssertSqlSafe(sql), scope.key(), viewer)?;
    Ok(row.map_or_else(|| "UTC".to_owned(), |(zone,)| zone))
}

/// When the newest cleaning that any box has recorded was, by that box's own clock; of those that are behind a time.
pub async fn platform_newest_cleaning_ms(
    conn: &mut PlatformConnection,
    until_ms: i64,
) -> Result<Option<i64>, DbError> {
    let sql = "SELECT MAX(last_cleaning_ms) FROM facility_now WHERE last_cleaning_ms <= $1";
    let newest = opt!(conn, (Option<i64>,), sql, until_ms)?;
    Ok(newest.and_then(|(at,)| at))
}
