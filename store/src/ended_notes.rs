//! The last signed note about a log whose key is on no box any more: what that log holds is proven by it.

use record::checkpoint::{Checkpoint, LogOrigin, SignedCheckpoint};
use record::ids::Epoch;
use record::sign::SignedNote;
use record::tree::root_at;

use super::cursor::StoredCheckpoint;
use super::disk::{Disk, file_exists, put_small, read_small};
use super::error::StoreError;
use super::reader::LogReader;
use super::refill::{EVIDENCE, ends_path};

/// Bytes of a note: a checkpoint and a few signatures.
const NOTE_BYTES_MAX: usize = 4_096;
const BEGIN: &str = "signed-";
const END: &str = ".note";

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
pub(super) fn keep_ended_note(disk: &dyn Disk, stored: &StoredCheckpoint) -> Result<(), StoreError> {
    let path = ended_note_path(stored.checkpoint.origin.epoch);
    if file_exists(disk, &path).map_err(StoreError::io(path.as_str()))? {
        return Ok(());
    }
    disk.make_dir(EVIDENCE).map_err(StoreError::io(EVIDENCE))?;
    disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
    put_small(disk, &path, stored.note.as_bytes()).map_err(StoreError::io(path))
}

impl LogReader {
    /// A note about as much of this epoch as can be proven: one that is signed now, or the last one that its key signed, where that
    /// is not here any more. `None` where there is neither.
    ///
    /// # Errors
    /// The database's; the disk's.
    pub fn signed_note(&self) -> Result<Option<SignedNote>, StoreError> {
        match self.checkpoint(self.size())? {
            Some(signed) => Ok(Some(signed)),
            None => Ok(self.ended_note()?.map(|signed| signed.note().clone())),
        }
    }

    /// The note among those that are kept which says most of this epoch, of what is here: anybody may have put a file there, so its
    /// signature and its root are looked at.
    pub(super) fn ended_note(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        let origin = LogOrigin { epoch: self.epoch(), ..self.shared.origin() };
        let name = origin.to_string();
        let Some(key) = self.shared.verifiers().iter().find(|key| key.name() == name) else {
            return Ok(None);
        };
        let mut most: Option<SignedCheckpoint> = None;
        for path in [ended_note_path(self.epoch()), ends_path(self.epoch())] {
            // One that cannot be read proves nothing; the next start puts it aside.
            let bytes = read_small(&*self.shared.disk, &path, NOTE_BYTES_MAX).ok().flatten();
            let note = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            let signed = note.and_then(|note| SignedCheckpoint::verify(&note, &origin, key).ok());
            let Some(signed) = signed else { continue };
            let Checkpoint { size, root, .. } = *signed.checkpoint();
            let is_more = most.as_ref().is_none_or(|most| most.checkpoint().size < size);
            if is_more && size <= self.size() && root_at(self, size)? == root {
                most = Some(signed);
            }
        }
        Ok(most)
    }
}
