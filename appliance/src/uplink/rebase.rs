//! Whether the relay goes on with this box's log where this box does not: an older copy of the card was put back, and what
//! the box would send next would be a second branch of the log. It begins an epoch behind the relay's newest one instead.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use record::messages::LogChain;
use record::sign::VerifierKey;

use super::UplinkShared;
use super::exchange::compare;
use super::log_keys::KnownKeys;
use super::photos::PhotoClient;
use super::runs::{RunUplinkError, get_json, in_background};

/// The relay is asked no longer than this, before a connection and once it stands: without its answer the box sends what it has.
const REQUEST_WINDOW: Duration = Duration::from_secs(5);
/// Time between two rebases. Two boxes that run on copies of one card would else push each other aside for ever; so the
/// relay sees two branches, and a person looks at it.
const EVERY_MS: u64 = 86_400_000;

/// With which log this box goes on, after a look at what the relay holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RebaseCourse {
    /// With its own.
    Own,
    /// With one that the next start begins behind the relay's newest.
    Next,
    /// With its own, and nothing is sent, for this reason: where the relay's newest log is this box's after all, what this box
    /// would send makes a second branch, of which the relay takes nothing any more.
    Held(&'static str),
}

/// Looks, once for each start of the box and until it is known.
pub(super) async fn choose_course(
    shared: &Arc<UplinkShared>,
    with: &PhotoClient,
    cosigners: &[VerifierKey],
) -> RebaseCourse {
    if shared.followed.load(Ordering::Relaxed) {
        return RebaseCourse::Own;
    }
    match tokio::time::timeout(REQUEST_WINDOW, look_for_entries(shared, with, cosigners)).await {
        Ok(Ok(course)) => {
            shared.followed.store(!matches!(course, RebaseCourse::Held(_)), Ordering::Relaxed);
            course
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "it is not known on which epoch the relay goes on");
            RebaseCourse::Own
        }
        Err(_) => {
            tracing::warn!("the relay did not say in time on which epoch it goes on");
            RebaseCourse::Own
        }
    }
}

async fn look_for_entries(
    shared: &Arc<UplinkShared>,
    with: &PhotoClient,
    cosigners: &[VerifierKey],
) -> Result<RebaseCourse, RunUplinkError> {
    let held: LogChain = get_json(with, "/box/v1/log").await?;
    let counting = held.epochs.iter().filter(|held| !held.apart && held.size > 0);
    let Some(newest) = counting.max_by_key(|held| held.epoch) else { return Ok(RebaseCourse::Own) };
    let store = shared.parts.store.clone();
    let epoch = newest.epoch;
    let present = store.origin().epoch;
    let is_elsewhere = move || store.past().map(|past| compare::is_elsewhere(epoch, present, &past));
    if !in_background(is_elsewhere).await? {
        return Ok(RebaseCourse::Own);
    }
    let keys = KnownKeys::learn(shared, with, &held).await?;
    if !keys.knows(epoch) {
        return Ok(RebaseCourse::Held(
            "the relay holds a log of this box that this card does not know, and somebody must say whether it is this box's",
        ));
    }
    let Some((cosigned, key)) = keys.proven(newest, &shared.parts.store, cosigners) else {
        tracing::error!(%epoch, "the relay goes on from an epoch that it cannot prove to be this box's");
        return Ok(RebaseCourse::Held("the relay cannot prove the log of this box that it goes on from"));
    };
    let (store, now_ms) = (shared.parts.store.clone(), shared.parts.clock.now().wall_ms);
    let rebased = in_background(move || match store.rebased_ms()? {
        Some(then_ms) if now_ms.abs_diff(then_ms) < EVERY_MS => Ok(false),
        _ => store.rebase_on(&cosigned, &key, now_ms),
    });
    let rebased = rebased.await?;
    tracing::warn!(%epoch, rebased, "the relay goes on from an epoch that this box does not lead to");
    Ok(if rebased { RebaseCourse::Next } else { RebaseCourse::Own })
}
