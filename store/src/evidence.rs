//! The folder of what was signed about logs that ended here: where its files are, and how one is kept.

use record::ids::Epoch;

use super::disk::{Disk, file_exists, put_small};
use super::error::StoreError;

/// The folder.
pub(super) const EVIDENCE: &str = "evidence";
const BEGIN: &str = "signed-";
const END: &str = ".note";

/// The note that ends an epoch.
pub(super) fn ends_path(epoch: Epoch) -> String {
    format!("{EVIDENCE}/{epoch}.ends")
}

/// Where the note about a log lies that nobody can sign for any more: whoever restores a backup puts the one there that the backup
/// was made with.
pub fn ended_note_path(epoch: Epoch) -> String {
    format!("{EVIDENCE}/{BEGIN}{epoch}{END}")
}

/// Whether a file of `evidence/` is such a note.
pub(super) fn is_ended_note(name: &str) -> bool {
    name.starts_with(BEGIN) && name.ends_with(END)
}

/// Keeps a note that the relay has cosigned, before one of a later log takes its place. One that is there stays: with it the log was
/// ended here.
///
/// # Errors
/// The disk's.
pub(super) fn keep_ended_note(disk: &dyn Disk, epoch: Epoch, note: &str) -> Result<(), StoreError> {
    let path = ended_note_path(epoch);
    if file_exists(disk, &path).map_err(StoreError::io(path.as_str()))? {
        return Ok(());
    }
    disk.make_dir(EVIDENCE).map_err(StoreError::io(EVIDENCE))?;
    disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
    put_small(disk, &path, note.as_bytes()).map_err(StoreError::io(path))
}
