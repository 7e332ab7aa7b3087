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

/// The file in which fetched entries of an epoch wait, where there is one.
///
/// # Errors
/// The disk's.
pub(super) fn fetched(disk: &dyn Disk, epoch: Epoch) -> Result<Option<String>, StoreError> {
    let path = fetched_path(epoch);
    let there = exists(disk, &path).map_err(StoreError::io(DIR))?;
    Ok(there.then_some(path))
}
