//! When a phone first saw an item: loading its page again continues the same record.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use record::ids::DeviceId;
use record::tag::Tag;

/// For how long a page view counts as the beginning of a record.
const VIEW_MS: u64 = 30 * 60_000;
/// Page views that are stored; past that the oldest is dropped.
const VIEWS_MAX: usize = 4_096;

/// First page views of the last half hour, in memory only, milliseconds since the boot.
#[derive(Debug, Default)]
pub(crate) struct FirstViews(Mutex<BTreeMap<(DeviceId, Tag), u64>>);

impl FirstViews {
    /// When this browser first saw the item: at an earlier stored view, else at `opened_ms`, which is stored
    /// where the browser can be recognised.
    pub(crate) fn note_view(&self, devices: &[DeviceId], tag: Tag, opened_ms: u64, up_ms: u64) -> u64 {
        let Some(first) = devices.first() else { return opened_ms };
        let mut views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        views.retain(|_, at_ms| up_ms.saturating_sub(*at_ms) <= VIEW_MS);
        let earlier = devices.iter().filter_map(|device| views.get(&(*device, tag))).min().copied();
        if let Some(earlier) = earlier {
            return earlier.min(opened_ms);
        }
        if views.len() >= VIEWS_MAX
            && let Some(oldest) = views.iter().min_by_key(|(_, at_ms)| **at_ms).map(|(key, _)| *key)
        {
            views.remove(&oldest);
        }
        views.insert((*first, tag), opened_ms);
        opened_ms
    }

    /// The cleaning is recorded: the next page view begins another one.
    pub(crate) fn forget(&self, devices: &[DeviceId], tag: Tag) {
        let mut views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for device in devices {
            views.remove(&(*device, tag));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(n: u8) -> DeviceId {
        DeviceId::of_secret(&[n; 32])
    }

    fn tag(n: usize) -> Tag {
        let [.., a, b, c, d] = n.to_be_bytes();
        Tag::from_random([0, a, b, c, d])
    }

    #[test]
    fn the_first_look_counts_until_it_is_recorded_or_long_ago() {
        let views = FirstViews::default();
        let phone = [device(1)];
        assert_eq!(views.note_view(&phone, tag(1), 1_000, 1_000), 1_000);
        assert_eq!(views.note_view(&phone, tag(1), 61_000, 61_000), 1_000);
        assert_eq!(views.note_view(&[device(2), device(1)], tag(1), 61_000, 61_000), 1_000, "one of its two");
        assert_eq!(views.note_view(&[device(2)], tag(1), 62_000, 62_000), 62_000, "another phone");
        assert_eq!(views.note_view(&phone, tag(2), 63_000, 63_000), 63_000, "another item");
        assert_eq!(views.note_view(&phone, tag(1), 1_801_000, 1_801_000), 1_000);
        assert_eq!(views.note_view(&phone, tag(1), 1_801_001, 1_801_001), 1_801_001);
        views.forget(&phone, tag(1));
        assert_eq!(views.note_view(&phone, tag(1), 1_900_000, 1_900_000), 1_900_000);
    }

    #[test]
    fn who_cannot_be_known_again_is_not_remembered() {
        let views = FirstViews::default();
        assert_eq!(views.note_view(&[], tag(1), 1_000, 1_000), 1_000);
        assert_eq!(views.note_view(&[], tag(1), 2_000, 2_000), 2_000);
    }

    #[test]
    fn thousands_of_looks_leave_the_newest() {
        let views = FirstViews::default();
        let phone = [device(1)];
        for (at_ms, n) in (1..).zip(0..=VIEWS_MAX) {
            views.note_view(&phone, tag(n), at_ms, at_ms);
        }
        assert_eq!(views.note_view(&phone, tag(1), 9_000, 9_000), 2);
        assert_eq!(views.note_view(&phone, tag(0), 9_000, 9_000), 9_000, "the oldest made room");
    }
}
