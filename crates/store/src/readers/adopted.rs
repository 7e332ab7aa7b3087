//! Lines of one number that may count, and how those that runs brought came to.

use std::ops::Range;

use record::entry::Entry;
use record::fold::LinePlace;
use record::ids::Epoch;
use record::kinds::{EntryRef, Event};
use record::run::{BLOCK_LINES, RunBlocks, RunName, block_lines, path_in_run};
use record::tree::{Frontier, Hash, leaf_hash};

use super::reader::{LogReader, database_error};
use crate::Store;
use crate::index::places::RunState;
use crate::index::tables;
use crate::io::error::StoreError;
use crate::runs::run_file;

/// How the lines of a run came to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogAdoption {
    pub by: LinePlace,
    pub at_ms: i64,
}

/// Lines of a run that one reader reads: it lives for two seconds.
const LINES_AT_ONCE: usize = 512;

impl Store {
    /// Names what is read of an epoch, for whoever follows its entries: once the lines of another run count, it is another name, for
    /// the entry that adopts them names more than before.
    pub fn lines_key(&self, epoch: Epoch) -> String {
        format!("{epoch} {}", self.shared.places().in_state(RunState::Counts).count())
    }

    /// The photos that an entry names, and those of the lines that it adopts.
    ///
    /// # Errors
    /// As [`LogReader::entry`].
    pub fn photos_named(&self, entry: &Entry) -> Result<Vec<Hash>, StoreError> {
        let event = entry.event();
        let mut photos = event.mentions().photos.to_vec();
        let Event::LogAdopted(adopted) = &event else { return Ok(photos) };
        let mut lines = adopted.run.lines();
        while !lines.is_empty() {
            let reader = self.reader()?;
            for seq in lines.by_ref().take(LINES_AT_ONCE) {
                for (_, line) in reader.lines_of(adopted.run.epoch().n, seq)? {
                    photos.extend_from_slice(line.event().mentions().photos);
                }
            }
        }
        Ok(photos)
    }
}

impl LogReader {
    /// Lines of an epoch's number that may count, with their entries: the one in the chain, then those that runs brought.
    ///
    /// # Errors
    /// As [`LogReader::entry`].
    pub fn lines_of(&self, n: u32, seq: u64) -> Result<Vec<(LinePlace, Entry)>, StoreError> {
        let mut found = Vec::new();
        for line in self.shared.places().lines_of(n, seq) {
            found.extend(self.line(line)?.map(|entry| (line, entry)));
        }
        Ok(found)
    }

    /// How a run came to count; `None` where no entry adopts it.
    pub fn adoption_of(&self, run: &RunName) -> Option<LogAdoption> {
        let places = self.shared.places();
        let adopted = places.adopted(run)?;
        Some(LogAdoption { by: adopted.adopting(), at_ms: adopted.by.at_ms })
    }

    /// The path from a line to the root of a run that has it; `None` where the lines do not lead there. The first proof of a
    /// run reads all of it; those after it a part, while its roots are kept.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub fn path_in_run(&self, run: &RunName, seq: u64) -> Result<Option<Vec<Hash>>, StoreError> {
        let Some(block) = block_lines(run, seq) else { return Ok(None) };
        if let Some(roots) = self.shared.run_roots(run) {
            let leaves = self.counted_leaves(run, block.clone())?;
            let part = usize::try_from((block.start - run.lines().start) / BLOCK_LINES).ok();
            if part.and_then(|part| roots.get(part)) == Some(&root_of(&leaves)) {
                return Ok(path_in_run(run, seq, leaves, roots.to_vec()));
            }
        }
        let Some(leaves) = self.run_leaves(run)? else { return Ok(None) };
        let mut blocks = RunBlocks::default();
        leaves.iter().for_each(|leaf| blocks.push(*leaf));
        let roots = blocks.roots();
        self.shared.keep_run_roots(run, roots.as_slice().into());
        let [start, end] =
            [block.start, block.end].map(|n| usize::try_from(n - run.lines().start).unwrap_or(usize::MAX));
        let leaves = leaves.get(start..end).map_or(Vec::new(), <[Hash]>::to_vec);
        Ok(path_in_run(run, seq, leaves, roots))
    }

    /// The leaves of a run, in order: a line that another place had before counts there and is taken from there, or from
    /// the run's file where two branches have other lines. `None` where they do not lead to the run's root.
    fn run_leaves(&self, run: &RunName) -> Result<Option<Vec<Hash>>, StoreError> {
        let leaves = self.counted_leaves(run, run.lines())?;
        if fits_run(run, &leaves) {
            return Ok(Some(leaves));
        }
        let leaves = run_file::run_leaves(&*self.shared.disk, self.shared.origin().box_id, run)?;
        Ok(Some(leaves).filter(|leaves| fits_run(run, leaves)))
    }

    fn counted_leaves(&self, run: &RunName, lines: Range<u64>) -> Result<Vec<Hash>, StoreError> {
        let places = self.shared.places();
        let table = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        let mut leaves = Vec::new();
        for seq in lines {
            self.alive()?;
            for key in places.keys(EntryRef { epoch: run.epoch(), seq }, Some(*run)) {
                if let Some(line) = table.get(key).map_err(database_error)? {
                    leaves.push(leaf_hash(line.value()));
                    break;
                }
            }
        }
        Ok(leaves)
    }
}

fn root_of(leaves: &[Hash]) -> Hash {
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree.root()
}

fn fits_run(run: &RunName, leaves: &[Hash]) -> bool {
    leaves.len() as u64 == run.count() && root_of(leaves) == run.root()
}
