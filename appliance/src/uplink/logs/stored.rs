//! The store's logs, as the exchange reads them.

use record::checkpoint::{CosignedCheckpoint, LogOrigin};
use record::ids::Epoch;
use record::sign::{NoteError, VerifierKey};
use record::tree::{Hash, root_at};

use crate::store::{ConfirmedSize, Store, StoreError};
use crate::uplink::exchange::LocalLogs;

#[derive(Debug, Clone, Copy)]
pub struct StoredLogs<'a> {
    pub store: &'a Store,
    pub cosigners: &'a [VerifierKey],
}

impl LocalLogs for StoredLogs<'_> {
    fn present(&self) -> Option<(LogOrigin, VerifierKey)> {
        Some((self.store.origin(), self.store.verifier_keys().into_iter().next()?))
    }

    fn size(&self) -> u64 {
        self.store.size()
    }

    fn cursor(&self) -> ConfirmedSize {
        self.store.cursor()
    }

    fn root_at(&self, epoch: Epoch, size: u64) -> Result<Option<Hash>, StoreError> {
        let reader = self.store.reader_of(epoch)?;
        if size > reader.size() { Ok(None) } else { Ok(Some(root_at(&reader, size)?)) }
    }

    fn verify(
        &self,
        note: &str,
        origin: &LogOrigin,
        log: &VerifierKey,
    ) -> Result<CosignedCheckpoint, NoteError> {
        CosignedCheckpoint::verify(note, origin, log, self.cosigners)
    }
}
