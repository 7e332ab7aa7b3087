//! The proof of one entry, as a file that `cleantrack-verify` checks without this relay.

use axum::extract::{Query, State};
use record::checkpoint::{Cosigned, Origin, SignedCheckpoint};
use record::entry::Entry;
use record::ids::{BoxId, Epoch};
use record::kinds::EntryRef;
use record::proof::{AdoptionStep, Proof};
use record::run::RunName;
use record::sign::Verifier;
use record::tree::{Hash, LeafTree, leaf_hash};
use serde::Deserialize;

use super::problem::Fault;
use super::shell;
use super::{Answer, Place, Web};
use crate::accounts::Visitor;
use crate::db::{AccountScope, Conn, DbError, entries, epochs, runs};

/// Runs in runs that a proof climbs through: each is a restored copy of a restored copy.
const STEPS_MAX: usize = 16;
/// Lines that are read at a time.
const PAGE: usize = 512;

/// Which branch is meant, where several have an entry of this number.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Branch {
    run: Option<String>,
}

/// `GET /app/proof/{box_id}/{epoch}/{seq}?run=`.
pub(super) async fn download(
    visitor: Visitor,
    State(web): State<Web>,
    Place((box_id, epoch, seq)): Place<(BoxId, Epoch, u64)>,
    Query(branch): Query<Branch>,
) -> Answer {
    let origin = Origin { box_id, epoch };
    let run = branch.run.map(|run| run.parse()).transpose().map_err(|_| Fault::NotFound)?;
    let proof = proof_of_branch(&web, visitor.scope, &origin, (seq, run)).await?;
    let bytes = serde_json::to_vec_pretty(&proof).map_err(Fault::internal)?;
    shell::download(&format!("cleantrack-proof-{epoch}-{seq}.json"), "application/json", bytes)
}

/// The proof of an entry in the newest checkpoint that this relay has cosigned.
pub(crate) async fn proof(web: &Web, scope: AccountScope, origin: &Origin, seq: u64) -> Result<Proof, Fault> {
    proof_of_branch(web, scope, origin, (seq, None)).await
}

/// One with a cosigned checkpoint of its own epoch is proven by that; one that only a run holds, by who adopted the run.
async fn proof_of_branch(
    web: &Web,
    scope: AccountScope,
    origin: &Origin,
    (seq, asked): (u64, Option<RunName>),
) -> Result<Proof, Fault> {
    let mut conn = web.db.read().await?;
    let own = own_proof(&mut conn, scope, origin, seq).await?;
    let of = EntryRef { epoch: origin.epoch, seq };
    let brought = runs::at(&mut conn, scope, origin.box_id, of).await?;
    let meant = brought.into_iter().find(|(run, _)| asked.is_none_or(|asked| asked == *run));
    let proof = match (own, meant) {
        // Nobody named a branch, or the branch has the very line.
        (Some(own), None) => Some(own),
        (Some(own), Some((_, line))) if asked.is_none() || own.entry.as_bytes() == line => Some(own),
        (_, Some((run, line))) => adopted_proof(&mut conn, scope, origin.box_id, (run, &line[..])).await?,
        (None, None) => None,
    };
    let proof = proof.ok_or(Fault::NotFound)?;
    let log = Verifier::parse(&proof.key).map_err(|e| DbError::stored("log key", e))?;
    let of_log: Origin = log.name().parse().map_err(|e| DbError::stored("log key", e))?;
    let mut cosigners = web.fleet.cosigners();
    cosigners
        .retain(|by| Cosigned::verify(&proof.checkpoint, &of_log, &log, std::slice::from_ref(by)).is_ok());
    let proof = proof.with_cosigners(&cosigners);
    // A proof that does not hold is never handed out: the reason is this relay's to look at.
    proof.check(&[], &[]).map_err(Fault::internal)?;
    Ok(proof)
}

/// The newest checkpoint of a log that this relay has cosigned, with its key; `None`: there is none.
async fn cosigned(
    conn: &mut Conn,
    scope: AccountScope,
    origin: &Origin,
) -> Result<Option<(SignedCheckpoint, Verifier)>, DbError> {
    let Some(held) = epochs::get(conn, scope, origin).await? else { return Ok(None) };
    let log = origin.verifier(&held.log_key).map_err(|e| DbError::stored("log key", e))?;
    let Some(note) = held.cosigned else { return Ok(None) };
    let stored = |e| DbError::stored("cosigned checkpoint", e);
    Ok(Some((SignedCheckpoint::verify(&note, origin, &log).map_err(stored)?, log)))
}

fn parse(line: &[u8]) -> Result<Entry, DbError> {
    Entry::parse(line).map_err(|e| DbError::stored("entry", e))
}

/// Of an entry that its own log holds.
async fn own_proof(
    conn: &mut Conn,
    scope: AccountScope,
    origin: &Origin,
    seq: u64,
) -> Result<Option<Proof>, DbError> {
    let Some((signed, log)) = cosigned(conn, scope, origin).await? else { return Ok(None) };
    let size = signed.checkpoint().size;
    if seq >= size {
        return Ok(None);
    }
    let Some(line) = entries::line(conn, scope, origin, seq).await? else { return Ok(None) };
    let path = entries::proof(conn, scope, origin, (seq, size)).await?;
    Ok(Some(Proof::new(&parse(&line)?, &signed, path, &log)))
}

/// Of an entry that a run holds: to the run's root, and on from the entry that adopted it.
async fn adopted_proof(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    (mut run, line): (RunName, &[u8]),
) -> Result<Option<Proof>, DbError> {
    let entry = parse(line)?;
    let to_run = run_path(conn, scope, box_id, run, entry.seq()).await?;
    let mut steps: Vec<AdoptionStep> = Vec::new();
    while steps.len() < STEPS_MAX {
        let adopters = runs::adopters(conn, scope, box_id, run).await?;
        for by in adopters.iter().filter(|by| by.run.is_none()) {
            let origin = Origin { box_id, epoch: by.of.epoch };
            let Some(own) = own_proof(conn, scope, &origin, by.of.seq).await? else { continue };
            steps.push(AdoptionStep { entry: own.entry.clone(), path: own.path.clone() });
            return Ok(Some(
                Proof { entry: entry.as_str().to_owned(), index: entry.seq(), path: to_run, ..own }
                    .adopted_by(steps),
            ));
        }
        let nested = adopters.iter().find_map(|by| by.run.map(|run| (run, by.of.seq)));
        let Some((outer, seq)) = nested else { return Ok(None) };
        let lines = runs::lines(conn, scope, box_id, (outer, seq), 1).await?;
        let Some(line) = lines.first() else { return Ok(None) };
        let path = run_path(conn, scope, box_id, outer, seq).await?;
        steps.push(AdoptionStep { entry: parse(line)?.as_str().to_owned(), path });
        run = outer;
    }
    Ok(None)
}

/// The way of a line to the root of its run.
async fn run_path(
    conn: &mut Conn,
    scope: AccountScope,
    box_id: BoxId,
    run: RunName,
    seq: u64,
) -> Result<Vec<Hash>, DbError> {
    let numbers = run.lines();
    let mut leaves: Vec<Hash> = Vec::new();
    loop {
        let from = numbers.start + leaves.len() as u64;
        let lines = runs::lines(conn, scope, box_id, (run, from), PAGE).await?;
        if lines.is_empty() {
            return Ok(LeafTree::new(leaves).path(seq - numbers.start));
        }
        leaves.extend(lines.iter().map(|line| leaf_hash(line)));
    }
}
