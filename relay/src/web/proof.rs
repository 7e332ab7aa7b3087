//! The proof of one entry, as a file that `cleantrack-verify` checks without this relay.

use axum::extract::State;
use record::checkpoint::{Cosigned, Origin, SignedCheckpoint};
use record::entry::Entry;
use record::ids::{BoxId, Epoch};
use record::proof::Proof;

use super::problem::Fault;
use super::shell;
use super::{Answer, Place, Web};
use crate::accounts::Visitor;
use crate::db::{AccountScope, DbError, entries, epochs};

/// `GET /app/proof/{box_id}/{epoch}/{seq}`.
pub(super) async fn download(
    visitor: Visitor,
    State(web): State<Web>,
    Place((box_id, epoch, seq)): Place<(BoxId, Epoch, u64)>,
) -> Answer {
    let proof = proof(&web, visitor.scope, &Origin { box_id, epoch }, seq).await?;
    let bytes = serde_json::to_vec_pretty(&proof).map_err(Fault::internal)?;
    shell::download(&format!("cleantrack-proof-{epoch}-{seq}.json"), "application/json", bytes)
}

/// The proof of an entry in the newest checkpoint that this relay has cosigned.
pub(crate) async fn proof(web: &Web, scope: AccountScope, origin: &Origin, seq: u64) -> Result<Proof, Fault> {
    let mut conn = web.db.read().await?;
    let held = epochs::get(&mut conn, scope, origin).await?.ok_or(Fault::NotFound)?;
    let log = origin.verifier(&held.log_key).map_err(|e| DbError::stored("log key", e))?;
    let note = held.cosigned.ok_or(Fault::NotFound)?;
    let stored = |e| DbError::stored("cosigned checkpoint", e);
    let signed = SignedCheckpoint::verify(&note, origin, &log).map_err(stored)?;
    let size = signed.checkpoint().size;
    if seq >= size {
        return Err(Fault::NotFound);
    }
    let line = entries::line(&mut conn, scope, origin, seq).await?.ok_or(Fault::NotFound)?;
    let entry = Entry::parse(&line).map_err(|e| DbError::stored("entry", e))?;
    let path = entries::proof(&mut conn, scope, origin, (seq, size)).await?;
    let mut cosigners = web.fleet.cosigners();
    cosigners.retain(|key| Cosigned::verify(&note, origin, &log, std::slice::from_ref(key)).is_ok());
    let proof = Proof::new(&entry, &signed, path, &log).with_cosigners(&cosigners);
    // A proof that does not hold is never handed out: the reason is this relay's to look at.
    proof.check(&[], &[]).map_err(Fault::internal)?;
    Ok(proof)
}
