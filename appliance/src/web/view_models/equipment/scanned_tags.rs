//! Which items were scanned a moment ago, for the panel's button.

use std::sync::{Mutex, PoisonError};

use record::tag::Tag;

use crate::intake::find_named_item;
use crate::web::context::AppState;

const SCANNED_MS: u64 = 60_000;
/// Scans that are remembered; of more nobody knows any more which one is meant.
const SCANS_MAX: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScannedItem {
    None,
    One(Tag),
    /// Several: nobody knows which is meant.
    Several,
}

#[derive(Debug, Default)]
pub(crate) struct ScannedTags {
    scans: Mutex<Vec<(Tag, u64)>>,
}

impl ScannedTags {
    pub(crate) fn note_scan(&self, tag: Tag, up_ms: u64) {
        let mut scans = self.scans.lock().unwrap_or_else(PoisonError::into_inner);
        scans.retain(|(known, at_ms)| *known != tag && up_ms.saturating_sub(*at_ms) <= SCANNED_MS);
        if scans.len() < SCANS_MAX {
            scans.push((tag, up_ms));
        }
    }

    /// What was scanned a moment ago; the one item is taken, so that the next press needs another scan.
    fn take_scan(&self, up_ms: u64) -> ScannedItem {
        let mut scans = self.scans.lock().unwrap_or_else(PoisonError::into_inner);
        scans.retain(|(_, at_ms)| up_ms.saturating_sub(*at_ms) <= SCANNED_MS);
        match scans.as_slice() {
            [] => ScannedItem::None,
            [(tag, _)] => {
                let tag = *tag;
                scans.clear();
                ScannedItem::One(tag)
            }
            _ => ScannedItem::Several,
        }
    }
}

pub(crate) fn note_label_scan(state: &AppState, label: Tag) {
    if find_named_item(&state.store.snapshot(), label).is_some() {
        state.label_scans.note_scan(label, state.clock.now().wall_ms);
    }
}

/// The item that was scanned a moment ago. It is taken: the next press needs another scan.
pub fn take_scanned_item(state: &AppState) -> ScannedItem {
    state.stored::<ScannedTags>().take_scan(state.clock.now().up_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_item_of_the_last_minute_is_meant() {
        let tag = |n: u8| Tag::from_random([n; 5]);
        let scans = ScannedTags::default();
        assert_eq!(scans.take_scan(0), ScannedItem::None);
        scans.note_scan(tag(1), 1_000);
        assert_eq!(scans.take_scan(61_001), ScannedItem::None, "too long ago");
        scans.note_scan(tag(1), 70_000);
        scans.note_scan(tag(1), 80_000);
        assert_eq!(scans.take_scan(140_000), ScannedItem::One(tag(1)), "the same item twice is one");
        assert_eq!(scans.take_scan(140_001), ScannedItem::None, "it is taken");
        scans.note_scan(tag(1), 150_000);
        scans.note_scan(tag(2), 160_000);
        assert_eq!(scans.take_scan(170_000), ScannedItem::Several);
        assert_eq!(scans.take_scan(215_000), ScannedItem::One(tag(2)), "the other is too long ago");
    }
}
