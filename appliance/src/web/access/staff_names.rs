//! The names of those who are signed in, which each of their pages shows.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use record::ids::StaffId;
use record::tree::Hash;
use web::error::HttpError;
use words::{Locale, WordSet as _};

use crate::web::context::AppState;
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::words::PageWords;

/// Names that are remembered: more people than are signed in at once.
const NAMES_MAX: usize = 64;

/// Names that were read from the log, by their hashes. One that could not be read is tried again.
#[derive(Default)]
pub(crate) struct SignedInNames(Mutex<BTreeMap<Hash, String>>);

impl SignedInNames {
    fn names(&self) -> MutexGuard<'_, BTreeMap<Hash, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, hash: Hash, name: String) {
        let mut names = self.names();
        if names.len() >= NAMES_MAX {
            names.clear();
        }
        names.insert(hash, name);
    }
}

pub(crate) async fn read_own_name(state: &AppState, staff: StaffId) -> Result<String, HttpError> {
    let name = state.store.snapshot().staff.get(&staff).map(|staff| staff.name);
    let stored = state.stored::<SignedInNames>();
    if let Some(known) = name.and_then(|hash| stored.names().get(&hash).cloned()) {
        return Ok(known);
    }
    let text = match name {
        Some(hash) => read_quick(state, move |_, reader| Ok(StoredText::read(reader, hash))).await?,
        None => StoredText::Nobody,
    };
    if let (Some(hash), StoredText::Present(name)) = (name, &text) {
        stored.keep(hash, name.clone());
    }
    Ok(text.word(PageWords::in_locale(Locale::EnUs)))
}
