//! How full the card is, and which photos leave it: the oldest of those at the relay, and those that no record names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;

use record::tree::Hash;

use crate::disk_space::DiskSpace;

/// A photo that no record names yet may be on a form that somebody is still filling in.
pub const UNNAMED_MS_MAX: u64 = 24 * 3_600_000;

/// Reports how full a card is.
pub trait DiskSpaceSource: fmt::Debug + Send + Sync {
    /// Of the card on which this folder is.
    ///
    /// # Errors
    /// The operating system's.
    fn room(&self, dir: &Path) -> io::Result<DiskSpace>;
}

#[derive(Debug, Clone, Copy)]
pub struct RealCard;

impl DiskSpaceSource for RealCard {
    fn room(&self, dir: &Path) -> io::Result<DiskSpace> {
        DiskSpace::read(dir)
    }
}

/// The position of an entry: number of its epoch, seq.
pub type EntryPosition = (u32, u64);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AtRelay {
    /// By the number of an epoch: photos of its entries before this one were sent,
    pub upto: BTreeMap<u32, u64>,
    /// but not these: it refused them.
    pub refused: BTreeSet<Hash>,
}

impl AtRelay {
    pub fn has(&self, photo: Hash, (n, seq): EntryPosition) -> bool {
        self.upto.get(&n).is_some_and(|next| seq < *next) && !self.refused.contains(&photo)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnCard {
    pub hash: Hash,
    pub bytes: u64,
    pub age_ms: u64,
    pub named: Option<EntryPosition>,
}

/// The photos that leave the card, so that the others fit into `budget_bytes`. Of those that entries name only those
/// leave that are at the relay; the oldest go first. What the relay lacks stays, whatever the budget, and so does what waits
/// for an entry.
pub fn photos_to_evict(
    photos: &[OnCard],
    budget_bytes: u64,
    at_relay: &AtRelay,
    waiting: &BTreeSet<Hash>,
) -> Vec<Hash> {
    let mut leaving: Vec<Hash> = photos.iter().filter(|p| is_abandoned(p, waiting)).map(|p| p.hash).collect();
    let mut bytes: u64 = photos.iter().filter(|p| !is_abandoned(p, waiting)).map(|p| p.bytes).sum();
    let mut spare: Vec<&OnCard> =
        photos.iter().filter(|p| p.named.is_some_and(|place| at_relay.has(p.hash, place))).collect();
    spare.sort_by_key(|p| p.named);
    for photo in spare {
        if bytes <= budget_bytes {
            break;
        }
        bytes = bytes.saturating_sub(photo.bytes);
        leaving.push(photo.hash);
    }
    leaving
}

fn is_abandoned(photo: &OnCard, waiting: &BTreeSet<Hash>) -> bool {
    photo.named.is_none() && photo.age_ms > UNNAMED_MS_MAX && !waiting.contains(&photo.hash)
}

#[cfg(test)]
impl AtRelay {
    /// All of the epochs before that one, and its entries before that one.
    pub(crate) fn before((n, seq): EntryPosition) -> Self {
        let whole = (0..n).map(|earlier| (earlier, u64::MAX));
        Self { upto: whole.chain([(n, seq)]).collect(), refused: BTreeSet::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(n: u8, age_ms: u64, named: Option<EntryPosition>) -> OnCard {
        OnCard { hash: Hash([n; 32]), bytes: 100, age_ms, named }
    }

    fn left(photos: &[OnCard], budget: u64, before: EntryPosition) -> Vec<u8> {
        left_of(photos, budget, &AtRelay::before(before))
    }

    fn left_of(photos: &[OnCard], budget: u64, at_relay: &AtRelay) -> Vec<u8> {
        photos_to_evict(photos, budget, at_relay, &BTreeSet::new()).iter().map(|hash| hash.0[0]).collect()
    }

    #[test]
    fn what_the_relay_refused_stays() {
        let all = [photo(1, 0, Some((1, 1))), photo(2, 0, Some((1, 2))), photo(3, u64::MAX, Some((1, 3)))];
        let refused = [Hash([1; 32]), Hash([3; 32])].into();
        assert_eq!(left_of(&all, 0, &AtRelay { refused, ..AtRelay::before((9, 0)) }), [2]);
    }

    #[test]
    fn the_oldest_at_the_relay_leave_first_and_no_others() {
        let all = [
            photo(1, 0, Some((1, 9))),
            photo(2, 0, Some((1, 3))),
            photo(3, 0, Some((2, 1))),
            photo(4, 0, Some((2, 5))),
            photo(5, 0, Some((2, 6))),
        ];
        assert_eq!(left(&all, 500, (2, 6)), [0u8; 0], "they fit");
        assert_eq!(left(&all, 499, (2, 6)), [2]);
        assert_eq!(left(&all, 250, (2, 6)), [2, 1, 3]);
        assert_eq!(left(&all, 0, (2, 6)), [2, 1, 3, 4], "what the relay lacks stays");
        assert_eq!(left(&all, 0, (0, 0)), [0u8; 0]);
    }

    #[test]
    fn what_no_record_names_leaves_after_a_day() {
        let all = [
            photo(1, UNNAMED_MS_MAX, None),
            photo(2, UNNAMED_MS_MAX + 1, None),
            photo(3, u64::MAX, Some((1, 1))),
        ];
        assert_eq!(left(&all, 1_000, (0, 0)), [2]);
        assert_eq!(left(&all, 0, (9, 0)), [2, 3], "and frees its room for the others");
        assert_eq!(left(&all, 200, (9, 0)), [2], "what leaves anyway is not counted");
        let at_relay = AtRelay::before((9, 0));
        let left = photos_to_evict(&all, 200, &at_relay, &[Hash([2; 32])].into());
        assert_eq!(left, [Hash([3; 32])], "what waits for an entry takes its part of the room");
    }
}
