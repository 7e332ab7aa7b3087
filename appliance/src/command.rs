//! How a command becomes durable: intake decides on the store's writer thread, the answer waits for the flush.

use std::sync::Arc;

use record::entry::{Digest16, Entry, EntryAuthor, EntryTime};
use record::fold::{CleaningRecord, FacilityState, LinePlace};
use record::ids::{BootId, Epoch};
use record::kinds::EntryRef;
use service::clock::Now;
use service::random::RandomSource;

use crate::anchors::known_now;
use crate::intake::{self, Command, CommandDecision, CommandRefusal, CommandRequest};
use crate::store::{CommandView, DurableEntry, Store, SubmitError, WriteDecision};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecuteOutcome {
    New(Vec<DurableEntry>),
    /// The same request was carried out before, by the entry at this place.
    Again(LinePlace),
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Refused(#[from] CommandRefusal),
    /// The store could not record it, or does not know whether it did.
    #[error(transparent)]
    Store(#[from] SubmitError),
}

impl intake::StateView for CommandView<'_> {
    fn now(&self) -> Now {
        // What somebody says of a time is judged by the time that pages show.
        known_now(*self.now(), self.facility())
    }
    fn epoch(&self) -> Epoch {
        self.epoch()
    }
    fn size(&self) -> u64 {
        self.size()
    }
    fn facility(&self) -> &FacilityState {
        self.facility()
    }
    fn by_key(&self, key: &Digest16) -> Option<(LinePlace, Digest16)> {
        self.by_key(key)
    }
    fn cleaning(&self, of: EntryRef) -> Option<CleaningRecord> {
        self.cleaning(of)
    }
    fn entry(&self, of: EntryRef) -> Option<Entry> {
        self.entry(of)
    }
    fn last_of_unsure_boots(&self, is_meant: &dyn Fn(BootId) -> bool) -> Vec<EntryTime> {
        self.last_of_unsure_boots(is_meant)
    }
}

/// Submits a request and waits until its entries are on disk.
///
/// # Errors
/// Why it was not carried out.
pub async fn execute_command(
    store: &Store,
    random: Arc<dyn RandomSource>,
    request: CommandRequest,
) -> Result<ExecuteOutcome, CommandError> {
    let submitted = store.submit(move |view: &CommandView<'_>| {
        match intake::decide_command(&request, view, random.as_ref()) {
            Ok(CommandDecision::New(drafts)) => WriteDecision::Append { drafts, answer: Ok(None) },
            Ok(CommandDecision::Again(line)) => WriteDecision::Answer(Ok(Some(line))),
            Err(refusal) => WriteDecision::Answer(Err(refusal)),
        }
    });
    let outcome = submitted.await?;
    match outcome.answer? {
        None => Ok(ExecuteOutcome::New(outcome.recorded)),
        Some(line) => Ok(ExecuteOutcome::Again(line)),
    }
}

/// Submits a command of the box's own.
///
/// # Errors
/// Why it was not carried out.
pub async fn execute_as_box(
    store: &Store,
    random: Arc<dyn RandomSource>,
    command: Command,
) -> Result<ExecuteOutcome, CommandError> {
    execute_command(store, random, CommandRequest { by: EntryAuthor::BOX, key: None, sent: None, command })
        .await
}
