//! What a command sees when it is decided on the writer's thread: the state with everything decided before it.

use std::cell::RefCell;

use record::entry::{Digest16, Entry, EntryDraft, EntryTime};
use record::fold::{CleaningRecord, FacilityState, LinePlace};
use record::ids::{BootId, Epoch};
use record::kinds::EntryRef;
use record::tree::Hash;
use service::clock::Now;

use super::key_runs::KeyRuns;
use super::pending::PendingCleanings;
use super::places::Places;
use super::unsure_boots::last_of_unsure_boots;

#[derive(Debug)]
pub enum WriteDecision<A> {
    /// Entries to record, and the answer once they are durable.
    Append { drafts: Vec<EntryDraft>, answer: A },
    /// Nothing to record. The answer still waits for what it may rest on to be durable.
    Answer(A),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurableEntry {
    pub seq: u64,
    pub leaf: Hash,
    pub at: EntryTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOutcome<A> {
    pub answer: A,
    pub recorded: Vec<DurableEntry>,
}

/// The state as a command sees it: what is durable and what was decided before it in the same group.
pub struct CommandView<'a> {
    pub(crate) now: Now,
    pub(crate) epoch: Epoch,
    pub(crate) size: u64,
    pub(crate) facility: &'a FacilityState,
    pub(crate) places: &'a Places,
    pub(crate) rows: &'a PendingCleanings,
    pub(crate) keys: &'a KeyRuns,
    /// A database error met on the way: the command is given up for it.
    pub(crate) failed: &'a RefCell<Option<redb::Error>>,
}

impl std::fmt::Debug for CommandView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("epoch", &self.epoch).field("size", &self.size).finish_non_exhaustive()
    }
}

impl CommandView<'_> {
    fn noting<T>(&self, result: Result<Option<T>, redb::Error>) -> Option<T> {
        result.unwrap_or_else(|e| {
            self.failed.borrow_mut().get_or_insert(e);
            None
        })
    }

    /// The time, one reading for the whole group.
    pub fn now(&self) -> &Now {
        &self.now
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Entries of this epoch so far: the seq of the command's first draft.
    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn facility(&self) -> &FacilityState {
        self.facility
    }

    /// The line of the first entry that an idempotency key made, and the digest of its request: a run may have brought it, and
    /// the chain another line of the same number. A database error reads as nothing found, and the command is given up for it.
    pub fn by_key(&self, key: &Digest16) -> Option<(LinePlace, Digest16)> {
        let (entry, req) = self.noting(self.keys.find(key, &self.rows.stored))?;
        Some((self.places.line(entry)?, req))
    }

    pub fn entry(&self, of: EntryRef) -> Option<Entry> {
        let line = self.places.keys(of, None).find_map(|key| self.noting(self.rows.entry(key)))?;
        Entry::view(std::str::from_utf8(&line).ok()?).ok()
    }

    pub fn cleaning(&self, of: EntryRef) -> Option<CleaningRecord> {
        self.noting(self.rows.cleaning_of(self.places, of, None))
    }

    /// As [`super::LogReader::last_of_unsure_boots`].
    pub fn last_of_unsure_boots(&self, is_meant: &dyn Fn(BootId) -> bool) -> Vec<EntryTime> {
        let found = self.rows.stored.open().and_then(|stored| last_of_unsure_boots(stored, is_meant));
        self.noting(found.map(Some)).unwrap_or_default()
    }

    /// A text by its salted hash; `None` when it was erased.
    pub fn text(&self, hash: &Hash) -> Option<String> {
        let line = self.noting(self.rows.text(hash))?;
        Some(line.text().to_owned())
    }
}
