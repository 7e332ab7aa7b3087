//! Entries that the relay gave back and that wait for the next start to put them in their place.

use record::ids::Epoch;

use crate::io::disk::{Disk, file_exists, remove_if_there};
use crate::io::error::StoreError;

/// Where fetched entries wait for the next start.
pub(crate) const DIR: &str = "fetched";

pub(crate) fn fetched_path(epoch: Epoch) -> String {
    format!("{DIR}/{epoch}.jsonl")
}

/// The file in which fetched entries of an epoch wait, where there is one.
///
/// # Errors
/// The disk's.
pub(crate) fn read_fetched(disk: &dyn Disk, epoch: Epoch) -> Result<Option<String>, StoreError> {
    let path = fetched_path(epoch);
    let there = file_exists(disk, &path).map_err(StoreError::io(DIR))?;
    Ok(there.then_some(path))
}

/// Gives up what was fetched, for new records: the relay returns it when there is space. Returns whether there was any.
pub(crate) fn abandon_fetch(disk: &dyn Disk) -> bool {
    let mut is_abandoned = false;
    for name in disk.list(DIR).unwrap_or_default() {
        is_abandoned |= name.ends_with(".jsonl") && remove_if_there(disk, &format!("{DIR}/{name}")).is_ok();
    }
    if is_abandoned {
        tracing::warn!("the disk is full: what the relay gave back was removed so that recording goes on");
    }
    is_abandoned
}
