//! The proof of one entry, as a file that `cleantrack-verify` checks without this relay.

use ::web::answer::{FileDownload, media};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use axum::extract::State;
use record::adoption::adopted_run;
use record::checkpoint::{CosignedCheckpoint, LogOrigin, SignedCheckpoint};
use record::entry::Entry;
use record::fold::LinePlace;
use record::ids::{BoxId, Epoch};
use record::kinds::EntryRef;
use record::proof::{AdoptionStep, RecordProof};
use record::run::RunName;
use record::sign::VerifierKey;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::db::{DbError, ReadScope, ScopedConnection};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::{internal_error, not_found};

/// Runs in runs that a proof climbs through: each is a restored copy of a restored copy.
const STEPS_MAX: usize = 16;

/// Which branch is meant, where several have an entry of this number.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct BranchParams {
    /// The run that holds the entry.
    run: Option<String>,
}

pub(crate) async fn file_response(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    Path((box_id, epoch, seq)): Path<(BoxId, Epoch, u64)>,
    LenientQuery(branch): LenientQuery<BranchParams>,
) -> Result<FileDownload<media::JsonText>, HttpError> {
    let origin = LogOrigin { box_id, epoch };
    let run = branch.run.map(|run| run.parse()).transpose().map_err(|_| not_found())?;
    let proof = proof_of_branch(&web, visitor.reads, &origin, (seq, run)).await?;
    let bytes = serde_json::to_vec_pretty(&proof).map_err(internal_error)?;
    FileDownload::new(&format!("cleantrack-proof-{epoch}-{seq}.json"), bytes)
}

/// The proof of an entry in the newest checkpoint that this relay has cosigned.
pub(crate) async fn build_proof(
    web: &WebContext,
    scope: ReadScope,
    origin: &LogOrigin,
    seq: u64,
) -> Result<RecordProof, HttpError> {
    proof_of_branch(web, scope, origin, (seq, None)).await
}

/// One with a cosigned checkpoint of its own epoch is proven by that; one that only a run holds, by who adopted the run.
async fn proof_of_branch(
    web: &WebContext,
    scope: ReadScope,
    origin: &LogOrigin,
    (seq, requested): (u64, Option<RunName>),
) -> Result<RecordProof, HttpError> {
    let mut conn = web.db.read(scope).await?;
    require_seen_box(&mut conn, origin.box_id).await?;
    let own = own_proof(&mut conn, origin, seq).await?;
    let of = EntryRef { epoch: origin.epoch, seq };
    let meant = match requested {
        Some(run) => Some(line_of_run(&mut conn, origin.box_id, (run, of)).await?.ok_or_else(not_found)?),
        None => None,
    };
    let proof = match (own, meant) {
        (Some(own), None) => Some(own),
        // The branch that is asked for has the very line.
        (Some(own), Some((_, line))) if own.entry.as_bytes() == line => Some(own),
        (_, Some((run, line))) => adopted_proof(&mut conn, origin.box_id, (run, &line[..])).await?,
        (None, None) => {
            match crate::db::log::runs::line_at(&mut conn, origin.box_id, of).await?.into_iter().next() {
                Some((run, line)) => adopted_proof(&mut conn, origin.box_id, (run, &line[..])).await?,
                None => None,
            }
        }
    };
    let proof = proof.ok_or_else(not_found)?;
    let log = VerifierKey::parse(&proof.key).map_err(|e| DbError::stored("log key", e))?;
    let of_log: LogOrigin = log.name().parse().map_err(|e| DbError::stored("log key", e))?;
    let mut cosigners = web.fleet.cosigners();
    cosigners.retain(|by| {
        CosignedCheckpoint::verify(&proof.checkpoint, &of_log, &log, std::slice::from_ref(by)).is_ok()
    });
    let proof = proof.with_cosigners(&cosigners);
    // A proof that does not hold is never handed out: the reason is this relay's to look at.
    proof.check(&[], &[]).map_err(internal_error)?;
    Ok(proof)
}

/// Refuses a box that whoever reads does not see, as one that is not there.
pub(crate) async fn require_seen_box(conn: &mut ScopedConnection, box_id: BoxId) -> Result<(), HttpError> {
    if crate::db::fleet::boxes::is_seen(conn, box_id).await? { Ok(()) } else { Err(not_found()) }
}

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

async fn own_proof(
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

async fn line_of_run(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    (run, of): (RunName, EntryRef),
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
    adopted_proof(conn, box_id, (run, entry.bytes())).await
}

/// Of an entry that a run holds: to the run's root, and on from the line by which the run counts.
async fn adopted_proof(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    (mut run, line): (RunName, &[u8]),
) -> Result<Option<RecordProof>, DbError> {
    let entry = parse_seq(line)?;
    let to_run = crate::db::log::runs::proof_path(conn, box_id, (run, entry.seq())).await?;
    let mut steps: Vec<AdoptionStep> = Vec::new();
    while steps.len() < STEPS_MAX {
        let Some(by) = crate::db::log::runs::find_adopter(conn, box_id, run).await? else {
            return Ok(None);
        };
        if by.run.is_none()
            && let Some(own) = adopting_proof(conn, box_id, (run, by.of)).await?
        {
            steps.push(AdoptionStep { entry: own.entry.clone(), path: own.path.clone() });
            let (index, entry) = (entry.seq(), entry.as_str().to_owned());
            return Ok(Some(RecordProof { entry, index, path: to_run, ..own }.adopted_by(steps)));
        }
        // The line is in a run, or in a part of the chain that is here as a run only.
        let Some((outer, line)) = outer_line(conn, box_id, (run, by)).await? else { return Ok(None) };
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
    (run, by): (RunName, EntryRef),
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
    (run, by): (RunName, LinePlace),
) -> Result<Option<(RunName, Entry)>, DbError> {
    let held = match by.run {
        Some(outer) => line_of_run(conn, box_id, (outer, by.of)).await?.into_iter().collect(),
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
