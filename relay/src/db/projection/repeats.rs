//! Lines that record once more what another line recorded: a phone sent again what its box had lost sight of.

use record::fold::LinePlace;
use record::ids::BoxId;
use record::kinds::EntryRef;

use crate::db::ProjectionNumber;
use crate::db::log::run_names::{run_of, run_text};
use crate::db::to_i64;
use crate::db::{DbError, ScopedConnection, all, bulk};

pub type Repeat = (LinePlace, LinePlace);

pub async fn save_repeat(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    box_id: BoxId,
    repeats: &[Repeat],
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, projection, box_id) = (scope.key(), projection.key(), box_id.to_string());
    let head = "INSERT INTO repeated_lines (account, projection, box, epoch, seq, run, first_epoch, first_seq, first_run)";
    let tail = " ON CONFLICT (account, projection, box, epoch, seq, run) DO NOTHING";
    bulk!(
        conn,
        head,
        9,
        tail,
        repeats,
        |(line, first)| account,
        projection,
        box_id.as_str(),
        line.of.epoch.to_string(),
        to_i64(line.of.seq),
        run_text(line.run),
        first.of.epoch.to_string(),
        to_i64(first.of.seq),
        run_text(first.run),
    )
}

/// Lines of a number that repeat others, with the place of the run of each (see `runs.place`).
pub async fn find_repeat(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    box_id: BoxId,
    of: EntryRef,
) -> Result<Vec<(Repeat, Option<i64>)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT c.run, c.first_epoch, c.first_seq, c.first_run, r.place FROM repeated_lines c \
               LEFT JOIN run_places r ON r.account = c.account AND r.projection = c.projection AND r.box = c.box AND r.run = c.run \
               WHERE c.account = $1 AND c.projection = $2 AND c.box = $3 AND c.epoch = $4 AND c.seq = $5";
    let (box_id, epoch, seq) = (box_id.to_string(), of.epoch.to_string(), to_i64(of.seq));
    let rows = all!(
        conn,
        (String, String, i64, String, Option<i64>),
        sql,
        scope.key(),
        projection.key(),
        box_id,
        epoch,
        seq
    )?;
    rows.into_iter()
        .map(|(run, epoch, seq, first_run, place): (String, String, i64, String, Option<i64>)| {
            let epoch = epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
            let seq = u64::try_from(seq).map_err(|e| DbError::stored("repeated line", e))?;
            let first = LinePlace { of: EntryRef { epoch, seq }, run: run_of(&first_run)? };
            Ok(((LinePlace { of, run: run_of(&run)? }, first), place))
        })
        .collect()
}
