//! Drops what an upload of a run left behind that was cut short: its lines, and the texts that nothing else names.

use std::collections::BTreeSet;

use record::entry::Entry;
use record::ids::BoxId;
use record::run::RunName;
use record::tree::Hash;

use super::runs;
use crate::db::fleet::boxes;
use crate::db::to_i64;
use crate::db::{DbError, ScopedConnection, exec};

type TextKey = (u64, Hash);

fn names_of<'l>(lines: impl IntoIterator<Item = &'l Vec<u8>>) -> Result<BTreeSet<TextKey>, DbError> {
    let mut keys = BTreeSet::new();
    for line in lines {
        let entry = Entry::parse(line).map_err(|e| DbError::stored("entry", e))?;
        keys.extend(entry.redactables().into_iter().map(|hash| (entry.seq(), hash)));
    }
    Ok(keys)
}

/// Drops at most `limit` lines of a run that never became known, with their texts. How many it were. It holds the box's row,
/// as whoever makes a run known does: no other process makes it known meanwhile.
pub async fn drop_unfinished(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    run: RunName,
    limit: usize,
) -> Result<usize, DbError> {
    let scope = conn.scope();
    boxes::lock_box(conn, box_id).await?;
    if runs::load_notes(conn, box_id, run).await?.is_some() {
        return Ok(0);
    }
    let lines = runs::load_lines(conn, box_id, (run, 0), limit).await?;
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(0) };
    let (from, past) = (read_seq(first)?, read_seq(last)?.saturating_add(1));
    let mut texts = names_of(&lines)?;
    for other in runs::of_epoch(conn, box_id, run.epoch()).await? {
        let numbers = other.lines();
        let (start, end) = (numbers.start.max(from), numbers.end.min(past));
        if texts.is_empty() || start >= end {
            continue;
        }
        let count = usize::try_from(end - start).unwrap_or(usize::MAX);
        let stored = names_of(&runs::load_lines(conn, box_id, (other, start), count).await?)?;
        texts.retain(|key| !stored.contains(key));
    }
    drop_texts(conn, (box_id, run), &texts).await?;
    let sql = "DELETE FROM run_lines WHERE account = $1 AND box = $2 AND run = $3 AND seq < $4";
    exec!(conn, sql, scope.key(), box_id.to_string(), run.to_string(), to_i64(past))?;
    Ok(lines.len())
}

fn read_seq(line: &[u8]) -> Result<u64, DbError> {
    Entry::parse(line).map(|entry| entry.seq()).map_err(|e| DbError::stored("entry", e))
}

async fn drop_texts(
    conn: &mut ScopedConnection,
    (box_id, run): (BoxId, RunName),
    texts: &BTreeSet<TextKey>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, box_text, epoch) = (scope.key(), box_id.to_string(), run.epoch().to_string());
    let sql =
        "DELETE FROM run_texts WHERE account = $1 AND box = $2 AND epoch = $3 AND seq = $4 AND hash = $5";
    for (seq, hash) in texts {
        let (account, box_text, epoch) = (account, box_text.as_str(), epoch.as_str());
        exec!(conn, sql, account, box_text, epoch, to_i64(*seq), hash.to_string())?;
    }
    Ok(())
}
