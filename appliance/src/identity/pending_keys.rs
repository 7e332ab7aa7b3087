//! Rows whose use is noted in memory and not written yet, so that reading one costs no write.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::IdentityError;

#[derive(Debug, Default)]
pub(super) struct PendingKeys(Mutex<BTreeSet<String>>);

impl PendingKeys {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, key: String) {
        self.lock().insert(key);
    }

    /// Writes all of them, where there are any; what could not be written is tried again with the next.
    pub(super) fn save(
        &self,
        write: impl FnOnce(&BTreeSet<String>) -> Result<(), IdentityError>,
    ) -> Result<(), IdentityError> {
        let keys = std::mem::take(&mut *self.lock());
        if keys.is_empty() {
            return Ok(());
        }
        let written = write(&keys);
        if written.is_err() {
            self.lock().extend(keys);
        }
        written
    }
}
