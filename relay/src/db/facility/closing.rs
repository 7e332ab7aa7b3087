//! Facilities as whoever makes and closes them sees them.

use record::ids::FacilityId;

use super::facilities::lock_facility;
use super::facility_now::{FacilityPart, raise_part};
use crate::db::database::visible_rows::seen_facilities;
use crate::db::fleet::box_now::name_pattern;
use crate::db::{DbError, ScopedConnection, SqlExecutor, all, exec, impl_from_row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedFacility {
    pub facility: String,
    pub name: String,
    pub zone: String,
    /// The state of its box, as `projections::box_state` writes it.
    pub box_state: String,
    pub items: i64,
    pub closed_ms: Option<i64>,
}

impl_from_row!(ManagedFacility { facility, name, zone, box_state, items, closed_ms });

/// All facilities of an account, open ones first, by name.
pub async fn list_managed(conn: &mut ScopedConnection) -> Result<Vec<ManagedFacility>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT facilities.facility, n.name, n.zone, n.box_state, n.items, facilities.closed_ms FROM facilities \
         JOIN facility_now n ON n.account = facilities.account AND n.facility = facilities.facility \
         WHERE facilities.account = $1 AND {} \
         ORDER BY CASE WHEN facilities.closed_ms IS NULL THEN 0 ELSE 1 END, n.sort_name, facilities.facility",
        seen_facilities("$2")
    );
    let viewer = conn.viewer();
    all!(conn, ManagedFacility, sqlx::AssertSqlSafe(sql), scope.key(), viewer)
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManagedPage {
    pub name: String,
    pub number: usize,
    pub count: usize,
}

pub async fn list_managed_page(
    conn: &mut ScopedConnection,
    page: &ManagedPage,
) -> Result<Vec<ManagedFacility>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT facilities.facility, n.name, n.zone, n.box_state, n.items, facilities.closed_ms FROM facilities \
         JOIN facility_now n ON n.account = facilities.account AND n.facility = facilities.facility \
         WHERE facilities.account = $1 AND {} AND n.sort_name LIKE $3 ESCAPE '\\' \
         ORDER BY CASE WHEN facilities.closed_ms IS NULL THEN 0 ELSE 1 END, n.sort_name, facilities.facility \
         LIMIT $4 OFFSET $5",
        seen_facilities("$2")
    );
    let (viewer, pattern) = (conn.viewer(), name_pattern(&page.name));
    let before = page.number.saturating_sub(1).saturating_mul(page.count);
    let (limit, before) = (
        i64::try_from(page.count.saturating_add(1)).unwrap_or(i64::MAX),
        i64::try_from(before).unwrap_or(i64::MAX),
    );
    all!(conn, ManagedFacility, sqlx::AssertSqlSafe(sql), scope.key(), viewer, pattern, limit, before)
}

/// Closes a facility that has no box in service: it leaves the lists, and its claim files that nobody used are of no use any more.
/// Whether it was open, and has none; where not, the transaction is to be dropped.
pub async fn close_facility(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    now_ms: i64,
) -> Result<bool, DbError> {
    let (account, id) = (conn.scope().key(), facility.to_string());
    let sql = "DELETE FROM claims WHERE account = $1 AND facility = $2 AND used_ms IS NULL";
    exec!(conn, sql, account, id.clone())?;
    // Claims first, as a box takes them that is claimed: one that is on its way is waited for here, and its box is seen then.
    lock_facility(conn, facility).await?;
    // A claim file that was made meanwhile; one that a box is claiming with waits for the facility, and is refused.
    let sql = match conn.lane() {
        SqlExecutor::Sqlite(_) => sql,
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(_) => {
            "DELETE FROM claims WHERE account = $1 AND code IN (SELECT c.code FROM claims c WHERE c.account = $1 AND c.facility = $2 \
             AND c.used_ms IS NULL FOR UPDATE SKIP LOCKED)"
        }
    };
    exec!(conn, sql, account, id.clone())?;
    let sql = "UPDATE facilities SET closed_ms = $1 WHERE account = $2 AND facility = $3 AND closed_ms IS NULL AND NOT EXISTS \
               (SELECT 1 FROM boxes b WHERE b.account = facilities.account AND b.facility = facilities.facility AND b.revoked_ms IS NULL)";
    if exec!(conn, sql, now_ms, account, id)? == 0 {
        return Ok(false);
    }
    set_listing(conn, facility, FacilityListing::Hidden).await?;
    Ok(true)
}

pub async fn reopen_facility(conn: &mut ScopedConnection, facility: FacilityId) -> Result<bool, DbError> {
    let sql = "UPDATE facilities SET closed_ms = NULL WHERE account = $1 AND facility = $2 AND closed_ms IS NOT NULL";
    let account = conn.scope().key();
    if exec!(conn, sql, account, facility.to_string())? == 0 {
        return Ok(false);
    }
    set_listing(conn, facility, FacilityListing::Shown).await?;
    Ok(true)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FacilityListing {
    Shown,
    Hidden,
}

async fn set_listing(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    listing: FacilityListing,
) -> Result<(), DbError> {
    let sql = "UPDATE facility_now SET closed = $1 WHERE account = $2 AND facility = $3";
    let account = conn.scope().key();
    exec!(conn, sql, listing == FacilityListing::Hidden, account, facility.to_string())?;
    raise_part(conn, facility, FacilityPart::Box).await
}
