//! Which lines of a box's logs count in its chain.

use record::checkpoint::LogOrigin;
use record::ids::Epoch;

use crate::db::log::epochs::StoredLog;

/// How many entries of each epoch of one box count, in the order in which they are folded: up to where the next epoch
/// continues. An epoch that stays apart counts nothing, and so does one that is followed by nobody knows where.
pub fn log_chain(held: &[StoredLog]) -> Vec<(LogOrigin, u64)> {
    // Numbers rise along a chain, and `held` is in the order of numbers.
    held.iter()
        .filter(|h| !h.apart)
        .map(|this: &StoredLog| {
            let size = this.frontier.size();
            (this.origin, end_of(held, this.origin.epoch).map_or(size, |end| end.min(size)))
        })
        .collect()
}

/// Where an epoch ended, if another one that does not stay apart continues it.
pub fn end_of(held: &[StoredLog], epoch: Epoch) -> Option<u64> {
    let next = held.iter().find(|h| !h.apart && h.follows() == Some(epoch))?;
    Some(next.prev.map_or(0, |prev| prev.size))
}
