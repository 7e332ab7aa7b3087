//! Lines of one number that may count, and how those that runs brought came to.

use record::entry::Entry;
use record::fold::LinePlace;
use record::kinds::EntryRef;
use record::run::{RunName, RunNamer};
use record::tree::{Hash, leaf_hash};

use super::error::StoreError;
use super::reader::{Reader, db};
use super::runs;
use super::tables;

/// How the lines of a run came to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adoption {
    /// The entry that adopted it.
    pub by: LinePlace,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

impl Reader {
    /// Lines of an epoch's number that may count, with their entries: the one in the chain, then those that runs brought.
    ///
    /// # Errors
    /// As [`Reader::entry`].
    pub fn lines_of(&self, n: u32, seq: u64) -> Result<Vec<(LinePlace, Entry)>, StoreError> {
        let mut found = Vec::new();
        for line in self.shared.places().lines_of(n, seq) {
            found.extend(self.line(line)?.map(|entry| (line, entry)));
        }
        Ok(found)
    }

    /// How a run came to count; `None` where no entry adopts it.
    pub fn adoption_of(&self, run: &RunName) -> Option<Adoption> {
        let places = self.shared.places();
        let adopted = places.adopted(run)?;
        Some(Adoption { by: adopted.adopting(), at_ms: adopted.by.at_ms })
    }

    /// The leaves of a run, in order: a line that another place had before counts there and is taken from there, or from
    /// the run's file where two branches have other lines. `None` where they do not lead to the run's root.
    ///
    /// # Errors
    /// The database's and the disk's.
    pub fn run_leaves(&self, run: &RunName) -> Result<Option<Vec<Hash>>, StoreError> {
        let leaves = self.counted_leaves(run)?;
        let of_run = |leaves: &[Hash]| {
            let mut namer = RunNamer::new(run.epoch(), run.lines().start);
            leaves.iter().for_each(|leaf| namer.push(*leaf));
            leaves.len() as u64 == run.count() && namer.root() == run.root()
        };
        if of_run(&leaves) {
            return Ok(Some(leaves));
        }
        let leaves = runs::leaves(&*self.shared.disk, self.shared.origin().box_id, run)?;
        Ok(Some(leaves).filter(|leaves| of_run(leaves)))
    }

    fn counted_leaves(&self, run: &RunName) -> Result<Vec<Hash>, StoreError> {
        let places = self.shared.places();
        let table = self.txn.open_table(tables::ENTRIES).map_err(db)?;
        let mut leaves = Vec::new();
        for seq in run.lines() {
            self.alive()?;
            for key in places.keys(EntryRef { epoch: run.epoch(), seq }, Some(*run)) {
                if let Some(line) = table.get(key).map_err(db)? {
                    leaves.push(leaf_hash(line.value()));
                    break;
                }
            }
        }
        Ok(leaves)
    }
}
