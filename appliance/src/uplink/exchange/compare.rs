//! Which lines of ended logs the box and the relay lack of each other, decided without I/O.

use std::ops::Range;

use record::ids::Epoch;

use crate::store::PastLog;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDifferences {
    /// Lines that the relay holds from here on are asked for: those that do not count here yet become runs.
    pub fetch_from: Option<u64>,
    /// Lines that the relay cannot have in their own place: they become a run.
    pub owed: Option<Range<u64>>,
}

/// The ended log whose missing entries are to be fetched first: how much of it counts is known, and not all of that is
/// here. The newest comes first, because its first entry says which one is before it; one that `has_failed` is passed over.
pub fn past_to_fetch(past: &[PastLog], has_failed: impl Fn(Epoch) -> bool) -> Option<&PastLog> {
    let mut expected = past.iter().rev().filter(|past| past.stated && !past.whole && !past.fetched);
    expected.find(|past| !has_failed(past.origin.epoch))
}

/// Whether it must be known how many entries both hold alike before anything is decided about a log.
pub fn is_comparable(past: &PastLog) -> bool {
    past.stated && past.whole
}

/// Whether the relay's log of this epoch is one that the box's chain does not lead to: it counts by its lines alone.
pub fn is_elsewhere(epoch: Epoch, present: Epoch, past: &[PastLog]) -> bool {
    epoch != present && !past.iter().any(|past| past.origin.epoch == epoch)
}

/// How many entries are alike from the first on, of `end` that both hold; `is_same` compares one. The root proves in
/// the end what this assumes.
///
/// # Errors
/// What `is_same` says.
pub fn common_size<E>(mut end: u64, mut is_same: impl FnMut(u64) -> Result<bool, E>) -> Result<u64, E> {
    let mut same = 0;
    // Mostly all of them.
    let mut probe = end.saturating_sub(1);
    while same < end {
        if is_same(probe)? {
            same = probe + 1;
        } else {
            end = probe;
        }
        probe = same + end.saturating_sub(same) / 2;
    }
    Ok(same)
}

/// Whether a log of which the relay holds `held` entries may have all that counts of one that is not whole here: whether it
/// does, its root there says.
pub fn may_lead(past: &PastLog, held: u64) -> bool {
    past.stated && !past.whole && held >= past.counts.size
}

impl LogDifferences {
    /// Of a log of which the relay holds `held` entries, `None` where it knows nothing of it; `common` are alike from the
    /// first on, `None` where the log is not comparable. `leads` says of such a log whether the relay's has all that counts
    /// here: what it holds may be another branch.
    pub fn of(past: &PastLog, held: Option<u64>, common: Option<u64>, leads: bool) -> Self {
        let size = past.counts.size;
        let Some(common) = common else {
            // What is missing of what counts is fetched in its place, where the relay has all of it in its log; else a part of
            // it may come by a run, and this is the rest.
            let from = if leads { size } else { 0 };
            return Self { fetch_from: held.map(|_| from), owed: None };
        };
        let branches = common < held.unwrap_or(0).min(size);
        let owes = common < size && (branches || !past.signs);
        Self { fetch_from: held.map(|_| common), owed: owes.then_some(common..size) }
    }
}

#[cfg(test)]
mod tests {
    use record::checkpoint::LogOrigin;
    use record::ids::BoxId;
    use record::kinds::Prev;
    use record::tree::Hash;

    use super::*;

    fn past(size: u64) -> PastLog {
        let epoch = Epoch { n: 1, key: [1; 4] };
        PastLog {
            origin: LogOrigin { box_id: BoxId::new(1, [2; 10]), epoch },
            counts: Prev { epoch, size, root: Hash([3; 32]) },
            stated: true,
            size,
            whole: true,
            fetched: false,
            verifier: None,
            signs: true,
            replaced: false,
            goes_by_run: false,
        }
    }

    #[test]
    fn both_ask_for_what_only_the_other_holds() {
        let of = |past: &PastLog, held: Option<u64>, common| {
            let leads = held.is_some_and(|held| may_lead(past, held));
            let LogDifferences { fetch_from, owed } = LogDifferences::of(past, held, common, leads);
            (fetch_from, owed)
        };
        let (mine, keyless) = (past(9), PastLog { signs: false, ..past(9) });
        assert_eq!(of(&mine, Some(12), Some(9)), (Some(9), None), "it grew there");
        assert_eq!(of(&mine, Some(5), Some(5)), (Some(5), None), "the rest is sent in its place");
        assert_eq!(of(&keyless, Some(5), Some(5)), (Some(5), Some(5..9)));
        assert_eq!(of(&keyless, None, Some(0)), (None, Some(0..9)));
        assert_eq!(of(&mine, Some(7), Some(4)), (Some(4), Some(4..9)), "two branches");
        assert_eq!(of(&PastLog { whole: false, ..past(9) }, Some(12), None), (Some(9), None));
        assert_eq!(
            of(&PastLog { whole: false, ..past(9) }, Some(5), None),
            (Some(0), None),
            "the rest may be in a run"
        );
        assert_eq!(of(&PastLog { stated: false, ..past(0) }, Some(12), None), (Some(0), None));
        let branch = LogDifferences::of(&PastLog { whole: false, ..past(9) }, Some(12), None, false);
        assert_eq!(branch.fetch_from, Some(0), "what both branches share is nowhere else");
    }

    #[test]
    fn the_first_difference_is_found() {
        for end in 0..20 {
            for alike in 0..=end {
                assert_eq!(common_size::<()>(end, |seq| Ok(seq < alike)), Ok(alike), "of {end}");
            }
        }
    }

    #[test]
    fn the_newest_that_is_not_whole_is_fetched_first() {
        let missing = PastLog { whole: false, ..past(9) };
        let all = [missing.clone(), missing.clone(), PastLog { fetched: true, ..missing }, past(4)];
        assert!(past_to_fetch(&all, |_| false).is_some_and(|found| std::ptr::eq(found, &raw const all[1])));
        assert!(past_to_fetch(&all, |_| true).is_none());
        assert!(past_to_fetch(&all[2..], |_| false).is_none());
    }
}
