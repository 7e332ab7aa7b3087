//! The last signed note about a log whose key is on no box any more: what that log holds is proven by it. A backup has no key, so it
//! takes such a note about every log that has ended.

use record::checkpoint::{Checkpoint, CosignedCheckpoint, LogOrigin, SignedCheckpoint};
use record::ids::Epoch;
use record::sign::SignedNote;
use record::tree::root_at;

use super::reader::LogReader;
use crate::Store;
use crate::io::disk::read_small;
use crate::io::error::StoreError;
use crate::side_files::evidence::{NOTE_BYTES_MAX, ended_note_path, ends_path, keep_ended_note};

impl Store {
    /// Keeps a note about as much as is here of each log that has ended and whose key is here.
    pub(crate) fn keep_ended_notes(&self) {
        for epoch in self.epochs() {
            let has_ended = epoch != self.origin().epoch;
            if has_ended && let Err(error) = self.sign_ended_log(epoch) {
                // A backup without it is better than none.
                tracing::error!(%error, %epoch, "a copy of the log cannot prove what is in an earlier one");
            }
        }
    }

    /// Keeps what the relay cosigned of an earlier log for which nothing here signs.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_cosigned_note(&self, cosigned: &CosignedCheckpoint) -> Result<(), StoreError> {
        let note = cosigned.note().to_string();
        keep_ended_note(&*self.shared.disk, self.shared.verifiers(), cosigned.checkpoint(), &note)
    }

    fn sign_ended_log(&self, epoch: Epoch) -> Result<(), StoreError> {
        if self.shared.signer_of(epoch).is_none() {
            return Ok(());
        }
        let reader = self.reader_of(epoch)?;
        let (origin, size) = (LogOrigin { epoch, ..self.origin() }, reader.size());
        let checkpoint = Checkpoint { origin, size, root: root_at(&reader, size)? };
        let Some(note) = self.shared.sign_of(epoch, size, checkpoint.root).transpose()? else {
            return Ok(());
        };
        keep_ended_note(&*self.shared.disk, self.shared.verifiers(), &checkpoint, &note.to_string())
    }
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
    pub(crate) fn ended_note(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
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
