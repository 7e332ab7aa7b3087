//! The group that the writer is putting together, and why it may come to nothing.

use std::collections::BTreeSet;

use record::fold::RowKey;
use record::tree::Frontier;
use service::clock::Now;

use super::error::SubmitError;
use super::job::{FatalError, WriteJob};
use super::journal::AppendError;
use super::pending::PendingCleanings;
use super::segment::GroupWriter;
use super::view::DurableEntry;

/// A job that was decided, with what is recorded for it.
pub(super) struct DecidedJob {
    pub(super) job: Box<dyn WriteJob>,
    pub(super) result: Result<Vec<DurableEntry>, SubmitError>,
}

/// One group while it is put together.
pub(super) struct GroupBuilder {
    pub(super) now: Now,
    /// The log before it.
    pub(super) before: Frontier,
    pub(super) rows: PendingCleanings,
    pub(super) decided: Vec<DecidedJob>,
    /// Rows of the facility that it changed.
    pub(super) changed: BTreeSet<RowKey>,
    pub(super) entries: usize,
    /// Lines of the texts, which stand behind all entries.
    pub(super) texts: GroupWriter,
    /// Whether it takes nothing more.
    pub(super) closed: bool,
    /// Whether the front of the queue was decided on top of this group.
    pub(super) carried: bool,
    /// Why it cannot be recorded.
    pub(super) failed: Option<redb::Error>,
}

/// Why a group could not be put together or written.
pub(super) enum GroupError {
    /// Nothing was recorded; everyone is told.
    Refused(SubmitError),
    /// The database failed before anything was recorded.
    Database(redb::Error),
    /// Nobody knows.
    Fatal(FatalError),
}

impl From<AppendError> for GroupError {
    fn from(e: AppendError) -> Self {
        match e {
            AppendError::Full => Self::Refused(SubmitError::Full),
            e @ AppendError::Unknown(..) => Self::Fatal(FatalError(e.to_string())),
        }
    }
}
