//! What was taken off somebody and is not in the log yet. It is noted in the same transaction as the removal, so that
//! after an interruption between the two, the next removal or the next start logs it.

use record::entry::EntryAuthor;
use record::ids::StaffId;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::IdentityError;
use super::rows::JsonTable;
use crate::store::StateDb;

pub(super) const TABLE: &str = "access_removals";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemovedAccess {
    Pin,
    Badge,
}

/// A removal that the log does not have yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnloggedRemoval {
    pub what: RemovedAccess,
    pub staff: StaffId,
    pub by: EntryAuthor,
}

/// The removals that the log does not have yet.
pub struct RemovalNotes {
    rows: JsonTable,
    /// Held while they are written into the log, so that each is logged once.
    pub turn: Mutex<()>,
}

impl RemovalNotes {
    pub(super) fn open(db: impl Into<StateDb>) -> Result<Self, IdentityError> {
        Ok(Self { rows: open_notes(db)?, turn: Mutex::default() })
    }

    /// All of them, with their ids. Blocks for the disk.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn all(&self) -> Result<Vec<(String, UnloggedRemoval)>, IdentityError> {
        self.rows.all()
    }

    /// The log has it. Blocks for the disk.
    ///
    /// # Errors
    /// It could not be written: it will be in the log twice.
    pub fn forget(&self, id: &str) -> Result<(), IdentityError> {
        self.rows.remove(id)
    }
}

pub(super) fn open_notes(db: impl Into<StateDb>) -> Result<JsonTable, IdentityError> {
    JsonTable::open(db, TABLE)
}
