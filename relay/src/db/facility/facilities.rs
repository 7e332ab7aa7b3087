//! Facilities: what they are called, and until when this relay knows what happened there.

use std::collections::BTreeSet;

use record::compliance::{CivilCalendar, ZoneSpan};
use record::ids::FacilityId;

use super::spark::write_spark;
use crate::db::OwnedFacility;
use crate::db::PersonNumber;
use crate::db::database::visible_rows::seen_facilities;
use crate::db::projection::projections;
use crate::db::{DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

/// A box that was heard and had sent everything this recently describes the present.
const FRESH_MS: i64 = 180_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityRow {
    pub facility: String,
    pub region: Option<String>,
    /// Its name, as given to the relay when it was created.
    pub name: String,
    pub zone: String,
    /// Until when this relay knows what happened there, milliseconds since 1970.
    pub known_ms: i64,
    /// Another projection is asked for than the one that pages read.
    pub awaits_rebuild: bool,
    pub is_closed: bool,
}

impl_from_row!(FacilityRow { facility, region, name, zone, known_ms, awaits_rebuild, is_closed });

const COLUMNS: &str = "facility, region, name, zone, known_ms, rebuilds <> rebuilt AS awaits_rebuild, \
    closed_ms IS NOT NULL AS is_closed";

/// The moment of which a facility's pages and tallies speak: now, when its box has just said that it holds nothing
/// back; else the last moment that is known.
pub fn as_of_ms(now_ms: i64, known_ms: i64) -> i64 {
    if now_ms.saturating_sub(known_ms) <= FRESH_MS { now_ms } else { known_ms }
}

pub async fn insert_facility(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    name: &str,
    zone: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let projection = projections::insert_projection(conn, facility, "live", 0, now_ms).await?;
    let sql = "INSERT INTO facilities (account, facility, name, zone, created_ms, known_ms, projection, rebuilds, rebuilt) \
               VALUES ($1, $2, $3, $4, $5, 0, $6, 0, 0)";
    let (account, id) = (scope.key(), facility.to_string());
    exec!(conn, sql, account, id, name.to_owned(), zone.to_owned(), now_ms, projection.key())?;
    insert_present(conn, facility, name, zone, now_ms).await
}

/// The row of a facility that is made: nothing is known of it yet.
async fn insert_present(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    name: &str,
    zone: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let spans: &[ZoneSpan] = &[];
    let calendar = CivilCalendar::new(spans);
    let day = calendar.day_of(now_ms);
    let sql = "INSERT INTO facility_now (account, facility, name, sort_name, zone, zoneless, rev_counts, rev_feed, rev_box, \
               as_of_ms, day, day_ends_ms, items, scheduled, out_of_service, due, overdue, overdue_since_ms, today_met, \
               today_closed, week_met, week_closed, month_met, month_closed, spark, cleanings_today, last_cleaning_ms, \
               next_ms, box, box_state) \
               VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, $7, $8, 0, 0, 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0, $9, 0, NULL, \
               NULL, NULL, 'none')";
    let (account, facility) = (scope.key(), facility.to_string());
    let (name, sort_name, zone) = (name.to_owned(), name.to_lowercase(), zone.to_owned());
    let (ends_ms, spark) = (calendar.day_range(day).end, write_spark(&[], day.into()));
    exec!(conn, sql, account, facility, name, sort_name, zone, true, i64::from(day), ends_ms, spark).map(drop)
}

pub async fn get(conn: &mut ScopedConnection, facility: FacilityId) -> Result<Option<FacilityRow>, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let seen = seen_facilities("$3");
    let sql = format!("SELECT {COLUMNS} FROM facilities WHERE account = $1 AND facility = $2 AND {seen}");
    opt!(conn, FacilityRow, sqlx::AssertSqlSafe(sql), scope.key(), facility.to_string(), viewer)
}

/// All of an account that whoever reads sees, by name.
pub async fn list_facilities(conn: &mut ScopedConnection) -> Result<Vec<FacilityRow>, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let seen = seen_facilities("$2");
    let sql =
        format!("SELECT {COLUMNS} FROM facilities WHERE account = $1 AND {seen} ORDER BY name, facility");
    all!(conn, FacilityRow, sqlx::AssertSqlSafe(sql), scope.key(), viewer)
}

pub async fn all_places(conn: &mut ScopedConnection) -> Result<BTreeSet<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT facility FROM facilities WHERE account = $1 \
               UNION SELECT region FROM regions WHERE account = $2";
    let rows = all!(conn, (String,), sql, scope.key(), scope.key())?;
    Ok(rows.into_iter().map(|(place,)| place).collect())
}

/// The ids of the regions and facilities that are given to a member, with the facilities of those regions.
pub async fn seen_places(
    conn: &mut ScopedConnection,
    person: PersonNumber,
) -> Result<BTreeSet<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT place FROM member_places WHERE account = $1 AND person = $2 \
               UNION SELECT f.facility FROM facilities f JOIN member_places s ON s.account = f.account \
               AND s.place = f.region WHERE f.account = $3 AND s.person = $4";
    let rows = all!(conn, (String,), sql, scope.key(), person.key(), scope.key(), person.key())?;
    Ok(rows.into_iter().map(|(place,)| place).collect())
}

/// Takes the facility's row for this transaction, so that two batches of its boxes fold one after the other.
pub async fn lock_facility(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<FacilityRow, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "UPDATE facilities SET rebuilds = rebuilds WHERE account = $1 AND facility = $2 RETURNING {COLUMNS}"
    );
    let row = opt!(conn, FacilityRow, sqlx::AssertSqlSafe(sql), scope.key(), facility.to_string())?;
    row.ok_or_else(|| DbError::stored("box", "its facility is gone"))
}

pub async fn is_known(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    known_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE facilities SET known_ms = $1 WHERE account = $2 AND facility = $3 AND known_ms < $4";
    exec!(conn, sql, known_ms, scope.key(), facility.to_string(), known_ms).map(drop)
}

/// Asks for another projection: entries count in another order than those of the live one were folded in.
pub async fn request_rebuild(conn: &mut ScopedConnection, facility: FacilityId) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE facilities SET rebuilds = rebuilds + 1 WHERE account = $1 AND facility = $2";
    exec!(conn, sql, scope.key(), facility.to_string()).map(drop)
}

/// Takes such a request back, with what was begun for it: the live projection continues. Nothing where it was fulfilled meanwhile.
pub async fn withdraw_rebuild(conn: &mut ScopedConnection, facility: FacilityId) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "UPDATE facilities SET rebuilds = rebuilds - 1 WHERE account = $1 AND facility = $2 AND rebuilds <> rebuilt";
    if exec!(conn, sql, account, facility.to_string())? == 0 {
        return Ok(());
    }
    // The next request has the same number, and may be for another order of entries.
    let sql = "UPDATE projections SET state = 'dropped' WHERE account = $1 AND facility = $2 AND state = 'building'";
    exec!(conn, sql, account, facility.to_string()).map(drop)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueFacility {
    account: i64,
    account_id: String,
    facility: String,
}

impl_from_row!(DueFacility { account, account_id, facility });

impl DueFacility {
    pub fn place(&self) -> Result<OwnedFacility, DbError> {
        crate::db::OwnedFacility::read(self.account, &self.account_id, &self.facility)
    }
}

/// Facilities with windows that closed by time alone, or whose day is over.
pub async fn platform_due(conn: &mut PlatformConnection, now_ms: i64) -> Result<Vec<DueFacility>, DbError> {
    let sql = "SELECT f.account, a.id AS account_id, f.facility FROM facility_now n \
               JOIN facilities f ON f.account = n.account AND f.facility = n.facility \
               JOIN accounts a ON a.account = f.account WHERE n.day_ends_ms <= $2 \
               OR n.next_ms <= CASE WHEN f.known_ms >= $1 THEN $2 ELSE f.known_ms END";
    all!(conn, DueFacility, sql, now_ms.saturating_sub(FRESH_MS), now_ms)
}

/// Whether there is any facility: asks next to nothing of the database.
pub async fn platform_any(conn: &mut PlatformConnection) -> Result<bool, DbError> {
    Ok(opt!(conn, (String,), "SELECT facility FROM facilities LIMIT 1")?.is_some())
}

/// Writes to no row, in a transaction that is not committed: fails where the database takes no write.
pub async fn platform_write_nothing(conn: &mut PlatformConnection) -> Result<(), DbError> {
    exec!(conn, "UPDATE facilities SET rebuilds = rebuilds WHERE account = 0").map(drop)
}

/// Every facility, for `rebuild` and `verify`.
pub async fn platform_all(conn: &mut PlatformConnection) -> Result<Vec<OwnedFacility>, DbError> {
    let sql = "SELECT f.account, a.id, f.facility FROM facilities f JOIN accounts a ON a.account = f.account \
               ORDER BY f.account, f.facility";
    let rows = all!(conn, (i64, String, String), sql)?;
    rows.iter()
        .map(|(number, account, facility)| crate::db::OwnedFacility::read(*number, account, facility))
        .collect()
}

/// Times this far ahead of the clock were written by one that has been set back since.
const SET_BACK_MS_MIN: i64 = 60_000;

/// Whether anything says that it was written at a time that is still to come.
pub async fn platform_any_set_back(conn: &mut PlatformConnection, now_ms: i64) -> Result<bool, DbError> {
    let ahead_ms = now_ms.saturating_add(SET_BACK_MS_MIN);
    let of_facility = "SELECT facility FROM facilities WHERE known_ms > $1 LIMIT 1";
    let of_numbers = "SELECT facility FROM facility_now WHERE as_of_ms > $1 LIMIT 1";
    let of_box = "SELECT box FROM box_now WHERE last_seen_ms > $1 LIMIT 1";
    let of_session =
        "SELECT account FROM sessions WHERE created_ms > $1 OR used_ms > $1 OR reauth_ms > $1 LIMIT 1";
    if opt!(conn, (i64,), of_session, ahead_ms)?.is_some() {
        return Ok(true);
    }
    for sql in [of_facility, of_numbers, of_box] {
        if opt!(conn, (String,), sql, ahead_ms)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Follows a clock that was set back: what was seen, or known, at a time that is still to come was so until now, and numbers that
/// were counted until then are counted again; sessions and links that were begun then are over. Returns how many rows changed.
pub async fn platform_follow_set_back(conn: &mut PlatformConnection, now_ms: i64) -> Result<u64, DbError> {
    let ahead_ms = now_ms.saturating_add(SET_BACK_MS_MIN);
    let counts = "UPDATE facilities SET rebuilds = rebuilds + 1 WHERE rebuilds = rebuilt AND EXISTS \
                  (SELECT 1 FROM facility_now n WHERE n.account = facilities.account AND n.facility = facilities.facility \
                   AND n.as_of_ms > $1)";
    let counts = exec!(conn, counts, ahead_ms)?;
    let known = "UPDATE facilities SET known_ms = $1 WHERE known_ms > $2";
    let known = exec!(conn, known, now_ms, ahead_ms)?;
    let seen = "UPDATE box_now SET last_seen_ms = $1 WHERE last_seen_ms > $2";
    let seen = exec!(conn, seen, now_ms, ahead_ms)?;
    let sessions = "DELETE FROM sessions WHERE created_ms > $1 OR used_ms > $1 OR reauth_ms > $1";
    let links = "DELETE FROM mail_links WHERE made_ms > $1";
    let ended = exec!(conn, sessions, ahead_ms)? + exec!(conn, links, ahead_ms)?;
    Ok(counts + known + seen + ended)
}
