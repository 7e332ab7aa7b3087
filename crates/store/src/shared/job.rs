//! A command on its way through the writer, and why the writer may have to end.

use record::entry::EntryDraft;

use crate::index::view::{CommandView, DurableEntry};
use crate::io::error::{StoreError, SubmitError};

pub trait WriteJob: Send {
    /// Decides it against the state; called once.
    fn decide(&mut self, view: &CommandView<'_>) -> Vec<EntryDraft>;
    /// Answers it; called once, after the flush.
    fn finish(self: Box<Self>, result: Result<Vec<DurableEntry>, SubmitError>);
}

/// Why the process must end: what is on the disk is not known any more.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the store cannot go on: {0}; what was acknowledged is safe, and a restart finds out the rest")]
pub struct FatalError(pub String);

impl From<StoreError> for FatalError {
    fn from(e: StoreError) -> Self {
        Self(e.to_string())
    }
}
