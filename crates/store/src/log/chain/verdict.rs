//! What becomes of the newest epoch at a start: it continues, or another one begins, and what that one says of it.

use record::ids::Epoch;
use record::kinds::Prev;

use super::LogExtent;

/// Why an epoch begins on a machine that takes another box's place.
pub const TAKEOVER_REASON: &str =
    "this machine takes the place of another one: the relay holds what it recorded";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NewestEpoch {
    pub(crate) epoch: Epoch,
    pub(crate) own: LogExtent,
    pub(crate) whole: bool,
    /// What the relay cosigned of it, where this box holds less, or other entries.
    pub(crate) relay: Option<LogExtent>,
    pub(crate) key: bool,
    /// Why its key may have signed other entries behind what is here, where something says so.
    pub(crate) signed_beyond: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ChainState {
    pub(crate) newest: Option<NewestEpoch>,
    /// The newest epoch whose key is here: a key becomes one when its log is durable.
    pub(crate) key: Option<Epoch>,
    /// The newest thing that the relay cosigned of any epoch of this box.
    pub(crate) cosigned: Option<(Epoch, LogExtent)>,
    /// What the relay continues from, where the newest epoch's chain does not lead there.
    pub(crate) rebase: Option<Prev>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChainVerdict {
    /// A new box: the first epoch begins.
    First,
    /// The newest epoch continues.
    Resume,
    Begin {
        prev: Option<Prev>,
        after: Option<Epoch>,
        reason: String,
    },
}

/// Decides it. A key without its log is never used for another one; what the relay cosigned counts where it is more, or
/// other, than what is here.
pub(crate) fn decide_chain(chain_state: &ChainState) -> ChainVerdict {
    if let Some(key) = chain_state.key
        && chain_state.newest.is_none_or(|newest| newest.epoch.n < key.n)
    {
        let prev = chain_state
            .cosigned
            .filter(|(epoch, _)| *epoch == key)
            .map(|(epoch, extent)| make_prev(epoch, extent));
        let size =
            prev.map_or_else(String::new, |prev| format!(" (the relay has confirmed {} entries)", prev.size));
        let reason = format!(
            "the signing key of epoch {} is here and its log is not{size}: what this box had recorded is missing",
            key.n
        );
        return ChainVerdict::Begin { prev, after: prev.is_none().then_some(key), reason };
    }
    let Some(newest) = chain_state.newest else {
        return match (chain_state.rebase, chain_state.cosigned) {
            (Some(prev), _) => begin_epoch(prev, TAKEOVER_REASON.to_owned()),
            (None, Some((epoch, extent))) => begin_epoch(
                make_prev(epoch, extent),
                format!("log and keys are gone, but the relay has confirmed {} entries of it", extent.size),
            ),
            (None, None) => ChainVerdict::First,
        };
    };
    let own = newest.own;
    if let Some(prev) = chain_state.rebase {
        let n = prev.epoch.n;
        let reason =
            format!("the relay goes on from epoch {n} of this box: an older copy of its card was put back");
        return begin_epoch(prev, reason);
    }
    if let Some(relay) = newest.relay {
        let reason = if relay.size > own.size {
            format!("the relay has confirmed {} entries, but this box has only {}", relay.size, own.size)
        } else {
            format!("the relay has confirmed other entries before entry {} than this box has", relay.size)
        };
        return begin_epoch(make_prev(newest.epoch, relay), reason);
    }
    if !newest.whole {
        let reason = format!("entries from {} on were damaged and no copy on this box has them", own.size);
        return begin_epoch(make_prev(newest.epoch, own), reason);
    }
    if let Some(why) = newest.signed_beyond {
        return begin_epoch(make_prev(newest.epoch, own), why.to_owned());
    }
    if !newest.key {
        let reason = "the log's key is not here: this is a restored backup or another box".to_owned();
        return begin_epoch(make_prev(newest.epoch, own), reason);
    }
    ChainVerdict::Resume
}

fn make_prev(epoch: Epoch, extent: LogExtent) -> Prev {
    Prev { epoch, size: extent.size, root: extent.root }
}

fn begin_epoch(prev: Prev, reason: String) -> ChainVerdict {
    ChainVerdict::Begin { prev: Some(prev), after: None, reason }
}
