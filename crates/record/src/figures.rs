//! How recording goes: how long it takes, and how much each item is cleaned and used. Box and relay count the same here.

use std::collections::BTreeMap;

use crate::tag::Tag;

/// Days that the figures are of.
pub const DAYS: i64 = 30;
/// Cleanings that are read for them; of a facility with more within [`DAYS`], the newest.
pub const CLEANINGS_MAX: usize = 10_000;
/// With fewer measured ones nothing is said.
const MEASURED_MIN: usize = 10;

/// How long recording took, from the open page to the press, contact time left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubmissionTimes {
    /// Cleanings that were measured.
    pub count: usize,
    /// Half of them took no longer, milliseconds.
    pub median_ms: u32,
    /// Nine of ten took no longer, milliseconds.
    pub p90_ms: u32,
}

impl SubmissionTimes {
    /// From the times of cleanings, milliseconds, in any order; `None` where there are fewer than ten. Percentiles by nearest rank.
    pub fn of(mut took_ms: Vec<u32>) -> Option<Self> {
        if took_ms.len() < MEASURED_MIN {
            return None;
        }
        took_ms.sort_unstable();
        let count = took_ms.len();
        let at = |per_cent: usize| took_ms[(count * per_cent).div_ceil(100) - 1];
        Some(Self { count, median_ms: at(50), p90_ms: at(90) })
    }
}

/// How often an item was cleaned and used within some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemUtilisation {
    /// Cleanings that were not voided.
    pub cleanings: u32,
    /// Uses that were recorded.
    pub uses: u32,
}

impl ItemUtilisation {
    /// A count a day over `days`, which are at least one, in tenths, rounded.
    pub fn tenths_a_day(count: u32, days: i64) -> i64 {
        (i64::from(count) * 10 + days / 2) / days.max(1)
    }
}

/// Counts cleanings by their items.
pub fn count_cleanings(tags: impl IntoIterator<Item = Tag>) -> BTreeMap<Tag, ItemUtilisation> {
    let mut counts: BTreeMap<Tag, ItemUtilisation> = BTreeMap::new();
    for tag in tags {
        counts.entry(tag).or_default().cleanings += 1;
    }
    counts
}

/// The items that were cleaned most, the first so many; of the same number, by tag.
pub fn rank_items(counts: BTreeMap<Tag, ItemUtilisation>, limit: usize) -> Vec<(Tag, ItemUtilisation)> {
    let mut ranked: Vec<_> = counts.into_iter().collect();
    ranked.sort_by_key(|(tag, of)| (std::cmp::Reverse(of.cleanings), *tag));
    ranked.truncate(limit);
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_by_nearest_rank_and_of_ten_at_least() {
        assert_eq!(SubmissionTimes::of((1..10).collect()), None);
        let ten = SubmissionTimes::of((1..=10).rev().collect()).unwrap();
        assert_eq!(ten, SubmissionTimes { count: 10, median_ms: 5, p90_ms: 9 });
        let same = SubmissionTimes::of(vec![7; 11]).unwrap();
        assert_eq!(same, SubmissionTimes { count: 11, median_ms: 7, p90_ms: 7 });
    }

    #[test]
    fn items_are_ranked_by_their_cleanings() {
        let tag = |text: &str| text.parse::<Tag>().unwrap();
        let (one, other) = (tag("7QK3M9X2W"), tag("000000001"));
        let counts = count_cleanings([one, other, one]);
        let ranked = rank_items(counts.clone(), 1);
        assert_eq!(ranked, [(one, ItemUtilisation { cleanings: 2, uses: 0 })]);
        assert_eq!(rank_items(counts, 9).len(), 2);
        let a_day = |count| ItemUtilisation::tenths_a_day(count, DAYS);
        assert_eq!([a_day(0), a_day(1), a_day(2), a_day(45)], [0, 0, 1, 15]);
    }
}
