//! Roots over parts of a run: with them a proof of one line costs a part of it, however long the run is.

use std::ops::Range;

use super::RunName;
use crate::tree::{Frontier, Hash, LeafTree};

/// Lines over which a root is kept; the last part of a run may have fewer. A power of two, so that these roots are nodes of the
/// run's tree (RFC 6962).
pub const BLOCK_LINES: u64 = 256;

/// Roots over the lines of a run, [`BLOCK_LINES`] each and the rest, as its leaves come in order.
#[derive(Debug, Clone, Default)]
pub struct RunBlocks {
    whole: Vec<Hash>,
    rest: Frontier,
}

impl RunBlocks {
    /// Takes the leaf of the next line.
    pub fn push(&mut self, leaf: Hash) {
        self.rest.push(leaf);
        if self.rest.size() == BLOCK_LINES {
            self.whole.push(std::mem::take(&mut self.rest).root());
        }
    }

    /// The roots of all lines so far, in order.
    pub fn roots(&self) -> Vec<Hash> {
        let rest = Some(&self.rest).filter(|rest| rest.size() > 0).map(Frontier::root);
        self.whole.iter().copied().chain(rest).collect()
    }
}

/// The lines of the part that holds the line `seq` of a run; `None` where the run has no such line.
pub fn block_lines(run: &RunName, seq: u64) -> Option<Range<u64>> {
    let lines = run.lines();
    let at = seq.checked_sub(lines.start).filter(|_| lines.contains(&seq))?;
    let start = lines.start + at / BLOCK_LINES * BLOCK_LINES;
    Some(start..lines.end.min(start + BLOCK_LINES))
}

/// The path from the line `seq` to the run's root: `leaves` are those of [`block_lines`], `roots` those of all parts. `None`
/// where they are not as many as the run has.
pub fn path_in_run(run: &RunName, seq: u64, leaves: Vec<Hash>, roots: Vec<Hash>) -> Option<Vec<Hash>> {
    let block = block_lines(run, seq)?;
    let fits = leaves.len() as u64 == block.end - block.start
        && roots.len() as u64 == run.count().div_ceil(BLOCK_LINES);
    if !fits {
        return None;
    }
    let mut path = LeafTree::new(leaves).path(seq - block.start);
    path.extend(LeafTree::new(roots).path((seq - run.lines().start) / BLOCK_LINES));
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::RunNamer;
    use crate::tree::root_from_inclusion;
    use crate::values::ids::Epoch;

    fn leaf_of(n: u64) -> Hash {
        Hash::of(&n.to_be_bytes())
    }

    #[test]
    fn roots_of_parts_lead_to_the_root_of_all_lines() {
        for size in [1, 255, 256, 257, 511, 512, 513, 1_000, 2_560, 65_536] {
            let (first, mut blocks) = (7_u64, RunBlocks::default());
            let mut namer = RunNamer::new(Epoch { n: 1, key: [1; 4] }, first);
            (0..size).for_each(|n| (blocks.push(leaf_of(n)), namer.push(leaf_of(n))).1);
            let run = namer.name().unwrap();
            for at in [0, size / 2, size - 1] {
                let block = block_lines(&run, first + at).unwrap();
                let leaves: Vec<Hash> = block.map(|seq| leaf_of(seq - first)).collect();
                let path = path_in_run(&run, first + at, leaves.clone(), blocks.roots()).unwrap();
                assert_eq!(
                    root_from_inclusion(leaf_of(at), at, size, &path),
                    Some(run.root()),
                    "{at} of {size}"
                );
                assert_eq!(path_in_run(&run, first + at, leaves[1..].to_vec(), blocks.roots()), None);
            }
            assert_eq!((block_lines(&run, first + size), block_lines(&run, 6)), (None, None));
        }
    }
}
