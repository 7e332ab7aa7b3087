//! Runs: lines that a chain of epochs left behind and that entries adopt, apart from the epochs' own lines.

use record::entry::Entry;
use record::fold::LinePlace;
use record::ids::{BoxId, Epoch, FacilityId};
use record::kinds::EntryRef;
use record::run::{RunLine, RunName};

use super::boxes::big;
use super::cleanings::{run_of, run_text};
use super::{AccountScope, Conn, DbError, all, bulk, exec, opt};

/// A run that an entry adopts, and which.
pub type Adoption = (RunName, LinePlace);

fn name(text: &str) -> Result<RunName, DbError> {
    text.parse().map_err(|e| DbError::stored("run", e))
}

/// Keeps which runs lines of a box adopt: only such a run is taken from it.
///
/// # Errors
/// The database.
pub async fn note_adoptions(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    adoptions: &[Adoption],
) -> Result<(), DbError> {
    let (account, box_id) = (scope.key(), box_id.to_string());
    let head = "INSERT INTO adoptions (account, box, run, epoch, seq, by_run)";
    let tail = " ON CONFLICT (account, box, run, epoch, seq, by_run) DO NOTHING";
    bulk!(
        conn,
        head,
        6,
        tail,
        adoptions,
        |(run, by)| account.as_str(),
        box_id.as_str(),
        run.to_string(),
        by.of.epoch.to_string(),
        big(by.of.seq),
        run_text(by.run),
    )
}

/// The lines that adopt a run, those of epochs' own logs first.
///
/// # Errors
/// The database.
pub async fn adopters(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    run: RunName,
) -> Result<Vec<LinePlace>, DbError> {
    let sql = "SELECT epoch, seq, by_run FROM adoptions WHERE account = $1 AND box = $2 AND run = $3 \
               ORDER BY by_run, epoch, seq LIMIT 16";
    let row = (scope.key(), box_id.to_string(), run.to_string());
    let rows = all!(conn, (String, i64, String), sql, row.0, row.1, row.2)?;
    let read = |(epoch, seq, by_run): (String, i64, String)| {
        let epoch = epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
        let seq = u64::try_from(seq).map_err(|e| DbError::stored("adoption", e))?;
        Ok(LinePlace { of: EntryRef { epoch, seq }, run: run_of(&by_run)? })
    };
    rows.into_iter().map(read).collect()
}

/// Runs that lines of a box adopt and that are not here.
///
/// # Errors
/// The database.
pub async fn lacking(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    limit: u64,
) -> Result<Vec<RunName>, DbError> {
    let sql = "SELECT DISTINCT a.run FROM adoptions a LEFT JOIN runs r \
               ON r.account = a.account AND r.box = a.box AND r.run = a.run \
               WHERE a.account = $1 AND a.box = $2 AND r.run IS NULL ORDER BY a.run LIMIT $3";
    let rows = all!(conn, (String,), sql, scope.key(), box_id.to_string(), big(limit))?;
    rows.iter().map(|(run,)| name(run)).collect()
}

/// Makes a run known; its lines follow in the same transaction. `false`: it is here already.
///
/// # Errors
/// The database.
pub async fn create(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    facility: FacilityId,
    (run, notes): (RunName, &[String]),
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql = "INSERT INTO runs (account, box, run, facility, epoch, from_seq, to_seq, known_ms, notes) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (account, box, run) DO NOTHING";
    let notes = serde_json::to_string(notes).map_err(|e| DbError::stored("notes", e))?;
    let (epoch, lines) = (run.epoch().to_string(), run.lines());
    let (box_id, facility, run) = (box_id.to_string(), facility.to_string(), run.to_string());
    let (first, past) = (big(lines.start), big(lines.end));
    let made = exec!(conn, sql, scope.key(), box_id, run, facility, epoch, first, past, now_ms, notes)?;
    Ok(made > 0)
}

/// Adds lines to a run that was just made.
///
/// # Errors
/// The database.
pub async fn append(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    run: RunName,
    lines: &[RunLine],
) -> Result<(), DbError> {
    let (account, box_text, run_text) = (scope.key(), box_id.to_string(), run.to_string());
    let head = "INSERT INTO run_lines (account, box, run, seq, line)";
    bulk!(
        conn,
        head,
        5,
        "",
        lines,
        |line| account.as_str(),
        box_text.as_str(),
        run_text.as_str(),
        big(line.entry.seq()),
        line.entry.bytes()
    )?;
    let of_cleaning = |entry: &Entry| &*entry.head().kind == "cleaning.recorded";
    let texts: Vec<_> = lines
        .iter()
        .flat_map(|line| line.texts.iter().map(|text| (text, !of_cleaning(&line.entry))))
        .collect();
    let origin = record::checkpoint::Origin { box_id, epoch: run.epoch() };
    super::entries::put_texts(conn, scope, &origin, &texts).await
}

/// The notes of a run's own epoch that came with it; `None`: the run is not here.
///
/// # Errors
/// The database.
pub async fn notes(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    run: RunName,
) -> Result<Option<Vec<String>>, DbError> {
    let sql = "SELECT notes FROM runs WHERE account = $1 AND box = $2 AND run = $3";
    let row = opt!(conn, (String,), sql, scope.key(), box_id.to_string(), run.to_string())?;
    let read = |(notes,): (String,)| serde_json::from_str(&notes).map_err(|e| DbError::stored("notes", e));
    row.map(read).transpose()
}

/// Lines of a run from number `from` on, at most `limit`, ascending.
///
/// # Errors
/// The database.
pub async fn lines(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    (run, from): (RunName, u64),
    limit: usize,
) -> Result<Vec<Vec<u8>>, DbError> {
    let sql = "SELECT line FROM run_lines WHERE account = $1 AND box = $2 AND run = $3 AND seq >= $4 \
               ORDER BY seq LIMIT $5";
    let (box_id, run) = (box_id.to_string(), run.to_string());
    let rows = all!(conn, (Vec<u8>,), sql, scope.key(), box_id, run, big(from), big(limit as u64))?;
    Ok(rows.into_iter().map(|(line,)| line).collect())
}

/// Runs of an epoch that are here.
///
/// # Errors
/// The database.
pub async fn of_epoch(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    epoch: Epoch,
) -> Result<Vec<RunName>, DbError> {
    let sql = "SELECT run FROM runs WHERE account = $1 AND box = $2 AND epoch = $3 ORDER BY from_seq, run";
    let rows = all!(conn, (String,), sql, scope.key(), box_id.to_string(), epoch.to_string())?;
    rows.iter().map(|(run,)| name(run)).collect()
}

/// The lines that runs hold under one number, each with its run.
///
/// # Errors
/// The database.
pub async fn at(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    of: EntryRef,
) -> Result<Vec<(RunName, Vec<u8>)>, DbError> {
    let sql = "SELECT l.run, l.line FROM runs r JOIN run_lines l \
               ON l.account = r.account AND l.box = r.box AND l.run = r.run AND l.seq = $1 \
               WHERE r.account = $2 AND r.box = $3 AND r.epoch = $4 AND r.from_seq <= $5 AND r.to_seq > $6 \
               ORDER BY l.run LIMIT 16";
    let (seq, box_id, epoch) = (big(of.seq), box_id.to_string(), of.epoch.to_string());
    let rows = all!(conn, (String, Vec<u8>), sql, seq, scope.key(), box_id, epoch, seq, seq)?;
    rows.into_iter().map(|(run, line)| Ok((name(&run)?, line))).collect()
}
