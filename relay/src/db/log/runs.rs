//! Runs: lines that a chain of epochs left behind and that entries adopt, apart from the epochs' own lines.

use record::fold::LinePlace;
use record::ids::{BoxId, Epoch, FacilityId};
use record::kinds::EntryRef;
use record::run::{RunBlocks, RunLine, RunName, block_lines, path_in_run};
use record::tree::{Hash, leaf_hash};

use super::epochs::read_hash;
use super::run_names::{run_of, run_text};
use crate::db::ProjectionNumber;
use crate::db::to_i64;
use crate::db::{DbError, ScopedConnection, all, bulk, exec, opt};

fn read_run_name(text: &str) -> Result<RunName, DbError> {
    text.parse().map_err(|e| DbError::stored("run", e))
}

#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    pub run: RunName,
    pub notes: &'a [String],
    pub bytes: u64,
    pub blocks: &'a RunBlocks,
}

/// Makes a run known whose lines are here. `false`: it is here already.
pub async fn insert_run(
    conn: &mut ScopedConnection,
    (box_id, facility): (BoxId, FacilityId),
    new: &NewRun<'_>,
    now_ms: i64,
) -> Result<bool, DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO runs (account, box, run, facility, epoch, from_seq, to_seq, known_ms, notes, bytes, blocks) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (account, box, run) DO NOTHING";
    let notes = serde_json::to_string(new.notes).map_err(|e| DbError::stored("notes", e))?;
    let (epoch, lines) = (new.run.epoch().to_string(), new.run.lines());
    let (box_text, run) = (box_id.to_string(), new.run.to_string());
    let (first, past, bytes) = (to_i64(lines.start), to_i64(lines.end), to_i64(new.bytes));
    let (account, blocks) =
        (scope.key(), new.blocks.roots().iter().flat_map(|root| root.0).collect::<Vec<u8>>());
    let origin = record::checkpoint::LogOrigin { box_id, epoch: new.run.epoch() };
    super::epochs::number_epoch(conn, &origin, facility, now_ms).await?;
    let made = exec!(
        conn,
        sql,
        account,
        box_text,
        run,
        facility.to_string(),
        epoch,
        first,
        past,
        now_ms,
        notes,
        bytes,
        blocks
    )?;
    Ok(made > 0)
}

/// Adds lines to a run that is not known yet.
pub async fn append_lines(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    run: RunName,
    lines: &[RunLine],
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, box_text, run_text) = (scope.key(), box_id.to_string(), run.to_string());
    let head = "INSERT INTO run_lines (account, box, run, seq, line)";
    bulk!(
        conn,
        head,
        5,
        "",
        lines,
        |line| account,
        box_text.as_str(),
        run_text.as_str(),
        to_i64(line.entry.seq()),
        line.entry.bytes()
    )?;
    let texts: Vec<_> = lines
        .iter()
        .flat_map(|line| line.texts.iter().map(|text| (text, super::texts::is_looked_up(&line.entry))))
        .collect();
    let origin = record::checkpoint::LogOrigin { box_id, epoch: run.epoch() };
    super::texts::save_run_texts(conn, &origin, &texts).await
}

pub async fn lines_here(conn: &mut ScopedConnection, box_id: BoxId, run: RunName) -> Result<u64, DbError> {
    let scope = conn.scope();
    let sql = "SELECT COUNT(*) FROM run_lines WHERE account = $1 AND box = $2 AND run = $3";
    let row = opt!(conn, (i64,), sql, scope.key(), box_id.to_string(), run.to_string())?;
    row.map_or(Ok(0), |(count,)| u64::try_from(count).map_err(|e| DbError::stored("count", e)))
}

/// The notes of a run's own epoch that came with it; `None`: the run is not here.
pub async fn load_notes(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    run: RunName,
) -> Result<Option<Vec<String>>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT notes FROM runs WHERE account = $1 AND box = $2 AND run = $3";
    let row = opt!(conn, (String,), sql, scope.key(), box_id.to_string(), run.to_string())?;
    row.map(|(notes,): (String,)| serde_json::from_str(&notes).map_err(|e| DbError::stored("notes", e)))
        .transpose()
}

/// Bytes of a run's lines and texts; `None`: the run is not here.
pub async fn run_bytes(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    run: RunName,
) -> Result<Option<u64>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT bytes FROM runs WHERE account = $1 AND box = $2 AND run = $3";
    let row = opt!(conn, (i64,), sql, scope.key(), box_id.to_string(), run.to_string())?;
    row.map(|(bytes,)| u64::try_from(bytes).map_err(|e| DbError::stored("size", e))).transpose()
}

/// Lines of a run from number `from` on, at most `limit`, ascending.
pub async fn load_lines(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    (run, from): (RunName, u64),
    limit: usize,
) -> Result<Vec<Vec<u8>>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT line FROM run_lines WHERE account = $1 AND box = $2 AND run = $3 AND seq >= $4 \
               ORDER BY seq LIMIT $5";
    let (box_id, run) = (box_id.to_string(), run.to_string());
    let rows = all!(conn, (Vec<u8>,), sql, scope.key(), box_id, run, to_i64(from), to_i64(limit as u64))?;
    Ok(rows.into_iter().map(|(line,)| line).collect())
}

pub async fn of_box(conn: &mut ScopedConnection, box_id: BoxId) -> Result<Vec<RunName>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT run FROM runs WHERE account = $1 AND box = $2";
    let rows = all!(conn, (String,), sql, scope.key(), box_id.to_string())?;
    rows.iter().map(|(run,)| read_run_name(run)).collect()
}

pub async fn of_epoch(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    epoch: Epoch,
) -> Result<Vec<RunName>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT run FROM runs WHERE account = $1 AND box = $2 AND epoch = $3 ORDER BY from_seq, run";
    let rows = all!(conn, (String,), sql, scope.key(), box_id.to_string(), epoch.to_string())?;
    rows.iter().map(|(run,)| read_run_name(run)).collect()
}

/// Where a run is in the order of counting of a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRunPlace {
    pub run: RunName,
    /// The how many-eth run of its box it is.
    pub place: u64,
    pub by: LinePlace,
}

/// Stores where a run is in the order of counting, and which line that counts adopted it.
pub async fn set_place(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    box_id: BoxId,
    new: &NewRunPlace,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO run_places (account, projection, box, run, place, by_epoch, by_seq, by_run) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account, projection, box, run) DO NOTHING";
    let by = new.by;
    let (epoch, seq, by_run) = (by.of.epoch.to_string(), to_i64(by.of.seq), run_text(by.run));
    let (box_id, run, place) = (box_id.to_string(), new.run.to_string(), to_i64(new.place));
    exec!(conn, sql, scope.key(), projection.key(), box_id, run, place, epoch, seq, by_run).map(drop)
}

/// The line by which a run counts in what pages read; `None`: none does, or the run is not here.
pub async fn find_adopter(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    run: RunName,
) -> Result<Option<LinePlace>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT p.by_epoch, p.by_seq, p.by_run FROM runs r \
               JOIN facilities f ON f.account = r.account AND f.facility = r.facility \
               JOIN run_places p ON p.account = r.account AND p.projection = f.projection AND p.box = r.box AND p.run = r.run \
               WHERE r.account = $1 AND r.box = $2 AND r.run = $3";
    let row = opt!(conn, (String, i64, String), sql, scope.key(), box_id.to_string(), run.to_string())?;
    row.map(|(epoch, seq, by_run): (String, i64, String)| {
        let epoch = epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
        let seq = u64::try_from(seq).map_err(|e| DbError::stored("adoption", e))?;
        Ok(LinePlace { of: EntryRef { epoch, seq }, run: run_of(&by_run)? })
    })
    .transpose()
}

/// The lines that runs which count hold under one number, each with its run: in the order of counting, the first few.
pub async fn line_at(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    of: EntryRef,
) -> Result<Vec<(RunName, Vec<u8>)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT l.run, l.line FROM runs r JOIN run_lines l \
               ON l.account = r.account AND l.box = r.box AND l.run = r.run AND l.seq = $1 \
               JOIN facilities f ON f.account = r.account AND f.facility = r.facility \
               JOIN run_places p ON p.account = r.account AND p.projection = f.projection AND p.box = r.box AND p.run = r.run \
               WHERE r.account = $2 AND r.box = $3 AND r.epoch = $4 AND r.from_seq <= $5 AND r.to_seq > $6 \
               ORDER BY p.place LIMIT 16";
    let (seq, box_id, epoch) = (to_i64(of.seq), box_id.to_string(), of.epoch.to_string());
    let rows = all!(conn, (String, Vec<u8>), sql, seq, scope.key(), box_id, epoch, seq, seq)?;
    rows.into_iter().map(|(run, line)| Ok((read_run_name(&run)?, line))).collect()
}

/// The way of a line to the root of its run, which is here: from the lines of one block and the kept roots.
pub async fn proof_path(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    (run, seq): (RunName, u64),
) -> Result<Vec<Hash>, DbError> {
    let scope = conn.scope();
    let block = block_lines(&run, seq).ok_or_else(report_missing)?;
    let sql = "SELECT blocks FROM runs WHERE account = $1 AND box = $2 AND run = $3";
    let row = opt!(conn, (Vec<u8>,), sql, scope.key(), box_id.to_string(), run.to_string())?;
    let (blocks,) = row.ok_or_else(report_missing)?;
    let roots = blocks.chunks(32).map(read_hash).collect::<Result<Vec<Hash>, _>>()?;
    let limit = usize::try_from(block.end - block.start).map_err(|e| DbError::stored("run", e))?;
    let lines = load_lines(conn, box_id, (run, block.start), limit).await?;
    let leaves = lines.iter().map(|line| leaf_hash(line)).collect();
    path_in_run(&run, seq, leaves, roots).ok_or_else(report_missing)
}

fn report_missing() -> DbError {
    DbError::stored("run", "a line or root is missing")
}
