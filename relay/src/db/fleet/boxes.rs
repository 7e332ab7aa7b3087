//! Boxes: whose they are, what they said last, which certificates speak for them.

use record::ids::{BoxId, Epoch, FacilityId};

use super::claims::ClaimPlace;
use crate::db::database::visible_rows::seen_facilities;
use crate::db::to_i64;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, opt};

/// How often it is noted that a replaced machine comes back, milliseconds.
const RETURN_NOTED_MS: i64 = 600_000;

/// Where a box belongs and whether it may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoxOwner {
    pub scope: AccountScope,
    pub facility: FacilityId,
    pub revoked: bool,
    /// Its log contradicts itself: nothing more is taken.
    pub quarantined: bool,
}

/// Where a box belongs: the certificate proves which box speaks, this says for whom.
pub async fn platform_home(
    conn: &mut PlatformConnection,
    box_id: BoxId,
) -> Result<Option<BoxOwner>, DbError> {
    let sql = "SELECT b.account, a.id, b.facility, b.revoked_ms, b.quarantined_ms \
               FROM boxes b JOIN accounts a ON a.account = b.account WHERE b.box = $1";
    let row = opt!(conn, (i64, String, String, Option<i64>, Option<i64>), sql, box_id.to_string())?;
    let Some((number, account, facility, revoked, quarantined)) = row else { return Ok(None) };
    let scope = AccountScope::read(number, &account)?;
    find_owner(scope, (facility, revoked, quarantined)).map(Some)
}

pub async fn find_home(conn: &mut ScopedConnection, box_id: BoxId) -> Result<Option<BoxOwner>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT facility, revoked_ms, quarantined_ms FROM boxes WHERE account = $1 AND box = $2";
    let row = opt!(conn, HomeRow, sql, scope.key(), box_id.to_string())?;
    row.map(|row| find_owner(scope, row)).transpose()
}

/// Whether whoever reads sees the facility of a box of this account.
pub async fn is_seen(conn: &mut ScopedConnection, box_id: BoxId) -> Result<bool, DbError> {
    let (scope, viewer) = (conn.scope(), conn.viewer());
    let seen = seen_facilities("$3");
    let sql = format!(
        "SELECT facilities.facility FROM facilities JOIN boxes b ON b.account = facilities.account \
         AND b.facility = facilities.facility WHERE facilities.account = $1 AND b.box = $2 AND {seen}"
    );
    let row = opt!(conn, (String,), sqlx::AssertSqlSafe(sql), scope.key(), box_id.to_string(), viewer)?;
    Ok(row.is_some())
}

/// As [`find_home`], its row taken for this transaction: neither a quarantine nor a revocation slips in between.
pub async fn lock_box(conn: &mut ScopedConnection, box_id: BoxId) -> Result<Option<BoxOwner>, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE boxes SET refusals = refusals WHERE account = $1 AND box = $2 \
               RETURNING facility, revoked_ms, quarantined_ms";
    let row = opt!(conn, HomeRow, sql, scope.key(), box_id.to_string())?;
    row.map(|row| find_owner(scope, row)).transpose()
}

type HomeRow = (String, Option<i64>, Option<i64>);

fn find_owner(scope: AccountScope, (facility, revoked, quarantined): HomeRow) -> Result<BoxOwner, DbError> {
    let facility = facility.parse().map_err(|e| DbError::stored("facility id", e))?;
    let (revoked, quarantined) = (revoked.is_some(), quarantined.is_some());
    Ok(BoxOwner { scope, facility, revoked, quarantined })
}

/// Registers a box at its claim, or moves it to another facility of the same account.
pub async fn insert_box(
    conn: &mut ScopedConnection,
    (box_id, facility, epoch): (BoxId, FacilityId, Epoch),
    model: &str,
    version: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO boxes (account, box, facility, model, version, claimed_ms, revoked_ms, quarantined_ms, \
               quarantine, refusals) VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, NULL, 0) \
               ON CONFLICT (account, box) DO UPDATE SET facility = excluded.facility, \
               model = excluded.model, version = excluded.version, claimed_ms = excluded.claimed_ms, \
               revoked_ms = NULL";
    let (model, version) = (model.to_owned(), version.to_owned());
    let facility = facility.to_string();
    exec!(conn, sql, scope.key(), box_id.to_string(), facility, model, version, now_ms)?;
    insert_present(conn, box_id, epoch).await
}

/// The row of a box that is claimed, where there is none yet.
async fn insert_present(conn: &mut ScopedConnection, box_id: BoxId, epoch: Epoch) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO box_now (account, box, epoch, reported_size, reported_cursor, clock, clock_ahead_ms, state) \
               VALUES ($1, $2, $3, 0, 0, 'uncertain', 0, 'waiting') ON CONFLICT (account, box) DO NOTHING";
    exec!(conn, sql, scope.key(), box_id.to_string(), epoch.to_string()).map(drop)
}

/// Takes nothing more of the box until a person has looked. The first reason stays.
pub async fn quarantine_box(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    why: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE boxes SET quarantined_ms = $1, quarantine = $2 \
               WHERE account = $3 AND box = $4 AND quarantined_ms IS NULL";
    exec!(conn, sql, now_ms, why.to_owned(), scope.key(), box_id.to_string()).map(drop)
}

/// Takes the box's word again, after a person has looked. Whether there was anything to lift.
pub async fn release_box(conn: &mut ScopedConnection, box_id: BoxId) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE boxes SET quarantined_ms = NULL, quarantine = NULL \
               WHERE account = $1 AND box = $2 AND quarantined_ms IS NOT NULL";
    Ok(exec!(conn, sql, scope.key(), box_id.to_string())? > 0)
}

/// Calls a box so; `None` takes its name away. Whether that changed anything.
pub async fn rename_box(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    name: Option<&str>,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE boxes SET name = $1 WHERE account = $2 AND box = $3 AND COALESCE(name, '') <> $4";
    let (name, shown) = (name.map(str::to_owned), name.unwrap_or_default().to_owned());
    Ok(exec!(conn, sql, name, scope.key(), box_id.to_string(), shown)? > 0)
}

/// A further box of a facility that is in service and was heard since then; not the one that is replaced.
pub async fn find_alive_beside(
    conn: &mut ScopedConnection,
    place: ClaimPlace,
    box_id: BoxId,
    since_ms: i64,
) -> Result<Option<BoxId>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT b.box FROM boxes b JOIN box_now n ON n.account = b.account AND n.box = b.box \
               WHERE b.account = $1 AND b.facility = $2 AND b.box NOT IN ($3, $4) AND b.revoked_ms IS NULL \
               AND COALESCE(n.last_seen_ms, b.claimed_ms) > $5 \
               ORDER BY COALESCE(n.last_seen_ms, b.claimed_ms) DESC LIMIT 1";
    let spared = place.replaces.unwrap_or(box_id).to_string();
    let facility = place.facility.to_string();
    let row = opt!(conn, (String,), sql, scope.key(), facility, box_id.to_string(), spared, since_ms)?;
    row.map(|(id,)| id.parse().map_err(|e| DbError::stored("box id", e))).transpose()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunTotals {
    pub runs: u64,
    pub lines: u64,
    pub bytes: u64,
}

pub async fn run_totals(conn: &mut ScopedConnection, box_id: BoxId) -> Result<RunTotals, DbError> {
    let scope = conn.scope();
    let sql = "SELECT run_count, run_lines, run_bytes FROM boxes WHERE account = $1 AND box = $2";
    let row = opt!(conn, (i64, i64, i64), sql, scope.key(), box_id.to_string())?;
    let (runs, lines, bytes) = row.unwrap_or_default();
    fn read_size(stored: i64) -> Result<u64, DbError> {
        u64::try_from(stored).map_err(|e| DbError::stored("size", e))
    }
    Ok(RunTotals { runs: read_size(runs)?, lines: read_size(lines)?, bytes: read_size(bytes)? })
}

pub async fn add_run(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    (lines, bytes): (u64, u64),
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE boxes SET run_count = run_count + 1, run_lines = run_lines + $1, run_bytes = run_bytes + $2 \
               WHERE account = $3 AND box = $4";
    exec!(conn, sql, to_i64(lines), to_i64(bytes), scope.key(), box_id.to_string()).map(drop)
}

pub async fn revoke_box(conn: &mut ScopedConnection, box_id: BoxId, now_ms: i64) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "UPDATE boxes SET revoked_ms = $1 WHERE account = $2 AND box = $3 AND revoked_ms IS NULL";
    let touched = exec!(conn, sql, now_ms, scope.key(), box_id.to_string())?;
    let sql =
        "UPDATE certificates SET revoked_ms = $1 WHERE account = $2 AND box = $3 AND revoked_ms IS NULL";
    exec!(conn, sql, now_ms, scope.key(), box_id.to_string())?;
    Ok(touched > 0)
}

/// Certificates that were revoked since then, milliseconds since 1970: by serial, and whose.
pub async fn platform_revoked_since(
    conn: &mut PlatformConnection,
    since_ms: i64,
) -> Result<Vec<(BoxId, String)>, DbError> {
    let sql = "SELECT box, serial FROM certificates WHERE revoked_ms >= $1";
    let rows = all!(conn, (String, String), sql, since_ms)?;
    let read =
        |(text, serial): (String, String)| Ok((text.parse().map_err(|e| DbError::stored("box", e))?, serial));
    rows.into_iter().map(read).collect()
}

pub async fn insert_certificate(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    serial: &str,
    (issued_ms, not_after_ms): (i64, i64),
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO certificates (account, box, serial, issued_ms, not_after_ms, revoked_ms) \
               VALUES ($1, $2, $3, $4, $5, NULL)";
    exec!(conn, sql, scope.key(), box_id.to_string(), serial.to_owned(), issued_ms, not_after_ms).map(drop)
}

/// Notes that a machine came with a certificate that was revoked, at most once in [`RETURN_NOTED_MS`]. Whether it is the first time.
pub async fn note_return(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    serial: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let (box_id, serial) = (box_id.to_string(), serial.to_owned());
    let sql = "UPDATE certificates SET returned_ms = $1 WHERE account = $2 AND box = $3 AND serial = $4 \
               AND returned_ms IS NULL";
    if exec!(conn, sql, now_ms, scope.key(), box_id.as_str(), serial.as_str())? > 0 {
        return Ok(true);
    }
    let sql = "UPDATE certificates SET returned_ms = $1 WHERE account = $2 AND box = $3 AND serial = $4 \
               AND returned_ms < $5";
    exec!(conn, sql, now_ms, scope.key(), box_id, serial, now_ms.saturating_sub(RETURN_NOTED_MS))?;
    Ok(false)
}

/// Whether a certificate speaks for the box: `None` unknown, `Some(true)` good, `Some(false)` revoked.
pub async fn find_certificate(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    serial: &str,
) -> Result<Option<bool>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT revoked_ms FROM certificates WHERE account = $1 AND box = $2 AND serial = $3";
    let row = opt!(conn, (Option<i64>,), sql, scope.key(), box_id.to_string(), serial.to_owned())?;
    Ok(row.map(|(revoked,)| revoked.is_none()))
}
