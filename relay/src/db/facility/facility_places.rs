//! Where facilities are: an address, and a place on the map.

use record::ids::FacilityId;

use crate::db::database::visible_rows::seen_rows;
use crate::db::{DbError, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFacility {
    pub facility: String,
    pub name: String,
    /// The state of its box, as `projections::box_state` writes it.
    pub box_state: String,
    pub due: i64,
    pub overdue: i64,
    /// Empty where nobody wrote one.
    pub address: String,
    /// Hundred-thousandths of a degree north …
    pub lat_e5: Option<i64>,
    pub lon_e5: Option<i64>,
}

impl_from_row!(PlacedFacility { facility, name, box_state, due, overdue, address, lat_e5, lon_e5 });

const COLUMNS: &str = "n.facility, n.name, n.box_state, n.due, n.overdue, COALESCE(p.address, '') AS address, \
     p.lat_e5, p.lon_e5 FROM facility_now n \
     LEFT JOIN facility_places p ON p.account = n.account AND p.facility = n.facility";

/// The facilities that are not closed, those with most overdue first; with a place on the map, or without one.
pub async fn list_placed(
    conn: &mut ScopedConnection,
    on_map: OnMap,
    limit: i64,
) -> Result<Vec<PlacedFacility>, DbError> {
    let scope = conn.scope();
    let placed = match on_map {
        OnMap::Placed => "p.lat_e5 IS NOT NULL",
        OnMap::Unplaced => "p.lat_e5 IS NULL",
    };
    let sql = format!(
        "SELECT {COLUMNS} WHERE n.account = $1 AND NOT n.closed AND {placed} AND {} \
         ORDER BY n.overdue DESC, n.sort_name, n.facility LIMIT $3",
        seen_rows("n", "$2")
    );
    let viewer = conn.viewer();
    all!(conn, PlacedFacility, sqlx::AssertSqlSafe(sql), scope.key(), viewer, limit)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMap {
    Placed,
    Unplaced,
}

pub async fn find_placed(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<Option<PlacedFacility>, DbError> {
    let scope = conn.scope();
    let sql =
        format!("SELECT {COLUMNS} WHERE n.account = $1 AND n.facility = $2 AND {}", seen_rows("n", "$3"));
    let viewer = conn.viewer();
    opt!(conn, PlacedFacility, sqlx::AssertSqlSafe(sql), scope.key(), facility.to_string(), viewer)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeoPoint {
    pub lat_e5: i64,
    pub lon_e5: i64,
}

pub async fn save_place(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    address: &str,
    point: Option<GeoPoint>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO facility_places (account, facility, address, lat_e5, lon_e5) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (account, facility) DO UPDATE SET address = excluded.address, lat_e5 = excluded.lat_e5, \
               lon_e5 = excluded.lon_e5";
    let (lat, lon) = (point.map(|point| point.lat_e5), point.map(|point| point.lon_e5));
    exec!(conn, sql, scope.key(), facility.to_string(), address.to_owned(), lat, lon).map(drop)
}
