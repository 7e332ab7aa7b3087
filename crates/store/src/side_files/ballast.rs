//! What is held in reserve for a full disk.

use super::fetched;
use crate::io::disk::{Disk, PAGE_BYTES, remove_if_there};

/// Given up when the disk is full, so that recording continues.
pub(crate) const BALLAST: &str = "ballast";

pub(crate) fn ballast_bytes(disk: &dyn Disk) -> u64 {
    disk.open(BALLAST).and_then(|file| file.length()).unwrap_or(0)
}

/// Whether anything is held in reserve that would help.
pub(crate) fn has_ballast(disk: &dyn Disk) -> bool {
    ballast_bytes(disk) >= PAGE_BYTES as u64
}

/// Makes space for a record on a full disk by deleting what can be had again, and else what is held in reserve; returns
/// whether there was anything. What only this box has is never given up.
pub(crate) fn release_ballast(disk: &dyn Disk) -> bool {
    fetched::abandon_fetch(disk) || drop_ballast(disk)
}

/// Gives up what is held in reserve for a full disk; whether there was any.
pub(crate) fn drop_ballast(disk: &dyn Disk) -> bool {
    let dropped = has_ballast(disk) && remove_if_there(disk, BALLAST).is_ok();
    if dropped {
        tracing::warn!("the disk is full: the ballast was removed so that recording goes on");
    }
    dropped
}
