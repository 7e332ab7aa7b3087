//! Entries that the relay gave back and that wait for the next start to put them in their place.

use record::ids::Epoch;

use super::disk::{Disk, exists};
use super::error::StoreError;

/// Where fetched entries wait for the next start.
pub(super) const DIR: &str = "fetched";

/// Where the fetched entries of an epoch wait.
pub(super) fn fetched_path(epoch: Epoch) -> String {
    format!("{DIR}/{epoch}.jsonl")
}

/// All files with their epochs.
///
/// # Errors
/// The disk's.
pub(super) fn list(disk: &dyn Disk) -> Result<Vec<(Epoch, String)>, StoreError> {
    let names = disk.list(DIR).map_err(StoreError::io(DIR))?;
    let named = |name: &String| Some((name.strip_suffix(".jsonl")?.parse().ok()?, format!("{DIR}/{name}")));
    Ok(names.iter().filter_map(named).collect())
}

/// The file in which fetched entries of an epoch wait, where there is one.
///
/// # Errors
/// The disk's.
pub(super) fn fetched(disk: &dyn Disk, epoch: Epoch) -> Result<Option<String>, StoreError> {
    let path = fetched_path(epoch);
    let there = exists(disk, &path).map_err(StoreError::io(DIR))?;
    Ok(there.then_some(path))
}
