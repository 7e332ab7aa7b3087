//! Inclusion proofs of records.

use http::StatusCode;
use record::checkpoint::{LogOrigin, SignedCheckpoint};
use record::entry::Entry;
use record::fold::LinePlace;
use record::kinds::EntryRef;
use record::proof::{AdoptionStep, RecordProof};
use record::run::RunName;
use record::tree::{Hash, inclusion_proof};
use web::error::HttpError;

use crate::store::LogReader;
use crate::web::context::AppState;
use crate::web::http_error::{broken_rule, new_error, not_found, store_error, worded};
use crate::web::log_reads::read_long;
use crate::web::words::ErrorWords;

/// Adoptions followed from a record to the log; each one is a disk that lost entries.
pub(crate) const STEPS_MAX: usize = 16;

pub(crate) fn find_cosigned(state: &AppState, of: EntryRef) -> Option<crate::store::StoredCheckpoint> {
    let stored = state.store.cursor().stored?;
    let covers = stored.checkpoint.origin.epoch == of.epoch && stored.checkpoint.size > of.seq;
    covers.then_some(stored)
}

/// The proof of any line that counts, in the chain or by a run; `texts` only for those who may read them.
pub(crate) async fn proof_of(
    state: &AppState,
    line: LinePlace,
    texts: bool,
) -> Result<RecordProof, HttpError> {
    let proof = read_long(state, move |state, reader| {
        let entry = reader.line(line).map_err(store_error)?.ok_or_else(not_found)?;
        let texts = if texts { reader.texts_of_line(line, &entry).map_err(store_error)? } else { Vec::new() };
        let proof = match line.run {
            None => chain_proof(state, reader, line.of)?,
            Some(run) => adopted_proof(state, reader, (run, &entry))?,
        };
        Ok(proof.with_texts(&texts))
    });
    proof.await
}

pub(crate) fn chain_proof(
    state: &AppState,
    reader: &LogReader,
    of: EntryRef,
) -> Result<RecordProof, HttpError> {
    let origin = LogOrigin { epoch: of.epoch, ..state.store.origin() };
    let reader = reader.of_epoch(of.epoch).map_err(store_error)?;
    let entry = reader.entry(of.seq).map_err(store_error)?.ok_or_else(not_found)?;
    let keys = state.store.verifier_keys();
    let key = keys.iter().find(|key| key.name() == origin.to_string());
    let key = key.ok_or_else(keyless_error)?;
    // One that the relay has cosigned proves more; else one that is signed now, or was the last of a log whose key is gone. It may be
    // of entries that came after this look at the log, or that are not here.
    let cosigned = find_cosigned(state, of).filter(|stored| stored.checkpoint.size <= reader.size());
    let note = match cosigned {
        Some(stored) => stored.note,
        None => reader.signed_note().map_err(store_error)?.ok_or_else(keyless_error)?.to_string(),
    };
    let checkpoint = SignedCheckpoint::verify(&note, &origin, key).map_err(|e| HttpError::internal(&e))?;
    let mut cosigners = (state.cosigners)();
    cosigners.retain(|cosigner| matches!(cosigner.verify(checkpoint.note()), Ok(Some(_))));
    if of.seq >= checkpoint.checkpoint().size {
        return Err(keyless_error());
    }
    let path = inclusion_proof(&reader, of.seq, checkpoint.checkpoint().size).map_err(store_error)?;
    Ok(RecordProof::new(&entry, &checkpoint, path, key).with_cosigners(&cosigners))
}

/// For an entry from an adopted run: to the run's root, and on from the entry that adopted it.
pub(crate) fn adopted_proof(
    state: &AppState,
    reader: &LogReader,
    (mut run, entry): (RunName, &Entry),
) -> Result<RecordProof, HttpError> {
    let to_run = read_run_path(reader, &run, entry.seq())?;
    let mut steps = Vec::new();
    while steps.len() < STEPS_MAX {
        let by = reader.adoption_of(&run).ok_or_else(broken_adoption)?.by;
        let Some(outer) = by.run else {
            let own = chain_proof(state, reader, by.of)?;
            steps.push(AdoptionStep { entry: own.entry.clone(), path: own.path.clone() });
            let proof =
                RecordProof { entry: entry.as_str().to_owned(), index: entry.seq(), path: to_run, ..own };
            return Ok(proof.adopted_by(steps));
        };
        let adopting = reader.line(by).map_err(store_error)?.ok_or_else(broken_adoption)?;
        let path = read_run_path(reader, &outer, adopting.seq())?;
        steps.push(AdoptionStep { entry: adopting.as_str().to_owned(), path });
        run = outer;
    }
    Err(broken_adoption())
}

fn read_run_path(reader: &LogReader, run: &RunName, seq: u64) -> Result<Vec<Hash>, HttpError> {
    reader.path_in_run(run, seq).map_err(store_error)?.ok_or_else(broken_adoption)
}

fn broken_adoption() -> HttpError {
    broken_rule("a run that was adopted does not lead to its root")
}

/// An epoch that ended on another card: what it held is here, and neither its key nor a note that it signed.
pub(crate) fn keyless_error() -> HttpError {
    new_error(StatusCode::NOT_FOUND, "earlier-log", worded(ErrorWords::error_earlier_log))
        .safe(worded(ErrorWords::error_earlier_log_safe))
        .next(worded(ErrorWords::error_earlier_log_next))
}
