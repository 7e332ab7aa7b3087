//! Which numbers of an epoch several runs hold: only a line of those can be reached twice, so only those are remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use record::ids::Epoch;
use record::run::RunName;

/// Numbers that several runs hold, of each epoch in ascending pieces that do not touch.
#[derive(Debug, Default)]
pub(super) struct RunOverlaps(BTreeMap<Epoch, Vec<Range<u64>>>);

impl RunOverlaps {
    pub(super) fn of(runs: &BTreeSet<RunName>) -> Self {
        let mut all: BTreeMap<Epoch, Vec<Range<u64>>> = BTreeMap::new();
        let mut reach: Option<(Epoch, u64)> = None;
        // In the order of epochs and first numbers.
        for run in runs {
            let (epoch, lines) = (run.epoch(), run.lines());
            let end = reach.filter(|(of, _)| *of == epoch).map_or(0, |(_, end)| end);
            if lines.start < end {
                let shared = lines.start..lines.end.min(end);
                let pieces = all.entry(epoch).or_default();
                match pieces.last_mut().filter(|last| shared.start <= last.end) {
                    Some(last) => last.end = last.end.max(shared.end),
                    None => pieces.push(shared),
                }
            }
            reach = Some((epoch, end.max(lines.end)));
        }
        Self(all)
    }

    /// Whether several runs hold this number.
    pub(super) fn contains(&self, epoch: Epoch, seq: u64) -> bool {
        let Some(pieces) = self.0.get(&epoch) else { return false };
        let at = pieces.partition_point(|piece| piece.end <= seq);
        pieces.get(at).is_some_and(|piece| piece.contains(&seq))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use record::tree::Hash;

    use super::*;

    proptest! {
        #[test]
        fn numbers_of_two_runs_and_no_others(
            lines in prop::collection::vec((1_u32..3, 0_u64..40, 1_u64..12), 0..12)
        ) {
            fn numbered_epoch(n: u32) -> Epoch { Epoch { n, key: [1; 4] } }
            let runs: BTreeSet<RunName> = lines.iter().enumerate().map(|(at, (n, from, count)): (usize, &(u32, u64, u64))| {
                RunName::new(numbered_epoch(*n), *from..from + count, Hash([u8::try_from(at).unwrap(); 32])).unwrap()
            }).collect();
            let overlaps = RunOverlaps::of(&runs);
            for n in 1..3 {
                for seq in 0..60 {
                    let holding = runs.iter().filter(|r| r.epoch() == numbered_epoch(n) && r.lines().contains(&seq));
                    prop_assert_eq!(overlaps.contains(numbered_epoch(n), seq), holding.count() > 1);
                }
            }
        }
    }
}
