//! The folder of what was signed about logs that ended here: where its files are, and how one is kept.

use record::checkpoint::{Checkpoint, SignedCheckpoint};
use record::ids::Epoch;
use record::sign::VerifierKey;

use crate::io::disk::{Disk, put_small, read_small};
use crate::io::error::StoreError;

/// Bytes of a note: a checkpoint and a few signatures.
pub(crate) const NOTE_BYTES_MAX: usize = 4_096;

pub(crate) const EVIDENCE: &str = "evidence";
const BEGIN: &str = "signed-";
const END: &str = ".note";

pub(crate) fn ends_path(epoch: Epoch) -> String {
    format!("{EVIDENCE}/{epoch}.ends")
}

/// Where the note on a log is that nobody can sign for any more: whoever restores a backup puts that backup's there.
pub fn ended_note_path(epoch: Epoch) -> String {
    format!("{EVIDENCE}/{BEGIN}{epoch}{END}")
}

/// Whether a file of `evidence/` is such a note.
pub(crate) fn is_ended_note(name: &str) -> bool {
    name.starts_with(BEGIN) && name.ends_with(END)
}

/// Keeps a note about a log that has ended: one that the relay has cosigned, before one of a later log takes its place, or one that is
/// signed while the key is still here. One that is there stays where one of `logs` signed it and it says as much.
///
/// # Errors
/// The disk's.
pub(crate) fn keep_ended_note(
    disk: &dyn Disk,
    logs: &[VerifierKey],
    checkpoint: &Checkpoint,
    note: &str,
) -> Result<(), StoreError> {
    let path = ended_note_path(checkpoint.origin.epoch);
    if noted_size(disk, logs, checkpoint).is_some_and(|size| size >= checkpoint.size) {
        return Ok(());
    }
    disk.make_dir(EVIDENCE).map_err(StoreError::io(EVIDENCE))?;
    disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
    put_small(disk, &path, note.as_bytes()).map_err(StoreError::io(path))
}

/// How much of the same log the note says that is there. One that cannot be read proves nothing.
fn noted_size(disk: &dyn Disk, logs: &[VerifierKey], of: &Checkpoint) -> Option<u64> {
    let bytes = read_small(disk, &ended_note_path(of.origin.epoch), NOTE_BYTES_MAX).ok().flatten()?;
    let (note, name) = (String::from_utf8(bytes).ok()?, of.origin.to_string());
    let key = logs.iter().find(|key| key.name() == name)?;
    Some(SignedCheckpoint::verify(&note, &of.origin, key).ok()?.checkpoint().size)
}
