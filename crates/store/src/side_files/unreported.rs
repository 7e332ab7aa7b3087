//! What starts repaired and nobody was informed of yet. It is noted before anything is repaired: a start that dies
//! after a repair leaves nothing that a later one could find wrong.

use std::collections::BTreeSet;

use record::ids::Epoch;
use record::run::RunName;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::io::disk::{Disk, put_small, read_small, remove_if_there};
use crate::io::error::{StoreError, is_full};

/// Where they are noted, from before the first repair until an alarm reports them.
pub(crate) const FILE: &str = "untold";
pub(crate) const BYTES_MAX: usize = 64 << 10;
/// Names of files that are kept; so many are never put aside.
const SET_ASIDE_MAX: usize = 64;

const HEALED_CHARS_MAX: usize = 1024;

/// Repairs that an earlier start began, and perhaps ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnreportedRepairs {
    #[serde(rename = "hints")]
    pub set_aside: BTreeSet<String>,
    /// Why the database was set aside or rebuilt.
    pub rebuilt: Option<String>,
    pub healed: Option<String>,
    /// The largest number of an epoch before another one was begun, and why it was.
    pub begun: Option<(u32, String)>,
    /// The largest number of an epoch whose folder was none and was put aside: nobody knows how far it went.
    pub log_aside: u32,
    /// Of which epochs lines were adopted: the first of them, and behind the last.
    pub adopted: Vec<(Epoch, u64, u64)>,
}

impl UnreportedRepairs {
    fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(crate) fn heal(&mut self, words: String) {
        match &mut self.healed {
            Some(all) if all.contains(&words) || all.len() > HEALED_CHARS_MAX => {}
            Some(all) => *all = format!("{all}; {words}"),
            None => self.healed = Some(words),
        }
    }

    pub(crate) fn adopt(&mut self, runs: &[RunName]) {
        for run in runs {
            let (epoch, lines) = (run.epoch(), run.lines());
            match self.adopted.iter_mut().find(|(of, ..)| *of == epoch) {
                Some((_, from, to)) => (*from, *to) = ((*from).min(lines.start), (*to).max(lines.end)),
                None => self.adopted.push((epoch, lines.start, lines.end)),
            }
        }
    }

    pub fn begun(&self, present: Epoch) -> Option<&str> {
        self.begun.as_ref().filter(|(before, _)| present.n > *before).map(|(_, why)| why.as_str())
    }
}

/// Whether a file is one that [`note_unreported`] wrote.
pub(crate) fn is_unreported(bytes: &[u8]) -> bool {
    UnreportedRepairs::parse(bytes).is_some()
}

pub(crate) fn load_unreported(disk: &dyn Disk) -> Result<UnreportedRepairs, StoreError> {
    let bytes = read_small(disk, FILE, BYTES_MAX).map_err(StoreError::io(FILE))?;
    Ok(bytes.and_then(|bytes| UnreportedRepairs::parse(&bytes)).unwrap_or_default())
}

/// Adds to what is noted, durably. On a full disk the repair continues without: it frees space, or fails by itself.
///
/// # Errors
/// The disk's.
pub(crate) fn note_unreported(
    disk: &dyn Disk,
    add: impl FnOnce(&mut UnreportedRepairs),
) -> Result<(), StoreError> {
    // What cannot be read is put aside by the start; a repair does not wait for it.
    let before = load_unreported(disk).unwrap_or_default();
    let mut after = before.clone();
    add(&mut after);
    while after.set_aside.len() > SET_ASIDE_MAX {
        after.set_aside.pop_last();
    }
    if after == before {
        return Ok(());
    }
    let json = serde_json::to_vec(&after).map_err(|e| StoreError::io(FILE)(e.into()))?;
    match put_small(disk, FILE, &json) {
        Err(e) if is_full(&e) => tracing::warn!("the disk is full: a repair is not noted before it is made"),
        other => other.map_err(StoreError::io(FILE))?,
    }
    Ok(())
}

impl Store {
    /// Deletes what was noted of repairs: alarms that are on the disk report them.
    ///
    /// # Errors
    /// The disk's: they are reported once more.
    pub fn mark_repairs_reported(&self) -> Result<(), StoreError> {
        let disk = &*self.shared.disk;
        remove_if_there(disk, FILE).and_then(|()| disk.sync_dir("")).map_err(StoreError::io(FILE))
    }
}
