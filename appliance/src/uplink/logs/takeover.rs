//! The claim was made to replace a box: this one goes on under that id from the next start on, and its history is fetched as any
//! that is missing. Whose place it takes only the relay's answer to the claim says, which the claim file's keys prove.

use std::sync::Arc;

use record::checkpoint::{CosignedCheckpoint, LogOrigin};
use record::claim::ClaimAnswer;
use record::sign::{NoteError, VerifierKey};

use super::relay_answers::{RunUplinkError, in_background};
use crate::uplink::UplinkShared;
use crate::uplink::relation::claim::{ClaimError, parse_verifiers};

/// Why this box does not go on as the other one.
#[derive(Debug, thiserror::Error)]
pub(in crate::uplink) enum TakeoverError {
    #[error("the relay cannot prove the log of the box that this one replaces: {0}")]
    Unproven(#[from] NoteError),
    #[error("the relay names a log of the box that this one replaces that is none of that box")]
    OtherBox,
    /// Its later logs would be vouched for by a key of which the relay knows nothing.
    #[error(
        "this machine has a history of several logs of its own, and cannot go on as another box: begin it anew with an empty data folder, and \
         make another claim file that replaces the box"
    )]
    OwnLogs,
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error(transparent)]
    Store(#[from] RunUplinkError),
}

/// Notes it for the next start. `false`: a start has found no space for it.
///
/// # Errors
/// What the answer says does not hold; this machine cannot; the disk.
pub(in crate::uplink) async fn take_over(
    shared: &Arc<UplinkShared>,
    answer: &ClaimAnswer,
) -> Result<bool, TakeoverError> {
    let Some(replaced) = &answer.replaces else { return Ok(true) };
    if shared.parts.store.epochs().len() > 1 || !shared.parts.store.adopted_runs().counting.is_empty() {
        return Err(TakeoverError::OwnLogs);
    }
    let key = VerifierKey::parse(&replaced.key)?;
    let origin: Option<LogOrigin> = key.name().parse().ok();
    let origin = origin.filter(|origin| origin.box_id == replaced.r#box).ok_or(TakeoverError::OtherBox)?;
    let key = origin.verifier(&key.public())?;
    let cosigners = parse_verifiers(&answer.cosign_keys)?;
    let cosigned = CosignedCheckpoint::verify(&replaced.cosigned, &origin, &key, &cosigners)?;
    let (store, now_ms) = (shared.parts.store.clone(), shared.parts.clock.now().wall_ms);
    Ok(in_background(move || store.take_over(&cosigned, &key, now_ms)).await?)
}
