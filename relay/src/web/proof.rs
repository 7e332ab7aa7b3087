//! The proof of one entry, as a file that `cleantrack-verify` checks without this relay.

use ::web::answer::{FileDownload, media};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use axum::extract::State;
use record::checkpoint::{CosignedCheckpoint, LogOrigin};
use record::ids::{BoxId, Epoch};
use record::kinds::EntryRef;
use record::proof::RecordProof;
use record::run::RunName;
use record::sign::VerifierKey;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::db::{DbError, ReadScope, ScopedConnection};
use crate::reports::proof::{adopted_proof, line_of_run, own_proof};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::{internal_error, not_found};

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
        Some(run) => Some(line_of_run(&mut conn, origin.box_id, run, of).await?.ok_or_else(not_found)?),
        None => None,
    };
    let proof = match (own, meant) {
        (Some(own), None) => Some(own),
        // The branch that is asked for has the very line.
        (Some(own), Some((_, line))) if own.entry.as_bytes() == line => Some(own),
        (_, Some((run, line))) => adopted_proof(&mut conn, origin.box_id, run, &line).await?,
        (None, None) => {
            match crate::db::log::runs::line_at(&mut conn, origin.box_id, of).await?.into_iter().next() {
                Some((run, line)) => adopted_proof(&mut conn, origin.box_id, run, &line).await?,
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
