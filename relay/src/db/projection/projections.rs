//! Projections: everything that is a fold over a facility's entries, under a number of its own. Another one is made beside the live one
//! and takes its place at once.

use record::checkpoint::LogOrigin;
use record::compliance::zone_release;
use record::ids::{BoxId, FacilityId};

use crate::db::LogNumber;
use crate::db::OwnedFacility;
use crate::db::ProjectionNumber;
use crate::db::account::accounts::read_scopes;
use crate::db::to_i64;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

/// Of the code that folds.
const PROJECTION_VERSION: i64 = 4;
const DATA_RELEASES: i64 = 1_000_000;

/// Of the code that folds and of the zone data that cut days: a projection of other code is left to processes of that code, and rebuilt
/// by this one, as is one that was cut by older zone data. Code 2 and data `2026f` are 2202606.
pub fn projection_version() -> i64 {
    let (year, letters) = zone_release().split_at_checked(4).unwrap_or_default();
    let release = year.parse::<i64>().unwrap_or(0) * 100
        + letters.bytes().map(|byte| i64::from(byte.saturating_sub(b'a')) + 1).sum::<i64>();
    PROJECTION_VERSION * DATA_RELEASES + release
}

/// Whatever zone data cut its days.
pub fn is_of_this_code(version: i64) -> bool {
    version / DATA_RELEASES == PROJECTION_VERSION
}

/// A projection as far as whoever steps it needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectionRow {
    pub projection: ProjectionNumber,
    pub version: i64,
    /// What its facility had asked for when it was begun.
    pub rebuilds: i64,
    /// When the newest folded entry was written, milliseconds since 1970.
    pub newest_ms: i64,
}

type Columns = (i64, i64, i64, i64);
const COLUMNS: &str = "projection, version, rebuilds, newest_ms";

fn read_row((projection, version, rebuilds, newest_ms): Columns) -> ProjectionRow {
    ProjectionRow { projection: ProjectionNumber::of(projection), version, rebuilds, newest_ms }
}

/// Makes a projection in which nothing is folded yet. `state`: `building` or `live`.
pub(in crate::db) async fn insert_projection(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    state: &'static str,
    rebuilds: i64,
    now_ms: i64,
) -> Result<ProjectionNumber, DbError> {
    let sql = "INSERT INTO projections (account, facility, version, state, rebuilds, made_ms, newest_ms, error) \
               VALUES ($1, $2, $3, $4, $5, $6, 0, NULL) RETURNING projection";
    let scope = conn.scope();
    let row = opt!(
        conn,
        (i64,),
        sql,
        scope.key(),
        facility.to_string(),
        projection_version(),
        state,
        rebuilds,
        now_ms
    )?;
    let (number,) = row.ok_or_else(|| DbError::stored("projection", "it got no number"))?;
    Ok(ProjectionNumber::of(number))
}

/// Takes the row of the projection that pages of a facility read, so that its steps follow each other. `None`: no such facility.
pub async fn lock_live(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<Option<ProjectionRow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "UPDATE projections SET version = version WHERE account = $1 AND projection = \
         (SELECT projection FROM facilities WHERE account = $1 AND facility = $2) RETURNING {COLUMNS}"
    );
    let row = opt!(conn, Columns, sqlx::AssertSqlSafe(sql), scope.key(), facility.to_string())?;
    Ok(row.map(read_row))
}

pub async fn find_live(
    conn: &mut ScopedConnection,
    facility: FacilityId,
) -> Result<ProjectionNumber, DbError> {
    let scope = conn.scope();
    let sql = "SELECT projection FROM facilities WHERE account = $1 AND facility = $2";
    let row = opt!(conn, (i64,), sql, scope.key(), facility.to_string())?;
    row.map(|(number,)| ProjectionNumber::of(number)).ok_or_else(|| DbError::stored("facility", "it is gone"))
}

/// Takes the row of a projection that is being built. `None`: somebody dropped it.
pub async fn lock_building(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
) -> Result<Option<ProjectionRow>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "UPDATE projections SET version = version WHERE account = $1 AND projection = $2 AND state = 'building' \
         RETURNING {COLUMNS}"
    );
    let row = opt!(conn, Columns, sqlx::AssertSqlSafe(sql), scope.key(), projection.key())?;
    Ok(row.map(read_row))
}

/// The projection that is being built for what a facility asks for now, begun where there is none; others that were begun are dropped.
pub async fn take_building(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    now_ms: i64,
) -> Result<ProjectionRow, DbError> {
    let account = conn.scope().key();
    let facility_text = facility.to_string();
    let sql =
        "UPDATE facilities SET rebuilds = rebuilds WHERE account = $1 AND facility = $2 RETURNING rebuilds";
    let row = opt!(conn, (i64,), sql, account, facility_text.as_str())?;
    let (rebuilds,) = row.ok_or_else(|| DbError::stored("facility", "it is gone"))?;
    let sql = "UPDATE projections SET state = 'dropped' WHERE account = $1 AND facility = $2 AND state = 'building' \
               AND (rebuilds <> $3 OR version <> $4)";
    exec!(conn, sql, account, facility_text.as_str(), rebuilds, projection_version())?;
    let sql = format!(
        "SELECT {COLUMNS} FROM projections WHERE account = $1 AND facility = $2 AND state = 'building'"
    );
    let found = opt!(conn, Columns, sqlx::AssertSqlSafe(sql), account, facility_text.as_str())?;
    if let Some(row) = found {
        return Ok(read_row(row));
    }
    let projection = insert_projection(conn, facility, "building", rebuilds, now_ms).await?;
    Ok(ProjectionRow { projection, version: projection_version(), rebuilds, newest_ms: 0 })
}

/// Puts a projection that was built into the place of the live one. `false`: the facility asks for another one by now.
pub async fn swap_live(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    built: &ProjectionRow,
) -> Result<bool, DbError> {
    let account = conn.scope().key();
    let facility = facility.to_string();
    let sql = "SELECT projection FROM facilities WHERE account = $1 AND facility = $2";
    let before = opt!(conn, (i64,), sql, account, facility.as_str())?;
    let sql = "UPDATE facilities SET projection = $1, rebuilt = $2 \
               WHERE account = $3 AND facility = $4 AND rebuilds = $2";
    if exec!(conn, sql, built.projection.key(), built.rebuilds, account, facility.as_str())? != 1 {
        return Ok(false);
    }
    let sql = "UPDATE projections SET state = 'live', error = NULL WHERE account = $1 AND projection = $2";
    exec!(conn, sql, account, built.projection.key())?;
    let sql = "UPDATE projections SET state = 'dropped' WHERE account = $1 AND projection = $2";
    exec!(conn, sql, account, before.map_or(0, |(number,)| number))?;
    let sql = "DELETE FROM box_positions WHERE account = $1 AND projection = $2";
    exec!(conn, sql, account, built.projection.key())?;
    Ok(true)
}

/// Stores why a projection does not continue; `None`: it does.
pub async fn save_error(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    error: Option<&str>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE projections SET error = $1 WHERE account = $2 AND projection = $3";
    exec!(conn, sql, error.map(str::to_owned), scope.key(), projection.key()).map(drop)
}

/// Raises when the newest folded entry was written.
pub async fn save_newest(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    newest_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql =
        "UPDATE projections SET newest_ms = $1 WHERE account = $2 AND projection = $3 AND newest_ms < $1";
    exec!(conn, sql, newest_ms, scope.key(), projection.key()).map(drop)
}

/// A log with the line from which on a projection has not folded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPosition {
    pub log: LogNumber,
    pub origin: LogOrigin,
    /// The first line that is not folded.
    pub next: u64,
}

impl LogPosition {
    fn read(log: i64, box_id: &str, epoch: &str, next: i64) -> Result<Self, DbError> {
        let box_id = box_id.parse().map_err(|e| DbError::stored("box id", e))?;
        let epoch = epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
        let next = u64::try_from(next).map_err(|e| DbError::stored("position", e))?;
        Ok(Self { log: LogNumber::of(log), origin: LogOrigin { box_id, epoch }, next })
    }
}

/// Logs of a facility that hold more than a projection has folded, in the order of their boxes and numbers.
pub async fn logs_behind(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    projection: ProjectionNumber,
) -> Result<Vec<LogPosition>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT l.log, l.box, l.epoch, COALESCE(p.next_seq, 0) FROM logs l LEFT JOIN positions p \
               ON p.account = l.account AND p.projection = $1 AND p.log = l.log \
               WHERE l.account = $2 AND l.facility = $3 AND l.key_known AND NOT l.apart \
               AND l.size > COALESCE(p.next_seq, 0) ORDER BY l.box, l.n, l.epoch";
    let rows =
        all!(conn, (i64, String, String, i64), sql, projection.key(), scope.key(), facility.to_string())?;
    rows.iter().map(|(log, box_id, epoch, next)| LogPosition::read(*log, box_id, epoch, *next)).collect()
}

pub async fn save_position(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    log: LogNumber,
    next: u64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO positions (account, projection, log, next_seq) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (account, projection, log) DO UPDATE SET next_seq = excluded.next_seq";
    exec!(conn, sql, scope.key(), projection.key(), log.key(), to_i64(next)).map(drop)
}

/// How many lines of a box are folded in a projection that is being built; `None`: all of them.
pub async fn box_position(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    box_id: BoxId,
) -> Result<Option<u64>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT folded FROM box_positions WHERE account = $1 AND projection = $2 AND box = $3";
    let row = opt!(conn, (i64,), sql, scope.key(), projection.key(), box_id.to_string())?;
    Ok(row.map_or(Some(0), |(folded,)| u64::try_from(folded).ok()))
}

/// Keeps it; `None`: all of them.
pub async fn save_box_position(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    box_id: BoxId,
    folded: Option<u64>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO box_positions (account, projection, box, folded) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (account, projection, box) DO UPDATE SET folded = excluded.folded";
    let folded = folded.map_or(-1, to_i64);
    exec!(conn, sql, scope.key(), projection.key(), box_id.to_string(), folded).map(drop)
}

/// The tables of rows that carry a projection, each with the rest of its key.
const TABLES: [(&str, &str); 14] = [
    ("state_rows", "room, id"),
    ("cleanings", "log, seq, run"),
    ("clean_days", "tag, day"),
    ("uses", "tag, ended_ms, log, seq, held_in"),
    ("item_notes", "tag, at_ms, log, seq, held_in"),
    ("command_keys", "box, idem"),
    ("repeated_lines", "box, epoch, seq, run"),
    ("run_places", "box, run"),
    ("items", "tag"),
    ("item_days", "tag, day"),
    ("facility_days", "day"),
    ("positions", "log"),
    ("box_positions", "box"),
    // Last: a projection without rows is gone itself.
    ("projections", ""),
];

/// Rows that are deleted in one transaction.
const DROPPED_AT_ONCE: i64 = 1_000;

/// Deletes some rows of a projection that nothing reads any more. Whether that were the last ones.
pub async fn drop_rows(conn: &mut ScopedConnection, projection: ProjectionNumber) -> Result<bool, DbError> {
    let scope = conn.scope();
    for (table, key) in TABLES {
        let sql = match key {
            "" => format!(
                "DELETE FROM {table} WHERE account = $1 AND projection = $2 AND state = 'dropped' AND $3 > 0"
            ),
            key => format!(
                "DELETE FROM {table} WHERE account = $1 AND projection = $2 AND ({key}) IN \
                 (SELECT {key} FROM {table} WHERE account = $1 AND projection = $2 LIMIT $3)"
            ),
        };
        let gone =
            exec!(conn, sqlx::AssertSqlSafe(sql.clone()), scope.key(), projection.key(), DROPPED_AT_ONCE)?;
        if gone > 0 && !key.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Projections of the account that were dropped before this time and still have rows.
pub async fn dropped_projections(conn: &mut ScopedConnection) -> Result<Vec<ProjectionNumber>, DbError> {
    let scope = conn.scope();
    let sql =
        "SELECT projection FROM projections WHERE account = $1 AND state = 'dropped' ORDER BY projection";
    Ok(all!(conn, (i64,), sql, scope.key())?
        .into_iter()
        .map(|(number,)| ProjectionNumber::of(number))
        .collect())
}

pub async fn platform_with_dropped(conn: &mut PlatformConnection) -> Result<Vec<AccountScope>, DbError> {
    let sql = "SELECT DISTINCT j.account, a.id FROM projections j JOIN accounts a ON a.account = j.account \
               WHERE j.state = 'dropped' ORDER BY j.account";
    read_scopes(&all!(conn, (i64, String), sql)?)
}

/// A facility with entries that are not folded yet, or that asks for another projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityBehind {
    account: i64,
    account_id: String,
    facility: String,
    /// Another projection is asked for, or the live one is of another version, or not there.
    pub awaits_rebuild: bool,
}

impl_from_row!(FacilityBehind { account, account_id, facility, awaits_rebuild });

impl FacilityBehind {
    pub fn place(&self) -> Result<OwnedFacility, DbError> {
        OwnedFacility::read(self.account, &self.account_id, &self.facility)
    }
}

pub async fn platform_behind(conn: &mut PlatformConnection) -> Result<Vec<FacilityBehind>, DbError> {
    let sql = "SELECT f.account, a.id AS account_id, f.facility, \
               (f.rebuilds <> f.rebuilt OR COALESCE(j.version < $1 OR j.version >= $1 / 1000000 * 1000000 + 1000000, TRUE)) AS awaits_rebuild \
               FROM facilities f JOIN accounts a ON a.account = f.account LEFT JOIN projections j \
               ON j.account = f.account AND j.projection = f.projection AND j.facility = f.facility \
               WHERE f.rebuilds <> f.rebuilt OR COALESCE(j.version < $1 OR j.version >= $1 / 1000000 * 1000000 + 1000000, TRUE) OR EXISTS (SELECT 1 FROM logs l \
               LEFT JOIN positions p ON p.account = l.account AND p.projection = f.projection AND p.log = l.log \
               WHERE l.account = f.account AND l.facility = f.facility AND l.key_known AND NOT l.apart \
               AND l.size > COALESCE(p.next_seq, 0))";
    all!(conn, FacilityBehind, sql, projection_version())
}

/// Whether a facility asks for another projection, or its live one is of another version or not there.
pub async fn awaits_rebuild(conn: &mut ScopedConnection, facility: FacilityId) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "SELECT f.rebuilds <> f.rebuilt OR COALESCE(j.version < $1 OR j.version >= $1 / 1000000 * 1000000 + 1000000, TRUE) FROM facilities f LEFT JOIN projections j \
               ON j.account = f.account AND j.projection = f.projection AND j.facility = f.facility \
               WHERE f.account = $2 AND f.facility = $3";
    let row = opt!(conn, (bool,), sql, projection_version(), scope.key(), facility.to_string())?;
    Ok(row.is_some_and(|(awaits,)| awaits))
}

/// Names of facilities of which no page has anything to read, a few of them.
pub async fn platform_without_live(conn: &mut PlatformConnection) -> Result<Vec<String>, DbError> {
    let sql = "SELECT f.name FROM facilities f LEFT JOIN projections j \
               ON j.account = f.account AND j.projection = f.projection AND j.facility = f.facility \
               WHERE j.projection IS NULL ORDER BY f.account, f.facility LIMIT 10";
    Ok(all!(conn, (String,), sql)?.into_iter().map(|(name,)| name).collect())
}

/// Entries of all accounts that are stored and not folded yet in what pages read.
pub async fn platform_lag(conn: &mut PlatformConnection) -> Result<i64, DbError> {
    let sql = "SELECT CAST(COALESCE(SUM(l.size - COALESCE(p.next_seq, 0)), 0) AS BIGINT) FROM logs l \
               JOIN facilities f ON f.account = l.account AND f.facility = l.facility \
               LEFT JOIN positions p ON p.account = l.account AND p.projection = f.projection AND p.log = l.log \
               WHERE l.key_known AND NOT l.apart AND l.size > COALESCE(p.next_seq, 0)";
    Ok(opt!(conn, (i64,), sql)?.map_or(0, |(entries,)| entries))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldProgress {
    pub stored: i64,
    pub folded: i64,
}

pub async fn platform_progress(conn: &mut PlatformConnection) -> Result<FoldProgress, DbError> {
    let sql = "SELECT CAST(COALESCE(SUM(l.size), 0) AS BIGINT), CAST(COALESCE(SUM(COALESCE(p.next_seq, 0)), 0) AS BIGINT) \
               FROM logs l JOIN facilities f ON f.account = l.account AND f.facility = l.facility \
               JOIN projections j ON j.projection = f.projection AND j.error IS NULL \
               LEFT JOIN positions p ON p.account = l.account AND p.projection = f.projection AND p.log = l.log \
               WHERE l.key_known AND NOT l.apart";
    let (stored, folded) = opt!(conn, (i64, i64), sql)?.unwrap_or_default();
    Ok(FoldProgress { stored, folded })
}

/// Whether everything that counts is folded in what pages of a facility read.
pub async fn is_folded(conn: &mut ScopedConnection, facility: FacilityId) -> Result<bool, DbError> {
    let projection = find_live(conn, facility).await?;
    Ok(logs_behind(conn, facility, projection).await?.is_empty())
}
