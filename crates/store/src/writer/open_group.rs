//! The group that the writer is putting together, and why it may come to nothing.

use std::collections::BTreeSet;

use record::fold::RowKey;
use record::tree::Frontier;
use service::clock::Now;

use crate::index::pending::PendingCleanings;
use crate::index::view::DurableEntry;
use crate::io::error::SubmitError;
use crate::log::journal::AppendError;
use crate::log::segment::GroupWriter;
use crate::shared::job::{FatalError, WriteJob};

pub(crate) struct DecidedJob {
    pub(crate) job: Box<dyn WriteJob>,
    pub(crate) result: Result<Vec<DurableEntry>, SubmitError>,
}

pub(crate) struct GroupBuilder {
    pub(crate) now: Now,
    pub(crate) before: Frontier,
    pub(crate) rows: PendingCleanings,
    pub(crate) decided: Vec<DecidedJob>,
    pub(crate) changed: BTreeSet<RowKey>,
    pub(crate) entries: usize,
    /// Lines of the texts, which are behind all entries.
    pub(crate) texts: GroupWriter,
    pub(crate) closed: bool,
    /// Whether the front of the queue was decided on top of this group.
    pub(crate) carried: bool,
    /// Why it cannot be recorded.
    pub(crate) failed: Option<redb::Error>,
}

/// Why a group could not be put together or written.
pub(crate) enum GroupError {
    /// Nothing was recorded; all callers are informed.
    Refused(SubmitError),
    Database(redb::Error),
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
