//! How a command becomes durable: intake decides on the store's writer thread, the answer waits for the flush.

use std::sync::Arc;

use record::entry::{By, Digest16, Entry};
use record::fold::{Cleaning, Facility, LinePlace};
use record::ids::Epoch;
use record::kinds::EntryRef;
use service::clock::Now;
use service::random::Random;

use crate::intake::{self, Command, Decided, Refusal, Request};
use crate::store::{Decision, Recorded, Store, SubmitError, View};

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// New entries, durable, in the order of the drafts.
    New(Vec<Recorded>),
    /// The same request was carried out before, by the entry of this line.
    Again(LinePlace),
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Intake refused it. Nothing was recorded.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store could not record it, or does not know whether it did.
    #[error(transparent)]
    Store(#[from] SubmitError),
}

impl intake::View for View<'_> {
    fn now(&self) -> Now {
        *self.now()
    }
    fn epoch(&self) -> Epoch {
        self.epoch()
    }
    fn facility(&self) -> &Facility {
        self.facility()
    }
    fn by_key(&self, key: &Digest16) -> Option<(LinePlace, Digest16)> {
        self.by_key(key)
    }
    fn cleaning(&self, of: EntryRef) -> Option<Cleaning> {
        self.cleaning(of)
    }
    fn entry(&self, of: EntryRef) -> Option<Entry> {
        self.entry(of)
    }
}

/// Gives a request and waits until its entries are on disk.
///
/// # Errors
/// Why it was not carried out.
pub async fn give(store: &Store, random: Arc<dyn Random>, request: Request) -> Result<Given, CommandError> {
    let decide = move |view: &View<'_>| match intake::decide(&request, view, random.as_ref()) {
        Ok(Decided::New(drafts)) => Decision::Append { drafts, answer: Ok(None) },
        Ok(Decided::Again(line)) => Decision::Answer(Ok(Some(line))),
        Err(refusal) => Decision::Answer(Err(refusal)),
    };
    let outcome = store.submit(decide).await?;
    match outcome.answer? {
        None => Ok(Given::New(outcome.recorded)),
        Some(line) => Ok(Given::Again(line)),
    }
}

/// Gives a command of the box's own.
///
/// # Errors
/// Why it was not carried out.
pub async fn own(store: &Store, random: Arc<dyn Random>, command: Command) -> Result<Given, CommandError> {
    give(store, random, Request { by: By::BOX, key: None, sent: None, command }).await
}
