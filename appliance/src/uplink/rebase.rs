//! Whether the relay goes on with this box's log where this box does not: an older copy of the card was put back, and what
//! the box would send next would be a second branch of the log. It begins an epoch behind the relay's newest one instead.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use record::checkpoint::{Cosigned, Origin};
use record::messages::{ChainEpoch, LogChain};
use record::sign::Verifier;

use super::Shared;
use super::exchange::compare;
use super::photos::Destination;
use super::runs::{RunUplinkError, get_json, in_background};
use crate::store::Store;

/// The relay is asked no longer than this before a connection: without its answer the box sends what it has.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// Time between two rebases. Two boxes that run on copies of one card would else push each other aside for ever; so the
/// relay sees two branches, and a person looks at it.
const EVERY_MS: u64 = 86_400_000;

/// Looks, once for each start of the box; whether the next start begins another epoch.
pub(super) async fn rebases(shared: &Arc<Shared>, with: &Destination, cosigners: &[Verifier]) -> bool {
    if shared.followed.load(Ordering::Relaxed) {
        return false;
    }
    match tokio::time::timeout(ASKED_WITHIN, look(shared, with, cosigners)).await {
        Ok(Ok(rebases)) => {
            shared.followed.store(true, Ordering::Relaxed);
            rebases
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "it is not known on which epoch the relay goes on");
            false
        }
        Err(_) => {
            tracing::warn!("the relay did not say in time on which epoch it goes on");
            false
        }
    }
}

async fn look(
    shared: &Arc<Shared>,
    with: &Destination,
    cosigners: &[Verifier],
) -> Result<bool, RunUplinkError> {
    let held: LogChain = get_json(with, "/box/v1/log").await?;
    let counting = held.epochs.iter().filter(|held| !held.apart && held.size > 0);
    let Some(newest) = counting.max_by_key(|held| held.epoch) else { return Ok(false) };
    let store = shared.parts.store.clone();
    let epoch = newest.epoch;
    let present = store.origin().epoch;
    let is_elsewhere = move || store.past().map(|past| compare::is_elsewhere(epoch, present, &past));
    if !in_background(is_elsewhere).await? {
        return Ok(false);
    }
    let Some((cosigned, key)) = proven(newest, &shared.parts.store, cosigners) else {
        tracing::error!(%epoch, "the relay goes on from an epoch that it cannot prove");
        return Ok(false);
    };
    let (store, now_ms) = (shared.parts.store.clone(), shared.parts.clock.now().wall_ms);
    let rebased = in_background(move || match store.rebased_ms()? {
        Some(then_ms) if now_ms.abs_diff(then_ms) < EVERY_MS => Ok(false),
        _ => store.rebase_on(&cosigned, &key, now_ms),
    });
    let rebased = rebased.await?;
    tracing::warn!(%epoch, rebased, "the relay goes on from an epoch that this box does not lead to");
    Ok(rebased)
}

/// What the relay cosigned of an epoch of this box, under the epoch's key: the one that is here, or where none is, the one
/// whose hash begins as the epoch's name says.
pub(super) fn proven(
    held: &ChainEpoch,
    store: &Store,
    cosigners: &[Verifier],
) -> Option<(Cosigned, Verifier)> {
    let origin = Origin { epoch: held.epoch, ..store.origin() };
    let name = origin.to_string();
    let key = match store.verifier_keys().into_iter().find(|key| key.name() == name) {
        Some(own) => own,
        None => origin.verifier(&Verifier::parse(&held.key).ok()?.public()).ok()?,
    };
    let cosigned = Cosigned::verify(held.cosigned.as_deref()?, &origin, &key, cosigners).ok()?;
    Some((cosigned, key))
}
