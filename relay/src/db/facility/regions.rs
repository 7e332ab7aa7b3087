//! Regions: facilities that belong together, so that somebody can be given all of them at once.

use record::ids::FacilityId;

use super::facility_now::{FacilityPart, raise_part};
use crate::db::{DbError, ScopedConnection, all, exec, impl_from_row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionRow {
    pub region: String,
    pub name: String,
    pub facilities: i64,
}

impl_from_row!(RegionRow { region, name, facilities });

pub async fn list_regions(conn: &mut ScopedConnection) -> Result<Vec<RegionRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT r.region, r.name, (SELECT COUNT(*) FROM facilities f WHERE f.account = r.account \
               AND f.region = r.region) AS facilities FROM regions r WHERE r.account = $1 ORDER BY r.name, r.region";
    all!(conn, RegionRow, sql, scope.key())
}

pub async fn insert_region(
    conn: &mut ScopedConnection,
    region: &str,
    name: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO regions (account, region, name, created_ms) VALUES ($1, $2, $3, $4)";
    exec!(conn, sql, scope.key(), region.to_owned(), name.to_owned(), now_ms).map(drop)
}

pub async fn rename_region(conn: &mut ScopedConnection, region: &str, name: &str) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE regions SET name = $1 WHERE account = $2 AND region = $3";
    Ok(exec!(conn, sql, name.to_owned(), scope.key(), region.to_owned())? > 0)
}

/// Takes a region away, from its facilities and from whoever sees them by it. Whether there was one.
pub async fn delete_region(conn: &mut ScopedConnection, region: &str) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE facility_now SET rev_box = rev_box + 1 WHERE account = $1 AND EXISTS (SELECT 1 FROM facilities f \
               WHERE f.account = facility_now.account AND f.facility = facility_now.facility AND f.region = $2)";
    exec!(conn, sql, scope.key(), region.to_owned())?;
    let sql = "UPDATE facilities SET region = NULL WHERE account = $1 AND region = $2";
    exec!(conn, sql, scope.key(), region.to_owned())?;
    let sql = "DELETE FROM member_places WHERE account = $1 AND place = $2";
    exec!(conn, sql, scope.key(), region.to_owned())?;
    let sql = "DELETE FROM regions WHERE account = $1 AND region = $2";
    Ok(exec!(conn, sql, scope.key(), region.to_owned())? > 0)
}

/// Puts a facility into a region of its account, or into none. Whether both are there.
pub async fn set_region(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    region: Option<&str>,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE facilities SET region = $1 WHERE account = $2 AND facility = $3 AND (CAST($4 AS TEXT) IS NULL \
               OR EXISTS (SELECT 1 FROM regions r WHERE r.account = $2 AND r.region = $4))";
    let region = region.map(str::to_owned);
    if exec!(conn, sql, region.clone(), scope.key(), facility.to_string(), region)? == 0 {
        return Ok(false);
    }
    raise_part(conn, facility, FacilityPart::Box).await?;
    Ok(true)
}
