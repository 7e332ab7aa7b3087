//! Proofs of entries from what is stored: of the chain, and of what only a run holds.

use record::adoption::adopted_run;
use record::checkpoint::{LogOrigin, SignedCheckpoint};
use record::entry::Entry;
use record::fold::LinePlace;
use record::ids::BoxId;
use record::kinds::EntryRef;
use record::proof::{AdoptionStep, RecordProof};
use record::run::RunName;
use record::sign::VerifierKey;

use crate::db::{DbError, ScopedConnection};

/// Runs in runs that a proof climbs through: each is a restored copy of a restored copy.
const STEPS_MAX: usize = 16;

/// The newest checkpoint of a log that this relay has cosigned, with its key; `None`: there is none.
pub(crate) async fn find_cosigned(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
) -> Result<Option<(SignedCheckpoint, VerifierKey)>, DbError> {
    let Some(held) = crate::db::log::epochs::find_log(conn, origin).await? else { return Ok(None) };
    // Of a log that nothing says is the box's nothing is proven to anybody.
    let Some(log) = held.own_key() else { return Ok(None) };
    let Some(note) = held.cosigned else { return Ok(None) };
    Ok(Some((
        SignedCheckpoint::verify(&note, origin, &log)
            .map_err(|e| DbError::stored("cosigned checkpoint", e))?,
        log,
    )))
}

fn parse_seq(line: &[u8]) -> Result<Entry, DbError> {
    Entry::parse(line).map_err(|e| DbError::stored("entry", e))
}

/// The proof of a line of the chain; `None`: nothing here proves it.
pub(crate) async fn own_proof(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    seq: u64,
) -> Result<Option<RecordProof>, DbError> {
    let Some((signed, log)) = find_cosigned(conn, origin).await? else { return Ok(None) };
    let size = signed.checkpoint().size;
    if seq >= size {
        return Ok(None);
    }
    let Some(line) = crate::db::log::entries::load_line(conn, origin, seq).await? else { return Ok(None) };
    let path = crate::db::log::entries::build_proof(conn, origin, (seq, size)).await?;
    Ok(Some(RecordProof::new(&parse_seq(&line)?, &signed, path, &log)))
}

/// A line that a run of this name holds, with that name.
pub(crate) async fn line_of_run(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    run: RunName,
    of: EntryRef,
) -> Result<Option<(RunName, Vec<u8>)>, DbError> {
    if !run.covers(of) || crate::db::log::runs::load_notes(conn, box_id, run).await?.is_none() {
        return Ok(None);
    }
    Ok(crate::db::log::runs::load_lines(conn, box_id, (run, of.seq), 1)
        .await?
        .into_iter()
        .next()
        .map(|line| (run, line)))
}

/// The proof of an entry that a run of this name holds; `None`: nothing here proves it.
pub(crate) async fn adopted_of(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    run: &str,
    entry: &Entry,
) -> Result<Option<RecordProof>, DbError> {
    let run: RunName = run.parse().map_err(|e| DbError::stored("run", e))?;
    adopted_proof(conn, box_id, run, entry.bytes()).await
}

/// Of an entry that a run holds: to the run's root, and on from the line by which the run counts.
pub(crate) async fn adopted_proof(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    mut run: RunName,
    line: &[u8],
) -> Result<Option<RecordProof>, DbError> {
    let entry = parse_seq(line)?;
    let to_run = crate::db::log::runs::proof_path(conn, box_id, (run, entry.seq())).await?;
    let mut steps: Vec<AdoptionStep> = Vec::new();
    while steps.len() < STEPS_MAX {
        let Some(by) = crate::db::log::runs::find_adopter(conn, box_id, run).await? else {
            return Ok(None);
        };
        if by.run.is_none()
            && let Some(own) = adopting_proof(conn, box_id, run, by.of).await?
        {
            steps.push(AdoptionStep { entry: own.entry.clone(), path: own.path.clone() });
            let (index, entry) = (entry.seq(), entry.as_str().to_owned());
            return Ok(Some(RecordProof { entry, index, path: to_run, ..own }.adopted_by(steps)));
        }
        // The line is in a run, or in a part of the chain that is here as a run only.
        let Some((outer, line)) = outer_line(conn, box_id, run, by).await? else { return Ok(None) };
        let path = crate::db::log::runs::proof_path(conn, box_id, (outer, by.of.seq)).await?;
        steps.push(AdoptionStep { entry: line.as_str().to_owned(), path });
        run = outer;
    }
    Ok(None)
}

/// The proof of a line of the chain that adopts a run; `None` where the log that is here has another line there, none, or
/// stands apart.
async fn adopting_proof(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    run: RunName,
    by: EntryRef,
) -> Result<Option<RecordProof>, DbError> {
    let origin = LogOrigin { box_id, epoch: by.epoch };
    if crate::db::log::epochs::find_log(conn, &origin).await?.is_none_or(|held| held.apart) {
        return Ok(None);
    }
    let own = own_proof(conn, &origin, by.seq).await?;
    let Some(own) = own else { return Ok(None) };
    let names = parse_seq(own.entry.as_bytes())?;
    Ok((adopted_run(&names) == Some(run)).then_some(own))
}

async fn outer_line(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    run: RunName,
    by: LinePlace,
) -> Result<Option<(RunName, Entry)>, DbError> {
    let held = match by.run {
        Some(outer) => line_of_run(conn, box_id, outer, by.of).await?.into_iter().collect(),
        None => crate::db::log::runs::line_at(conn, box_id, by.of).await?,
    };
    for (outer, line) in held {
        let line = parse_seq(&line)?;
        if adopted_run(&line) == Some(run) && outer != run {
            return Ok(Some((outer, line)));
        }
    }
    Ok(None)
}
